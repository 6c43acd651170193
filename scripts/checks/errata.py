"""Each erratum names a test that exists, so that no error can come back in silence."""

import re
import subprocess
from collections.abc import Iterator

from scripts.checks import CHECKS, View, check
from scripts.entries import entry_line
from scripts.errata import load_errata
from scripts.errors import at
from scripts.paths import ERRATA, ROOT


@check("sources")
def errata_name_what_catches_them(view: View) -> Iterator[str]:
    """Each erratum names a commit that mended it, and a check or a test that would catch it again."""
    for name, erratum in load_errata().items():
        where = entry_line(ERRATA, name)
        file, _, function = erratum.test.partition("::")
        path = ROOT / file
        is_test = path.is_file() and re.search(rf"^ *def {re.escape(function)}\(", path.read_text(), re.MULTILINE)
        if not is_test and erratum.test.removeprefix("check ") not in CHECKS:
            message = f"{name}: there is no {erratum.test}; name a check, or a test as tests/file.py::function"
            yield at(ERRATA, where, message)
        known = subprocess.run(["git", "cat-file", "-e", f"{erratum.commit}^{{commit}}"], cwd=ROOT, capture_output=True)
        if known.returncode:
            yield at(ERRATA, where, f"{name}: commit {erratum.commit} is not in the history")
