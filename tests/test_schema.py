"""Data files: what they may hold, and how a slip is named."""

from datetime import date, timedelta

import pytest

from scripts.common import ROOT, SiteError
from scripts.schema import Fact, Spec, load_entries, load_facts, load_specs
from tests.small import FILES

FACT = {
    "label": "Hens",
    "value": 40,
    "unit": "count",
    "boundary": "all hens",
    "publisher": "The Farm",
    "source": "Report",
    "url": "https://example.org",
    "as_of": date(2026, 1, 31),
    "checked": date(2026, 2, 1),
    "kind": "paper",
    "grade": "A",
}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, "exactly"),
        ({"rel": 0.02}, "within 2%"),
        ({"abs": 0.025, "unit": "fraction"}, "within ±2.5 percentage points"),
        ({"rel": 0.3, "abs": 0.02}, "within 30% or within ±0.02"),
        ({"factor": 2}, "within a factor of 2 on this processor"),
        ({"recorded": True}, "not compared: true of its machine and its run"),
        ({"formula": "a.b"}, "computed again at every build"),
    ],
)
def test_the_check_of_a_number_follows_from_what_is_given(given, rule):
    assert Spec(**({"label": "x", "unit": "count"} | given)).rule == rule


@pytest.mark.parametrize(
    "given",
    [{"rel": 0.1, "factor": 2}, {"factor": 1}, {"recorded": True, "formula": "a.b"}, {"unit": "dozen"}, {"size": 1}],
)
def test_a_number_with_two_checks_or_an_unknown_key_is_refused(given):
    with pytest.raises(ValueError):
        Spec(**({"label": "x", "unit": "count"} | given))


@pytest.mark.parametrize(
    ("kind", "period", "expires"),
    [
        ("paper", None, None),
        ("specification", None, None),
        ("history", "2024", None),
        ("price", None, date(2026, 7, 31)),
        ("volume", None, date(2027, 1, 31)),
        ("forecast", "2026", date(2026, 12, 31)),
    ],
)
def test_only_what_claims_to_be_true_now_grows_old(kind, period, expires):
    assert Fact(**(FACT | {"kind": kind, "period": period})).expires == expires


def test_a_price_of_the_end_of_a_long_month_expires_in_a_short_one():
    assert Fact(**(FACT | {"kind": "price", "as_of": date(2025, 8, 31)})).expires == date(2026, 2, 28)


@pytest.mark.parametrize(
    "wrong",
    [
        {"checked": date(2026, 1, 1)},
        {"checked": date.today() + timedelta(days=9)},
        {"value": -1},
        {"value": "40"},
        {"kind": "history"},
        {"kind": "paper", "period": "2024"},
        {"grade": "D"},
        {"url": "example"},
    ],
)
def test_a_figure_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        Fact(**(FACT | wrong))


def test_a_figure_may_say_otherwise_than_its_source(tmp_path):
    path = tmp_path / "facts.toml"
    path.write_text(
        '[farm]\npublisher = "The Farm"\nsource = "Report"\nurl = "https://example.org"\nas_of = 2026-01-01\n'
        'checked = 2026-01-02\nkind = "paper"\ngrade = "A"\nboundary = "all"\n[farm.figures]\n'
        'a = { value = 1, unit = "count", label = "A" }\nb = { value = 2, unit = "count", label = "B", grade = "B" }\n'
    )
    facts = load_facts(path)
    assert (facts["a"].grade, facts["b"].grade, facts["b"].boundary) == ("A", "B", "all")
    path.write_text(path.read_text().replace('label = "B"', 'lable = "B"'))
    with pytest.raises(SiteError, match=r"facts.toml:12: farm.figures.b.label: Field required"):
        load_facts(path)


def test_two_sources_cannot_have_a_figure_of_one_name(tmp_path):
    path = tmp_path / "facts.toml"
    farm = FILES["docs/facts.toml"]
    path.write_text(farm + farm.replace("[farm", "[barn"))
    with pytest.raises(SiteError, match=r"facts.toml:22: hens stands under another source, too"):
        load_facts(path)


def test_a_slip_names_file_line_and_key(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text('[one]\na = { label = "A", unit = "count" }\n\n[two]\na = { label = "A", unit = "cuont" }\n')
    with pytest.raises(SiteError, match=r"numbers.toml:5: two.a.unit: unknown unit 'cuont'"):
        load_specs(path)


@pytest.mark.parametrize("text", ["[one", "a = ", "\x00"])
def test_what_is_not_toml_names_the_file(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(SiteError, match=r"x.toml:\d+: this is not valid TOML"):
        load_entries(path, Spec)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(SiteError, match=r"x.toml:1: cannot be read"):
        load_entries(tmp_path / "x.toml", Spec)


def test_figures_of_one_source_stand_together():
    facts = load_facts(ROOT / "docs" / "facts.toml")
    assert len(facts) > 150
    assert all(fact.period for fact in facts.values() if fact.kind == "history")


def test_no_public_figure_is_past_its_date_where_that_is_asked_for(request):
    old = [name for name, fact in load_facts(ROOT / "docs" / "facts.toml").items() if fact.expired]
    assert not (request.config.getoption("--strict-facts") and old)
