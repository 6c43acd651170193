"""What the checks look at: the sources, the numbers of every device, and the built pages, each read once."""

import re
from functools import cache, cached_property
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from pytest_codeblocks import CodeBlock

from scripts.build import build
from scripts.contracts import Contracts, load_contracts
from scripts.errors import SiteError, at, line_of
from scripts.fences import blocks
from scripts.notation import Use, pages, uses
from scripts.numbers import Numbers
from scripts.paths import DOCS, ROOT
from scripts.records import Record, devices, load_records
from scripts.wording import Found, figures_and_quantities, load_exceptions


class View:
    """The site as its checks see it, built into ``folder`` when the first of them needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: dict[str, set[str]] = {}  # of each built page, as they are asked for

    @cached_property
    def contracts(self) -> Contracts:
        return load_contracts()

    @cached_property
    def numbers(self) -> Numbers:
        """Return the CPU's numbers: those of every page."""
        return Numbers("cpu", self.contracts)

    @cached_property
    def devices(self) -> dict[str, Numbers]:
        return {name: self.numbers if name == "cpu" else Numbers(name, self.contracts) for name in devices()}

    @cached_property
    def records(self) -> list[Record]:
        """Return the records of every device."""
        return [record for device in devices() for record in load_records(device).values()]

    @cached_property
    def uses(self) -> list[Use]:
        return uses()

    @cached_property
    def sources(self) -> list[Path]:
        """Return the Markdown source of every page."""
        return [page for page in pages() if page.name != "abbreviations.md"]  # which is appended to each of the others

    @cache  # noqa: B019 - a view lives as long as its checks run
    def blocks(self, page: Path) -> list[CodeBlock]:
        """Return a page's code blocks as its reader sees them."""
        return blocks(page)

    @cached_property
    def figures(self) -> list[tuple[str, Found]]:
        """Return every figure and word of quantity on the built pages, each with its page."""
        exceptions = load_exceptions()
        found = []
        for name, page in self.pages.items():
            allowed = {key: each for key, each in exceptions.items() if each.page in (None, name)}
            found += [(name, each) for each in figures_and_quantities(page, allowed)]
        return found

    @cached_property
    def built(self) -> Path:
        """Return the folder of the built site.

        Raises:
            SiteError: it cannot be built.

        """
        if not (self.folder / "index.html").exists():
            done = build(self.folder)
            if done.returncode:
                told = [placed(line) for line in (done.stderr or done.stdout).splitlines() if line.strip()]
                raise SiteError("\n".join([line for line in told if not line.startswith(FRAME)] or told))
        return self.folder

    @cached_property
    def pages(self) -> dict[str, BeautifulSoup]:
        """Return each built page by its path."""
        return {
            str(path.relative_to(self.built)): parsed(path.read_text(encoding="utf-8"))
            for path in sorted(self.built.rglob("*.html"))
        }

    def source_of(self, name: str) -> Path:
        """Return the source of a built page, such as ``docs/index.md`` for ``index.html``."""
        stem = name.removesuffix("index.html").rstrip("/") or "index"
        candidates = [DOCS / f"{stem}.md", DOCS / stem / "index.md", DOCS / f"{stem}.py"]
        return next((path for path in candidates if path.exists()), ROOT / "mkdocs.yml")

    def place(self, name: str, text: str) -> str:
        """Return ``file:line: `` of a text of a built page, as near as its words lead."""
        path = self.source_of(name)
        return at(path, line_near(path, text), "")


class Page(BeautifulSoup):
    """A built page. Checks look for the same again and again, so what was found is kept; no check changes a page."""

    def select(self, selector: str) -> list[Tag]:
        found = self.__dict__.setdefault("found", {})
        if selector not in found:
            found[selector] = super().select(selector)
        return found[selector]


def parsed(html: str) -> Page:
    return Page(html, "html.parser")


FRAME = ("Error reading page", "Aborted with")  # what MkDocs says around an error of ours


def placed(said: str) -> str:
    """Return a line of MkDocs's own with the place it speaks of in front, where it names one.

    >>> placed("WARNING -  Doc file 'reference/model.md' contains a link 'no.md', but the target is not found.")
    "docs/reference/model.md:1: Doc file 'reference/model.md' contains a link 'no.md', but the target is not found."
    """
    said = re.sub(r"^(Error: |[A-Z]+ +-  )", "", said)
    found = re.match(r"Doc file '([^']+)' contains an? (?:unrecognized relative |absolute )?link '([^']*)'", said)
    if not found:
        return said
    path = DOCS / found[1]
    return at(path, line_of(path, found[2]) if path.exists() else 1, said)


def line_near(path: Path, text: str) -> int:
    """Return the line of a source that holds most of a text's words in a row, from its end backwards; else 1.

    Markup stands between the words of a source, so a shorter and shorter tail of the text is looked for.
    """
    lines = [" ".join(line.split()) for line in path.read_text(encoding="utf-8").splitlines()]
    words = text.split()
    for start in range(len(words)):
        tail = " ".join(words[start:])
        for number, line in enumerate(lines, 1):
            if tail in line:
                return number
    return 1
