"""The table of numbers is whole: a row for each number, a column for each device, an origin that can be followed."""

import shutil
import xml.etree.ElementTree as ET
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from bs4 import BeautifulSoup

from scripts import records
from scripts.contracts import Contract
from scripts.numbers import Numbers
from scripts.numbers_table import numbers_table
from scripts.records import load_record
from scripts.source_lines import places


def text(element):
    return "".join(element.itertext())


def visible_text(page):
    """Return a page's text without what is hidden: notes on numbers, and copies of the notebook's cells."""
    article = BeautifulSoup(str(page.select_one("article") or ""), "html.parser")
    for hidden in article.select(".provenance, .clipboard-copy-txt"):
        hidden.decompose()
    return article.get_text()


def columns(table):
    return [text(head) for head in table.findall(".//thead//th")]


def rows(table):
    """Return each row's cells by the head of their column, by the row's id."""
    return {row.get("id"): dict(zip(columns(table), row)) for row in table.findall(".//tbody/tr")}


@pytest.fixture(scope="module")
def table() -> ET.Element:
    return numbers_table(Numbers())


@pytest.fixture
def two_devices(tmp_path, monkeypatch):
    """Lay a record of train on an invented GPU, of an earlier day, beside a copy of the CPU's records."""
    shutil.copytree(records.RECORDS, tmp_path / "records")
    monkeypatch.setattr(records, "RECORDS", tmp_path / "records")
    old = load_record("train", "cpu")
    changes = {"device": "x100", "device_name": "NVIDIA X100", "cuda": "13", "measured_utc": "2026-01-02T03:04:05Z"}
    old.model_copy(update=changes | {"values": old.values | {"seconds": 0.5}}).sealed().write()


def test_every_number_has_one_row(table):
    assert [row.get("id") for row in table.findall(".//tbody/tr")] == Numbers().ids()


def test_every_cell_says_something(table):
    for number_id, cells in rows(table).items():
        assert len(cells) == len(columns(table)), number_id
        for head, cell in cells.items():
            assert text(cell).strip(), f"{number_id}: nothing stands under {head}"


def test_a_row_shows_its_number_and_its_promise(table):
    numbers = Numbers()
    kinds = {row.get("id"): row.get("data-kind") for row in table.findall(".//tbody/tr")}
    for number_id, cells in rows(table).items():
        number = numbers.get(number_id)
        if not isinstance(number.value, list):
            assert text(cells["CPU"]) == number.text
        assert text(cells["What it is"]) == number.label
        if isinstance(number.spec, Contract):
            assert kinds[number_id] == ("measured" if number.spec.measured else "computed")
            assert text(cells["Checked"]) == number.rule
        else:
            assert kinds[number_id] == "quoted"
            known = {"A": "at its source", "B": "as reported", "C": "disputed"}
            assert text(cells["Checked"]).partition(",")[0] == known[number.spec.grade]
            assert ("old figure" in text(cells["Checked"])) == number.spec.expired


def test_values_sort_by_size_and_not_by_spelling(table):
    """What a script reads of a cell, as numbers.js does, orders like the values."""
    numbers, pairs = Numbers(), []
    for number_id, cells in rows(table).items():
        value, cell = numbers.get(number_id).value, cells["CPU"]
        if isinstance(value, int | float):
            pairs.append((float((cell.get("data-sort") or cell.text).replace(",", "")), value))
    assert len(pairs) > 40
    for read, value in pairs:
        assert read == pytest.approx(value, rel=0.05), "off by more than its rounding"


def test_a_fact_says_who_when_and_what(table):
    found = rows(table)
    for name, fact in Numbers().facts.items():
        cells = found[f"facts.{name}"]
        origin = cells["Where it comes from"]
        assert origin.find("a").get("href") == str(fact.url)
        for word in (fact.publisher, fact.source, str(fact.as_of)):
            assert word in text(origin)
        assert cells["Measured, or looked up"].find(".//time").get("datetime") == str(fact.checked)


def test_a_computed_number_leads_to_what_it_is_computed_from(table):
    found, contracts = rows(table), Numbers().contracts
    ids = set(found)
    for number_id, cells in found.items():
        contract = contracts.get(number_id)
        if contract and contract.check == "derived":
            links = [link.get("href") for link in cells["Where it comes from"].findall("a")]
            given = [each for each in contract.arguments.values() if isinstance(each, str)]  # else assumed
            assert links[1:] == [f"#{source}" for source in given]
            assert not given or text(cells["Where it comes from"]).endswith(f", from {' and '.join(given)}")
            assert {link.removeprefix("#") for link in links[1:]} <= ids


def test_each_device_has_its_column(two_devices):
    table = numbers_table(Numbers())
    assert columns(table)[1:3] == ["CPU", "X100"]
    found = rows(table)
    measured, elsewhere, quoted = (found[i] for i in ("train.seconds", "inference.accuracy", "facts.llama_405b_tokens"))
    assert text(measured["X100"]) == "0.5 s" or text(measured["X100"]) == "500 ms"
    assert text(measured["CPU"]) == Numbers().get("train.seconds").text
    assert text(elsewhere["X100"]) == "-"
    assert text(quoted["X100"]) == text(quoted["CPU"])
    machines = text(measured["Where it comes from"])
    assert "AMD EPYC" in machines or Numbers().record("train").device_name in machines
    assert "NVIDIA X100" in machines


def test_the_age_is_that_of_the_oldest_record(two_devices):
    found = rows(numbers_table(Numbers()))
    link = found["train.seconds"]["Measured, or looked up"].find("a")
    assert link.get("href") == "/records/x100/train.json"
    assert link.find("time").get("datetime") == "2026-01-02"
    assert text(found["train.flops"]["Measured, or looked up"]) == "2026-01-02", "computed from a number of that record"
    assert text(found["inference.accuracy"]["Measured, or looked up"]) == Numbers().record("inference").date


def test_every_line_is_on_the_page_that_it_links_to(built_pages):
    """The section is there, and the marked text stands in one of its blocks of code, once on the page."""
    page = built_pages["reference/numbers/index.html"]
    texts = {name: visible_text(built) for name, built in built_pages.items()}
    seen = 0
    for link in page.select(".numbers-table tbody a[href*=':~:']"):
        address, fragment = urldefrag(urljoin("http://site/reference/numbers/", link["href"]))
        name = address.removeprefix("http://site/") + "index.html"
        target = built_pages[name]
        anchor, _, directive = fragment.partition(":~:text=")
        section = target.find(id=anchor)
        assert section, f"{link['href']}: no such section"
        prefix, _, marked = directive.rpartition("-,")
        words = unquote(marked)
        blocks = [pre.get_text() for pre in section.find_all_next("pre")]
        assert any(words in block for block in blocks), link["href"]
        if not prefix:
            assert places(words, texts[name]) == 1, f"{words!r} would mark another place"
        seen += 1
    assert seen > 40
