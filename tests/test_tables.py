"""A table asked for by name holds each entry of its data, in their order, and scrolls where it is wide."""

from datetime import date

import pytest

from scripts import tables
from scripts.errata import Erratum
from scripts.errors import SiteError
from scripts.notation import Use
from scripts.paths import DOCS
from scripts.resources import Resource
from tests.small import SmallNumbers, claim, fact

SITE = SmallNumbers(
    facts={"read": fact()}, claims={"b": claim("train.steps > 1 and facts.read > 2"), "a": claim("train.loss < 1")}
)


def rows(made):
    return [["".join(cell.itertext()) for cell in row] for row in made.findall(".//tbody/tr")]


def heads(made):
    return [head.text for head in made.findall(".//thead//th")]


@pytest.fixture(autouse=True)
def said(monkeypatch):
    """Let a page make a claim in different words; the page of claims itself does not count."""
    places = [("many", "index.md"), ("a lot", "index.md"), ("lots", "reference/claims.md")]
    found = [Use("claims.b", DOCS / page, 1, words) for words, page in places]
    monkeypatch.setattr(tables, "uses", lambda: found)


def test_claims_are_shown_with_their_figures():
    made = tables.make("claims", SITE)
    assert heads(made) == ["The words", "Stand while", "Now", "Why this condition"]
    now = "train.steps: 2,592; facts.read: 1,000,000,000"
    assert rows(made) == [
        ["many, a lot", "train.steps > 1 and facts.read > 2", now, "Because."],
        ["", "train.loss < 1", "train.loss: 0.0849", "Because."],
    ]
    assert [link.get("href") for link in made.iter("a")] == ["/index.md", "/index.md"]
    assert [row.get("id") for row in made.findall(".//tbody/tr")] == ["claims.b", "claims.a"]


def test_resources_are_shown_with_their_minutes(monkeypatch):
    video = Resource(
        title="A talk", url="https://example.org/talk", kind="video", minutes=90, by="Somebody", why="It is good."
    )
    monkeypatch.setattr(tables, "load_resources", lambda: {"talk": video})
    made = tables.make("resources", SITE)
    assert heads(made) == ["Resource", "Kind", "Why this one"]
    assert made.get("class") == "table-scroll resources"
    assert rows(made) == [["A talk, Somebody", "video, 90 min", "It is good."]]
    assert made.find(".//tbody//a").get("href") == "https://example.org/talk"
    assert made.find(".//tbody/tr").get("id") is None


def test_errata_are_shown_with_what_catches_them(monkeypatch):
    erratum = Erratum(found=date(2026, 1, 2), was="Wrong.", now="Right.", commit="0123456789", test="check links")
    monkeypatch.setattr(tables, "load_errata", lambda: {"planted": erratum})
    made = tables.make("errata", SITE)
    assert heads(made) == ["Found", "What was wrong", "What it is now", "What now catches it", "Commit"]
    assert made.get("class") == "table-scroll errata"
    assert rows(made) == [["2026-01-02", "Wrong.", "Right.", "check links", "0123456"]]
    assert made.find(".//tbody/tr").get("id") == "planted"
    assert made.find(".//time").get("datetime") == "2026-01-02"


def test_a_table_says_what_it_is_and_can_be_reached_by_keyboard():
    made = tables.make("claims", SITE)
    assert made.tag == "div"
    attributes = {"data-table": "claims", "class": "table-scroll claims", "role": "region", "tabindex": "0"}
    assert made.attrib == attributes | {"aria-label": "Claims"}
    assert {head.get("scope") for head in made.findall("./table/thead/tr/th")} == {"col"}
    cells = made.find("./table/tbody/tr")
    assert [cell.tag for cell in cells] == ["td"] * 4
    assert [[child.tag for child in cell] for cell in cells] == [["a", "a"], ["code"], [], []]


def test_the_table_of_numbers_is_asked_for_like_the_others(monkeypatch):
    monkeypatch.setattr(tables, "numbers_table", lambda numbers: tables.element("div", numbers.device))
    made = tables.make("numbers", SITE)
    assert (made.text, made.get("data-table")) == ("cpu", "numbers")


def test_an_unknown_table_is_named():
    with pytest.raises(
        SiteError, match=r"^no table is called facts; there are claims, errata, numbers, peers, resources$"
    ):
        tables.make("facts", SITE)
