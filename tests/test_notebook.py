"""The notebook on the site shows what its code prints, and can be downloaded."""

import math
import re

import jupytext
import pytest

from scripts.compare import shape
from scripts.paths import NOTEBOOKS
from scripts.records import load_record

FIGURE = re.compile(r"\d[\d.,]*")


@pytest.fixture(params=[path.stem for path in sorted(NOTEBOOKS.glob("*.py"))])
def notebook(request, built_pages):
    return request.param, built_pages[f"notebooks/{request.param}/index.html"]


def printed(page):
    return [
        line
        for output in page.select(".jp-OutputArea-output pre")
        for line in output.get_text().rstrip("\n").splitlines()
    ]


def test_outputs_are_those_of_the_record(notebook):
    name, page = notebook
    recorded = [line for line in load_record(name, "cpu").stdout if line.strip()]
    built = [line for line in printed(page) if line.strip()]
    assert built, "no output is on the page: were the cells executed?"
    assert [shape(line) for line in built] == [shape(line) for line in recorded]
    for old, new in zip(recorded, built):
        for a, b in zip(FIGURE.findall(old), FIGURE.findall(new)):
            whole = "." not in a.rstrip(".")
            same = a == b if whole else math.isclose(float(a), float(b), abs_tol=0.04)
            assert same, f"{name}: recorded {old!r}, built {new!r}"


def test_every_code_cell_ran(notebook):
    name, page = notebook
    numbers = [text for prompt in page.select(".jp-InputPrompt") if (text := prompt.get_text(strip=True))]
    cells = (NOTEBOOKS / f"{name}.py").read_text().count("\n# %%\n")
    assert numbers == [f"In\xa0[{i}]:" for i in range(1, cells + 1)]


def test_plots_are_drawn(notebook):
    _, page = notebook
    assert len(page.select(".jp-OutputArea-output img, .jp-OutputArea-output svg")) >= 2


def test_it_can_be_downloaded(notebook, site):
    name, page = notebook
    link = page.find("a", download=True, string=re.compile("Download"))
    assert (site / "notebooks" / name / link["href"].rpartition("/")[2]).read_bytes() == (
        NOTEBOOKS / f"{name}.py"
    ).read_bytes()


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_words_hold_no_code_and_no_figures(path):
    """Markdown cells are never run, and number notation is not read there: a figure in one could not be checked."""
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"```|~~~|\{\{|^ {4}", cell.source, re.MULTILINE), f"{path}: {cell.source}"
            assert not re.search(r"\d", re.sub(r"`[^`]*`", "", cell.source)), f"{path}: a figure in {cell.source!r}"
            assert not re.search(r"<[A-Za-z/!]", cell.source), (
                f"{path}: HTML in {cell.source!r}, which is kept as it is"
            )
