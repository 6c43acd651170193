"""A Markdown extension: numbers, claims, recorded output, figures and tables, written on a page by name.

In a sentence, ``{{ train.final_loss }}`` becomes the value with its provenance, ``{{ claims.id | words }}`` the words
with their condition, ``{{ facts.id.as_of }}`` the month of a public figure, and ``{{ reading.minutes }}`` how long the
page takes. On a line of their own: ``{{ output train }}`` is what the snippet printed when it was recorded,
``{{ figure loss-curve }}`` a picture, ``{{ calculator training-cost }}`` fields to change and what comes of them,
``{{ companions inference }}`` the files to copy beside a snippet, and ``{{ table numbers }}`` every number there is.

What depends on the device is written once for each device that has records, all but the CPU's hidden: a switch shows
another (``docs/assets/javascripts/devices.js``). All numbers of one block change together or not at all.
"""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import lru_cache

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from scripts import calculator_page, figures, tables
from scripts.elements import element
from scripts.errors import SiteError, at
from scripts.markup import claim_element, date_element, number_element, source_item, source_key
from scripts.notation import BLOCK, REFERENCE, find_text, prose, undated
from scripts.numbers import Numbers
from scripts.paths import DOCS, RECORDS, SNIPPETS, shown
from scripts.reading import MINUTES_ID, RATE_ID, minutes_for, words
from scripts.records import devices
from scripts.snippets import files_to_copy, source_path
from scripts.source_lines import TextFragments

PLACED = re.compile(r"[\w./-]+:\d+: ")  # how a message begins that names its file and line

# The smallest pieces of a page that are read as one: a switch of device changes all of one or nothing of it.
BLOCKS = {"p", "li", "dt", "dd", "figcaption", "summary", "table", "h1", "h2", "h3", "h4", "h5", "h6"}


class Site:
    """Every device's numbers, the CPU's first: it has every record."""

    def __init__(self) -> None:
        self.cpu = Numbers()
        self.devices = {name: Numbers(name, self.cpu.contracts) for name in devices() if name != "cpu"}

    def by_device(self, make: Callable[[Numbers], ET.Element], allowed: tuple[str, ...] | None = None) -> ET.Element:
        """Return what ``make`` makes for each device that has the records for it, wrapped where there are several."""
        found = {"cpu": make(self.cpu)}
        for name, numbers in self.devices.items():
            if allowed is None or name in allowed:
                try:
                    found[name] = make(numbers)
                except SiteError:
                    continue  # this device has no such record
        if not self.devices:
            return found["cpu"]
        for name, made in found.items():
            made.set("data-device", name)
            if name != "cpu":
                made.set("hidden", "hidden")
                made.set("data-search-exclude", "")
        tag = "div" if found["cpu"].tag == "figure" else "span"
        return element(tag, None, found.values(), class_="by-device")


@lru_cache(maxsize=1)
def made_once(make: Callable[[], Site], state: tuple) -> Site:
    """Return the one site of all pages, made anew when a file that it is made of has changed."""
    return make()


def state_of_the_data() -> tuple:
    """Return what changes with any file that a number comes from."""
    files = [*DOCS.glob("*.toml"), *RECORDS.glob("*/*.json"), *SNIPPETS.rglob("*.py")]
    return tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(files))


