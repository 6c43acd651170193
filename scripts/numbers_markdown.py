"""A Markdown extension: numbers, recorded output, figures and file lists, written on a page by name.

In a sentence, ``{{ train.final_loss }}`` becomes the value with its provenance. On a line of their own:
``{{ output train }}`` is what the snippet printed when it was recorded, ``{{ figure loss-curve }}`` a picture,
``{{ companions inference }}`` the files to copy beside a snippet, ``{{ table numbers }}`` every number there is.
"""

import html
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from scripts import figures
from scripts.elements import element
from scripts.errors import SiteError, at
from scripts.numbers import REFERENCE, Number, Numbers, find_text
from scripts.numbers_table import numbers_table
from scripts.paths import SNIPPETS, shown
from scripts.records import Record
from scripts.snippets import companions
from scripts.source_lines import TextFragments

BLOCK = re.compile(r"^\{\{\s*(?P<kind>output|figure|companions|table)\s+(?P<name>[\w.-]+)\s*\}\}$")
NUMBERS_PAGE = "/reference/numbers.md"


def number_element(number: Number, serial: int) -> ET.Element:
    """Return a number: its value to six digits for machines, and on hover, focus or tap where it comes from.

    It needs no JavaScript: the note is shown by the style sheet, and holds the link to the number's row.
    """
    tip = f"provenance-{serial}"
    value = f"{number.value:.6g}" if isinstance(number.value, float) else str(number.value)
    data = element("data", number.text, value=value, tabindex="0", aria_describedby=tip)
    link = element("a", "all about it", href=f"{NUMBERS_PAGE}#{number.id}")
    link.tail = "."
    note = element("span", f"{number.label}: {number.provenance}; ", [link], id=tip, class_="provenance")
    note.set("data-search-exclude", "")
    return element("span", None, [data, note], class_="number")


class NumberPattern(InlineProcessor):
    """``{{ snippet.variable }}`` in a sentence."""

    def __init__(self, md: Markdown, numbers: Numbers) -> None:
        super().__init__(REFERENCE.pattern, md)
        self.numbers, self.serial = numbers, itertools.count(1)

    def handleMatch(self, m: re.Match, data: str) -> tuple[ET.Element, int, int]:
        return number_element(self.numbers.get(m["id"]), next(self.serial)), m.start(0), m.end(0)


class BlockPattern(BlockProcessor):
    """``{{ kind name }}`` as a paragraph of its own."""

    def __init__(self, md: Markdown, numbers: Numbers) -> None:
        super().__init__(md.parser)
        self.md, self.numbers = md, numbers
        self.makers: dict[str, Callable[[str], ET.Element]] = {
            "output": self.output,
            "figure": self.figure,
            "companions": self.companions,
            "table": self.table,
        }

    def test(self, parent: ET.Element, block: str) -> bool:
        return bool(BLOCK.match(block.strip()))

    def run(self, parent: ET.Element, blocks: list[str]) -> None:
        match = BLOCK.match(blocks.pop(0).strip())
        try:
            parent.append(self.makers[match["kind"]](match["name"]))
        except SiteError as error:
            raise SiteError("\n".join(at(*use, str(error)) for use in find_text(match[0])) or str(error)) from None

    def raw(self, markup: str) -> str:
        """Return a placeholder for markup that Markdown must leave alone."""
        return self.md.htmlStash.store(markup)

    def output(self, snippet: str) -> ET.Element:
        if snippet not in self.numbers.records:
            raise SiteError(f"no record of {snippet}; there are {', '.join(self.numbers.records)}")
        record = self.numbers.record(snippet)
        text = html.escape("\n".join(record.stdout))
        body = element("div", self.raw(f'<pre><code tabindex="0">{text}</code></pre>'), class_="recorded")
        return element("figure", None, [body, element("figcaption", recorded_on(record))], class_="output")

    def figure(self, name: str) -> ET.Element:
        svg, words = figures.draw(name, self.numbers)
        return element("figure", self.raw(svg), [element("figcaption", words)], class_="drawn")

    def companions(self, snippet: str) -> ET.Element:
        path = SNIPPETS / f"{snippet}.py"
        if not path.exists():
            raise SiteError(f"{shown(path)} does not exist")
        files = [path, *companions(path.read_text(encoding="utf-8"))]
        links = [element("a", file.name, href=f"/snippets/{file.name}", download=file.name) for file in files]
        return element("ul", None, [element("li", None, [link]) for link in links], class_="companions")

    def table(self, name: str) -> ET.Element:
        if name != "numbers":
            raise SiteError(f"no table is called {name}; there is: numbers")
        return numbers_table(self.numbers)


def recorded_on(record: Record) -> str:
    """Return the caption of recorded output."""
    return f"Recorded on {record.date} on {record.machine}. Your times will differ."


class NumbersExtension(Extension):
    """Registers both patterns. Code spans come first in Markdown, so that a page can show the notation itself."""

    def extendMarkdown(self, md: Markdown) -> None:
        numbers = Numbers()
        md.inlinePatterns.register(NumberPattern(md, numbers), "number", 185)
        md.parser.blockprocessors.register(BlockPattern(md, numbers), "number-block", 175)
        md.treeprocessors.register(TextFragments(md), "text-fragments", -10)  # after MkDocs has resolved the links


def makeExtension(**options: object) -> NumbersExtension:
    """Return the extension, by the name that Markdown looks for."""
    return NumbersExtension(**options)
