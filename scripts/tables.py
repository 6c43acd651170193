"""The tables that a page asks for by name, each made from its data: numbers, claims, resources, errata."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable

from markdown.util import AtomicString

from scripts.bench_table import HEADS, bench_rows
from scripts.elements import element
from scripts.errata import load_errata
from scripts.errors import SiteError
from scripts.markup import CLAIMS_PAGE
from scripts.notation import uses
from scripts.numbers import Numbers, Stated
from scripts.numbers_table import numbers_table
from scripts.paths import DOCS
from scripts.resources import load_resources

CELL = ET.Element | str


def make(name: str, numbers: Numbers) -> ET.Element:
    """Return a table.

    Raises:
        SiteError: there is no such table, or its data break their schema.

    """
    makers: dict[str, Callable[[], ET.Element]] = {
        "claims": lambda: claims_table(numbers),
        "errata": errata_table,
        "numbers": lambda: numbers_table(numbers),
        "peers": lambda: table("peers", HEADS, bench_rows(numbers)),
        "resources": resources_table,
    }
    if name not in makers:
        raise SiteError(f"no table is called {name}; there are {', '.join(makers)}")
    made = makers[name]()
    made.set("data-table", name)
    return made


def table(kind: str, heads: Iterable[str], rows: Iterable[tuple[str | None, list[CELL]]]) -> ET.Element:
    """Return a table that scrolls on its own where it is wide. Each row is its id, if any, and its cells."""
    head = element("tr", None, [element("th", text, scope="col") for text in heads])
    body = []
    for row_id, cells in rows:
        row = element("tr", None, [cell_element(cell) for cell in cells])
        if row_id:
            row.set("id", row_id)
        body.append(row)
    made = element("table", None, [element("thead", None, [head]), element("tbody", None, body)])
    return element(
        "div", None, [made], class_=f"table-scroll {kind}", tabindex="0", role="region", aria_label=kind.title()
    )


def cell_element(cell: CELL) -> ET.Element:
    if isinstance(cell, str):
        return element("td", AtomicString(cell))
    return cell if cell.tag == "td" else element("td", None, [cell])


def link_cell(text: str, address: str, after: str) -> ET.Element:
    """Return a cell that holds a link, and words after it."""
    link = element("a", AtomicString(text), href=address)
    link.tail = AtomicString(after)
    return element("td", None, [link])


def claims_table(numbers: Numbers) -> ET.Element:
    rows = []
    for name in numbers.claims:
        stated = numbers.claim(f"claims.{name}")
        now = "; ".join(f"{each.id}: {each.brief}" for each in stated.numbers.values())
        rows.append((stated.id, [words_cell(stated), element("code", stated.claim.holds), now, stated.claim.why]))
    return table("claims", ["The words", "Stand while", "Now", "Why this condition"], rows)


def words_cell(stated: Stated) -> ET.Element:
    """Return the words in which a claim is made, each linked to the page that makes it."""
    cell = element("td")
    for use in uses():
        if use.id == stated.id and use.page != DOCS / CLAIMS_PAGE.lstrip("/"):
            address = f"/{use.page.relative_to(DOCS).as_posix()}"
            cell.append(element("a", AtomicString(use.words), href=address))
            cell[-1].tail = ", "
    if len(cell):
        cell[-1].tail = None
    return cell


def resources_table() -> ET.Element:
    rows = []
    for resource in load_resources().values():
        who = link_cell(resource.title, str(resource.url), f", {resource.by}")
        kind = element("td", f"{resource.kind}, {resource.minutes} min", class_="minutes")
        rows.append((None, [who, kind, resource.why]))
    return table("resources", ["Resource", "Kind", "Why this one"], rows)


def errata_table() -> ET.Element:
    rows = [
        (
            name,
            [
                element("time", str(erratum.found), datetime=str(erratum.found)),
                erratum.was,
                erratum.now,
                element("code", erratum.test),
                element("code", erratum.commit[:7]),
            ],
        )
        for name, erratum in load_errata().items()
    ]
    return table("errata", ["Found", "What was wrong", "What it is now", "What now catches it", "Commit"], rows)
