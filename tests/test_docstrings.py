"""The examples in our docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import scripts
from scripts.bench_peers import PACKAGES
from scripts.paths import SNIPPETS

MODULES = sorted(module.name for module in pkgutil.walk_packages(scripts.__path__, "scripts."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, monkeypatch):
    monkeypatch.syspath_prepend(SNIPPETS)  # a bench imports what it measures
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] not in PACKAGES:
            raise
        pytest.skip(f"it needs {error.name}, which only `make bench` installs")
    assert doctest.testmod(module).failed == 0


def test_that_there_are_examples():
    """Guard the test above: it must not pass because it looks at nothing."""
    finder = doctest.DocTestFinder()
    here = [name for name in MODULES if not name.startswith("scripts.peers")]
    found = [t for name in here for t in finder.find(importlib.import_module(name)) if t.examples]
    assert len(found) >= 15
