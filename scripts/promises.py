"""What a page's source promises its reader, and whether a built page keeps it, whichever generator built it.

Promises are read from the sources and the numbers' registry, never from another build: two builds may share a fault.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import zip_longest
from pathlib import Path

import markdown
from bs4 import BeautifulSoup, Tag
from markdown.preprocessors import Preprocessor
from mkdocs.utils.yaml import yaml_load

from scripts import calculator_page, figures
from scripts.errors import SiteError, at
from scripts.notation import CODE, REFERENCE
from scripts.numbers import Numbers
from scripts.paths import ROOT
from scripts.reading import MINUTES_ID, minutes
from scripts.snippets import files_to_copy

SNIPPET_EXTENSION = "pymdownx.snippets"
FENCE = re.compile(r"(?P<indent>\s*)(?P<marks>`{3,}|~{3,})")
BLOCK = re.compile(r"\{\{\s*(?P<kind>\w+)\s+(?P<name>[\w.-]+)\s*\}\}")  # of any kind: a new one must not pass unseen
TABLE_RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?)?\s*")


@dataclass(frozen=True)
class Promise:
    """One thing that a reader must find on the page: ``text``, in an element that fits the kind.

    ``size`` is a Markdown table's rows, or which table of the page a made one is.
    """

    page: Path
    line: int
    kind: str
    name: str
    text: str
    size: int = 0


Broken = tuple[Promise, str]


@cache
def site_config() -> dict:
    """Return mkdocs.yml as it stands. MkDocs' own loader would ask for every plugin that it names."""
    return yaml_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


@cache
def includes() -> Preprocessor:
    """Return pymdownx's own include machinery, with the options that the site gives it."""
    extensions = site_config()["markdown_extensions"]
    options = next(each for each in extensions if isinstance(each, dict) and SNIPPET_EXTENSION in each)
    options = dict(options[SNIPPET_EXTENSION]) | {"auto_append": []}
    options["base_path"] = [str(ROOT / path) for path in options["base_path"]]
    md = markdown.Markdown(extensions=[SNIPPET_EXTENSION], extension_configs={SNIPPET_EXTENSION: options})
    return md.preprocessors["snippet"]


def promises(page: Path, numbers: Numbers) -> list[Promise]:
    """Return all that a page promises, in the order of its lines.

    Raises:
        SiteError: the page asks for a kind of block that nobody has taught this module to look for.

    """
    prose, found = [], []
    for line, text, is_code in parts(page):
        if is_code:
            found.append(Promise(page, line, "block", "this block", text))
        else:
            prose.append((line, text))
    for line, text in ((line, CODE.sub("", text)) for line, text in prose):
        for match in REFERENCE.finditer(text):
            found.append(Promise(page, line, *reference_promise(page, match, numbers)))
        if block := BLOCK.fullmatch(text.strip()):
            found += [Promise(page, line, *made) for made in block_promises(page, line, block, numbers)]
    return in_order(found + list(written_tables(page, prose)))


