"""How many cases are still answered as the weights take fewer bits."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar
from scripts.numbers import Numbers


def accuracy_by_bits(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each width of a weight: the share of held-out cases answered right."""
    widths, sizes, right = (
        numbers.get(f"quantization.{name}").value for name in ("widths", "rounded_bytes", "rounded_accuracies")
    )
    full, weights = numbers.get("train.weight_bytes").value, numbers.get("train.parameters").value
    shown = [(f"{8 * full // weights} bits", full, numbers.get("quantization.accuracy").value)]
    shown += [(f"{bits} bits", size, share) for bits, size, share in zip(widths, sizes, right, strict=True)]
    for name in ("int8", "int4"):
        size, share = (numbers.get(f"quantization.{name}_{what}").value for what in ("bytes", "accuracy"))
        shown.append((f"torchao's {name}", size, share))
    rows = [
        part
        for label, size, share in shown
        for part in bar(f"{label}, {written(size, 'byte')}", written(share, "fraction"), {"cool": 100 * share})
    ]
    words = (
        "New cases that our small model still answers right. Rounded by hand, it gets "
        "{{ quantization.few_bits_accuracy }} of them with {{ quantization.few_bits }} bits a weight, and "
        "{{ quantization.too_few_bits_accuracy }} with {{ quantization.too_few_bits }}."
    )
    return element("div", None, rows, class_="bars"), words
