"""How many operations public chips do while they fetch a byte."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar
from scripts.numbers import Numbers

CHIPS = {  # by the highest bandwidth that is given, and by the lowest where sources differ
    "tpu_v6e": ("TPU v6e", None),
    "tpu_v7x": ("TPU7x", None),
    "h100": ("H100", "h100_low"),
    "b200": ("B200", "b200_low"),
    "h200": ("H200", None),
    "groq_lpu_v1": ("Groq, first chip", None),
}


def ridge_points(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each chip, to the ridge point; a line goes on to what a lower bandwidth gives."""
    ends = {
        label: [numbers.get(f"ridge.{chip}").value for chip in (name, lower or name)]
        for name, (label, lower) in CHIPS.items()
    }
    most = max(end for _, end in ends.values())
    rows = []
    for label, (low, high) in ends.items():
        parts = {"ink": 100 * low / most} | ({"range": 100 * (high - low) / most} if high > low else {})
        text = written(low, "FLOP/byte", 3 if low > 100 else 2)
        rows += bar(label, text + (f" to {written(high, 'FLOP/byte', 3)}" if high > low else ""), parts)
    words = (
        "Ridge points in bf16, by the peaks that their makers are reported to give: operations that a chip can do "
        "while it fetches a byte, from {{ ridge.groq_lpu_v1 }} for Groq's first (in fp16) to {{ ridge.tpu_v6e }} for a "
        "TPU v6e. Where sources differ on the memory, a line goes on."
    )
    return element("div", None, rows, class_="bars"), words
