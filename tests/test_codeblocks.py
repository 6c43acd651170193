"""pytest-codeblocks runs what a page shows: included files as programs, other blocks by themselves."""

import subprocess
import sys
import textwrap

import pytest

from scripts.codeblocks import blocks
from scripts.common import ROOT


def test_cells_of_one_file_are_one_program():
    found = blocks(ROOT / "docs" / "training-vs-inference" / "training.md")
    assert [block.file for block in found] == ["train.py"]


def test_a_block_of_its_own_keeps_its_code(tmp_path):
    path = tmp_path / "page.md"
    path.write_text('Text.\n\n    ```py\n    x = "\u2028"\n    ```\n')
    (block,) = blocks(path)
    assert (block.code, block.lineno) == ('x = "\u2028"\n', 3)


@pytest.mark.parametrize(
    ("code", "outcome", "said"),
    [
        ("print(1)", "1 passed", ""),
        ("x = 1\n1 / 0", "1 failed", "line 7"),
        ("import sys\nsys.exit()", "1 failed", "the lines below were shown, and never ran"),
        ("if __name__ == '__main__':\n    raise ValueError('main runs')", "1 failed", "main runs"),
    ],
)
def test_a_block_runs_as_a_reader_would_run_it(code, outcome, said):
    """On a page of the site, because a failure names the page from its root."""
    page = ROOT / "docs" / "zz-planted-block.md"
    try:
        page.write_text("# Planted\n\nText.\n\n```python\n" + textwrap.dedent(code) + "\n```\n")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(page)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    finally:
        page.unlink()
    assert outcome in done.stdout, done.stdout
    assert said in done.stdout
