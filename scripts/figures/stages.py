"""How a small model is raised: what it writes after each stage, and how much of that is right."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar
from scripts.numbers import Numbers

STAGES = {
    "pretrained": "Pre-trained on gossip",
    "tuned": "Fine-tuned on examples",
    "reinforced": "Reinforced by a checker",
}


def stages(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw, for each stage, what the model writes, and bars of the trades and of the whole answers that are right."""
    question = numbers.get("pipeline.question").value.partition("\n")[0]
    rows = [element("p", question, class_="model wide")]
    for stage, name in STAGES.items():
        wrote, trade, whole = (numbers.get(f"pipeline.{stage}_{what}").value for what in ("writes", "trade", "whole"))
        rows.append(
            element("p", None, [element("strong", name), element("span", wrote, class_="model")], class_="wide")
        )
        for label, share, fill in (("Trade right", trade, "hatched"), ("Trade and city right", whole, "warm")):
            rows += bar(label, written(share, "fraction"), {fill: 100 * share} if share else {})
    words = (
        "What the model writes to one new case, and how many of {{ pipeline.held_out_cases }} new cases it gets right. "
        "Each stage does what the one before couldn't."
    )
    return element("div", None, rows, class_="bars"), words
