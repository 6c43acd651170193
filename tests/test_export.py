"""The files for download hold every number, in full precision, and read back as what they were made from."""

import csv
import io
import json
import subprocess
from datetime import date

import pytest

from scripts import build, export, facts
from scripts.numbers import Numbers
from scripts.paths import ROOT


@pytest.fixture(scope="module")
def entries():
    return export.entries()


@pytest.fixture(scope="module")
def parsed(entries):
    """Return the JSON as its reader gets it, by id."""
    return {number["id"]: number for number in json.loads(export.as_json(entries))["numbers"]}


@pytest.fixture(scope="module")
def lines(entries):
    """Return the rows of the CSV as its reader gets them."""
    return list(csv.DictReader(io.StringIO(export.as_csv(entries), newline="")))


def test_the_json_is_the_registry(parsed):
    numbers = Numbers()
    assert list(parsed) == numbers.ids()
    for number_id, entry in parsed.items():
        number = numbers.get(number_id)
        device = "any" if number_id.startswith("facts.") else next(iter(entry["values"]))
        assert entry["values"][device] == number.value, number_id
        assert (entry["label"], entry["rule"], entry["unit"]) == (number.label, number.rule, number.spec.unit)


def test_the_csv_holds_what_the_json_holds(parsed, lines):
    assert {(line["id"], line["device"]) for line in lines} == {(i, d) for i in parsed for d in parsed[i]["values"]}
    for line in lines:
        entry, device = parsed[line["id"]], line["device"]
        value = entry["values"][device]
        if isinstance(value, str):
            assert line["value"] == value
        else:
            assert json.loads(line["value"]) == value, "the value lost precision on its way"
        for key in ("label", "unit", "kind", "check", "rule", "url", "boundary", "grade", "as_of", "checked"):
            assert line[key] == entry.get(key, "")
        for key in ("text", "commit", "measured_utc", "device_name"):
            assert line[key] == entry.get(key, {}).get(device, "")


def test_the_csv_keeps_to_rfc_4180(entries):
    text = export.as_csv(entries)
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert {len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)} == {len(export.COLUMNS)}


def test_a_measured_number_tells_its_record(parsed):
    numbers = Numbers()
    for entry in (each for each in parsed.values() if each["kind"] == "measured"):
        record = numbers.record(entry["snippet"])
        assert entry["commit"]["cpu"] == record.commit
        assert entry["measured_utc"]["cpu"] == record.measured_utc
        source = next(path for path in record.sources if path.endswith(f"/{entry['snippet']}.py"))
        assert entry["id"].partition(".")[2] in (ROOT / source).read_text().splitlines()[entry["line"] - 1]


def test_a_computed_number_can_be_computed_again(parsed):
    computed = parsed["train.flops"]
    sources = [parsed[source]["values"]["cpu"] for source in computed["arguments"].values()]
    assert computed["values"]["cpu"] == 6 * sources[0] * sources[1]


def test_nothing_depends_on_the_day_of_the_build(entries, monkeypatch):
    class Later(date):
        @classmethod
        def today(cls):
            return cls(2099, 1, 1)

    monkeypatch.setattr(facts, "date", Later)
    later = export.entries()
    assert export.as_json(later) == export.as_json(entries)
    assert export.as_csv(later) == export.as_csv(entries)


def test_the_site_offers_what_was_written(site, entries):
    assert (site / "reference" / "numbers.json").read_text(encoding="utf-8") == export.as_json(entries)
    assert (site / "reference" / "numbers.csv").read_bytes() == export.as_csv(entries).encode()


def test_the_files_are_not_in_git():
    for path in (export.JSON, export.CSV):
        name = str(path.relative_to(ROOT))
        assert subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT).returncode == 0, name


def test_a_number_without_its_line_stops_the_build_and_says_where(tree):
    tree.replace("snippets/train.py", "\nfloor = loss_floor", "\nground = loss_floor")
    done = tree.run("scripts.build")
    assert done.returncode == 1
    assert "snippets/train.py:1: no line outside a function gives floor its value" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_build_writes_the_files_first(monkeypatch):
    """MkDocs checks the links to them."""
    steps = []
    monkeypatch.setattr(export, "write", lambda: steps.append("files"))
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(build.subprocess, "run", lambda *_, **__: steps.append("pages") or done)
    build.build()
    assert steps == ["files", "pages"]
