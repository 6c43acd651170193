"""Write what the site offers and git does not hold: numbers as JSON and CSV, snippets as notebooks, cases as JSON."""

import csv
import io
import json
import runpy
from pathlib import Path
from typing import Any

import nbformat

from scripts.catalog import FACT_COLUMNS, entries
from scripts.common import ROOT
from scripts.notebooks import as_notebook

COLUMNS = ("id", "label", "unit", "kind", "rule", "device", "value", "text", "of", "file", "line", "formula")


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Return the rows as CSV (RFC 4180); a list of values is written as JSON."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *FACT_COLUMNS])
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"value": json.dumps(row["value"]) if isinstance(row["value"], list) else row["value"]})
    return text.getvalue()


def casebook(path: Path) -> str:
    """Return the words that the cases are made of, and the lowest loss, as JSON."""
    names = runpy.run_path(str(path))
    book = {name: names[name.upper()] for name in ("names", "trades", "cities")}
    book["held_out"] = names["HELD_OUT_PAIRS"]
    book["floor"] = names["loss_floor"](len(names["SOLVED"]))
    return json.dumps(book, separators=(",", ":")) + "\n"


def write(root: Path = ROOT) -> None:
    """Write all of it into docs/downloads/.

    Raises:
        SiteError: a record, a number or a fact is broken; the message says where.

    """
    folder = root / "docs" / "downloads"
    folder.mkdir(exist_ok=True)
    rows = entries(root)
    files = {
        "numbers.json": json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "numbers.csv": as_csv(rows),
        "casebook.json": casebook(root / "snippets" / "casebook.py"),
    }
    for path in [*(root / "snippets").glob("*.py"), *(root / "docs" / "notebooks").glob("*.py")]:
        files[f"{path.stem}.ipynb"] = nbformat.writes(as_notebook(path)) + "\n"
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # else `mkdocs serve` would build again
            path.write_text(text, encoding="utf-8", newline="")
