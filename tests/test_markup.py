"""What a page is given by name says what it is, where it comes from, and whether it is old."""

import xml.etree.ElementTree as ET
from datetime import date

import pytest

from scripts.elements import element
from scripts.markup import claim_element, date_element, number_element, source_item, source_key
from tests.small import SmallNumbers, claim, contract, fact

SITE = SmallNumbers(
    facts={"read": fact(), "old": fact(kind="price", unit="USD", value=2.5)},
    claims={"many": claim("train.steps > facts.read"), "few": claim("train.steps < 10")},
)


def text(made):
    return "".join(made.itertext())


def test_an_element_in_a_line():
    made = element("p", "a", [element("b", "c")], class_="d", aria_label="e")
    assert ET.tostring(made, encoding="unicode") == '<p class="d" aria-label="e">a<b>c</b></p>'


def test_a_number_shows_its_text_and_keeps_its_value():
    made = number_element(SITE.get("train.loss"))
    data, note = made
    assert (data.tag, data.text, data.get("value"), data.get("tabindex")) == ("data", "0.0849", "0.0849", "0")
    assert (made.tag, note.tag) == ("span", "span")
    assert (note.get("class"), made.get("class")) == ("provenance", "number")
    assert text(note) == f"Steps: {SITE.get('train.loss').provenance}; all about it."
    assert note.find("a").get("href") == "/reference/numbers.md#train.loss"
    assert "data-search-exclude" in note.attrib
    assert "data-facts" not in made.attrib


@pytest.mark.parametrize(("value", "written"), [(1 / 3, "0.333333"), (2592, "2592"), (12345678.9, "1.23457e+07")])
def test_the_value_for_machines_has_six_digits(value, written):
    site = SmallNumbers(facts={"read": fact()})
    number = site.get("train.loss").__class__("train.loss", site.contracts.get("train.loss"), value, "measured")
    assert number_element(number)[0].get("value") == written


def test_a_number_may_lead_to_another_row():
    assert number_element(SITE.get("train.loss"), row="facts.read").find(".//a").get("href").endswith("#facts.read")


def test_a_quoted_number_names_its_facts_for_the_references():
    assert number_element(SITE.get("facts.read")).get("data-facts") == "read"


def test_a_figure_past_its_date_says_so_beside_it():
    strong = number_element(SITE.get("facts.old"))[1]
    assert (strong.tag, strong.get("class"), strong.text) == ("strong", "expired", " (old figure)")
    assert number_element(SITE.get("facts.read")).find("strong") is None


@pytest.mark.parametrize(("kind", "is_old"), [("price", True), ("paper", False)])
def test_a_figure_computed_from_one_past_its_date_says_so_too(kind, is_old):
    both = {"numerator": "facts.rent", "denominator": "facts.rent"}
    again = {"numerator": "cost.ratio", "denominator": "facts.read"}
    given = {
        "ratio": contract("derived", "ratio", function="costs.ratio", arguments=both),
        "again": contract("derived", "ratio", function="costs.ratio", arguments=again),
    }
    site = SmallNumbers({"cost": given}, facts={"rent": fact(kind=kind), "read": fact()})
    for number_id in ("cost.ratio", "cost.again"):
        assert (number_element(site.get(number_id)).find("strong") is not None) == is_old


def test_a_claim_shows_its_words_and_their_condition():
    made = claim_element(SITE.claim("claims.many"), "many steps")
    assert (made[0].tag, made[0].get("class"), made[0].text) == ("span", "claimed", "many steps")
    assert text(made[1]).startswith("these words stand while train.steps > facts.read; train.steps is 2,592,")
    assert made.find(".//a").get("href").endswith("#claims.many")
    assert made.get("data-facts") == "read"
    assert "data-facts" not in claim_element(SITE.claim("claims.few"), "few").attrib


def test_a_date_is_for_people_and_for_machines():
    made = date_element(fact())
    assert (made.tag, made.text, made.get("datetime")) == ("time", "January 2024", "2024-01-15")


def test_two_figures_share_a_source_by_who_and_where():
    assert source_key(fact()) == source_key(fact(label="Another", value=2.0, as_of=date(2025, 1, 1)))
    for change in ({"publisher": "Another"}, {"source": "Another"}, {"url": "https://example.org/other"}):
        assert source_key(fact()) != source_key(fact(**change))


def test_a_source_lists_what_each_of_its_figures_counts():
    made = source_item(3, [fact(), fact(label="Others", boundary="all of it", grade="B")])
    assert made.get("id") == "source-3"
    assert made.find("a").get("href") == "https://example.org/paper"
    assert text(made) == (
        "A university, A paper. Tokens read: pre-training only; as of 2024-01-15; seen at its source, checked "
        "2026-01-01. Others: all of it; as of 2024-01-15; reported by others who name the source, checked 2026-01-01."
    )
