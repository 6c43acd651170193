"""What a training step keeps, and what it computes, as more of its blocks are computed again."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, steps
from scripts.numbers import Numbers

TYPES = {"float32": "float32", "mixed": "mixed precision", "bfloat16": "bfloat16 throughout"}


def memory_or_arithmetic(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a step for each number of blocks computed again; all bars are shares of a float32 step that keeps all."""
    flops = numbers.get("precision.flops").value
    kept = {name: numbers.get(f"precision.{name}_kept").value for name in TYPES}
    blocks = numbers.get("precision.blocks").value
    scale = 100 * flops[0] / max(flops)
    panels = {}
    for place, count in enumerate(flops):
        rows = []
        for name, label in TYPES.items():
            size = kept[name][place]
            rows += bar(f"Kept, {label}", written(size, "byte"), {"warm": scale * size / kept["float32"][0]})
        rows += bar("Arithmetic", f"{written(count / flops[0], 'ratio')}\u202f×", {"ink": scale * count / flops[0]})
        panels[str(blocks * place // (len(flops) - 1))] = element("div", None, rows, class_="bars")
    words = (
        "Kept for the way back, in three types of numbers. In float32 it goes from {{ precision.float32_bytes }} down "
        "to {{ precision.recomputed_bytes }}."
    )
    return steps("recomputed", f"How many of the {blocks} blocks are computed again?", panels, "0"), words
