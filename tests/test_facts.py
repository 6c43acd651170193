"""A public figure says who says so, of when, and what it counts; it grows old by its kind, or is refused."""

from datetime import date, timedelta
from typing import get_args

import pytest
from pydantic import ValidationError

from scripts import facts
from scripts.facts import GRADES, MONTHS_VALID, Fact, load_facts
from tests.small import fact


@pytest.fixture
def today(monkeypatch):
    def set_to(day):
        class Today(date):
            @classmethod
            def today(cls):
                return day

        monkeypatch.setattr(facts, "date", Today)

    return set_to


@pytest.mark.parametrize(
    ("kind", "as_of", "last"),
    [
        ("price", date(2026, 3, 4), date(2026, 9, 4)),
        ("price", date(2026, 7, 20), date(2027, 1, 20)),
        ("price", date(2026, 6, 30), date(2026, 12, 30)),
        ("price", date(2026, 8, 31), date(2027, 2, 28)),
        ("volume", date(2026, 1, 31), date(2027, 1, 31)),
        ("volume", date(2024, 2, 29), date(2025, 2, 28)),
    ],
)
def test_a_figure_stands_for_as_long_as_its_kind_allows(today, kind, as_of, last):
    aging = fact(kind=kind, as_of=as_of, checked=as_of)
    assert aging.expires == last
    today(last)
    assert not aging.expired
    assert "old" not in aging.provenance
    today(last + timedelta(days=1))
    assert aging.expired
    assert aging.provenance.endswith("; this figure is old by now")


@pytest.mark.parametrize("kind", ["specification", "paper"])
def test_what_cannot_age_stands_for_good(today, kind):
    today(date(2999, 1, 1))
    assert fact(kind=kind).expires is None
    assert not fact(kind=kind).expired


@pytest.mark.parametrize(
    ("grade", "verb"), [("A", "quoted from"), ("B", "reported from"), ("C", "disputed; reported from")]
)
def test_the_grade_says_how_it_is_known(grade, verb):
    sentence = f"{verb} A university, A paper; as of 2024-01-15; pre-training only"
    assert fact(grade=grade).provenance == sentence


def test_every_grade_and_every_kind_is_explained():
    """A page asks for the words of a grade, and the expiry for the months of a kind: neither may be without."""
    assert set(GRADES) == set(get_args(Fact.model_fields["grade"].annotation))
    assert set(MONTHS_VALID) == set(get_args(Fact.model_fields["kind"].annotation))


def test_the_month_is_written_out():
    assert fact().when == "January 2024"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"unit": "tokens"}, "unit 'tokens' is unknown; the units are byte,"),
        ({"value": "many"}, "value 'many' does not fit unit 'token'"),
        ({"unit": "text"}, "does not fit unit 'text'"),
        ({"value": -1}, "greater than 0"),
        ({"checked": date(2024, 1, 14)}, "it was checked on 2024-01-14, before the day it speaks of, 2024-01-15"),
        ({"grade": "D"}, "Input should be 'A', 'B' or 'C'"),
        ({"kind": "rumour"}, "Input should be 'price'"),
        ({"url": "a paper"}, "valid URL"),
        ({"digits": 0}, "greater than 0"),
        ({"expires": date(2027, 1, 1)}, "Extra inputs are not permitted"),
    ],
)
def test_an_unsound_figure_is_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        fact(**changes)


def test_no_figure_is_of_the_future(today):
    today(date(2026, 1, 1))
    assert fact(checked=date(2026, 1, 2)).checked == date(2026, 1, 2), "it may be a day later where it was looked up"
    with pytest.raises(ValidationError, match="checked is 2026-01-03, which is still to come"):
        fact(checked=date(2026, 1, 3))
    with pytest.raises(ValidationError, match="as_of is 2027-01-01, which is still to come"):
        fact(as_of=date(2027, 1, 1), checked=date(2027, 1, 1))


def test_a_figure_may_be_checked_on_its_day_and_may_be_a_text():
    assert fact(checked=date(2024, 1, 15)).checked == date(2024, 1, 15)
    assert fact(value="4.2", unit="version").value == "4.2"


def test_facts_are_read_by_name(tmp_path):
    path = tmp_path / "facts.toml"
    lines = (f"{key} = {_toml(value)}" for key, value in fact().model_dump(exclude_none=True).items())
    path.write_text("[read]\n" + "\n".join(lines))
    assert load_facts(path) == {"read": fact()}


def _toml(value):
    return str(value) if isinstance(value, float | date) else f'"{value}"'
