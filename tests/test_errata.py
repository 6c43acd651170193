"""What catches an error that was found is there: each test that an erratum names, and each sentence that mended one."""

import subprocess
import sys

import pytest

from scripts.claims import load_claims
from scripts.errata import load_errata
from scripts.notation import references
from scripts.paths import DOCS, ROOT

# An error of a sentence was mended by another sentence. A claim binds that one to its figures, and here it is held to
# its page: else claim and sentence could go together, and nothing would miss them.
SAID = {
    "fewer_answers_in_time": "training-vs-inference/index.md",
    "smaller_cache": "training-vs-inference/index.md",
    "has_the_rules": "training-vs-inference/training.md",
    "long_texts_never": "costs/client-questions.md",
    "deepseek_too_low": "costs/are-the-formulas-right.md",
    "dearer_less_busy": "costs/break-even.md",
}


@pytest.mark.parametrize("claim", SAID)
def test_a_page_still_says_it(claim):
    assert f"claims.{claim}" in {use.id for use in references(DOCS / SAID[claim])}
    assert claim in load_claims()


def test_each_erratum_s_test_is_one_that_runs():
    named = sorted({each.test for each in load_errata().values() if "::" in each.test})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    collected = [line for line in done.stdout.splitlines() if "::" in line]
    assert sorted(collected) == named, f"{done.stdout}\n{done.stderr}"
