"""Benches: what is measured apart from the snippets, in an environment of its own, and so not again by the tests.

A bench's numbers come from a record as a snippet's do. Its sources are held against the record in the same way, and so
are the pins of its group in ``pyproject.toml``, which stand in the place of the lock.
"""

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path

from scripts import paths

GROUPS = {"bench_peers": "peers"}  # each bench is scripts/NAME.py; its group in pyproject.toml, and its modules' folder


def bench_path(name: str) -> Path:
    return paths.ROOT / "scripts" / f"{name}.py"


def bench_files(name: str) -> list[Path]:
    """Return the files of a bench, its script first."""
    return [bench_path(name), *sorted((paths.ROOT / "scripts" / GROUPS[name]).glob("*.py"))]


def bench_address(path: Path) -> str:
    """Return where the site offers a file of a bench: docs/bench links to its folder."""
    return f"bench/{path.relative_to(paths.ROOT / 'scripts').as_posix()}"


def pins(group: str) -> list[str]:
    """Return the requirements of a dependency group."""
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["dependency-groups"][group]


def pins_hash(group: str) -> str:
    """Return what stands in a bench's record in the place of the lock's hash."""
    requirements: Iterable[str] = pins(group)
    return hashlib.sha256("\n".join(sorted(requirements)).encode()).hexdigest()
