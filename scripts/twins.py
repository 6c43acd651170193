"""Give each built page a twin in Markdown, numbers filled in, and list them in llms.txt (https://llmstxt.org)."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from scripts.common import read

TWIN = "index.html.md"
DESCRIPTION = re.compile('<meta name="description" content="([^"]*)"')
# What is for the eye or the mouse alone. The table of numbers holds each one's provenance, and comes as JSON.
LEFT_OUT = "script, style, input, button, .headerlink, .provenance, div.meta, .pause, .page-links, [hidden], .unseen"
LEFT_OUT += ", [data-table=numbers], img[src^='data:']"


def language(block: Tag) -> str:
    """Return the language of a block of code, which its frame tells."""
    frame = block.find_parent(class_="highlight")
    names = [name.removeprefix("language-") for name in frame["class"] if name.startswith("language-")] if frame else []
    return names[0] if names else ""


CONVERTER = MarkdownConverter(heading_style="atx", bullets="-", code_language_callback=language, escape_misc=False)


def twin(page: str) -> str:
    r"""Return what a page says, as Markdown.

    >>> twin("<article><h1>Eggs</h1><p><b>12</b> of them<script>hatch()</script></p></article>")
    '# Eggs\n\n**12** of them\n'
    """
    article = BeautifulSoup(page[page.index("<article") : page.rindex("</article>")], "html.parser")
    for block in article.find_all("pre"):
        block.string = block.get_text()  # without its colours
    for drawing in article.find_all("svg"):
        drawing.name = "em"
        drawing.string = f"Figure: {drawing['aria-label']}." if drawing.get("aria-label") else ""
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    for name in article.select(".filename"):
        name.name = "p"  # the title of a block of code, a line above it
    for tag in article.find_all():
        if isinstance(tag.previous_sibling, Tag):
            tag.insert_before(" ")  # where styles alone keep words apart
    return CONVERTER.convert_soup(article).strip() + "\n"


def write(site: Path, nav: list[Any], name: str, description: str, url: str) -> None:
    """Write the twins beside their pages, and the list of them by the sections of the navigation."""
    described = {}
    for path in site.rglob("index.html"):
        page = read(path)
        described[path.parent.relative_to(site).as_posix()] = unescape(DESCRIPTION.search(page)[1])
        path.with_name(TWIN).write_text(twin(page), encoding="utf-8")
    lines = [f"# {name}", "", f"> {description}"]
    for section, pages in [pair for each in nav for pair in each.items()]:
        if isinstance(pages, str):
            continue  # the first page is no section
        lines += ["", f"## {section}", ""]
        for title, source in [pair for each in pages for pair in each.items()]:
            folder = source.rpartition(".")[0].removesuffix("index").strip("/")
            lines.append(f"- [{title}]({url}{folder}/{TWIN}): {described[folder]}")
    (site / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
