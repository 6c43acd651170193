"""Build the site into site/, strictly: a warning is an error."""

import subprocess
import sys

from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.paths import ROOT, SITE


def build() -> int:
    """Return MkDocs' exit status."""
    return subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"], cwd=ROOT).returncode


def main() -> None:
    try:
        load_contracts()
    except SiteError as error:
        sys.exit(str(error))
    if status := build():
        sys.exit(status)
    print(f"built {SITE}")


if __name__ == "__main__":
    main()
