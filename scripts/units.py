"""Units: how a value reads in a sentence, and what it is made of, so that formulas can be checked for dimensions."""

import math
from collections.abc import Callable
from dataclasses import dataclass


def significant(value: float, digits: int) -> str:
    """Return ``value`` rounded to ``digits`` significant digits, with thousands separators.

    >>> [significant(v, 3) for v in (12345.678, 3.14159, 0.0, 0.08489, 9.996, 999.6)]
    ['12,300', '3.14', '0', '0.0849', '10.0', '1,000']
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{round(rounded, places):,.{max(0, places)}f}"


def count(value: float, digits: int | None) -> str:
    """Return a whole number in full; where digits are asked for, rounded, and in words from a million on.

    >>> [count(v, d) for v, d in ((2592, None), (12345, 2), (15.6e12, 3))]
    ['2,592', '12,000', '15.6 trillion']
    """
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size and digits is not None:
            return f"{significant(value / size, digits)} {word}"
    return f"{value:,.0f}" if digits is None else significant(value, digits)


def plain(value: float, digits: int | None) -> str:
    return count(value, digits or 3) if value >= 1e6 else significant(value, digits or 3)


def scaled(symbol: str, steps: str = "kMGTPEZY") -> Callable[[float, int | None], str]:
    """Return a formatter in powers of 1,000.

    >>> [scaled("B")(value, None) for value in (12, 427264, 999_960)]
    ['12 B', '427 kB', '1.00 MB']
    """

    def text(value: float, digits: int | None) -> str:
        if abs(value) < 1000:
            whole = float(value).is_integer()
            return f"{value:,.0f} {symbol}" if whole else f"{significant(value, digits or 3)} {symbol}"
        rounded = float(f"{value:.{(digits or 3) - 1}e}")
        power = min(int(math.log10(abs(rounded)) / 3 + 1e-9), len(steps))
        return f"{significant(rounded / 1000**power, digits or 3)} {steps[power - 1]}{symbol}"

    return text


def flops(value: float, digits: int | None) -> str:
    """Return a count of operations: in powers of 1,000 as far as their names are known, then in powers of ten.

    >>> flops(2.839e11, None), flops(3.8e25, 2)
    ('284 GFLOP', '3.8 × 10²⁵ FLOP')
    """
    if value < 1e18:
        return scaled("FLOP")(value, digits)
    value = float(f"{value:.{(digits or 3) - 1}e}")
    power = math.floor(math.log10(value))
    superscript = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{significant(value / 10**power, digits or 3)} × 10{superscript} FLOP"


def seconds(value: float, digits: int | None) -> str:
    """Return a time in seconds, or in milliseconds below one second.

    >>> [seconds(value, None) for value in (0.00058, 0.9996, 10.79)]
    ['0.58 ms', '1.0 s', '11 s']
    """
    rounded = float(f"{value:.{(digits or 2) - 1}e}")
    if rounded < 1:
        return f"{significant(value * 1000, digits or 2)} ms"
    return f"{significant(value, digits or 2)} s"


def percent(value: float, digits: int | None) -> str:
    """Return a share as a percentage. Only a whole reads 100%, and only nothing reads 0%.

    >>> [percent(value, None) for value in (1, 0.9996, 0.998, 0.5, 0.0004, 0)]
    ['100%', 'over 99.9%', '99.8%', '50%', 'under 0.1%', '0%']
    """
    if 0.999 < value < 1:
        return "over 99.9%"
    if 0 < value < 0.001:
        return "under 0.1%"
    return f"{significant(value * 100, digits or 3).removesuffix('.0')}%"


def error(value: float, digits: int | None) -> str:
    """Return by how much a figure is too large or too small, as a percentage.

    >>> [error(value, None) for value in (0.0213, -0.158, 0.0001, 0)]
    ['+2.1%', '−16%', 'under 0.1%', 'none']
    """
    if abs(value) < 1e-9:
        return "none"
    if abs(value) < 0.001:
        return "under 0.1%"
    return f"{'+' if value > 0 else '−'}{significant(abs(value) * 100, digits or 2)}%"


def dollars(value: float, digits: int | None) -> str:
    """Return an amount of money: to the cent where it is small and no digits are asked for, in words from a million on.

    >>> [dollars(value, d) for value, d in ((0.2, None), (2.95, None), (48, None), (43_000, 2), (5.576e6, 4))]
    ['$0.20', '$2.95', '$48', '$43,000', '$5.576 million']
    """
    if value >= 1e6 or digits is not None:
        return f"${count(value, digits or 3)}"
    return f"${value:,.0f}" if float(value).is_integer() else f"${value:,.2f}"


def per_million_tokens(value: float, digits: int | None) -> str:
    return f"{dollars(value, digits)} per million tokens"


def text(value: object, digits: int | None) -> str:
    return str(value)


def ratio(value: float, digits: int | None) -> str:
    return plain(value, digits or 2)


@dataclass(frozen=True)
class Unit:
    """A unit: its long name for tables, how a value in it is written, and what it is made of, as pint reads it.

    Every noun of ``BASES`` is a dimension of its own, so that a formula cannot add cases to tokens. A unit without
    dimensions (``text``) can stand in no formula.
    """

    name: str
    write: Callable[..., str]
    made_of: str | None = None


BASES = ("byte", "FLOP", "token", "parameter", "character", "case", "step", "layer", "message", "user", "word")
BASES += ("GPU", "USD", "CO2e", "request", "pass", "head", "value", "bit", "call")

UNITS = {
    "byte": Unit("bytes (kB = 1,000 bytes)", scaled("B"), "byte"),
    "byte/second": Unit("bytes a second", scaled("B/s"), "byte / second"),
    "byte/case": Unit("bytes for each case", scaled("B"), "byte / case"),
    "byte/parameter": Unit("bytes for each parameter", scaled("B"), "byte / parameter"),
    "FLOP": Unit("floating-point operations", flops, "FLOP"),
    "FLOP/case": Unit("floating-point operations for each case", flops, "FLOP / case"),
    "FLOP/token": Unit("floating-point operations for each token", count, "FLOP / token"),
    "FLOP/second": Unit("floating-point operations a second", scaled("FLOP/s"), "FLOP / second"),
    "FLOP/byte": Unit("floating-point operations for each byte", plain, "FLOP / byte"),
    "byte/value": Unit("bytes for each value", count, "byte / value"),
    "byte/token": Unit("bytes for each token", scaled("B"), "byte / token"),
    "head/layer": Unit("heads in each layer", count, "head / layer"),
    "value/head/token": Unit("values of a head for each token", count, "value / head / token"),
    "value/token": Unit("values for each token", count, "value / token"),
    "value/layer/token": Unit("values of a layer for each token", count, "value / layer / token"),
    "FLOP/parameter/token": Unit("operations for each parameter and token", count, "FLOP / parameter / token"),
    "bit": Unit("bits", count, "bit"),
    "bit/parameter": Unit("bits for each parameter", plain, "bit / parameter"),
    "second": Unit("seconds", seconds, "second"),
    "second/call": Unit("seconds for each call", seconds, "second / call"),
    "minute": Unit("minutes", lambda value, digits: f"{count(value, digits)} minutes", "minute"),
    "hour": Unit("hours", lambda value, digits: f"{count(value, digits)} hours", "hour"),
    "month": Unit("months", count, "month"),
    "watt": Unit("watts", scaled("W"), "watt"),
    "watt-hour": Unit("watt-hours", scaled("Wh"), "watt * hour"),
    "tonne CO2e": Unit("tonnes of CO2 equivalent", count, "tonne * CO2e"),
    "USD": Unit("US dollars", dollars, "USD"),
    "USD/month": Unit("US dollars a month", dollars, "USD / month"),
    "USD/request": Unit("US dollars for each request", dollars, "USD / request"),
    "request/month": Unit("requests a month", count, "request / month"),
    "USD/GPU-hour": Unit("US dollars for an hour of a GPU", dollars, "USD / GPU / hour"),
    "USD/million tokens": Unit("US dollars for a million tokens", per_million_tokens, "USD / (1e6 token)"),
    "token/case": Unit("tokens for each case", count, "token / case"),
    "token/second": Unit("tokens a second", count, "token / second"),
    "nat/character": Unit("nats a character", plain, "1 / character"),
    "weight": Unit("weights", count, "parameter"),
    "GPU-hour": Unit("GPU-hours", count, "GPU * hour"),
    "GPU": Unit("GPUs", count, "GPU"),
    "word/minute": Unit("words a minute", count, "word / minute"),
    "fraction": Unit("share of the whole", percent, "dimensionless"),
    "ratio": Unit("ratio", ratio, "dimensionless"),
    "error": Unit("error, as a share of what is right", error, "dimensionless"),
    "ratio/year": Unit("times a year", ratio, "1 / year"),
    "pass": Unit("passes", count, "pass"),
    "version": Unit("version", text),
    "text": Unit("text", text),
} | {
    noun: Unit(noun + "s", count, noun)
    for noun in ("parameter", "character", "case", "token", "step", "layer", "message", "user", "request")
}
UNITS |= {noun: Unit(noun + "s", count, "dimensionless") for noun in ("count", "thread", "round", "row", "seed")}
