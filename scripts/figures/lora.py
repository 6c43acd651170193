"""Fine-tuning all weights against a small addition: what shrinks, what hardly does, and what is forgotten."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, steps
from scripts.numbers import Numbers

SHOWN = {
    "LoRA: weights trained": "trained",
    "LoRA: optimizer's memory": "adam_bytes",
    "LoRA: arithmetic": "flops",
    "LoRA: time": "seconds",
}


def lora_shares(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each thing that fine-tuning takes: LoRA's part of what training all weights does."""
    parts = {
        label: numbers.get(f"fine_tuning.lora_{name}").value / numbers.get(f"fine_tuning.full_{name}").value
        for label, name in SHOWN.items()
    }
    scale = 100 / max(1, *parts.values())
    rows = bar("All weights trained", "100%", {"ink": scale})
    for label, part in parts.items():
        rows += bar(label, f"{part:.0%}", {"warm": scale * part})
    words = (
        "A step with LoRA against a step that trains all weights. Our small model, on one core of our machine. On a "
        "large one, LoRA was quicker."
    )
    return element("div", None, rows, class_="bars"), words


def forgetting(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw the shares of new and old cases that both ways get right, without old cases among the new and with them."""
    panels = {}
    for label, kind in (("no", ""), ("yes", "replay_")):
        rows: list[ET.Element] = []
        for way, name in (("full", "All weights"), ("lora", "LoRA")):
            for cases, said, fill in (("new", "new facts", "warm"), ("old", "old facts", "hatched")):
                share = numbers.get(f"fine_tuning.{way}_{kind}{cases}").value
                rows += bar(f"{name}: {said}", written(share, "fraction"), {fill: 100 * share} if share else {})
        panels[label] = element("div", None, rows, class_="bars")
    words = "New cases that our small model gets right after fine-tuning, whose clues changed their meaning or kept it."
    return steps("replay", "Mix old cases in?", panels, "no"), words
