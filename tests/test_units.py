"""How a value reads, in Python as in the browser."""

import random
import re

import pytest

from scripts.browser.chart import place
from scripts.browser.units import UNITS, grouped, written


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (426_808, "byte", None, "427 kB"),
        (999_960, "byte", None, "1.00 MB"),
        (0, "byte", None, "0 bytes"),
        (3.8e25, "FLOP", 2, "3.8 × 10²⁵ FLOP"),
        (9.9996e19, "FLOP", 3, "1.00 × 10²⁰ FLOP"),
        (0.00058, "second", None, "0.58 ms"),
        (0.9996, "second", None, "1.0 s"),
        (1624.6, "duration", 3, "67.7 days"),
        (15.6e12, "token", 3, "15.6 trillion"),
        (2592, "case", None, "2,592"),
        (-123456, "case", None, "-123,456"),
        (1e15 - 1, "case", None, "999,999,999,999,999"),
        (7.3e30, "request", None, "7.30 × 10³⁰"),
        (5.83e297, "USD/request", 3, "$5.83 × 10²⁹⁷"),
        (2e-300, "byte", None, "2.00 × 10⁻³⁰⁰ B"),
        (1e303, "fraction", None, "1.00 × 10³⁰⁵%"),
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


def test_no_value_takes_more_than_a_few_words():
    """Three hundred zeros tell nobody anything, and no line holds them."""
    rng = random.Random(16)
    values = [rng.choice((1, -1)) * rng.uniform(1, 10) * 10.0 ** rng.randint(-303, 303) for _ in range(300)]
    for unit in set(UNITS) - {"text", "version"}:
        for value in [*values, 1e-304, 1e304, 9.9996e14, 9.9996e17, 9.9996e26, 10**120]:
            for digits in (None, 1, 3, 4):
                shown = written(value, unit, digits)
                assert len(shown) < 48 and max(map(len, shown.split())) <= 23, (unit, value, shown)
                assert not re.search(r"e[+-]?\d|nan|inf", shown), (unit, value, shown)


def test_a_place_in_a_picture_is_digits_and_a_point():
    rng = random.Random(16)
    values = [rng.choice((1, -1)) * rng.uniform(1, 10) * 10.0 ** rng.randint(-308, 307) for _ in range(2000)]
    for value in [*values, 0, -0.0, -0.01, 2060.2, 10**400, float("inf"), float("-inf")]:
        assert re.fullmatch(r"-?\d{1,5}\.\d", place(value)) and place(value) != "-0.0", value
    assert place(2060.2) == "2060.2"
    with pytest.raises(ValueError, match="not a number"):
        place(float("nan"))


def test_every_unit_can_write():
    for unit in UNITS:
        value = "x" if unit in ("text", "version") else 12.5
        assert written(value, unit)
