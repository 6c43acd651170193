"""A copy of the repository that a fault may be planted in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.paths import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "site", "__pycache__", ".*_cache", "mutants")
Place = tuple[str, int]


class Tree:
    """A copy of the repository. Its history is shared with the original, which nothing here writes to."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copytree(ROOT, root, symlinks=True, ignore=LEFT_OUT)
        (root / ".git").symlink_to(ROOT / ".git")

    def path(self, name: str) -> Path:
        return self.root / name

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> Place:
        """Write a file, and return its first line."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")
        return name, 1

    def replace(self, name: str, old: str, new: str) -> Place:
        """Replace text that must occur exactly once, and return its line."""
        text = self.read(name)
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times; this fault expects it once"
        self.write(name, text.replace(old, new))
        return name, text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> Place:
        """Append a paragraph, and return the line on which it starts."""
        before = self.read(name)
        self.write(name, f"{before.rstrip()}\n\n{text}\n")
        return name, before.rstrip().count("\n") + 3

    def line(self, name: str, text: str) -> Place:
        """Return the first line of a file that holds a text."""
        lines = self.read(name).splitlines()
        return name, next(number for number, line in enumerate(lines, 1) if text in line)

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
