"""Find figures and words of quantity that nothing checks, in a page as its reader sees it.

Every figure on a page is of some kind (``KINDS``): a checked number, code, a date. What is of no kind is naked, and so
is a word of quantity outside a claim, unless ``docs/exceptions.toml`` names it with a reason.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import soupsieve
from bs4 import BeautifulSoup, PageElement, Tag
from bs4.element import Comment, Doctype, Script, Stylesheet, TemplateString
from pydantic import model_validator

from scripts.entries import Strict, load_entries
from scripts.paths import EXCEPTIONS

# What a figure is, by what holds it, the innermost first: a class, an attribute or a tag, where it must stand, and its
# kind. A class alone proves nothing. The checks in scripts/checks/shown.py and holders.py hold the places against the
# data that they were made from.
KINDS = {
    "data": (".number > data", "number"),
    "data-number": ("figure.drawn[data-figure] g[data-number]", "number"),
    "claimed": (".number > span.claimed", "claim"),
    "provenance": (".number > span.provenance", "provenance of a number"),
    "cite": (".number > sup.cite", "reference to a source"),
    "provenance-line": ("figure.output[data-record] > figcaption.provenance-line", "provenance of an output"),
    "recorded": ("figure.output[data-record] > div.recorded", "recorded output"),
    "sources": ("article > ol.sources", "source"),
    "minutes": ("[data-table=resources] td.minutes", "minutes of a resource"),
    "numbers-table": ("[data-table=numbers]", "table of numbers"),
    "claims": ("[data-table=claims]", "table of claims"),
    "errata": ("[data-table=errata]", "table of errata"),
    "peers": ("[data-table=peers]", "table of other libraries"),
    "axis": ("figure.drawn[data-figure] .axis, cost-calculator .axis", "axis of a figure"),
    "in-words": ("figure.drawn[data-figure] > svg > title.in-words", "figure in words"),
    "calculated": ("cost-calculator .calculated", "calculator"),
    "jp-InputPrompt": (".jupyter-wrapper .jp-InputArea > .jp-InputPrompt", "prompt of a notebook"),
    "jp-OutputPrompt": (".jupyter-wrapper .jp-CodeCell .jp-OutputPrompt", "prompt of a notebook"),
    "jp-OutputArea": (".jupyter-wrapper .jp-CodeCell .jp-OutputArea", "output of a notebook"),
    "jp-CodeCell": (".jupyter-wrapper .jp-CodeCell", "code"),
    "filename": (".highlight > span.filename", "code"),
    "time": ("time", "date"),
}
PLACES = {key: (soupsieve.compile(place), kind) for key, (place, kind) in KINDS.items()}
# A block in one of these is prose in another type: its figures are as naked as any.
NEVER_RUN = ["language-text", "jp-MarkdownCell"]
# What a span of code has, and a figure in disguise has not: a name, and what makes code of it.
CODE_LIKE = re.compile(r"\b[A-Za-z]\w*(?:(?<=_)|_\w|\.[A-Za-z_]| ?=|[(\[]|\*\*)")
OUTPUTS = {"recorded output", "output of a notebook"}  # these stay what they are, whatever tags they hold
SKIPPED = ("script", "style", "template")
UNSEEN = (Comment, Doctype, Script, Stylesheet, TemplateString)  # all other texts are read, of whatever type
ATTRIBUTES = ("alt", "title", "aria-label", "placeholder")

BLOCKS = ("p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "summary", "title")


def _ranges(signs: Iterable[str]) -> str:
    """Return sorted signs as ranges of a regular expression, which looks for few ranges faster than for many signs."""
    runs = groupby(enumerate(map(ord, signs)), key=lambda pair: pair[1] - pair[0])
    codes = [[code for _, code in run] for _, run in runs]
    return "".join(f"{re.escape(chr(run[0]))}-{re.escape(chr(run[-1]))}" for run in codes)


# All that stands for a number and is no decimal digit: ½, x², Ⅳ, ③.
_SIGNS = _ranges(sign for sign in filter(str.isnumeric, map(chr, range(sys.maxunicode + 1))) if not sign.isdecimal())
FIGURE = re.compile(rf"\d+(?:[.,:/-]\d+)*|[{_SIGNS}]+")
_COUNTS = """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety tens hundreds? thousands? millions?
    billions? trillions? quadrillions? millionths? billionths? trillionths? dozens? half halves halved thirds?
    quarters? fifths? tenths? hundredths? thousandths? twice thrice doubles? doubled doubling triples? tripled
    tripling trebles? trebled quadruples? quadrupled quintupled? sextupled? halving quartered sixteenths? twentieths?
    sixths? sevenths? eighths? ninths? decades? handful percent majority minority hardly barely negligible fewer"""
_DEGREES = (
    "much|far|way|vastly|considerably|significantly|substantially|dramatically|exponentially|enormously|tremendously|"
    "slightly|somewhat|many times|a little|a bit|a lot"
)
_COMPARED = r"more|less|worse|better|\w{2,}er"
_PHRASES = (
    r"\w+fold",
    "per cent",
    "orders?[ -]of[ -]magnitude",
    "(?:many|several|few|multiple) times",
    f"(?:{_DEGREES}) (?:{_COMPARED})",
    "(?:most|a fraction|the bulk|a couple|a pair) of",
    "(?:nearly|almost|practically|virtually) (?:all|none|every|everything|nothing)",
    "a (?:great|good) deal",
    "by a (?:wide|large|long) (?:margin|way)",
)
QUANTITY = re.compile(rf"\b(?:{'|'.join([*_COUNTS.split(), *_PHRASES])})\b", re.IGNORECASE)


class Allowed(Strict):
    """Words that may hold a figure or a quantity although nothing checks it, and why.

    ``name``: part of a name or a version. ``quantity``: a word that stands for no figure here. ``meaning``: a figure
    that says what a word means. ``page`` is the one built page on which they may stand; a name may stand on any.
    """

    words: str
    kind: Literal["name", "quantity", "meaning"]
    why: str
    page: str | None = None

    @model_validator(mode="after")
    def _on_one_page(self) -> "Allowed":
        if self.kind != "name" and self.page is None:
            raise ValueError("a quantity is allowed on one page only; add page, as in training-vs-inference/index.html")
        return self


def load_exceptions(path: Path = EXCEPTIONS) -> dict[str, Allowed]:
    """Read and check ``exceptions.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Allowed)


