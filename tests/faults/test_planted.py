"""Each planted fault turns exactly the right check red, and no check is without a fault."""

import pytest

from scripts.checks import load_checks
from tests.faults.planted import FAULTS


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
