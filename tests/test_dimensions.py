"""A formula is held to its units: quantities pass through it as floats do, and must come out in the contract's unit."""

import pytest

from scripts import numbers
from scripts.dimensions import constant_unit, in_units, mismatch, quantity
from scripts.units import UNITS
from tests.small import SmallNumbers, contract, record

COSTS = """
RATE_FLOP_PER_TOKEN = 2
SPEED_KM_PER_HOUR = 3


def work(tokens): return RATE_FLOP_PER_TOKEN * tokens
def total(a, b): return a + b
def ratio(a, b): return a / b
def shift(a): return a + 1
def speed(a): return SPEED_KM_PER_HOUR * a
"""
GIVEN = {
    "tokens": contract(unit="token"),
    "bytes": contract(unit="byte"),
    "day": contract(unit="hour"),
    "second": contract(unit="second"),
    "name": contract(unit="text"),
}
VALUES = {"tokens": 10, "bytes": 3, "day": 24, "second": 1.5, "name": "x"}


@pytest.fixture
def why(tmp_path, monkeypatch):
    """Return a function that says why a formula does not give a unit."""
    monkeypatch.setattr(numbers, "SNIPPETS", tmp_path)
    (tmp_path / "costs.py").write_text(COSTS.replace("SPEED_KM_PER_HOUR", "SPEED_BYTE_PER_HOUR"))
    (tmp_path / "odd.py").write_text(COSTS)

    def ask(function, unit, **arguments):
        asked = contract("derived", unit, function=function, arguments=arguments)
        site = SmallNumbers({"train": GIVEN | {"asked": asked}}, [record(values=VALUES)])
        return mismatch("train.asked", asked, site)

    return ask


@pytest.mark.parametrize(
    ("function", "unit", "arguments"),
    [
        ("costs.work", "FLOP", {"tokens": "train.tokens"}),
        ("costs.total", "second", {"a": "train.second", "b": "train.day"}),
        ("costs.ratio", "ratio", {"a": "train.day", "b": "train.second"}),
        ("costs.ratio", "byte/second", {"a": "train.bytes", "b": "train.day"}),
        ("costs.ratio", "fraction", {"a": "train.tokens", "b": "train.tokens"}),
        ("costs.speed", "byte", {"a": "train.second"}),
    ],
)
def test_a_formula_that_fits(why, function, unit, arguments):
    assert why(function, unit, **arguments) is None


@pytest.mark.parametrize(
    ("function", "unit", "arguments", "says"),
    [
        ("costs.work", "byte", {"tokens": "train.tokens"}, "costs.work gives FLOP, and the contract says byte"),
        ("costs.work", "FLOP", {"tokens": "train.bytes"}, "and the contract says FLOP"),
        ("costs.ratio", "ratio", {"a": "train.bytes", "b": "train.tokens"}, "gives byte / token"),
        ("costs.ratio", "byte/second", {"a": "train.day", "b": "train.bytes"}, "and the contract says byte/second"),
        ("costs.total", "byte", {"a": "train.bytes", "b": "train.tokens"}, "Cannot convert from 'byte'"),
        ("costs.shift", "byte", {"a": "train.bytes"}, "cannot be computed with units"),
        ("costs.total", "text", {"a": "train.bytes", "b": "train.bytes"}, "nothing can be computed with a text"),
        ("costs.total", "byte", {"a": "train.name", "b": "train.name"}, "nothing can be computed with a text"),
        ("odd.work", "FLOP", {"tokens": "train.tokens"}, "SPEED_KM_PER_HOUR is a constant without its unit"),
    ],
)
def test_a_formula_that_does_not(why, function, unit, arguments, says):
    assert says in why(function, unit, **arguments)


def test_a_formula_keeps_plain_constants_for_the_next_build(why):
    assert why("costs.work", "FLOP", tokens="train.tokens") is None
    assert numbers.load_from_snippets("costs.work", 1)(10) == 20


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("FLOP_PER_TOKEN", "FLOP / (token)"),
        ("PRICE_USD_PER_GPU_HOUR", "USD / (GPU * hour)"),
        ("EMITTED_CO2E_PER_WATT_HOUR", "CO2e / (watt * hour)"),
    ],
)
def test_a_constant_holds_its_unit_in_its_name(name, unit):
    assert constant_unit(name) == unit


@pytest.mark.parametrize("name", ["FACTOR", "FLOP", "FLOP_PER_", "FACTOR_PER_TOKEN", "FLOP_PER_KM", "TOKEN_FLOP"])
def test_a_constant_without_its_unit_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is a constant without its unit; end its name in one"):
        constant_unit(name)


@pytest.mark.parametrize("unit", [name for name, unit in UNITS.items() if unit.made_of])
def test_every_unit_of_the_site_can_be_computed_with(unit):
    assert (quantity(6, unit) / quantity(3, unit) * in_units("dimensionless")).to_reduced_units().magnitude == 2


@pytest.mark.parametrize(
    ("one", "other", "times"),
    [
        ("hour", "minute", 60),
        ("hour", "second", 3600),
        ("USD/million tokens", "USD", None),
        ("watt-hour", "watt", None),
        ("parameter", "weight", 1),
        ("token", "character", None),
    ],
)
def test_units_are_in_proportion_or_apart(one, other, times):
    share = quantity(1, one) / quantity(1, other)
    assert share.dimensionless == (times is not None)
    assert times is None or share.to("dimensionless").magnitude == pytest.approx(times)


def test_a_month_is_a_twelfth_of_a_year():
    assert (in_units("year") / in_units("month")).to("dimensionless").magnitude == pytest.approx(12)
    assert (in_units("year") / in_units("hour")).to("dimensionless").magnitude == pytest.approx(8766)