@dataclass(frozen=True)
class Found:
    """A figure or a word of quantity on a page.

    ``kind`` is one of ``KINDS``, the name of an exception as ``exception NAME``, or None where it is naked. For the
    naked alone: ``sentence`` holds it, and ``before`` leads to it, so that it can be found in the source.
    """

    text: str
    kind: str | None
    sentence: str
    before: str
    is_figure: bool


def kind_of(tag: Tag) -> str | None:
    """Return the kind that a tag gives to the figures inside it, or None."""
    if tag.name == "pre":
        return None if tag.find_parent(class_=NEVER_RUN) else "code"
    if tag.name == "code" and tag.parent.name != "pre":
        return "code" if CODE_LIKE.search(tag.get_text()) else None
    names = [*tag.get("class", ()), tag.name, *(["data-number"] if tag.has_attr("data-number") else [])]
    places = [PLACES[name] for name in names if name in PLACES]
    return next((kind for place, kind in places if place.match(tag)), None)


def seen(text: str) -> str:
    """Return a text without the signs that nobody sees, such as a soft hyphen: they would part a word or a figure."""
    return text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def texts(tag: Tag, kind: str | None = None) -> Iterator[tuple[str, PageElement, str | None]]:
    """Yield each piece of text that a reader sees or hears, with where it stands and its kind."""
    for node in tag.children:
        if isinstance(node, Tag):
            if node.name in SKIPPED:
                continue
            own = kind if kind in OUTPUTS else kind_of(node) or kind
            said = [node["content"]] if node.name == "meta" and node.get("name") == "description" else []
            for text in said + [node[name] for name in ATTRIBUTES if node.get(name)]:
                yield seen(text), node, own
            yield from texts(node, own)
        elif not isinstance(node, UNSEEN) and node.strip():
            yield seen(str(node)), node, kind


def figures_and_quantities(page: BeautifulSoup, allowed: dict[str, Allowed]) -> Iterator[Found]:
    """Yield every figure and every word of quantity on a page, with its kind; ``allowed`` are the page's exceptions.

    A figure is looked for in each text. A quantity may run over several (far *more*), so it is looked for in the words
    of a whole block; what is of a kind, such as a number, parts them.
    """
    blocks: dict[int, tuple[list[str], PageElement]] = {}
    for text, node, kind in texts(page):
        for match in FIGURE.finditer(text):
            known = kind or covering(match, text, allowed)
            if known:
                yield Found(match[0], known, "", "", True)
            else:
                before = " ".join((preceding(node) + text[: match.end()]).split())
                yield Found(match[0], None, sentence_of(whole_text(node), match[0], text), before, True)
        block = node if isinstance(node, Tag) else block_of(node)  # an attribute is a text of its own
        key = id(block) if block is not None and not isinstance(node, Tag) else id(text)
        blocks.setdefault(key, ([], node))[0].append(PARTED if kind else text)
    for parts, _ in blocks.values():
        words = " ".join("".join(parts).split())
        for match in QUANTITY.finditer(words):
            before, sentence = words[: match.end()].replace(PARTED, ""), sentence_of(words, match[0], "")
            known = covering(match, words, allowed)
            yield Found(match[0], known, "" if known else sentence.replace(PARTED, ""), before, False)


PARTED = "\ufffc"


def covering(match: re.Match, text: str, exceptions: dict[str, Allowed]) -> str | None:
    """Return the exception whose words cover a match, or None."""
    for name, exception in exceptions.items():
        words = r"\s+".join(map(re.escape, exception.words.split()))
        for place in re.finditer(rf"(?<!\w){words}(?!\w)", text):
            if place.start() <= match.start() and match.end() <= place.end():
                return f"exception {name}"
    return None


def block_of(node: PageElement) -> Tag | None:
    """Return the paragraph, cell or heading that holds a text."""
    return next((parent for parent in node.parents if parent.name in BLOCKS), None)


def preceding(node: PageElement) -> str:
    """Return the text of the block before a text node."""
    block = block_of(node)
    if block is None or isinstance(node, Tag):
        return ""
    before = ""
    for each in block.find_all(string=True):
        if each is node:
            break
        if not each.find_parent(class_=["provenance", "cite"]):
            before += str(each)
    return before


def whole_text(node: PageElement) -> str:
    """Return the text of the block that holds a node, without the notes of its numbers."""
    block = block_of(node)
    if block is None or isinstance(node, Tag):
        return str(node.get("content") or node.get("alt") or "") if isinstance(node, Tag) else str(node)
    parts = [str(each) for each in block.find_all(string=True) if not each.find_parent(class_=["provenance", "cite"])]
    return " ".join("".join(parts).split())


def sentence_of(block: str, word: str, near: str) -> str:
    """Return the sentence of a block that holds a word, or the whole block.

    >>> sentence_of("It runs. It takes two hours.", "two", "takes two")
    'It takes two hours.'
    """
    sentences = re.split(r"(?<=[.!?:]) +", block)
    fitting = [each for each in sentences if word in each]
    closest = [each for each in fitting if " ".join(near.split())[:30] in each]
    return next(iter(closest or fitting), " ".join(near.split()))
