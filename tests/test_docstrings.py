"""The examples in our docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import scripts

MODULES = sorted(module.name for module in pkgutil.walk_packages(scripts.__path__, "scripts."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_that_there_are_examples():
    """Guard the test above: it must not pass because it looks at nothing."""
    finder = doctest.DocTestFinder()
    found = [t for name in MODULES for t in finder.find(importlib.import_module(name)) if t.examples]
    assert len(found) >= 15
