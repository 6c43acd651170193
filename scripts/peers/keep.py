"""Keep what was measured, so that a run that was stopped goes on where it was; and write the record of a whole one."""

import hashlib
import json
import os
from typing import Any

from scripts.benches import pins, pins_hash
from scripts.measure import record_of
from scripts.paths import ROOT
from scripts.records import Record
from scripts.run_snippet import environment
from scripts.snippets import Run, source_hashes

DOOR = "scripts/bench_peers.py"  # measures nothing itself
FOLDER = ROOT / ".cache" / "bench_peers"


class Kept:
    """What the sections of a run gave, in a file that only this code, these versions and these options use."""

    def __init__(self, *options: object, fresh: bool = False) -> None:
        sources = {name: hash_ for name, hash_ in source_hashes("bench_peers").items() if name != DOOR}
        key = json.dumps([sources, pins("peers"), options])
        self.path = FOLDER / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        if fresh:
            self.path.unlink(missing_ok=True)
        self.sections: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def __contains__(self, section: str) -> bool:
        return section in self.sections

    def add(self, section: str, found: Any) -> None:
        """Keep a section's result. The file is whole at any moment."""
        self.sections[section] = found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(self.sections))
        partial.replace(self.path)


def write_record(values: dict[str, Any], lines: list[str], seconds: float) -> Record:
    """Write the record of a run: its numbers, and what they depend on. The pins stand in the place of the lock."""
    run = Run(0, "\n".join(lines), "", seconds, values, environment=environment())
    record = record_of("bench_peers", run).model_copy(update={"lock": pins_hash("peers")}).sealed()
    record.write()
    return record