def parts(page: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield each line of prose, and each fenced block as its reader sees it, with its line and whether it is code."""
    fence, start, body = None, 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        marks = FENCE.match(line)
        if fence is None and marks:
            fence, start, body = marks, number, []
        elif fence is None:
            yield number, line, False
        elif marks and marks["marks"].startswith(fence["marks"]):
            lines = [each.removeprefix(fence["indent"]) for each in includes().run(body)]
            yield start, "\n".join(lines).expandtabs(4).strip("\n"), True
            fence = None
        else:
            body.append(line)


def reference_promise(page: Path, reference: re.Match, numbers: Numbers) -> tuple[str, str, str]:
    """Return kind, name and text of what a sentence promises: a number, a claim's words, or a fact's date."""
    if reference["words"]:
        return "claim", reference[0], reference["words"]
    if reference["when"]:
        return "date", reference[0], numbers.get(reference["id"]).spec.when
    number = minutes(page, numbers) if reference["id"] == MINUTES_ID else numbers.get(reference["id"])
    return "number", reference[0], number.text


def block_promises(page: Path, line: int, block: re.Match, numbers: Numbers) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and text of all that one ``{{ kind name }}`` promises."""
    name = block["name"]
    match block["kind"]:
        case "output":
            yield "output", block[0], "\n".join(numbers.record(name).stdout)
        case "figure":
            svg, _ = figures.draw(name, numbers)
            yield "figure", block[0], BeautifulSoup(svg, "html.parser").title.get_text()
        case "companions":
            for file, _ in files_to_copy(name):
                yield "file", f"{file.name} of {block[0]}", file.name
        case "calculator":
            calculator = calculator_page.Page(name, numbers, str)
            for field in calculator.element().iter("data"):
                known = field.get("class") == "calculated"  # else it is a number of the site
                yield "result" if known else "number", f"{field.text} of {block[0]}", field.text
        case "table":
            yield "table", block[0], ""
            for number_id in numbers.ids() if name == "numbers" else ():
                yield "row", number_id, numbers.get(number_id).brief
        case kind:
            message = f"nothing looks for a {kind} on built pages; teach block_promises() in scripts/promises.py"
            raise SiteError(at(page, line, message))


def written_tables(page: Path, prose: list[tuple[int, str]]) -> Iterator[Promise]:
    """Yield the tables that are written in Markdown: their heads, and how many rows they have."""
    for index, (_, rule) in enumerate(prose):
        if index and TABLE_RULE.fullmatch(rule):
            line, heads = prose[index - 1]
            rows = [text for _, text in prose[index + 1 :]]
            size = next((count for count, row in enumerate(rows) if "|" not in row), len(rows))
            text = " | ".join(re.sub(r"[`*]", "", head).strip() for head in heads.strip(" |").split("|"))
            yield Promise(page, line, "table", f"the table {text!r}", text, size)


def in_order(found: list[Promise]) -> list[Promise]:
    """Return promises by line. A made table, whose heads its source does not say, gets its place among all tables."""
    ordered, tables = [], 0
    for promise in sorted(found, key=lambda promise: promise.line):
        tables += promise.kind == "table"
        made = promise.kind == "table" and not promise.text
        ordered.append(Promise(promise.page, promise.line, "table", promise.name, "", tables) if made else promise)
    return ordered


def broken(promised: list[Promise], article: Tag) -> list[Broken]:
    """Return the promises that a built page breaks, each with what is wrong, in the order of their lines."""
    found = [(each, why) for each in promised if each.kind in KEPT and (why := KEPT[each.kind](each, article))]
    for kind, broken_ones in ALL_KEPT.items():
        found += broken_ones([promise for promise in promised if promise.kind == kind], article)
    return sorted(found, key=lambda each: each[0].line)


def broken_numbers(promised: list[Promise], article: Tag) -> Iterator[Broken]:
    """Yield each number that is missing or reads otherwise. Both sides are in reading order, so each has one place."""
    shown = [data.get_text() for data in article.select(".number data:not([hidden] *)")]
    matcher = SequenceMatcher(None, [promise.text for promise in promised], shown, autojunk=False)
    for change, start, end, first, last in matcher.get_opcodes():
        if change in ("delete", "replace"):
            instead = shown[first:last][: end - start]
            for promise, text in zip_longest(promised[start:end], instead):
                says = "it is missing" if text is None else f"it reads {text!r}"
                yield promise, f"should read {promise.text!r}, but {says}"


def broken_text(promise: Promise, article: Tag) -> str | None:
    """Return what is wrong with a block or with recorded output: every line must be there, in one ``<pre>``."""
    shown = [pre.get_text().strip("\n") for pre in article.select("pre")]
    if promise.text in shown:
        return None
    lines = [*promise.text.splitlines(), "(its end)"]
    kept = max((lines_in_common(lines, text.splitlines()) for text in shown), default=0)
    return f"is not whole: its line {kept + 1} should be {lines[kept]!r}" if kept else "is missing"


def lines_in_common(one: list[str], other: list[str]) -> int:
    """Return how many lines two texts share from their start.

    >>> lines_in_common(["a", "b", "c"], ["a", "b"])
    2
    """
    return next((count for count, (a, b) in enumerate(zip_longest(one, other)) if a != b), len(one))


def broken_element(promise: Promise, article: Tag) -> str | None:
    texts = [tag.get_text() for tag in article.select(PLACES[promise.kind])]
    return None if promise.text in texts else "is missing"


def broken_table(promise: Promise, article: Tag) -> str | None:
    tables = article.select("table")
    if not promise.text:
        return None if promise.size <= len(tables) else "is missing"
    sizes = [len(table.select("tbody tr")) for table in tables if heads_of(table) == promise.text]
    if promise.size in sizes:
        return None
    return f"should have {promise.size} rows, but it has {sizes[0]}" if sizes else "is missing"


def heads_of(table: Tag) -> str:
    return " | ".join(head.get_text().strip() for head in table.select("thead th"))


def broken_rows(promised: list[Promise], article: Tag) -> Iterator[Broken]:
    rows: dict[str, list[str]] = {}  # by each of its cells
    for row in article.select("tbody tr") if promised else ():
        cells = [cell.get_text().strip() for cell in row.select("th, td")]
        for cell in cells:
            rows.setdefault(cell, cells)
    for promise in promised:
        if promise.name not in rows:
            yield promise, "has no row in the table of numbers"
        elif promise.text not in rows[promise.name]:
            yield promise, f"should read {promise.text!r} in the table of numbers"


PLACES = {
    "claim": ".claimed",
    "date": "time",
    "figure": "svg > title",
    "file": "a[href]",
    "result": "cost-calculator data",
}
KEPT: dict[str, Callable[[Promise, Tag], str | None]] = {
    "block": broken_text,
    "output": broken_text,
    **dict.fromkeys(PLACES, broken_element),
    "table": broken_table,
}
# Promises of a kind that are many on a page, looked for all at once.
ALL_KEPT: dict[str, Callable[[list[Promise], Tag], Iterable[Broken]]] = {"number": broken_numbers, "row": broken_rows}
