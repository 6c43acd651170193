"""The examples in our docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import scripts
from scripts.bench_peers import PACKAGES

MODULES = sorted(module.name for module in pkgutil.walk_packages(scripts.__path__, "scripts."))


def load(name):
    """Return a module; skip where it needs a library that only ``make bench`` installs."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] not in PACKAGES:
            raise
        pytest.skip(f"it needs {error.name}, which is not installed here")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(load(name))
    assert result.failed == 0


def test_that_there_are_examples():
    """Guard the test above: it must not pass because it looks at nothing."""
    finder = doctest.DocTestFinder()
    found = [
        t for name in MODULES if not name.startswith("scripts.peers") for t in finder.find(load(name)) if t.examples
    ]
    assert len(found) >= 15
