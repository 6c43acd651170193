"""Notebooks: a snippet as ``.ipynb``, and the notebook of the site with its outputs, a record like any other."""

import json
import os
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from scripts.common import ROOT, SiteError, at, read
from scripts.run import code_hashes, snippet_paths

TIMEOUT_SECONDS = 600


def as_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a script in percent format as a notebook without outputs; the same one each time."""
    notebook = jupytext.reads(read(path), fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return notebook


def is_notebook(name: str, root: Path = ROOT) -> bool:
    return snippet_paths(root)[name].parent.name == "notebooks"


def executed_path(name: str, root: Path = ROOT) -> Path:
    return snippet_paths(root)[name].with_suffix(".ipynb")


def notebook_changed(name: str, root: Path = ROOT) -> bool:
    """Return whether the outputs that are shown are of other code or other words than the notebook's."""
    path = executed_path(name, root)
    if not path.exists():
        return True
    try:
        shown = json.loads(read(path))
    except ValueError:
        return True  # no JSON, as after a merge in conflict
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in shown["cells"]]
    now = [(cell.cell_type, cell.source) for cell in as_notebook(snippet_paths(root)[name]).cells]
    return sources != now or shown["metadata"].get("code") != code_hashes(snippet_paths(root)[name], root)


def execute(name: str, root: Path = ROOT) -> None:
    """Run the notebook and write it with its outputs.

    Raises:
        SiteError: a cell fails; the message shows it.

    """
    path = snippet_paths(root)[name]
    notebook = as_notebook(path)
    notebook.metadata["code"] = code_hashes(path, root)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # it is shown with the record of the CPU
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait must not spin beside a busy process
    # As a reader's Jupyter would, from a folder where its companions are.
    resources = {"metadata": {"path": str(root / "snippets")}}
    try:
        NotebookClient(notebook, timeout=TIMEOUT_SECONDS, resources=resources, record_timing=False).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise SiteError(at(path, 1, f"a cell fails: {error}")) from None
    executed_path(name, root).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
