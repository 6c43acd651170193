"""The records describe the code as it is, and a new run agrees with them."""

import hashlib
import json
import subprocess
from datetime import date

import pytest
import torch

from scripts import records, unchanged
from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.measure import check, order, recordable
from scripts.paths import RECORDS, ROOT
from scripts.records import devices, load_record, stale_sources
from scripts.snippets import snippet_names, source_hashes

EVERY_RECORD = [(device, path.stem) for device in devices() for path in sorted((RECORDS / device).glob("*.json"))]


@pytest.mark.parametrize(("device", "name"), EVERY_RECORD)
def test_record_is_of_the_code_as_it_is(device, name):
    """Also for devices that are not here: a stale record is known by its sources."""
    assert not (stale := stale_sources(load_record(name, device))), "\n".join(stale)


@pytest.mark.parametrize(("device", "name"), EVERY_RECORD)
def test_record_is_of_the_locked_torch(device, name):
    recorded = load_record(name, device).torch.partition("+")[0]
    installed = torch.__version__.partition("+")[0]
    assert recorded == installed, f"measured on torch {recorded}, locked is {installed}: make measure SNIPPETS={name}"


@pytest.mark.parametrize(("device", "name"), EVERY_RECORD)
def test_record_names_the_commit_that_holds_its_sources(device, name):
    record = load_record(name, device)
    remedy = f"commit, then make measure SNIPPETS={name}"
    assert not record.dirty, f"{record.path}: measured on uncommitted sources; {remedy}"
    for source, expected in record.sources.items():
        old = subprocess.run(["git", "show", f"{record.commit}:{source}"], cwd=ROOT, capture_output=True)
        if old.returncode:
            pytest.skip(f"commit {record.commit[:7]} is not here: this is a shallow clone, or none")
        found = hashlib.sha256(old.stdout).hexdigest()
        assert found == expected, f"{record.path}: commit {record.commit[:7]} holds another {source}; {remedy}"


@pytest.mark.parametrize("name", [name for device, name in EVERY_RECORD if device == "cpu"])
def test_files_that_snippets_write_are_those_of_the_record(name):
    """Else the weights that everybody loads would not be the ones whose figures are shown."""
    for path, expected in load_record(name, "cpu").files.items():
        found = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
        assert found == expected, f"{path} is not the file of the record: make measure SNIPPETS={name}"


def test_the_weights_are_among_those_files():
    assert list(load_record("train", "cpu").files) == ["snippets/casebook.safetensors"]


@pytest.mark.parametrize("name", order(snippet_names()))
def test_measured_again(name):
    """The promise of the site: every snippet, run again on this machine, says the same."""
    record, contracts = load_record(name, "cpu"), load_contracts()
    kept = f"{contracts.numbers.get(name)} {contracts.kept(name)}"
    run_key = unchanged.key(json.dumps(source_hashes(name)), record.checksum, kept, read_all(SCRIPTS_THAT_MEASURE))
    before = unchanged.passed_before(run_key)
    if before:
        pytest.skip(f"measured on {before} on this machine, as recorded; code, record and lock unchanged. CI measures.")
    moved = check(name, contracts, "cpu")
    assert not moved, "\n".join(moved)
    unchanged.passed(run_key, str(date.today()))


SCRIPTS_THAT_MEASURE = ("compare.py", "contracts.py", "measure.py", "records.py", "run_snippet.py", "snippets.py")


def read_all(names):
    return b"".join((ROOT / "scripts" / name).read_bytes() for name in names)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Return a copy of one record, in a folder of its own."""
    path = tmp_path / "cpu" / "inference.json"
    path.parent.mkdir()
    path.write_text(load_record("inference", "cpu").path.read_text())
    monkeypatch.setattr(records, "RECORDS", tmp_path)
    return path


def test_a_record_edited_by_hand(copied):
    content = json.loads(copied.read_text())
    content["values"]["prefill_seconds"] /= 2  # a time: no later measurement could prove it wrong
    copied.write_text(json.dumps(content, indent=1))
    with pytest.raises(SiteError, match="the record was edited by hand"):
        load_record("inference", "cpu")


def test_a_record_with_a_broken_key(copied):
    content = json.loads(copied.read_text())
    content["measured_utc"] = "yesterday"
    copied.write_text(json.dumps(content, indent=1))
    with pytest.raises(SiteError, match=r"inference\.json:\d+: measured_utc"):
        load_record("inference", "cpu")


def test_a_record_in_the_wrong_place(copied):
    moved = copied.parent.parent / "h100" / copied.name
    moved.parent.mkdir()
    copied.rename(moved)
    with pytest.raises(SiteError, match="this is the record of inference on cpu, in the place of inference on h100"):
        load_record("inference", "h100")


def test_a_missing_record(copied):
    copied.unlink()
    with pytest.raises(SiteError, match="there is no record; write it with: make measure SNIPPETS=inference"):
        load_record("inference", "cpu")


def test_device_folder():
    names = {None: "cpu", "NVIDIA H100 80GB HBM3": "h100", "NVIDIA H200": "h200", "NVIDIA A100-SXM4-40GB": "a100"}
    assert {name: records.device_folder(name) for name in names} == names


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, {"a": 1}, [[1]], [1.0, None]])
def test_what_cannot_be_compared_cannot_be_recorded(value):
    assert not recordable(value)


@pytest.mark.parametrize("value", [0, 1.5, True, "text", [1, 2.0], []])
def test_what_can_be_recorded(value):
    assert recordable(value)
