"""How a value reads, in Python as in the browser."""

import pytest

from scripts.browser.units import UNITS, grouped, written


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (426_808, "byte", None, "427 kB"),
        (999_960, "byte", None, "1.00 MB"),
        (0, "byte", None, "0 B"),
        (3.8e25, "FLOP", 2, "3.8 × 10²⁵ FLOP"),
        (9.9996e19, "FLOP", 3, "1.00 × 10²⁰ FLOP"),
        (0.00058, "second", None, "0.58 ms"),
        (0.9996, "second", None, "1.0 s"),
        (1624.6, "duration", 3, "67.7 days"),
        (15.6e12, "token", 3, "15.6 trillion"),
        (2592, "case", None, "2,592"),
        (2.5, "ratio", None, "2.5"),
        (1234.5, "ratio", None, "1,200"),
        (48, "USD", None, "$48"),
        (0.1, "USD/million-tokens", None, "$0.10 per million tokens"),
        (-0.158, "error", None, "−16%"),
        ("Moran", "text", None, "Moran"),
    ],
)
def test_a_value_reads_as_people_write_it(value, unit, digits, text):
    assert written(value, unit, digits) == text


def test_almost_all_is_not_all():
    texts = [written(value, "fraction") for value in (1, 0.9996, 0.996, 0.5, 0.0004, 0)]
    assert texts == ["100%", "over 99.9%", "99.6%", "50%", "under 0.1%", "0%"]
    assert written(0.996, "fraction", 2) == "99.6%"


def test_a_tie_is_rounded_upward_as_people_do_and_micropython():
    assert [written(value, "ratio", 2) for value in (1.25, 1.35, 125, 0.125)] == ["1.3", "1.4", "130", "0.13"]


def test_thousands_are_parted():
    assert [grouped(digits) for digits in ("1", "123", "1234", "1234567.125")] == ["1", "123", "1,234", "1,234,567.125"]


def test_every_unit_can_write():
    for unit in UNITS:
        value = "x" if unit in ("text", "version") else 12.5
        assert written(value, unit)
