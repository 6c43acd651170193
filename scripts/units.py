"""Units: how a value reads in a sentence, and what it is made of, so that formulas can be checked for dimensions."""

from collections.abc import Callable
from dataclasses import dataclass

from scripts.engine.writing import (
    count,
    dollars,
    duration,
    error,
    flops,
    hours,
    minutes,
    per_million_tokens,
    percent,
    plain,
    ratio,
    scaled,
    seconds,
    text,
)


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
    "byte/second/GPU": Unit("bytes a second, of each GPU", scaled("B/s"), "byte / second / GPU"),
    "byte/GPU": Unit("bytes of each GPU", scaled("B"), "byte / GPU"),
    "byte/request": Unit("bytes for each request", scaled("B"), "byte / request"),
    "byte/case": Unit("bytes for each case", scaled("B"), "byte / case"),
    "byte/parameter": Unit("bytes for each parameter", scaled("B"), "byte / parameter"),
    "FLOP": Unit("floating-point operations", flops, "FLOP"),
    "FLOP/case": Unit("floating-point operations for each case", flops, "FLOP / case"),
    "FLOP/token": Unit("floating-point operations for each token", count, "FLOP / token"),
    "FLOP/second": Unit("floating-point operations a second", scaled("FLOP/s"), "FLOP / second"),
    "FLOP/second/GPU": Unit("floating-point operations a second, of each GPU", scaled("FLOP/s"), "FLOP / second / GPU"),
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
    "second/token": Unit("seconds for each token", seconds, "second / token"),
    "second/request": Unit("seconds for each request", seconds, "second / request"),
    "minute": Unit("minutes", minutes, "minute"),
    "hour": Unit("hours", hours, "hour"),
    "duration": Unit("hours", duration, "hour"),
    "month": Unit("months", count, "month"),
    "watt": Unit("watts", scaled("W"), "watt"),
    "watt/GPU": Unit("watts of each GPU", scaled("W"), "watt / GPU"),
    "watt-hour": Unit("watt-hours", scaled("Wh"), "watt * hour"),
    "watt-hour/request": Unit("watt-hours for each request", scaled("Wh"), "watt * hour / request"),
    "request/GPU": Unit("requests on each GPU", count, "request / GPU"),
    "request/month": Unit("requests a month", count, "request / month"),
    "tonne CO2e": Unit("tonnes of CO2 equivalent", count, "tonne * CO2e"),
    "USD": Unit("US dollars", dollars, "USD"),
    "USD/month": Unit("US dollars a month", dollars, "USD / month"),
    "USD/request": Unit("US dollars for each request", dollars, "USD / request"),
    "USD/GPU-hour": Unit("US dollars for an hour of a GPU", dollars, "USD / GPU / hour"),
    "USD/million tokens": Unit("US dollars for a million tokens", per_million_tokens, "USD / (1e6 token)"),
    "token/case": Unit("tokens for each case", count, "token / case"),
    "token/request": Unit("tokens for each request", count, "token / request"),
    "token/second": Unit("tokens a second", count, "token / second"),
    "nat/character": Unit("nats a character", plain, "1 / character"),
    "weight": Unit("weights", count, "parameter"),
    "GPU-hour": Unit("GPU-hours", count, "GPU * hour"),
    "GPU-hour/request": Unit("GPU-hours for each request", plain, "GPU * hour / request"),
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
    for noun in ("parameter", "character", "case", "token", "step", "layer", "message", "user", "request", "word")
}
UNITS |= {noun: Unit(noun + "s", count, "dimensionless") for noun in ("count", "thread", "round", "row", "seed")}

# What is quoted of one GPU, of one text, or of one layer, without saying so.
QUOTED_AS = {
    "FLOP/second/GPU": "FLOP/second",
    "byte/second/GPU": "byte/second",
    "byte/GPU": "byte",
    "watt/GPU": "watt",
    "token/request": "token",
    "value/layer/token": "value/token",
}


def fills(unit: str, wanted: str) -> bool:
    """Return whether a number in a unit can stand where another unit is wanted.

    >>> fills("watt", "watt/GPU"), fills("watt/GPU", "watt"), fills("USD", "USD/month")
    (True, False, False)
    """
    return unit in (wanted, QUOTED_AS.get(wanted))
