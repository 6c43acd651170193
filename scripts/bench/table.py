"""The table of other libraries, made from the record of ``bench_peers.py``: every row that was measured."""

import xml.etree.ElementTree as ET

from scripts.bench.presets import JOBS
from scripts.browser.units import seconds as written_seconds
from scripts.common import element
from scripts.numbers import Numbers

HEADS = ("Contestant", "Parameters", "Training step", "Prefill", "Decode, one text", "Decode, a batch")
LISTS = ("cells", "ratios", "lows", "highs", "seconds", "models", "parameters")  # the numbers that it shows
SHOWN = frozenset(f"bench_peers.{name}" for name in LISTS)


def bench_rows(numbers: Numbers) -> list[tuple[str, list[ET.Element | str]]]:
    """Return the rows: for each size and mode a row that names them, then a row of figures for each contestant."""
    cells, ratios, lows, highs, seconds, models, counts = (numbers.value(f"bench_peers.{name}") for name in LISTS)
    figures = dict(zip(cells, zip(ratios, lows, highs, seconds, strict=True), strict=True))
    parameters = dict(zip(models, counts, strict=True))
    contestants: dict[tuple[str, str], dict[str, None]] = {}  # each once, by size and mode
    for cell in cells:
        size, _, mode, name = cell.split(" ", 3)
        contestants.setdefault((size, mode), {})[name] = None
    rows: list[tuple[str, list[ET.Element | str]]] = []
    for (size, mode), names in contestants.items():
        rows.append(("", [element("td", f"{size}, {mode}", colspan=str(len(HEADS)), class_="section")]))
        for name in names:
            model = f"{size} {name.partition(',')[0]}"
            count = parameters.get(model, parameters[f"{size} ours"])  # onnxruntime has our weights
            shown = [cell_text(name, figures.get(f"{size} {job} {mode} {name}")) for job in JOBS]
            rows.append(("", [name, f"{count:,}", *shown]))
    return rows


def cell_text(name: str, figures: tuple[float, ...] | None) -> str:
    """Return a cell: the ratio to ours with its quartiles; for ours, the time; a dash where nothing was measured.

    >>> cell_text("x", (2.034, 1.9, 2.31, 0.004)), cell_text("ours", (1, 1, 1, 0.0042)), cell_text("x", None)
    ('2.03 (1.90 to 2.31)', '4.2 ms', '-')
    """
    if figures is None:
        return "-"
    ratio, low, high, seconds = figures
    return written_seconds(seconds) if name == "ours" else f"{ratio:.2f} ({low:.2f} to {high:.2f})"
