"""In strict mode, a public figure past its date fails; else the report lists it."""

import pytest

from scripts.entries import entry_line
from scripts.errors import at
from scripts.facts import load_facts
from scripts.paths import FACTS


def test_no_fact_is_past_its_date(request):
    if not request.config.getoption("--strict-facts"):
        pytest.skip("old figures are listed below, and fail only in strict mode: make test STRICT_FACTS=1")
    old = [(name, fact) for name, fact in load_facts().items() if fact.expired]
    messages = [at(FACTS, entry_line(FACTS, name), f"{name} was good until {fact.expires}") for name, fact in old]
    assert not messages, "look each up again, and set as_of and checked:\n" + "\n".join(messages)


OLD = """[planted]
label = "A price of long ago"
value = 1
unit = "USD"
boundary = "all of it"
source = "A list"
publisher = "A shop"
url = "https://example.org/"
as_of = 2001-01-01
checked = 2001-01-02
kind = "price"
grade = "A"
"""


def test_old_facts_are_listed_and_fail_only_in_strict_mode(tree):
    file, line = tree.append("docs/facts.toml", OLD)
    lenient = tree.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_strict_facts.py", "-k", "past_its_date")
    assert lenient.returncode == 0
    assert (
        f"{file}:{line}: planted, as of 2001-01-01, was good until 2001-07-01: https://example.org/" in lenient.stdout
    )
    strict = tree.pytest("--strict-facts", "tests/test_strict_facts.py", "-k", "past_its_date")
    assert f"{file}:{line}: planted was good until 2001-07-01" in strict
