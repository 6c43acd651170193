"""Build the site into site/, strictly: a warning is an error."""

import os
import subprocess
import sys
from pathlib import Path

from scripts import export
from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.paths import MATPLOTLIB_CACHE, ROOT, SITE, SNIPPETS


def environment() -> dict[str, str]:
    """Return the environment in which MkDocs finds the Markdown extension, and the notebook its companions."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(SNIPPETS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "MPLCONFIGDIR": str(MATPLOTLIB_CACHE),
        # The notebook trains on several threads. Beside a busy process, threads that wait by spinning take minutes.
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def build(site: Path = SITE) -> subprocess.CompletedProcess:
    """Build into ``site`` and return what MkDocs said, its information left out.

    Raises:
        SiteError: the numbers cannot be written to their files.

    """
    export.write()
    # Not --quiet: it turns warnings off before --strict can count them.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    done.stderr = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("INFO"))
    return done


def main() -> None:
    try:
        load_contracts()
        done = build()
    except SiteError as error:
        sys.exit(str(error))
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    print(f"built {SITE}")


if __name__ == "__main__":
    main()
