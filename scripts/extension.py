"""A Markdown extension: numbers, claims, recorded output, figures and tables, written on a page by name.

In a sentence, ``{{ train.loss_after }}`` becomes the value with its provenance, ``{{ claims.id | words }}`` the words
with their condition, ``{{ facts.id.as_of }}`` the month of a public figure, ``{{ facts.id.period }}`` the period that
it is about, ``{{ facts.id.source }}`` who says it, and ``{{ reading.minutes }}`` how long the page takes. On a line of
their own: ``{{ output train }}`` is what the snippet printed when it was recorded, ``{{ figure loss-curve }}`` a
picture, ``{{ calculator training-cost }}`` fields to change and what comes of them, ``{{ files train }}`` the files to
copy, ``{{ table numbers }}`` a table, ``{{ shares facts.a/facts.b }}`` a bar of parts, ``{{ path learn }}`` how far a
reader is, ``{{ next learn }}`` the way on.

Links are written relative to docs/, and made relative to the page at the end.
"""

import html
import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from scripts import figures, tables
from scripts.calculator_html import CalculatorHtml
from scripts.common import ROOT, SiteError, element
from scripts.elements import OURS, Elements, ours, say, source_item, tabs
from scripts.numbers import Numbers
from scripts.pages import BLOCK, REFERENCE, Page
from scripts.paths import Ways
from scripts.records import devices, load_record, record_path
from scripts.run import companions
from scripts.schema import Fact


@lru_cache(maxsize=1)
def numbers_of(root: Path, state: tuple) -> Numbers:
    """Return the numbers of all pages, read anew when a file that they come from has changed."""
    return Numbers(root)


def state_of(root: Path) -> tuple:
    """Return what changes with any file that a number comes from."""
    docs = root / "docs"
    files = [*docs.glob("*.toml"), *(docs / "records").glob("*/*.json"), *(root / "snippets").rglob("*.py")]
    return tuple((path, path.stat().st_mtime_ns) for path in sorted(files))


def page_name(md: Markdown) -> str:
    """Return the page that is being read, relative to docs/. MkDocs and Zensical each tell in a way of their own."""
    if "relpath" in md.treeprocessors:
        return md.treeprocessors["relpath"].file.src_uri
    page = next((each.page for each in md.preprocessors if hasattr(each, "page")), None)
    return page.path if page else "index.md"


class NumberPattern(InlineProcessor):
    """``{{ snippet.variable }}`` in a sentence."""

    def __init__(self, md: Markdown, elements: Elements) -> None:
        super().__init__(REFERENCE.pattern, md)
        self.elements = elements

    def handleMatch(self, m: re.Match, data: str) -> tuple[ET.Element, int, int]:
        with placed(self.md, self.elements.numbers, m[0]) as page:
            words = page.words() if m["id"] == "reading.minutes" else 0
            return self.elements.named(m, words), m.start(0), m.end(0)


class BlockPattern(BlockProcessor):
    """``{{ kind name }}`` as a paragraph of its own."""

    def __init__(self, md: Markdown, elements: Elements) -> None:
        super().__init__(md.parser)
        self.md, self.elements, self.numbers = md, elements, elements.numbers
        self.makers: dict[str, Callable[[str], ET.Element]] = {
            "output": self.output,
            "figure": self.figure,
            "files": self.files,
            "table": lambda name: ours(tables.make(name, self.numbers)),
            "path": self.path,
            "next": lambda name: ours(Ways(self.numbers.docs).next(name, page_name(md))),
            "shares": self.shares,
            "calculator": lambda name: ours(CalculatorHtml(name, self.numbers).element(md.htmlStash.store)),
        }

    def test(self, parent: ET.Element, block: str) -> bool:
        return not block.startswith("    ") and bool(BLOCK.fullmatch(block.strip()))  # indented, it is in a fold

    def run(self, parent: ET.Element, blocks: list[str]) -> None:
        text = blocks.pop(0).strip()
        match = BLOCK.fullmatch(text)
        with placed(self.md, self.numbers, text):
            parent.append(self.makers[match["kind"]](match["name"]))

    def output(self, snippet: str) -> ET.Element:
        """Return what a snippet printed when it was recorded, in tabs where several devices have a record."""
        root = self.numbers.root
        paths = {name: record_path(snippet, name, root) for name in devices(root)}
        found = {name: load_record(path) for name, path in paths.items() if path.exists()}
        if "cpu" not in found:
            raise SiteError(f"no record of {snippet}; there are {', '.join(self.numbers.records)}")
        panels = {}
        for name, record in found.items():
            text = html.escape("\n".join(record.stdout))
            body = element("div", self.md.htmlStash.store(f'<pre><code tabindex="0">{text}</code></pre>'))
            said = f"Recorded on {record.date} on {record.machine}. Your times will differ."
            panels[name.upper()] = element("figure", None, [body, element("figcaption", said)], class_="output")
        return panels["CPU"] if len(panels) == 1 else tabs(f"output_{snippet}", panels)

    def shares(self, names: str) -> ET.Element:
        """Return a bar whose parts are as long as numbers are large; the words beside it say what they are."""
        values = [self.numbers.value(each) for each in names.split("/")]
        parts = [element("i", style=f"--v: {value / sum(values):.2%}") for value in values]
        return element("div", None, parts, class_="shares", aria_hidden="true")

    def path(self, name: str) -> ET.Element:
        """Return how far a reader is on a path, the minutes that the page takes, and a switch for its code."""
        page = Page(self.numbers.docs / page_name(self.md), self.numbers.docs)
        return Ways(self.numbers.docs).head(name, page.name, self.elements.minutes(page.words()))

    def figure(self, name: str) -> ET.Element:
        """Return a picture, and its words with their numbers."""
        svg, words = figures.draw(name, self.numbers)
        caption = element("figcaption")
        rest = 0
        for reference in REFERENCE.finditer(words):
            say(caption, words[rest : reference.start()])
            caption.append(self.elements.named(reference))
            rest = reference.end()
        say(caption, words[rest:])
        return element("figure", self.md.htmlStash.store(svg), [caption], class_="drawn", data_figure=name)

    def files(self, snippet: str) -> ET.Element:
        """Return links to a snippet, as a script and as a notebook, and to the files that it needs beside it."""
        root = self.numbers.root
        places = [root / "snippets" / f"{snippet}.py", root / "snippets" / "calculators" / f"{snippet}.py"]
        path = next((place for place in places if place.exists()), None)
        if path is None:
            raise SiteError(f"unknown snippet {snippet}")
        items = []
        for file in [path, *companions(path, root)]:
            address = file.relative_to(root).as_posix().removeprefix("docs/")
            link = element("a", AtomicString(file.name), href=address, download=file.name)
            items.append(element("li", None, [link]))
        if path.parent.name != "calculators":
            link = element("a", "as a notebook", href=f"downloads/{path.stem}.ipynb", download=f"{path.stem}.ipynb")
            items[0][0].tail = ", "
            items[0].append(link)
        return ours(element("ul", None, items, class_="files"))


