"""Faults that show only when code runs: a block that fails, a record that lies, a notebook that prints otherwise."""

import json

import pytest
from bs4 import BeautifulSoup

from scripts.records import load_record
from tests import test_notebook
from tests.faults.planted import RECORD, forge

INDEX = "docs/index.md"


def test_a_titled_fence_that_raises(tree):
    _, start = tree.append(INDEX, '```python title="broken.py"\nx = 1\nraise ValueError("planted")\n```')
    report = tree.pytest(INDEX)
    assert f"{INDEX}:{start}: this python block fails" in report
    assert f"{INDEX}:{start + 2}" in report
    assert "ValueError: planted" in report


def test_a_snippet_whose_main_guard_raises(tree):
    code = '"""A snippet."""\n\n\ndef main():\n    raise ValueError("planted")\n\n\n'
    tree.write("snippets/guarded.py", code + 'if __name__ == "__main__":\n    main()\n')
    tree.append(INDEX, '```python\n--8<-- "guarded.py"\n```')
    report = tree.pytest(INDEX)
    assert "snippets/guarded.py:9" in report
    assert "snippets/guarded.py:5" in report
    assert "ValueError: planted" in report


def test_a_snippet_that_leaves_early(tree):
    tree.write(
        "snippets/leaving.py", '"""A snippet."""\n\nimport sys\n\nprint("so far")\nsys.exit(0)\nprint("never")\n'
    )
    tree.append(INDEX, '```python\n--8<-- "leaving.py"\n```')
    report = tree.pytest(INDEX)
    assert "snippets/leaving.py:6" in report
    assert "it called sys.exit()" in report


def test_a_shell_command_that_fails(tree):
    _, start = tree.append(INDEX, "```bash\nfalse\necho done\n```")
    assert f"{INDEX}:{start}: this bash block fails" in tree.pytest(INDEX)


def test_a_number_changed_by_hand_with_a_forged_checksum(tree):
    """Whoever forges the checksum too is found out by the measurement, which says what moved, why, and what to do."""
    cases = json.loads(tree.read(RECORD))["values"]["cases_answered"]
    forge(tree, RECORD, lambda record: record["values"].update(cases_answered=cases + 1))
    _, line = tree.line(RECORD, '"cases_answered"')
    report = tree.pytest("tests/test_records.py", "-k", "measured_again and inference")
    assert f"{RECORD}:{line}: inference.cases_answered moved: {cases + 1} -> {cases} (allowed: exactly)" in report
    assert "Likely cause: nothing that the record knows of" in report
    assert "make measure SNIPPETS=inference" in report


def test_a_measurement_that_passed_is_not_believed_after_a_change(tree, monkeypatch):
    """The cache that spares a prose-only change the measuring must not spare any other."""
    monkeypatch.delenv("CI", raising=False)  # CI does without the cache, but must test it
    tree.path(".cache/unchanged.json").unlink(missing_ok=True)
    chosen = ("-q", "-p", "no:cacheprovider", "-rs", "tests/test_records.py", "-k", "measured_again and inference")
    assert "1 passed" in tree.run("pytest", *chosen).stdout
    assert "1 skipped" in tree.run("pytest", *chosen).stdout
    tree.append(INDEX, "More words.")
    assert "1 skipped" in tree.run("pytest", *chosen).stdout
    tree.replace("snippets/inference.py", "range(20)", "range(19)")
    assert "changed since docs/records/cpu/inference.json was measured" in tree.pytest(*chosen)


OTHERWISE = [
    ("864 held out", "865 held out"),
    ("held-out cases right", "cases right"),
    ("In\xa0[2]:", "In\xa0[ ]:"),
]


@pytest.mark.parametrize(("old", "new"), OTHERWISE)
def test_a_notebook_that_shows_something_else(site, old, new):
    name = "train-and-infer"
    assert any("864 held out" in line for line in load_record(name, "cpu").stdout)
    text = (site / "notebooks" / name / "index.html").read_text(encoding="utf-8").replace("&nbsp;", "\xa0")
    assert old in text
    spoiled = name, BeautifulSoup(text.replace(old, new), "html.parser")
    with pytest.raises(AssertionError):
        test_notebook.test_outputs_are_those_of_the_record(spoiled)
        test_notebook.test_every_code_cell_ran(spoiled)
