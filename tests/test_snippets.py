"""Each snippet, run once in this test run, measures what its record says; and the words hold on this machine, too.

Counts and results of training must agree on every machine. A ratio of times is held to its record on the same processor
only, and red only where it disagrees twice. Words are red only where this machine contradicts them twice, widely.
"""

import ast
import sys

import pytest

from scripts.codeblocks import run_again, snippet_run
from scripts.common import ROOT
from scripts.compare import differences, failing_claims, ratios
from scripts.numbers import Numbers
from scripts.run import run_code, snippet_paths
from tests.conftest import TOLD

NAMES = list(snippet_paths())
ALLOWED = {"torch", "safetensors", "tiny_gpt", "engine", "casebook", "costs", "flops"}
MORE = {"quantization": {"torchao"}, "train-and-infer": {"matplotlib"}}


@pytest.mark.parametrize("name", NAMES)
def test_a_snippet_measures_what_its_record_says(name):
    numbers, run = Numbers(), snippet_run(name)
    assert not run.failed, run.stderr
    TOLD.extend(ratios(numbers.records[name], run, numbers))
    if differences(numbers.records[name], run, numbers):
        found = differences(numbers.records[name], run_again(name), numbers)
        assert not found, "\n".join(found)


def test_the_words_hold_on_this_machine():
    measured = {name: snippet_run(name).values for name in NAMES}
    failing = failing_claims(measured)
    if failing:
        again = {name: run_again(name).values for name in snippets_behind(failing)}
        failing = failing_claims(measured | again)
    here = Numbers(measured=measured)
    assert not failing, "\n".join(f"{claim}: {here.claim(claim).provenance}" for claim in failing)


def snippets_behind(claims):
    numbers = Numbers()
    roots = [root for claim in claims for number in numbers.claim(claim).numbers for root in number.roots]
    return {root.id.partition(".")[0] for root in roots} & set(NAMES)


@pytest.mark.parametrize(
    "path", [*(ROOT / "snippets").rglob("*.py"), *(ROOT / "docs/notebooks").glob("*.py")], ids=lambda p: p.stem
)
def test_a_snippet_needs_torch_and_our_modules_only(path):
    allowed = ALLOWED | MORE.get(path.stem, set()) | set(sys.stdlib_module_names)
    for node in ast.walk(ast.parse(path.read_text())):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert {module.partition(".")[0] for module in modules} <= allowed


@pytest.mark.parametrize("module", ["tiny_gpt", "engine", "casebook", "costs", "flops"])
def test_a_shared_module_imports_alone(module):
    assert not run_code(f"import {module}").failed
