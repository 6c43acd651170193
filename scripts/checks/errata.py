"""Each erratum names a test that exists, so that no error can come back in silence."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.checks import CHECKS, View, check
from scripts.entries import entry_line
from scripts.errata import load_errata
from scripts.errors import at
from scripts.paths import ERRATA, ROOT

FORMS = "name `check NAME`, or tests/file.py::function, with [its case] where it runs several"


@check("sources")
def errata_name_what_catches_them(view: View) -> Iterator[str]:
    """Each erratum names a commit that mended it, and a check or a test that would catch it again."""
    for name, erratum in load_errata().items():
        where = entry_line(ERRATA, name)
        if not is_there(erratum.test):
            yield at(ERRATA, where, f"{name}: there is no {erratum.test}; {FORMS}")
        known = subprocess.run(["git", "cat-file", "-e", f"{erratum.commit}^{{commit}}"], cwd=ROOT, capture_output=True)
        if known.returncode:
            yield at(ERRATA, where, f"{name}: commit {erratum.commit} is not in the history")


def is_there(test: str) -> bool:
    """Return whether what an erratum names is one check, or one test. All the cases of a test are not one."""
    if test.startswith("check "):
        return test.removeprefix("check ") in CHECKS
    file, _, called = test.partition("::")
    function, _, case = called.removesuffix("]").partition("[")
    found = functions(ROOT / file).get(function)
    if found is None or bool(case) != ("parametrize" in found):
        return False
    # The runner of the faults is there whatever is planted, so the case itself is looked for.
    return function != "test_fault" or case in planted(ROOT / file)


def functions(path: Path) -> dict[str, str]:
    """Return the functions of a file, also those in a class, with the text of their decorators."""
    if not path.is_file():
        return {}
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        node.name: "\n".join(map(ast.unparse, node.decorator_list))
        for node in nodes
        if isinstance(node, ast.FunctionDef)
    }


def planted(runner: Path) -> set[str]:
    """Return the names of the faults that lie beside their runner, as pytest shows them."""
    found = functions(runner.with_name("planted.py")).items()
    return {name.replace("_", " ") for name, decorators in found if decorators.startswith("fault(")}
