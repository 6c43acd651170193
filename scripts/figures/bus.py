"""The bus of batching: what a fuller one brings to all, and costs each rider."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, steps
from scripts.numbers import Numbers

ROWS = 4  # of seats; the bus is drawn as the largest batch
FIRST = 2  # which of the recorded batches is shown first


def bus(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw each recorded batch as a bus, with its tokens a second and its time of a pass against a batch of one."""
    batches, rates, times = (
        numbers.get(f"batching.{name}").value for name in ("batches", "tokens_per_second", "pass_seconds")
    )
    scale = 100 / max(rate / rates[0] for rate in rates)
    panels = {}
    for batch, rate, time in zip(batches, rates, times, strict=True):
        bars = bar(
            "Text written a second, all together",
            written(rate / rates[0], "ratio") + "\u202f×",
            {"cool": scale * rate / rates[0]},
        )
        bars += bar(
            "Wait for the next piece, each",
            written(time / times[0], "ratio") + "\u202f×",
            {"range": scale * time / times[0]},
        )
        panels[str(batch)] = element(
            "div", None, [seats(batch, batches[-1]), element("div", None, bars, class_="bars")]
        )
    words = "Both against riding alone. Recorded with our small model."
    return steps("bus", "How many ride?", panels, str(batches[FIRST])), words


def seats(taken: int, seats_in_all: int) -> ET.Element:
    """Return the bus from above."""
    columns = -(-seats_in_all // ROWS)

    def path(places: range) -> str:
        return "".join(f"M{12 * (seat // ROWS) + 8} {12 * (seat % ROWS) + 8}h8v8h-8z" for seat in places)

    drawn = [
        element("path", class_=kind, d=path(places))
        for kind, places in (("taken", range(taken)), ("free", range(taken, seats_in_all)))
        if places
    ]
    body = element(
        "rect", class_="body", x="1", y="1", width=str(12 * columns + 18), height=str(12 * ROWS + 10), rx="8"
    )
    box = f"0 0 {12 * columns + 20} {12 * ROWS + 12}"
    name = f"A bus with {seats_in_all} seats, {taken} taken"
    return element("svg", None, [body, *drawn], viewBox=box, class_="bus", role="img", aria_label=name)
