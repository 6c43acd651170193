"""Each planted fault turns exactly the right check red, and no check is without a fault."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.checks import load_checks
from scripts.paths import ROOT
from tests.faults.planted import FAULTS


class Outcomes:
    """What became of each fault. All are planted at once by ``workers``, and each test waits for its own."""

    def __init__(self, site: Path, names: list[str]) -> None:
        command = [sys.executable, "-m", "tests.faults.workers", str(site), *names]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        self.seen: dict[str, dict] = {}

    def of(self, name: str) -> dict:
        while name not in self.seen:
            line = self.process.stdout.readline()
            assert line, "the workers ended early; what they said stands above"
            result = json.loads(line)
            self.seen[result["name"]] = result
        return self.seen[name]


@pytest.fixture(scope="session")
def outcomes(request, site):
    """Plant the faults that were asked for. ``site`` comes first: it executes the notebook, once for all copies."""
    names = [item.callspec.params["name"] for item in request.session.items if item.name.startswith("test_fault[")]
    running = Outcomes(site, names)
    yield running
    running.process.kill()
    running.process.wait()


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, outcomes):
    fault, result = FAULTS[name], outcomes.of(name)
    assert "error" not in result, result["error"]
    red = {check: messages for check, messages in result["found"].items() if messages}
    told = "\n".join(f"{check}: {message}" for check, messages in red.items() for message in messages)
    assert fault.catches in red, f"{fault.catches!r} did not notice; red are:\n{told}"
    assert set(red) == {fault.catches} | fault.also, f"other checks are red than the ones meant:\n{told}"
    file, line = result["place"]
    placed = [message for message in red[fault.catches] if message.startswith(f"{file}:{line}: ")]
    assert any(fault.says in message for message in placed), (
        f"no message starts with {file}:{line} and says {fault.says!r}:\n{told}"
    )


def test_no_check_is_without_a_fault():
    caught = {fault.catches for fault in FAULTS.values()}
    assert caught - set(load_checks()) == set(), "faults for checks that there are not"
    assert set(load_checks()) - caught == set(), "checks that nothing proves to work"


def test_there_are_as_many_faults_as_promised():
    assert len(FAULTS) >= 60
