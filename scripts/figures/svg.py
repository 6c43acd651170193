"""How a figure looks, and how matplotlib's SVG becomes part of a page: in its colors and fonts, named in words."""

import html
import re

from scripts.browser.chart import place

# Colors are placeholders: each becomes a CSS variable, so that one picture serves light, dark and print.
INK, LINE, QUIET, SECOND = "#010203", "#040506", "#070809", "#0a0b0c"
COLORS = {
    INK: "var(--figure-ink)",
    LINE: "var(--figure-line)",
    QUIET: "var(--figure-quiet)",
    SECOND: "var(--figure-second)",
}
STYLE = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "figures",  # the same picture gives the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def tidy(svg: str, name: str, words: str) -> str:
    """Return matplotlib's SVG ready to stand inside a page: scalable, named, in the page's colors and fonts."""
    svg = svg[svg.index("<svg") :]
    for placeholder, color in COLORS.items():
        svg = svg.replace(placeholder, color)
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg, flags=re.DOTALL)  # its style would reach the whole page
    svg = re.sub(r" font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r'<g id="number:([^"]*)"', r'<g data-number="\1"', svg)  # the text inside is a number of the site
    svg = re.sub(r'<g id="[xy]tick_\d+"', '<g class="axis"', svg)  # the scale, not what is written beside it
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to the other groups
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", svg)  # backgrounds that are not there
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'\b(d|x|y|transform|clip-path|width|height)="[^"]*"', round_figures, svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r">\s+<", "><", re.sub(r"\s*\n\s*", " ", svg)).strip()
    while "<g></g>" in svg:
        svg = svg.replace("<g></g>", "")
    title = f'<title id="{name}-words" class="in-words">{html.escape(words)}</title>'
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>',
        rf'<svg viewBox="\1" role="img" aria-labelledby="{name}-words">{title}',
        svg,
    )
    return svg


def round_figures(attribute: re.Match) -> str:
    """Return an SVG attribute with its figures rounded to a tenth of a point, finer than any screen."""
    return re.sub(r"-?\d+\.\d{2,}", lambda figure: place(float(figure[0])), attribute[0])
