"""What became of each planted fault, from workers that run beside the tests that come first."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.paths import ROOT


class Outcomes:
    """All faults are planted at once by ``workers``; each test waits for its own.

    What the workers say goes into a file, which never makes them wait for a reader.
    """

    def __init__(self, site: Path, names: list[str], said: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.workers", str(site), *names]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with said.open("w") as file:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, text=True)
        self.said = said

    def of(self, name: str) -> dict:
        """Return what became of a fault, when it is known."""
        while True:
            ended = self.process.poll() is not None
            lines = self.said.read_text(encoding="utf-8").splitlines(keepends=True)
            known = [json.loads(line) for line in lines if line.endswith("\n")]
            if found := next((each for each in known if each["name"] == name), None):
                return found
            assert not ended, "the workers ended early; what they said stands above"
            time.sleep(0.2)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
