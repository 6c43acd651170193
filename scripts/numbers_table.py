"""The table of every number (interim)."""

import xml.etree.ElementTree as ET

from scripts.errors import SiteError
from scripts.facts import Fact
from scripts.markup import element
from scripts.numbers import Number, Numbers
from scripts.records import devices


def numbers_table(numbers: Numbers) -> ET.Element:
    every = [(device, Numbers(device, numbers.contracts)) for device in devices()]
    heads = ["Number", *(device.upper() for device, _ in every), "What it is", "Checked", "Where it comes from"]
    head = element("tr", None, [element("th", text, scope="col") for text in heads])
    rows = [row(number_id, every) for number_id in numbers.ids()]
    table = element("table", None, [element("thead", None, [head]), element("tbody", None, rows)])
    return element("div", None, [table], class_="numbers-table", tabindex="0", role="region", aria_label="All numbers")


def row(number_id: str, every: list[tuple[str, Numbers]]) -> ET.Element:
    found = [number_or_none(numbers, number_id) for _, numbers in every]
    first = next(number for number in found if number)
    cells = [element("td", "-" if number is None else number.brief) for number in found]
    name = element("th", None, [element("code", number_id)], scope="row")
    tail = [element("td", first.rule), origin(first)]
    return element("tr", None, [name, *cells, element("td", first.label), *tail], id=number_id)


def origin(number: Number) -> ET.Element:
    text = number.provenance.partition(";")[0]
    if isinstance(number.spec, Fact):
        return element("td", None, [element("a", text, href=str(number.spec.url))])
    return element("td", text)


def number_or_none(numbers: Numbers, number_id: str) -> Number | None:
    try:
        return numbers.get(number_id)
    except SiteError:
        if numbers.device == "cpu":
            raise
        return None
