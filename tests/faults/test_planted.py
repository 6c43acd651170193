"""Plant a fault in a copy of the site. The tests must turn red and name the file and the line."""

import json


def test_a_number_changed_by_hand_in_a_record(tree):
    name = "docs/records/cpu/inference.json"
    text = tree.path(name).read_text()
    cases = json.loads(text)["values"]["cases_answered"]
    tree.replace(name, f'"cases_answered": {cases}', f'"cases_answered": {cases + 1}')
    report = tree.pytest("tests/test_records.py", "-k", "code_as_it_is and inference")
    line = text[: text.index('"checksum"')].count("\n") + 1
    assert f"{name}:{line}: the checksum does not fit the contents: the record was edited by hand" in report


def test_a_number_changed_by_hand_with_a_forged_checksum(tree):
    """Whoever forges the checksum too is found out by the measurement."""
    name = "docs/records/cpu/inference.json"
    text = tree.path(name).read_text()
    cases = json.loads(text)["values"]["cases_answered"]
    line = tree.replace(name, f'"cases_answered": {cases}', f'"cases_answered": {cases + 1}')
    forge = "from scripts.records import *; r = Record.model_validate_json(open(%r).read()); r.sealed().write()"
    tree.path("forge.py").write_text(forge % str(tree.path(name)))
    assert tree.run("forge").returncode == 0
    report = tree.pytest("tests/test_records.py", "-k", "measured_again and inference")
    assert f"{name}:{line}: inference.cases_answered moved: {cases + 1} -> {cases}" in report


def test_a_hyper_parameter_changed_in_a_snippet(tree):
    line = tree.replace("snippets/train.py", "torch.optim.Muon(matrices, lr=0.02", "torch.optim.Muon(matrices, lr=0.03")
    report = tree.pytest("tests/test_records.py", "-k", "code_as_it_is and train")
    assert f"snippets/train.py:{line}: changed since docs/records/cpu/train.json was measured" in report
    assert "make measure SNIPPETS=train" in report


def test_an_unknown_number(tree):
    line = tree.append("docs/index.md", "\nIt took {{ train.setps }} steps.\n") + 1
    report = tree.pytest("tests/test_numbers.py", "-k", "known")
    assert f"docs/index.md:{line}: no number is called train.setps" in report


def test_a_titled_fence_that_raises(tree):
    start = tree.append("docs/index.md", '\n```python title="broken.py"\nx = 1\nraise ValueError("planted")\n```\n')
    report = tree.pytest("docs/index.md")
    assert f"docs/index.md:{start + 1}: this python block fails" in report
    assert f"docs/index.md:{start + 3}" in report
    assert "ValueError: planted" in report


def test_a_snippet_whose_main_guard_raises(tree):
    code = '"""A snippet."""\n\n\ndef main():\n    raise ValueError("planted")\n\n\n'
    code += 'if __name__ == "__main__":\n    main()\n'
    tree.path("snippets/guarded.py").write_text(code)
    tree.append("docs/index.md", '\n```python\n--8<-- "guarded.py"\n```\n')
    report = tree.pytest("docs/index.md")
    assert "snippets/guarded.py:9" in report
    assert "snippets/guarded.py:5" in report
    assert "ValueError: planted" in report


def test_a_snippet_that_leaves_early(tree):
    code = '"""A snippet."""\n\nimport sys\n\nprint("so far")\nsys.exit(0)\nprint("never")\n'
    tree.path("snippets/leaving.py").write_text(code)
    tree.append("docs/index.md", '\n```python\n--8<-- "leaving.py"\n```\n')
    report = tree.pytest("docs/index.md")
    assert "snippets/leaving.py:6" in report
    assert "it called sys.exit()" in report
