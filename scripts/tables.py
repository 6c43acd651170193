"""The tables that a page asks for by name, each made from its data."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from markdown.util import AtomicString

from scripts.bench.table import HEADS, bench_rows
from scripts.browser.units import written
from scripts.catalog import ShownLines, entries
from scripts.common import SiteError, element
from scripts.numbers import Numbers
from scripts.pages import Resource, load_concept, load_pages
from scripts.records import devices
from scripts.run import companions
from scripts.schema import Strict, load_entries

Cell = ET.Element | str


class Question(Strict):
    """What a reader wants to know, and where the answer stands; ``needs`` are packages beside torch and safetensors."""

    question: str
    page: str
    needs: tuple[str, ...] = ()


class Erratum(Strict):
    """What was wrong, what it is now, and the test that would catch it again."""

    found: date
    was: str
    now: str
    test: str


def make(name: str, numbers: Numbers) -> ET.Element:
    """Return a table; links in it are relative to docs/.

    Raises:
        SiteError: there is no such table, or its data break their schema.

    """
    folder, _, kind = name.rpartition("/")
    makers: dict[str, Callable[[], ET.Element]] = {
        "claims": lambda: claims_table(numbers),
        "errata": lambda: errata_table(numbers),
        "numbers": lambda: numbers_table(numbers),
        "peers": lambda: table("peers", HEADS, bench_rows(numbers)),
        "questions": lambda: questions_table(numbers),
        "resources": lambda: resources_table(folder, numbers, later=False),
        "later": lambda: resources_table(folder, numbers, later=True),
    }
    if kind not in makers or bool(folder) != (kind in ("resources", "later")):
        raise SiteError(f"unknown table {name}; there are {', '.join(makers)}, the last two as folder/resources")
    return makers[kind]()


def table(kind: str, heads: Iterable[str], rows: Iterable[tuple[str, list[Cell]]]) -> ET.Element:
    """Return a table that scrolls on its own where it is wide. Each row is its id, or "", and its cells."""
    head = element("tr", None, [element("th", text, scope="col") for text in heads])
    body = []
    for row_id, cells in rows:
        row = element("tr", None, map(cell_element, cells))
        if row_id:
            row.set("id", row_id)
        body.append(row)
    made = element("table", None, [element("thead", None, [head]), element("tbody", None, body)])
    named = {"tabindex": "0", "role": "region", "aria_label": kind.title(), "data_table": kind}
    if kind in ("numbers", "claims"):  # of every page something, and a fifth of all that the search would know
        named["data_search_exclude"] = ""
    return element("div", None, [made], class_=f"table-scroll {kind}", **named)


def cell_element(cell: Cell) -> ET.Element:
    if isinstance(cell, str):
        return element("td", AtomicString(cell))
    return cell if cell.tag in ("td", "th") else element("td", None, [cell])


def linked(text: str, address: str, after: str = "") -> ET.Element:
    """Return a cell that holds a link, and words after it."""
    link = element("a", AtomicString(text), href=address)
    link.tail = AtomicString(after)
    return element("td", None, [link])


def timed(day: str) -> ET.Element:
    return element("time", day, datetime=day)


def claims_table(numbers: Numbers) -> ET.Element:
    uses = [use for page in load_pages(numbers.root) for use in page.uses if use.words]
    titles = {use.page.name: use.page.title for use in uses}
    rows = []
    for name in numbers.claims:
        stated = numbers.claim(f"claims.{name}")
        said = [use for use in uses if use.id == stated.id]
        pages = sorted({use.page.name for use in said})
        links = [element("a", AtomicString(titles[page]), href=page) for page in pages]
        for link in links[:-1]:
            link.tail = ", "
        words = element("td", AtomicString(", ".join(sorted({use.words for use in said})) + ": "), links)
        now = "; ".join(f"{each.id}: {each.text}" for each in stated.numbers)
        rows.append((stated.id, [words, element("code", stated.claim.holds), now, stated.claim.why]))
    return table("claims", ["The words", "Stand while", "Now", "Why this condition"], rows)


def resources_table(folder: str, numbers: Numbers, later: bool) -> ET.Element:
    rows = [
        ("", [linked(each.title, str(each.url), f", {each.by}"), f"{each.kind}, {length(each)}", each.why])
        for each in load_concept(numbers.docs / folder).resources.values()
        if each.later == later
    ]
    return table("later" if later else "resources", ["Resource", "Kind", "What you get from it"], rows)


def length(resource: Resource) -> str:
    """Return how long something takes, in hours where it takes some."""
    hours, minutes = divmod(resource.minutes, 60)
    text = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{text} (by our count, {resource.counted})" if resource.counted else text


def questions_table(numbers: Numbers) -> ET.Element:
    """Return the snippets by the question that each answers: files to take, the time of the recorded run."""
    rows = []
    for name, each in load_entries(numbers.docs / "questions.toml", Question).items():
        path = numbers.root / "snippets" / f"{name}.py"
        script = element("a", AtomicString(path.name), href=f"snippets/{path.name}", download=path.name)
        notebook = element("a", "notebook", href=f"downloads/{name}.ipynb", download=f"{name}.ipynb")
        script.tail = " or "
        beside = ", ".join([*(file.name for file in companions(path, numbers.root)), *each.needs])
        files = [script, notebook, *([element("br"), element("small", f"with {beside}")] if beside else [])]
        record = numbers.records.get(name)
        time = written(record.seconds, "second") if record else "no time"
        rows.append((name, [linked(each.question, each.page), element("td", None, files), time]))
    return table("questions", ["You want to know", "Take", "Took us, start to end"], rows)


def errata_table(numbers: Numbers) -> ET.Element:
    errata = load_entries(numbers.docs / "errata.toml", Erratum)
    rows = [
        (name, [timed(str(each.found)), each.was, each.now, element("code", each.test)])
        for name, each in errata.items()
    ]
    return table("errata", ["Found", "What was wrong", "What it is now", "What now catches it"], rows)


def numbers_table(numbers: Numbers) -> ET.Element:
    """Return every number: its value on each device, its check, the line or the source behind it, and its age."""
    heads = ["Number", *map(str.upper, devices(numbers.root)), "What it is", "Checked", "Where from", "Of"]
    every: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in entries(numbers.root):
        every.setdefault(entry["id"], {})[entry["device"]] = entry
    shown, rows = ShownLines(numbers.root), []
    for number_id, by_device in every.items():
        entry = by_device["cpu"]
        group, _, name = number_id.partition(".")
        code = element("code", AtomicString(f"{group}."), [element("wbr")])
        code[0].tail = AtomicString(name)
        values = [value_cell(by_device.get(device)) for device in devices(numbers.root)]
        of = timed(entry["of"]) if entry["of"] else "-"
        cells = [element("th", None, [code], scope="row", data_kind=entry["kind"]), *values]
        rows.append((number_id, [*cells, entry["label"], entry["rule"], origin_cell(entry, shown), of]))
    return table("numbers", heads, rows)


def value_cell(entry: dict[str, Any] | None) -> ET.Element:
    """Return a value as text; where that is not a plain figure, with the raw value to sort by."""
    cell = element("td", AtomicString(entry["text"]) if entry else "-")
    if entry and isinstance(entry["value"], int | float) and not re.fullmatch(r"[\d,.]+", entry["text"]):
        cell.set("data-sort", f"{entry['value']:.3g}")
    return cell


def origin_cell(entry: dict[str, Any], shown: ShownLines) -> ET.Element:
    """Return where a number comes from: a link to its source, or to its line of code, and how it is computed."""
    if entry["kind"] == "quoted":
        return linked(f"{entry['publisher']}, {entry['source']}", entry["url"], f", {entry['as_of']}")
    page, place = shown.address(shown.root / entry["file"], entry["line"])
    cell = linked(f"{entry['file'].rpartition('/')[2]}, line {entry['line']}", page)
    if place:
        cell[0].set("data-place", place)  # the address ends in it, once MkDocs has checked the rest
    if entry["formula"]:
        cell[0].tail = ": "
        cell.append(element("code", AtomicString(entry["formula"])))
    return cell
