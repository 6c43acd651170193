"""Write what the site offers and git does not hold: numbers, notebooks, the cases, all snippets in a zip."""

import csv
import io
import json
import runpy
import zipfile
from collections.abc import Iterable
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


def as_zip(paths: Iterable[Path]) -> bytes:
    """Return some files in one archive, side by side; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(paths):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


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
    folder, snippets = root / "docs" / "downloads", root / "snippets"
    folder.mkdir(exist_ok=True)
    rows = entries(root)
    texts = {
        "numbers.json": json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "numbers.csv": as_csv(rows),
        "casebook.json": casebook(root / "snippets" / "casebook.py"),
    }
    for path in [*snippets.glob("*.py"), *(root / "docs" / "notebooks").glob("*.py")]:
        texts[f"{path.stem}.ipynb"] = nbformat.writes(as_notebook(path)) + "\n"
    files = {name: text.encode() for name, text in texts.items()}
    files["snippets.zip"] = as_zip([*snippets.glob("*.py"), *snippets.glob("*.safetensors")])
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:  # else `mkdocs serve` would build again
            path.write_bytes(content)
