"""What training and inference hold, part by part, as the batch grows."""

import xml.etree.ElementTree as ET

from scripts.browser.units import written
from scripts.common import element
from scripts.figures.panels import bar, key, steps
from scripts.numbers import Numbers

SHOWN = 4  # batches: in larger ones the parts that do not grow can no longer be seen
FIRST = 2


def memory_parts(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a bar for each job, stacked by what holds the memory, for each of some small batches; one scale for all."""
    weights, gradients, adam, batches, saved, cache = (
        numbers.get(f"memory.{name}").value
        for name in ("weight_bytes", "gradient_bytes", "adam_bytes", "batch_sizes", "saved_by_batch", "cache_by_batch")
    )
    scale = 100 / (weights + gradients + adam + saved[SHOWN - 1])
    panels = {}
    for batch, activations, notes in list(zip(batches, saved, cache, strict=True))[:SHOWN]:
        training = {
            "ink": ("weights", weights),
            "hollow": ("gradients", gradients),
            "hatched": ("Adam's averages", adam),
            "warm": ("activations", activations),
        }
        inference = {"ink": ("weights", weights), "cool": ("notes on the text (KV cache)", notes)}
        rows: list[ET.Element] = []
        for job, parts in (("Training", training), ("Inference", inference)):
            held = sum(value for _, value in parts.values())
            rows += bar(job, written(held, "byte"), {kind: scale * value for kind, (_, value) in parts.items()})
            rows.append(key(parts, "byte"))
        panels[str(batch)] = element("div", None, rows, class_="bars")
    words = (
        "Each case adds {{ memory.saved_per_case }} of activations to training, and {{ memory.cache_per_case }} of "
        "notes to inference. The rest stays as it is."
    )
    return steps("batch", "How many cases at once?", panels, str(batches[FIRST])), words
