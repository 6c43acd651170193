"""Pages as they are written: their prose, their fences, and what they name in braces."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, PositiveInt

from scripts.cells import MARKER
from scripts.common import ROOT, SiteError, at, lines_of, read
from scripts.schema import Strict, load_entries, load_toml

REFERENCE = re.compile(
    r"\{\{\s*(?P<id>\w+\.\w+)(?:\.(?P<part>as_of|period|source))?\s*(?:\|\s*(?P<words>[^{}|\s](?:[^{}|]*?[^{}|\s])?)\s*)?\}\}"
)
BLOCK = re.compile(
    r"\{\{\s*(?P<kind>output|figure|files|table|calculator|path|next|shares)\s+(?P<name>[\w./-]+)\s*\}\}"
)
FENCE = re.compile(r"(?P<indent>[ \t>]*)(?P<marks>`{3,}(?!.*`)|~{3,})(?P<header>.*)")
INCLUDE = re.compile(r'\s*--8<--\s+"(?P<file>[^":]+)(?::(?P<cell>[\w-]+))?"\s*')
CODE = re.compile(r"(`+)(?!`)(?P<text>.*?)(?<!`)\1(?!`)")
LANGUAGES = {"py": "python", "python3": "python", "py3": "python"}


@dataclass(frozen=True)
class Use:
    """One use of a number, a fact or a claim: ``words`` are a claim's, ``part`` a fact's date, period or source."""

    id: str
    page: "Page"
    line: int
    words: str
    part: str

    def at(self, message: str) -> str:
        return self.page.at(self.line, message)


@dataclass(frozen=True)
class Fence:
    """A block of fenced code: the line of its header, its language in the one name we use, its title, its lines."""

    line: int
    header: str
    lines: tuple[str, ...]
    closed: bool

    @property
    def language(self) -> str:
        """Return the language in any form that the header may give it.

        >>> [Fence(1, h, (), True).language for h in ('py title="a.py"', ' {.python .annotate}', "{ .text }", "")]
        ['python', 'python', 'text', '']
        """
        name = re.match(r"\s*(?:\{\s*\.?|\.?)([\w#.+-]*)", self.header)[1].lower()
        return LANGUAGES.get(name, name)

    @property
    def title(self) -> str:
        found = re.search(r'title="([^"]*)"', self.header)
        return found[1] if found else ""

    @property
    def code(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def includes(self) -> list[tuple[str, str]]:
        """Return the files that it includes, each with the name of the cell, or an empty one for all of it."""
        found = [INCLUDE.fullmatch(line) for line in self.lines]
        return [(each["file"], each["cell"] or "") for each in found if each]


class Page:
    """One page of Markdown."""

    def __init__(self, path: Path, docs: Path) -> None:
        self.path, self.text = path, read(path)
        self.name = path.relative_to(docs).as_posix()

    def __repr__(self) -> str:
        return self.name

    def at(self, line: int, message: str) -> str:
        return at(self.path, line, message)

    @cached_property
    def body(self) -> tuple[list[str], int]:
        """Return its lines, and how many of them are front matter."""
        lines = lines_of(self.text)
        has_front = lines[:1] == ["---"] and "---" in lines[1:]
        return lines, lines.index("---", 1) + 1 if has_front else 0

    @cached_property
    def title(self) -> str:
        """Return its first heading, as plain text."""
        return next((re.sub("<[^>]*>", "", line[2:]) for _, line in self.prose if line.startswith("# ")), self.name)

    @cached_property
    def description(self) -> str:
        """Return what it says of itself to search engines, in its front matter."""
        lines, front = self.body
        said = (line.partition("description:")[2].strip() for line in lines[:front] if line.startswith("description:"))
        return next(said, "").strip("\"'")

    @cached_property
    def parts(self) -> list[tuple[int, str | Fence]]:
        """Return each line of prose as it stands, and each fence, with its line."""
        lines, front = self.body
        return list(split(lines[front:], front + 1))

    @property
    def fences(self) -> list[Fence]:
        return [part for _, part in self.parts if isinstance(part, Fence)]

    @property
    def prose(self) -> list[tuple[int, str]]:
        """Return each line that is not in a fence, with its number; code spans are taken out."""
        return [(number, CODE.sub("", part)) for number, part in self.parts if isinstance(part, str)]

    @cached_property
    def paragraphs(self) -> list[tuple[int, str]]:
        """Return the lines of prose that no empty line parts, joined, with the number of the first."""
        found: list[tuple[int, list[str]]] = []
        last = -1
        for number, part in self.parts:
            if isinstance(part, str) and part.strip():
                if number != last + 1:
                    found.append((number, []))
                found[-1][1].append(part)
                last = number
        return [(number, "\n".join(lines)) for number, lines in found]

    @cached_property
    def uses(self) -> list[Use]:
        """Return each use of a number, a fact or a claim."""
        return [
            Use(match["id"], self, number, match["words"] or "", match["part"] or "")
            for number, line in self.prose
            for match in REFERENCE.finditer(line)
        ]

    @cached_property
    def blocks(self) -> list[tuple[int, str, str]]:
        """Return the line, the kind and the name of each ``{{ kind name }}`` that stands by itself."""
        found = [(number, BLOCK.fullmatch(line.strip())) for number, line in self.prose]
        return [(number, block["kind"], block["name"]) for number, block in found if block]

    @cached_property
    def answers(self) -> dict[int, str]:
        """Return, by the line of each paragraph of an answer for clients, all of it but the long version."""
        found: dict[int, str] = {}
        if ".one-sheet" not in self.text:
            return found
        lines: list[int] = []
        said: list[str] = []
        for number, text in [*self.paragraphs, (0, "## ")]:
            if text.startswith("## "):
                found |= dict.fromkeys(lines, "\n".join(said))
                lines, said = [], []
            elif not text.startswith(("??? ", "    ")):
                lines.append(number)
                said.append(text)
        return found

    @property
    def headings(self) -> list[str]:
        """Return the text of each second heading."""
        return [line[3:].partition("{")[0].strip() for _, line in self.prose if line.startswith("## ")]

    def shows(self, path: Path) -> list[str]:
        """Return the cells of a file that the page includes, in the page's order; all of the file is an empty name."""
        return [cell for fence in self.fences for file, cell in fence.includes if file == path.name]

    def words(self) -> int:
        """Return how many words of prose it has, folded ones aside; what stands in braces is read as one."""
        found, folded = 0, False
        for line in (part for _, part in self.parts if isinstance(part, str)):
            if line and not line.startswith(" "):
                folded = line.startswith("??? ")
            if not folded:
                found += len(re.findall(r"[\w'’.-]*\w", re.sub(r"\{\{[^}]*\}\}", "x", CODE.sub("", line))))
        return found


