"""Write every number to docs/reference/numbers.json and numbers.csv, which the page of numbers offers for download.

Both are written anew before each build and are not in git. Nothing in them depends on the day of the build.
"""

import csv
import io
import json
import sys
from typing import Any

from scripts.contracts import Contract
from scripts.errors import SiteError
from scripts.facts import Fact
from scripts.numbers import Number, Numbers
from scripts.numbers_table import number_or_none
from scripts.origins import code, group, kind, same_everywhere
from scripts.paths import DOCS
from scripts.records import devices
from scripts.source_lines import assignment_line

JSON = DOCS / "reference" / "numbers.json"
CSV = DOCS / "reference" / "numbers.csv"
EVERYWHERE = "any"  # stands in the place of a device where the value is the same on all
BY_DEVICE = ("values", "text", "device_name", "commit", "measured_utc")
COLUMNS = [
    *("id", "label", "unit", "kind", "check", "rule", "device", "value", "text", "snippet", "line", "function"),
    *("device_name", "commit", "measured_utc"),
    *("source", "publisher", "url", "boundary", "grade", "as_of", "checked"),
]


def entries() -> list[dict[str, Any]]:
    """Return what is known of each number, in the order of the table, values in full precision and in their unit.

    Raises:
        SiteError: a number of the CPU has no value, or no line of code gives it.

    """
    every = [Numbers(device) for device in devices()]
    return [entry(number_id, every) for number_id in every[0].ids()]


def entry(number_id: str, every: list[Numbers]) -> dict[str, Any]:
    """Return one number: what it is, its value by device, and where that comes from."""
    pairs = [(numbers, number) for numbers in every if (number := number_or_none(numbers, number_id))]
    numbers, number = pairs[0]
    found = {each.device: one for each, one in pairs}
    if same_everywhere(numbers, number_id):
        found = {EVERYWHERE: number}
    return {
        "id": number_id,
        "label": number.label,
        "unit": number.spec.unit,
        "kind": kind(number),
        "check": number.spec.check if isinstance(number.spec, Contract) else "source",
        "rule": number.rule,
        "values": {device: one.value for device, one in found.items()},
        "text": {device: one.text for device, one in found.items() if not isinstance(one.value, list)},
        **provenance(number, pairs),
    }


def provenance(number: Number, pairs: list[tuple[Numbers, Number]]) -> dict[str, Any]:
    """Return where a number comes from: its source, or its line of code and, where it was measured, the records."""
    if isinstance(number.spec, Fact):
        fact = number.spec
        return {
            "source": fact.source,
            "publisher": fact.publisher,
            "url": str(fact.url),
            "boundary": fact.boundary,
            "grade": fact.grade,
            "as_of": str(fact.as_of),
            "checked": str(fact.checked),
        }
    snippet, name = code(number)
    place = {"snippet": snippet, "line": assignment_line(snippet, name).line}
    if kind(number) == "computed":
        return place | {"function": name, "arguments": number.spec.arguments or {}}
    records = {numbers.device: numbers.record(group(number.id)) for numbers, _ in pairs}
    return place | {
        key: {device: getattr(record, key) for device, record in records.items()}
        for key in ("device_name", "commit", "measured_utc")
    }


def as_json(numbers: list[dict[str, Any]]) -> str:
    """Return all numbers as one JSON object."""
    content = {"generated_by": "scripts/export.py", "numbers": numbers}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(numbers: list[dict[str, Any]]) -> str:
    """Return all numbers as CSV (RFC 4180): one row for each number and device; a list of values is written as JSON."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for number in numbers:
        for device, value in number["values"].items():
            here = {key: number[key].get(device) for key in BY_DEVICE if key in number}
            cell = json.dumps(value) if isinstance(value, list) else value
            writer.writerow(number | here | {"device": device, "value": cell})
    return text.getvalue()


def write() -> None:
    """Write both files.

    Raises:
        SiteError: a record, a contract or a fact is broken; the message says where.

    """
    numbers = entries()
    JSON.write_text(as_json(numbers), encoding="utf-8")
    CSV.write_text(as_csv(numbers), encoding="utf-8", newline="")


if __name__ == "__main__":
    try:
        write()
    except SiteError as error:
        sys.exit(str(error))
