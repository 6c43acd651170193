"""The table of every number: its value on each device, its check, the very line or source behind it, and its age."""

import re
import xml.etree.ElementTree as ET

from markdown.util import AtomicString

from scripts.elements import element
from scripts.errors import SiteError
from scripts.facts import GRADES, Fact
from scripts.numbers import Number, Numbers
from scripts.origins import code, day, group, kind
from scripts.records import devices
from scripts.source_lines import line_link


def looked_up(fact: Fact) -> str:
    """Return how a fact is known, and whether it is past its date."""
    return GRADES[fact.grade].brief + (", old figure" if fact.expired else "")


def numbers_table(numbers: Numbers) -> ET.Element:
    """Return the table, in the order of the contracts and then of the facts: one row a number, one column a device.

    Raises:
        SiteError: a number of the CPU has no value, or no line of code shown on the site gives it.

    """
    every = [Numbers(device, numbers.contracts) for device in devices()]
    columns = [each.device.upper() for each in every]
    heads = ["Number", *columns, "What it is", "Checked", "Where it comes from", "Measured, or looked up"]
    head = element("tr", None, [element("th", AtomicString(text), scope="col") for text in heads])
    rows = [row(number_id, every) for number_id in numbers.ids()]
    table = element("table", None, [element("thead", None, [head]), element("tbody", None, rows)])
    return element("div", None, [table], class_="numbers-table", tabindex="0", role="region", aria_label="All numbers")


def row(number_id: str, every: list[Numbers]) -> ET.Element:
    """Return a number's row, which carries the number's id."""
    values = [number_or_none(numbers, number_id) for numbers in every]
    found = [(numbers, number) for numbers, number in zip(every, values) if number]
    _, first = found[0]
    cells = [
        element("th", None, [breakable(number_id)], scope="row"),
        *map(value, values),
        element("td", AtomicString(first.label)),
        element("td", looked_up(first.spec) if kind(first) == "quoted" else first.rule),
        origin(found),
        age(found),
    ]
    return element("tr", None, cells, id=number_id, data_kind=kind(first))


def breakable(number_id: str) -> ET.Element:
    """Return an id as code that may break after its dot: some are wider than the column."""
    snippet, dot, name = number_id.partition(".")
    here = element("wbr")
    here.tail = AtomicString(name)
    return element("code", AtomicString(snippet + dot), [here])


def number_or_none(numbers: Numbers, number_id: str) -> Number | None:
    """Return a number, or None where this device has no record of it. The CPU has every record."""
    try:
        return numbers.get(number_id)
    except SiteError:
        if numbers.device == "cpu":
            raise
        return None


def value(number: Number | None) -> ET.Element:
    """Return the cell of a value as text. Where that is no plain number, it carries the raw value to sort by."""
    if number is None:
        return element("td", "-")
    text = AtomicString(number.brief)
    if isinstance(number.value, int | float) and not re.fullmatch(r"[\d,.]+", text):
        return element("td", text, data_sort=short(number.value))
    return element("td", text)


def short(value: float) -> str:
    """Return a value to three digits, as its text has them, in few characters: most rows carry one.

    >>> short(425984), short(0.00057), short(0)
    ('4.26e5', '5.7e-4', '0')
    """
    digits, _, power = f"{value:.2e}".partition("e")
    return f"{float(digits):g}" + (f"e{int(power)}" if int(power) else "")


def origin(found: list[tuple[Numbers, Number]]) -> ET.Element:
    """Return where a number comes from: a link to its line of code, or to its source, and what else must be known."""
    _, number = found[0]
    fact = number.spec
    if kind(number) == "quoted":
        link = element("a", AtomicString(f"{fact.publisher}, {fact.source}"), href=str(fact.url))
        link.tail = f", {fact.as_of}"
        return element("td", None, [link])
    link = line_link(*code(number))
    if kind(number) == "measured":
        machines = (numbers.record(group(number.id)).machine for numbers, _ in found)
        link.tail = AtomicString(f", on {'; '.join(machines)}")
        return element("td", None, [link])
    if not number.spec.sources:
        return element("td", None, [link])
    link.tail = ", from "
    sources = [element("a", AtomicString(source), href=f"#{source}") for source in number.spec.sources.values()]
    for source in sources[:-1]:
        source.tail = " and "
    return element("td", None, [link, *sources])


def age(found: list[tuple[Numbers, Number]]) -> ET.Element:
    """Return the day of the oldest figure in the row; of a measured number, it links to the record."""
    oldest, number = min(found, key=lambda pair: day(pair[0], pair[1].id) or "")
    on = day(oldest, number.id)
    if on is None:
        return element("td", "-")
    time = element("time", on, datetime=on)
    if kind(number) != "measured":
        return element("td", None, [time])
    record = f"/records/{oldest.device}/{group(number.id)}.json"
    return element("td", None, [element("a", None, [time], href=record)])