class NotebookPage(Page):
    """The text cells of a notebook in percent format, read as a page."""

    description = ""

    @cached_property
    def body(self) -> tuple[list[str], int]:
        """Return its lines, those of code empty, and no front matter."""
        lines, in_text = [], False
        for line in lines_of(self.text):
            in_text = "[markdown]" in line if MARKER.match(line) else in_text
            lines.append(line.removeprefix("#").removeprefix(" ") if in_text and not MARKER.match(line) else "")
        return lines, 0


def split(lines: Iterable[str], first: int = 1) -> Iterator[tuple[int, str | Fence]]:
    """Yield each line of prose, and each fence, with its line: the one reader of fences in this house."""
    opened, start, inside = None, 0, []
    for number, line in enumerate(lines, first):
        marks = FENCE.fullmatch(line)
        if opened is None and marks:
            opened, start, inside = marks, number, []
        elif opened is None:
            yield number, line
        elif marks and marks["marks"].startswith(opened["marks"]) and not marks["header"].strip():
            yield start, Fence(start, opened["header"].strip(), tuple(inside), True)
            opened = None
        else:
            indent = len(opened["indent"])
            inside.append(line[indent:] if not line[:indent].strip(" \t>") else line.lstrip())
    if opened is not None:
        yield start, Fence(start, opened["header"].strip(), tuple(inside), False)


class Resource(Strict):
    """Something to read or to watch, with the minutes that it takes.

    ``minutes``: as the card says. ``counted``: by our own count, where that differs. ``later``: for who has time.
    """

    title: str
    url: HttpUrl
    kind: Literal["video", "article", "handbook", "paper", "course"]
    minutes: PositiveInt
    counted: PositiveInt | None = None
    by: str
    why: str
    later: bool = False


class Concept(Strict):
    """One folder of pages: the sections that each page but ``index.md`` has, and the resources of its card."""

    sections: tuple[str, ...] = ()
    resources: dict[str, Resource] = Field(default_factory=dict)


def load_pages(root: Path = ROOT) -> list[Page]:
    """Return every page of the site."""
    docs = root / "docs"
    return [Page(path, docs) for path in sorted(docs.rglob("*.md")) if path.name != "abbreviations.md"]


def load_concept(folder: Path) -> Concept:
    """Return what ``concept.toml`` says of a folder.

    Raises:
        SiteError: it is missing, or breaks the schema.

    """
    path = folder / "concept.toml"
    if not path.exists():
        raise SiteError(at(path, 1, "is missing; it lists the sections and the resources of the concept"))
    content = load_toml(path)
    named = {f"resources.{name}": entry for name, entry in content.get("resources", {}).items()}
    content["resources"] = load_entries(path, Resource, named)
    return load_entries(path, Concept, {"concept": content})["concept"]
