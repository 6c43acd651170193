"""Run every check of scripts/checks/ and say what is wrong.

python -m scripts.check [--list]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.checks import View, load_checks, run_checks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what each check holds the site to, and run none")
    if parser.parse_args().list:
        for name, each in load_checks().items():
            print(f"{name}: {each.promise}")
        return
    with tempfile.TemporaryDirectory() as folder:
        found = run_checks(View(Path(folder)))
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
