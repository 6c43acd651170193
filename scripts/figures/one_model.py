"""How fast one model writes for one reader on four kinds of hardware."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar
from scripts.numbers import Numbers

HARDWARE = {
    "cerebras": "Cerebras: a chip as large as a wafer",
    "sambanova": "SambaNova: its own kind of chip",
    "fireworks": "Fireworks: GPUs",
    "groq": "Groq: weights on the chip",
}


def one_model(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each provider: tokens a second that one request sees."""
    rates = {name: numbers.get(f"facts.oss_120b_{name}_tokens_per_second") for name in HARDWARE}
    most = max(rate.value for rate in rates.values())
    rows = [
        part
        for name, rate in rates.items()
        for part in bar(HARDWARE[name], written(rate.value, "token/second", 2), {"cool": 100 * rate.value / most})
    ]
    words = (
        "Tokens of gpt-oss-120b a second, as one reader was reported to see them in "
        "{{ facts.oss_120b_groq_tokens_per_second.period }}: from {{ facts.oss_120b_groq_tokens_per_second }} at Groq, "
        "by its own account, to {{ facts.oss_120b_cerebras_tokens_per_second }} at Cerebras."
    )
    return element("div", None, rows, class_="bars"), words
