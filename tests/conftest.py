"""What several test modules need: the built site, its pages, and a copy of the tree to plant faults in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from scripts import build
from scripts.paths import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the site, built once for the whole session, strictly and without the notebook's cache."""
    folder = tmp_path_factory.mktemp("site")
    done = build.build(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def built_pages(site) -> dict[str, BeautifulSoup]:
    """Return each built page by its path."""
    return {
        str(path.relative_to(site)): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


class Tree:
    """A copy of the repository that a test may spoil."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    def replace(self, name: str, old: str, new: str) -> int:
        """Replace text that must occur exactly once, and return its line."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times; this test expects it once"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> int:
        """Append text, and return the line on which it starts."""
        path = self.path(name)
        before = path.read_text(encoding="utf-8")
        path.write_text(before + text, encoding="utf-8")
        return before.count("\n") + 1

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a Python module in the copy."""
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def pytest(self, *arguments: str) -> str:
        """Run pytest in the copy, require that it fails, and return its report."""
        done = self.run("pytest", "-q", "-p", "no:cacheprovider", *arguments)
        assert done.returncode == 1, f"the planted fault was not caught:\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def tree(tmp_path) -> Tree:
    root = tmp_path / "tree"
    skip = shutil.ignore_patterns(".venv*", "site", "__pycache__", ".*_cache", ".cache")
    shutil.copytree(ROOT, root, symlinks=True, ignore=skip)
    return Tree(root)
