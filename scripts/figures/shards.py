"""One model, kept by one process or shared out between two: what each holds, and what each has to send."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, key, steps
from scripts.numbers import Numbers


def shards(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each process, of what it keeps, and one of what it sends in a step; one scale for all."""
    weights, adam, weights_each, adam_each, sent = (
        numbers.get(f"distributed.{name}").value
        for name in ("weight_bytes", "optimizer_bytes", "weight_bytes_each", "optimizer_bytes_each", "sent_bytes")
    )
    scale = 100 / (weights + adam)
    panels = {}
    for label, kept, sends in (("one", [(weights, adam)], 0), ("two", list(zip(weights_each, adam_each)), sent)):
        rows: list[ET.Element] = []
        for number, (own, averages) in enumerate(kept, 1):
            parts = {"ink": ("weights", own), "hatched": ("Adam's averages", averages)}
            shares = {kind: scale * value for kind, (_, value) in parts.items()}
            rows += bar(f"Process {number} keeps", written(own + averages, "byte"), shares)
            rows.append(key(parts, "byte"))
        rows += bar("Each sends in a step", written(sends, "byte"), {"warm": scale * sends} if sends else {})
        panels[label] = element("div", None, rows, class_="bars")
    words = "Our small model, really trained both ways. The losses are the same; what changes is who keeps what."
    return steps("processes", "How many share the model?", panels, "two"), words
