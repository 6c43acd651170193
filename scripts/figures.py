"""Pictures drawn from the records at build time: SVG that follows the page's colors, with its figures in words."""

import html
import io
import re
from collections.abc import Callable

import matplotlib as mpl
from matplotlib.figure import Figure

from scripts.errors import SiteError
from scripts.notation import REFERENCE
from scripts.numbers import Number, Numbers

# Colors are placeholders: each becomes a CSS variable, so that one picture serves light, dark and print.
INK, LINE, QUIET = "#010203", "#040506", "#070809"
COLORS = {INK: "var(--figure-ink)", LINE: "var(--figure-line)", QUIET: "var(--figure-quiet)"}
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


def loss_curve(numbers: Numbers) -> tuple[Figure, str]:
    """Draw the training loss by step, down to the floor that no model can beat."""
    losses = numbers.get("train.losses").value
    every = numbers.get("train.log_every").value
    floor = numbers.get("train.floor")
    steps = [every * (i + 1) for i in range(len(losses))]
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, losses, color=LINE, linewidth=2)
    axes.axhline(floor.value, color=QUIET, linestyle="--", linewidth=1)
    note = axes.annotate(f"floor {floor.text}", (0, floor.value), (4, -4), textcoords="offset points", va="top")
    note.set_gid(f"number:{floor.id}")
    axes.set_yscale("log")
    ticks = [0.1, 0.2, 0.5, 1, 2, 4]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="training step", ylabel="loss (nats a character, log scale)", xlim=(0, steps[-1]), ylim=(0.06, 6))
    words = (
        "Training loss, each point the mean of {{ train.log_every }} steps. It starts near the {{ train.loss_before }} "
        "nats a character of the untrained model, and falls toward the dashed line: the floor of {{ train.floor }}, "
        "below which no model can go."
    )
    return figure, words


FIGURES: dict[str, Callable[[Numbers], tuple[Figure, str]]] = {"loss-curve": loss_curve}


def draw(name: str, numbers: Numbers) -> tuple[str, str]:
    """Return a figure's SVG, and the same in words, with numbers by name as on a page.

    Raises:
        SiteError: there is no such figure.

    """
    if name not in FIGURES:
        raise SiteError(f"no figure is called {name}; there are {', '.join(FIGURES)}")
    with mpl.rc_context(STYLE):
        figure, words = FIGURES[name](numbers)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    own_name = name if numbers.device == "cpu" else f"{name}-{numbers.device}"  # ids are unique on a page
    return tidy(out.getvalue(), own_name, in_words(words, numbers)), words


class Recorder(Numbers):
    """Numbers that note which of them were asked for."""

    def __init__(self, numbers: Numbers) -> None:
        super().__init__(numbers.device, numbers.contracts)
        self.asked: set[str] = set()

    def get(self, number_id: str) -> Number:
        self.asked.add(number_id)
        return super().get(number_id)


def numbers_drawn(numbers: Numbers) -> set[str]:
    """Return the ids of all numbers that some figure shows."""
    recorder = Recorder(numbers)
    for name in FIGURES:
        draw(name, recorder)
    return recorder.asked


def in_words(text: str, numbers: Numbers) -> str:
    """Return a text with the values of its numbers, for places that can hold no markup."""
    return REFERENCE.sub(lambda match: match["words"] or numbers.get(match["id"]).text, text)


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
    return re.sub(r"-?\d+\.\d{2,}", lambda figure: f"{float(figure[0]):.1f}", attribute[0])
