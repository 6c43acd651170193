"""What the figures depend on, and what a run that was stopped has measured. Needs the standard library alone."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from scripts.run import ROOT, bare


def code(root: Path = ROOT) -> dict[str, str]:
    """Return hashes of all that the figures depend on. A record with others is stale."""
    modules = [path for path in sorted((root / "scripts" / "bench").glob("*.py")) if path.name != "table.py"]
    ours = ("casebook", "engine", "fine_tuning", "flops", "tiny_gpt")
    paths = [*modules, *(root / "snippets" / f"{name}.py" for name in ours)]
    found = {path.relative_to(root).as_posix(): bare(path.read_text(encoding="utf-8")) for path in paths}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found["pyproject.toml [bench]"] = "\n".join(sorted(project["dependency-groups"]["bench"]))
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in found.items()}


class Kept:
    """What each section of a run gave, in a file that only this code with these options uses."""

    def __init__(self, *options: object) -> None:
        key = hashlib.sha256(json.dumps([code(), options]).encode()).hexdigest()[:16]
        self.path = ROOT / ".cache" / "bench_peers" / f"{key}.json"
        self.seconds, self.sections = json.loads(self.path.read_text()) if self.path.exists() else (0.0, {})

    def add(self, section: str, found: Any, seconds: float) -> None:
        """Keep what a section gave, and the seconds that it took."""
        self.seconds, self.sections[section] = self.seconds + seconds, found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps([self.seconds, self.sections]))