class WordCount(Preprocessor):
    """Counts a page's words of prose before anything else touches them."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.words = 0

    def run(self, lines: list[str]) -> list[str]:
        self.words = words(line for _, line in prose(lines))
        return lines


class NumberPattern(InlineProcessor):
    """``{{ snippet.variable }}`` in a sentence."""

    def __init__(self, md: Markdown, site: Site, count: WordCount) -> None:
        super().__init__(REFERENCE.pattern, md)
        self.site, self.count = site, count

    def handleMatch(self, m: re.Match, data: str) -> tuple[ET.Element, int, int]:
        return self.made(m["id"], m["when"], m["words"]), m.start(0), m.end(0)

    def made(self, used_id: str, when: str | None, said: str | None) -> ET.Element:
        numbers = self.site.cpu
        if when and not used_id.startswith("facts."):
            raise SiteError(undated(used_id))
        if used_id.startswith("claims."):
            claim = numbers.claim(used_id).claim
            return self.site.by_device(lambda on: claim_element(on.claim(used_id), said or ""), claim.devices)
        if used_id == MINUTES_ID:
            return number_element(minutes_for(self.count.words, numbers), row=RATE_ID)
        number = numbers.get(used_id)
        if when:
            return date_element(number.spec)
        if not number.measured:
            return number_element(number)
        return self.site.by_device(lambda on: number_element(on.get(used_id)))


class BlockPattern(BlockProcessor):
    """``{{ kind name }}`` as a paragraph of its own."""

    def __init__(self, md: Markdown, site: Site) -> None:
        super().__init__(md.parser)
        self.md, self.site = md, site
        self.makers: dict[str, Callable[[str], ET.Element]] = {
            "output": lambda name: site.by_device(lambda on: self.output(name, on)),
            "figure": lambda name: site.by_device(lambda on: self.figure(name, on)),
            "companions": self.companions,
            "table": lambda name: tables.make(name, site.cpu),
            "calculator": lambda name: calculator_page.Page(name, site.cpu, self.raw).element(),
        }

    def test(self, parent: ET.Element, block: str) -> bool:
        return bool(BLOCK.match(block.strip()))

    def run(self, parent: ET.Element, blocks: list[str]) -> None:
        match = BLOCK.match(blocks.pop(0).strip())
        try:
            parent.append(self.makers[match["kind"]](match["name"]))
        except SiteError as error:
            if PLACED.match(str(error)):
                raise  # it says itself where
            raise SiteError("\n".join(at(*use, str(error)) for use in find_text(match[0])) or str(error)) from None

    def raw(self, markup: str) -> str:
        """Return a placeholder for markup that Markdown must leave alone."""
        return self.md.htmlStash.store(markup)

    def output(self, snippet: str, numbers: Numbers) -> ET.Element:
        if snippet not in numbers.records:
            raise SiteError(f"no record of {snippet}; there are {', '.join(numbers.records)}")
        record = numbers.record(snippet)
        text = html.escape("\n".join(record.stdout))
        body = element("div", self.raw(f'<pre><code tabindex="0">{text}</code></pre>'), class_="recorded")
        caption = element("figcaption", record.caption, class_="provenance-line")
        return element("figure", None, [body, caption], class_="output", data_record=snippet)

    def figure(self, name: str, numbers: Numbers) -> ET.Element:
        svg, words = figures.draw(name, numbers)
        return element("figure", self.raw(svg), [caption(words, numbers)], class_="drawn", data_figure=name)

    def companions(self, snippet: str) -> ET.Element:
        path = source_path(snippet)
        if not path.exists():
            raise SiteError(f"{shown(path)} does not exist")
        files = files_to_copy(snippet)
        links = [element("a", AtomicString(file.name), href=address, download=file.name) for file, address in files]
        return element("ul", None, [element("li", None, [link]) for link in links], class_="companions")


def caption(words: str, numbers: Numbers) -> ET.Element:
    """Return a figure's words, their numbers those of the figure's own device: the whole figure is one block."""

    def markup(reference: re.Match) -> str:
        used_id, said = reference["id"], reference["words"]
        made = claim_element(numbers.claim(used_id), said) if said else number_element(numbers.get(used_id))
        return ET.tostring(made, encoding="unicode")

    return ET.fromstring(f"<figcaption>{REFERENCE.sub(markup, html.escape(words))}</figcaption>")


class Finish(Treeprocessor):
    """When the page's tree is whole: keep each block to one device, number the notes, list the sources."""

    def __init__(self, md: Markdown, numbers: Numbers) -> None:
        super().__init__(md)
        self.numbers = numbers

    def run(self, root: ET.Element) -> None:
        keep_blocks_to_one_device(root)
        for serial, number in enumerate(root.iterfind(".//span[@class='number']"), 1):
            number[0].set("aria-describedby", f"note-{serial}")
            number[-1].set("id", f"note-{serial}")
        self.cite(root)

    def cite(self, root: ET.Element) -> None:
        """Give each number that stands on public figures its references, and list the sources at the foot."""
        sources: dict[tuple, list] = {}
        places: dict[tuple, int] = {}
        for number in [each for each in root.iter("span") if "data-facts" in each.attrib]:
            keys = []
            for name in number.attrib.pop("data-facts").split():
                fact = self.numbers.facts[name]
                key = source_key(fact)
                places.setdefault(key, len(places) + 1)
                listed = sources.setdefault(key, [])
                if fact not in listed:
                    listed.append(fact)
                if key not in keys:
                    keys.append(key)
            for key in keys:
                link = element("a", str(places[key]), href=f"#source-{places[key]}")
                mark = element("sup", None, [link], class_="cite")
                if "data-search-exclude" in number.attrib:
                    mark.set("data-search-exclude", "")  # search forgets it of a span when a span inside ends
                number.insert(len(number) - 1, mark)
        if sources:
            items = [source_item(places[key], facts) for key, facts in sources.items()]
            root.append(element("h2", "Sources", id="sources"))
            root.append(element("ol", None, items, class_="sources"))


def keep_blocks_to_one_device(root: ET.Element) -> None:
    """Drop, in each block, the devices that not all of its numbers have."""
    by_block: dict[ET.Element, list[ET.Element]] = {}
    collect(root, root, by_block)
    for wrappers in by_block.values():
        common = set.intersection(*({made.get("data-device") for made in wrapper} for wrapper in wrappers))
        for wrapper in wrappers:
            for made in [made for made in wrapper if made.get("data-device") not in common]:
                wrapper.remove(made)


def collect(node: ET.Element, block: ET.Element, by_block: dict[ET.Element, list[ET.Element]]) -> None:
    """Gather what depends on the device by the block that holds it. All of a table is one block."""
    for child in node:
        if child.get("class") == "by-device":
            by_block.setdefault(block, []).append(child)
        collect(child, child if child.tag in BLOCKS and block.tag != "table" else block, by_block)


class NumbersExtension(Extension):
    """Registers the patterns. Code spans come first in Markdown, so that a page can show the notation itself."""

    def extendMarkdown(self, md: Markdown) -> None:
        site, count = made_once(Site, state_of_the_data()), WordCount(md)
        md.preprocessors.register(count, "word-count", 40)
        md.inlinePatterns.register(NumberPattern(md, site, count), "number", 185)
        md.parser.blockprocessors.register(BlockPattern(md, site), "number-block", 175)
        md.treeprocessors.register(Finish(md, site.cpu), "numbers-finish", 15)
        md.treeprocessors.register(TextFragments(md), "text-fragments", -10)  # after MkDocs has resolved the links


def makeExtension(**options: object) -> NumbersExtension:
    """Return the extension, by the name that Markdown looks for."""
    return NumbersExtension(**options)
