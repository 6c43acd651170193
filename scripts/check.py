"""Run every check of scripts/checks/ and say what is wrong.

python -m scripts.check [--list | --figures]
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from scripts.checks import View, load_checks, run_checks
from scripts.errors import SiteError


def print_figures(view: View) -> str | None:
    """Print how many figures the built pages hold, by kind; return why it cannot, if it cannot."""
    try:
        kinds = Counter(found.kind or "naked" for _, found in view.figures if found.is_figure)
    except SiteError as error:
        return str(error)
    for kind, count in kinds.most_common():
        print(f"{count:>7,}  {kind}")
    print(f"{kinds.total():>7,}  in all, naked: {kinds['naked']}")
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what each check holds the site to, and run none")
    parser.add_argument("--figures", action="store_true", help="count the figures of the built pages, by kind")
    arguments = parser.parse_args()
    if arguments.list:
        for name, each in load_checks().items():
            print(f"{name}: {each.promise}")
        return
    os.environ.setdefault("NOTEBOOK_CACHE", "true")  # a notebook that has not changed need not train its model again
    with tempfile.TemporaryDirectory() as folder:
        view = View(Path(folder))
        if arguments.figures:
            sys.exit(print_figures(view))
        found = run_checks(view)
    for name, messages in found.items():
        for message in messages or []:
            print(f"{message}\n  (check: {name})", file=sys.stderr)
    skipped = [name for name, messages in found.items() if messages is None]
    if skipped:
        print(f"{len(skipped)} checks were not run, because they need what failed", file=sys.stderr)
    red = sum(bool(messages) for messages in found.values())
    print(f"{len(found) - red - len(skipped)} of {len(found)} checks passed")
    sys.exit(1 if red else 0)


if __name__ == "__main__":
    main()
