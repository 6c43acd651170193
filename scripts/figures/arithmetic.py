"""The arithmetic of a token: to use a model, and to train it."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, key
from scripts.numbers import Numbers


def arithmetic(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each job, the way forward and the way back apart."""
    forward = numbers.get("compute.forward_per_token").value
    both = numbers.get("compute.training_per_token").value
    ways = {"cool": ("forward", forward), "warm": ("back", both - forward)}
    rows = bar("Using", written(forward, "FLOP/token"), {"cool": 100 * forward / both})
    rows += bar(
        "Training", written(both, "FLOP/token"), {kind: 100 * flops / both for kind, (_, flops) in ways.items()}
    )
    rows.append(key(ways, "FLOP/token"))
    words = (
        "Operations for each token of a text, in our small model. Attention, which needs no parameters, is included."
    )
    return element("div", None, rows, class_="bars"), words
