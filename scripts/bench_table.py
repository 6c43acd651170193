"""The table of other libraries, made from the record of ``scripts/bench_peers.py``: every row that was measured."""

import xml.etree.ElementTree as ET

from scripts.elements import element
from scripts.numbers import Numbers
from scripts.peers.presets import JOBS
from scripts.units import UNITS

HEADS = ("Contestant", "Parameters", "Training step", "Prefill", "Decode, one text", "Decode, a batch")
LISTS = ("cells", "ratios", "lows", "highs", "seconds", "models", "parameters")  # the numbers that it shows
SHOWN = frozenset(f"bench_peers.{name}" for name in LISTS)


def rows(numbers: Numbers) -> list[list[str]]:
    """Return the rows: for each size and mode a row that names them, then each contestant's figures.

    Raises:
        SiteError: this device has no record of the bench.

    """
    cells, ratios, lows, highs, seconds, models, counts = (numbers.get(f"bench_peers.{name}").value for name in LISTS)
    figures = {cell: each for cell, *each in zip(cells, ratios, lows, highs, seconds, strict=True)}
    parameters = dict(zip(models, counts, strict=True))
    names: dict[tuple[str, str], list[str]] = {}  # of the rows, by size and mode
    for cell in cells:
        size, _, mode, name = cell.split(" ", 3)
        names.setdefault((size, mode), []).append(name)
    found: list[list[str]] = []
    for (size, mode), every in names.items():
        found.append([f"{size}, {mode}"])
        for name in dict.fromkeys(every):
            model = f"{size} {name.partition(',')[0]}"
            count = parameters.get(model, parameters[f"{size} ours"])  # onnxruntime has our weights
            keys = [f"{size} {job} {mode} {name}" for job in JOBS]
            found.append([name, f"{count:,}", *(cell_text(figures.get(key), name) for key in keys)])
    return found


def cell_text(figures: list[float] | None, name: str) -> str:
    """Return a cell: the ratio to ours with its quartiles; for ours, the time; a dash where nothing was measured.

    >>> cell_text([2.034, 1.9, 2.31, 0.004], "x"), cell_text([1, 1, 1, 0.0042], "ours"), cell_text(None, "x")
    ('2.03 (1.90 to 2.31)', '4.2 ms', '-')
    """
    if figures is None:
        return "-"
    ratio, low, high, seconds = figures
    if name == "ours":
        return UNITS["second"].write(seconds, None)
    return f"{ratio:.2f} ({low:.2f} to {high:.2f})"


def bench_rows(numbers: Numbers) -> list[tuple[None, list[ET.Element | str]]]:
    """Return the rows as cells; a row that names a size and a mode spans the table."""
    return [
        (None, [element("td", row[0], colspan=str(len(HEADS)), class_="section")] if len(row) == 1 else list(row))
        for row in rows(numbers)
    ]
