"""A value reads in a sentence as people write it: rounded, with its unit, and never more exact than it is."""

import pytest

from scripts.units import BASES, UNITS


def text(unit, value, digits=None):
    return UNITS[unit].write(value, digits)


@pytest.mark.parametrize(
    ("unit", "value", "digits", "expected"),
    [
        ("step", 2592, None, "2,592"),
        ("step", 2592, 2, "2,600"),
        ("token", 15.6e12, 3, "15.6 trillion"),
        ("token", 15.6e12, None, "15,600,000,000,000"),
        ("token", 1e9, 1, "1 billion"),
        ("token", 999_999, 2, "1,000,000"),
        ("token", 2.5e6, 2, "2.5 million"),
        ("byte", 0, None, "0 B"),
        ("byte", 999, None, "999 B"),
        ("byte", 0.5, None, "0.500 B"),
        ("byte", 1000, None, "1.00 kB"),
        ("byte", 427_264, None, "427 kB"),
        ("byte", 999_499, None, "999 kB"),
        ("byte", 999_500, None, "1.00 MB"),
        ("byte", -2_500_000, 2, "-2.5 MB"),
        ("byte", 1e27, None, "1,000 YB"),
        ("byte/second", 3.35e12, None, "3.35 TB/s"),
        ("FLOP", 284e9, None, "284 GFLOP"),
        ("FLOP", 9.99e17, None, "999 PFLOP"),
        ("FLOP", 1e18, None, "1.00 × 10¹⁸ FLOP"),
        ("FLOP", 3.8e25, 2, "3.8 × 10²⁵ FLOP"),
        ("FLOP", 9.999e24, 3, "1.00 × 10²⁵ FLOP"),
        ("FLOP/second", 989.5e12, 3, "990 TFLOP/s"),
        ("second", 0.00058, None, "0.58 ms"),
        ("second", 0.994, None, "990 ms"),
        ("second", 0.996, None, "1.0 s"),
        ("second", 10.79, 3, "10.8 s"),
        ("minute", 4, None, "4 minutes"),
        ("hour", 30_840_000, 4, "30.84 million hours"),
        ("watt", 700, None, "700 W"),
        ("watt-hour", 0.34, 2, "0.34 Wh"),
        ("USD", 0.2, None, "$0.20"),
        ("USD", 48, None, "$48"),
        ("USD", 43_000, 2, "$43,000"),
        ("USD", 5.576e6, None, "$5.58 million"),
        ("USD/GPU-hour", 2.95, None, "$2.95"),
        ("fraction", 1, None, "100%"),
        ("fraction", 0.9991, None, "over 99.9%"),
        ("fraction", 0.999, None, "99.9%"),
        ("fraction", 0.001, None, "0.100%"),
        ("fraction", 0.0009, None, "under 0.1%"),
        ("fraction", 0, None, "0%"),
        ("fraction", 0.5, None, "50%"),
        ("fraction", 0.123456, 2, "12%"),
        ("ratio", 3.14159, None, "3.1"),
        ("ratio", 3.14159, 4, "3.142"),
        ("ratio", 999_999, 2, "1,000,000"),
        ("ratio", 1e6, None, "1.0 million"),
        ("ratio", 1_234_567, None, "1.2 million"),
        ("nat/character", 0.08489, None, "0.0849"),
        ("nat/character", 2e6, None, "2.00 million"),
        ("nat/character", 0, None, "0"),
        ("version", "2.13.0", None, "2.13.0"),
    ],
)
def test_a_value_in_a_sentence(unit, value, digits, expected):
    assert text(unit, value, digits) == expected


def test_almost_all_is_not_all():
    assert text("fraction", 0.9996, None) == "over 99.9%"
    assert text("fraction", 1, None) == "100%"
    assert [text("fraction", 0.996, digits) for digits in (1, 2, 3)] == ["99.6%"] * 3
    assert [text("fraction", 0.95, digits) for digits in (1, 2)] == ["95%"] * 2


def test_more_than_all_is_not_all():
    assert [text("fraction", value, 2) for value in (1.0005, 1.003, 1.098)] == ["over 100%", "100.3%", "110%"]
    assert text("fraction", 1 + 1e-12, 2) == "100%", "what rounding left over is nothing"


def test_a_noun_has_its_plural_as_long_name():
    assert UNITS["token"].name == "tokens"
    assert {"parameter", "character", "case", "token", "step", "layer", "message", "user"} <= set(BASES) & set(UNITS)