class placed:
    """Gives an error the file and the line of what a page has written; as a value, the page."""

    def __init__(self, md: Markdown, numbers: Numbers, text: str) -> None:
        self.page, self.text = Page(numbers.docs / page_name(md), numbers.docs), text

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SiteError) and not re.match(r"[\w./-]+:\d+: ", str(error)):
            line = next((n for n, line in enumerate(self.page.text.split("\n"), 1) if self.text in line), 1)
            raise SiteError(self.page.at(line, str(error))) from None


class Finish(Treeprocessor):
    """When the page's tree is whole: number the notes, list the sources, make links relative to the page."""

    def __init__(self, md: Markdown, elements: Elements) -> None:
        super().__init__(md)
        self.elements = elements

    def run(self, root: ET.Element) -> None:
        sources: dict[tuple[str, str, str], list[Fact]] = {}
        for serial, made in enumerate(root.iterfind(".//span[@class='number']"), 1):
            made[0].set("aria-describedby", f"note-{serial}")
            made[-1].set("id", f"note-{serial}")
            for fact in self.elements.facts.get(made, ()):
                listed = sources.setdefault((fact.publisher, fact.source, str(fact.url)), [])
                listed += [] if fact in listed else [fact]
            self.cite(made, list(sources))
        for pill in root.iterfind(".//a[@class='pill']"):
            (fact,) = self.elements.facts[pill]
            listed = sources.setdefault((fact.publisher, fact.source, str(fact.url)), [])
            listed += [] if fact in listed else [fact]
        if sources:
            items = [source_item(number, facts) for number, facts in enumerate(sources.values(), 1)]
            root.extend([element("h2", "Sources", id="sources"), element("ol", None, items, class_="sources")])
        folder = posixpath.dirname(page_name(self.md))
        for link in root.iter("a"):
            if link.attrib.pop(OURS, None) is not None and not link.get("href").startswith("#"):
                path, mark, place = link.get("href").partition("#")
                link.set("href", posixpath.relpath(path, folder or ".") + mark + place)

    def cite(self, made: ET.Element, known: list[tuple[str, str, str]]) -> None:
        """Put the numbers of its sources behind an element, each once."""
        facts = self.elements.facts.get(made, ())
        keys = dict.fromkeys((fact.publisher, fact.source, str(fact.url)) for fact in facts)
        for number in (known.index(key) + 1 for key in keys):
            mark = element("sup", None, [element("a", str(number), href=f"#source-{number}")], class_="cite")
            mark.set("data-search-exclude", "")
            made.insert(len(made) - 1, mark)


class Quiz(Treeprocessor):
    """``<div class="quiz">`` with a question and a definition list: a reader who picks an answer gets its reply."""

    def run(self, root: ET.Element) -> None:
        for serial, quiz in enumerate(root.iterfind(".//div[@class='quiz']"), 1):
            question, answers = quiz
            question.tag, quiz.tag = "legend", "fieldset"
            quiz.remove(answers)
            for part in answers:
                if part.tag == "dt":
                    part.tag = "label"
                    choice = element("input", type="radio", name=f"quiz-{serial}")
                    choice.tail, part.text = part.text, None
                    part.insert(0, choice)
                else:
                    part.tag = "div"
                quiz.append(part)


class Places(Treeprocessor):
    """End each link to a line of code in the place of that line, once MkDocs has checked the rest of the address."""

    def run(self, root: ET.Element) -> None:
        for link in root.iter("a"):
            if place := link.attrib.pop("data-place", None):
                link.set("href", f"{link.get('href')}#{place}")


class NumbersExtension(Extension):
    """Registers all of it. Code spans come first in Markdown, so that a page can show the notation itself."""

    def extendMarkdown(self, md: Markdown) -> None:
        elements = Elements(numbers_of(ROOT, state_of(ROOT)))
        md.block_level_elements.append("live-model")  # so that md_in_html finds the Markdown inside
        md.inlinePatterns.register(NumberPattern(md, elements), "number", 185)
        md.parser.blockprocessors.register(BlockPattern(md, elements), "number-block", 175)
        md.treeprocessors.register(Finish(md, elements), "numbers-finish", 15)
        md.treeprocessors.register(Quiz(md), "quiz", 15)
        md.treeprocessors.register(Places(md), "places", -10)


def makeExtension(**options: object) -> NumbersExtension:
    """Return the extension, by the name that Markdown looks for."""
    return NumbersExtension(**options)
