"""The notation of pages: where a page's source names a number, a claim or a block, and what of it is prose."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import at
from scripts.paths import DOCS

REFERENCE = re.compile(
    r"\{\{\s*(?P<id>[\w-]+\.[\w-]+)(?P<when>\.as_of)?\s*(?:\|\s*(?P<words>[^{}|\s](?:[^{}|]*?[^{}|\s])?)\s*)?\}\}"
)
NO_DATE = "only a fact has a date; remove .as_of"
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
FENCE = re.compile(r"\s*(?P<marks>`{3,}(?!.*`)|~{3,})(?P<header>.*)")  # a header of backticks has no backtick in it
BLOCK = re.compile(r"^\{\{\s*(?P<kind>output|figure|companions|table|calculator)\s+(?P<name>[\w.-]+)\s*\}\}$")


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


@dataclass(frozen=True)
class Use:
    """One use of a number, a fact or a claim on a page: ``words`` are a claim's; ``when`` asks for a fact's date."""

    id: str
    page: Path
    line: int
    words: str
    when: bool = False


@dataclass(frozen=True)
class Fenced:
    """A block of fenced code: the line of its header, the header without its marks, its lines, and whether it ends."""

    line: int
    header: str
    lines: tuple[str, ...]
    closed: bool


def prose(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield each line that is no fenced code, with its number; code spans are taken out."""
    for number, part in parts(lines):
        if isinstance(part, str):
            yield number, CODE.sub("", part)


def parts(lines: Iterable[str]) -> Iterator[tuple[int, str | Fenced]]:
    """Yield each line of prose as it stands, and each block of fenced code, with its line."""
    fence, start, header, inside = None, 0, "", []
    for number, line in enumerate(lines, 1):
        marks = FENCE.match(line)
        if fence is None and not marks:
            yield number, line
        elif fence is None:
            fence, start, header, inside = marks["marks"], number, marks["header"].strip(), []
        elif marks and marks["marks"].startswith(fence) and not marks["header"].strip():
            yield start, Fenced(start, header, tuple(inside), True)
            fence = None
        else:
            inside.append(line)
    if fence is not None:
        yield start, Fenced(start, header, tuple(inside), False)


def body(page: Path) -> list[str]:
    """Return the lines of a page, those of its front matter empty."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = lines.index("---", 1) + 1 if lines[:1] == ["---"] and "---" in lines[1:] else 0
    return [""] * start + lines[start:]


def prose_lines(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page's prose, with their numbers. Front matter is not prose."""
    yield from prose(body(page))


def paragraphs(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page's prose that no empty one parts, together, with the number of the first."""
    start, found = 0, []
    for number, line in [*prose_lines(page), (0, "")]:
        if found and (not line.strip() or number != start + len(found)):
            yield start, "\n".join(found)
            found = []
        if line.strip():
            start = start if found else number
            found.append(line)


def references(page: Path) -> Iterator[Use]:
    """Yield each use of a number, a fact or a claim in a page's prose. Code is not prose."""
    for number, line in prose_lines(page):
        for match in REFERENCE.finditer(line):
            yield Use(match["id"], page, number, match["words"] or "", bool(match["when"]))


def uses() -> list[Use]:
    """Return every use on every page."""
    return [use for page in pages() for use in references(page)]


def find_uses(used_id: str) -> list[tuple[Path, int]]:
    """Return every place that uses an id."""
    return [(use.page, use.line) for use in uses() if use.id == used_id]


def undated(used_id: str) -> str:
    """Return what to say where pages ask for the date of an id that has none."""
    return "\n".join(
        at(use.page, use.line, f"{used_id}: {NO_DATE}") for use in uses() if use.when and use.id == used_id
    )


def block_line(page: Path, kind: str, name: str) -> int:
    """Return the line of a page's ``{{ kind name }}``, or 1 where there is none."""
    blocks = ((number, BLOCK.match(line.strip())) for number, line in prose_lines(page))
    return next((number for number, block in blocks if block and (block["kind"], block["name"]) == (kind, name)), 1)


def find_text(text: str) -> list[tuple[Path, int]]:
    """Return every place in the pages' sources that holds a text."""
    return [
        (page, number)
        for page in pages()
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if text in line
    ]
