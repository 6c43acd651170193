"""Records are whole, in their place and of the code as it is; and a new run of every snippet agrees with them."""

import json
import subprocess
from datetime import date

import pytest

from scripts import records, unchanged
from scripts.benches import GROUPS
from scripts.codeblocks import block_key
from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.measure import check, gpu_name, order, recordable
from scripts.paths import ROOT
from scripts.records import (
    commit_of,
    cpu_name,
    device_folder,
    devices,
    first_changed_line,
    load_record,
    load_records,
    stale_sources,
)
from scripts.snippets import snippet_names, source_hashes, source_path
from tests.small import record


def test_the_weights_are_among_the_files_of_training():
    assert list(load_record("train", "cpu").files) == ["snippets/casebook.safetensors"]


@pytest.mark.parametrize("name", order(snippet_names()))
def test_measured_again(name):
    """The promise of the site: every snippet, run again on this machine, says the same."""
    recorded, contracts = load_record(name, "cpu"), load_contracts()
    kept = f"{contracts.numbers.get(name)} {contracts.kept(name)}"
    run_key = unchanged.key(json.dumps(source_hashes(name)), recorded.checksum, kept, read_all(SCRIPTS_THAT_MEASURE))
    before = unchanged.passed_before(run_key)
    if before:
        pytest.skip(f"measured {before}, as recorded; code, record and lock unchanged. CI measures.")
    moved = check(name, contracts, "cpu")
    assert not moved, "\n".join(moved)
    unchanged.passed(run_key, str(date.today()))
    if gpu_name() is None:  # then a page that shows the whole snippet would run just this again
        unchanged.passed(block_key("python", source_path(name).read_text(encoding="utf-8")), str(date.today()))


@pytest.mark.parametrize("name", GROUPS)
def test_a_bench_is_not_measured_again(name):
    """The tests lack the other libraries. So all that can be told is whether the record is of the code as it is."""
    recorded = load_record(name, "cpu")
    assert not stale_sources(recorded)
    pytest.skip(f"{name} needs other libraries: measured on {recorded.date} on {recorded.machine}. Again: make bench")


SCRIPTS_THAT_MEASURE = ("compare.py", "contracts.py", "measure.py", "records.py", "run_snippet.py", "snippets.py")


def read_all(names):
    return b"".join((ROOT / "scripts" / name).read_bytes() for name in names)


# --- a record's own words ---


@pytest.mark.parametrize(
    ("changes", "machine"),
    [
        ({}, "A processor, 2 threads, torch 2.13.0"),
        ({"threads": 1}, "A processor, 1 thread, torch 2.13.0"),
        ({"threads": None, "torch": None}, "A processor"),
        ({"device": "h100", "cuda": "13.0"}, "NVIDIA H100, torch 2.13.0"),
    ],
)
def test_a_machine_is_named_with_what_matters_on_it(changes, machine):
    assert record(**changes).machine == machine


def test_an_output_is_captioned_with_its_day_and_machine():
    words = "Recorded on 2026-01-02 on A processor, 2 threads, torch 2.13.0. Your times will differ."
    assert record().caption == words


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the change is of another type on purpose
def test_the_checksum_covers_every_field():
    sealed = record()
    assert sealed.checksum == sealed.expected_checksum()
    for name, value in sealed.model_dump().items():
        if name != "checksum":
            changed = sealed.model_copy(update={name: [value, "other"]})
            assert changed.expected_checksum() != sealed.checksum, f"{name} could be changed by hand"


# --- a folder of records ---


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RECORDS", tmp_path)
    return tmp_path


@pytest.fixture
def written(folder):
    """Return the path of a record that was written as a measurement writes it."""
    record().write()
    return folder / "cpu" / "train.json"


def test_a_record_reads_back_as_it_was_written(written):
    assert load_record("train", "cpu") == record()
    assert written.read_text().startswith('{\n "snippet": "train",\n')


def test_letters_of_any_language_stay_readable(folder):
    record(stdout=["à 10 °C"]).write()
    assert "à 10 °C" in (folder / "cpu" / "train.json").read_text(encoding="utf-8")
    assert load_record("train", "cpu").stdout == ["à 10 °C"]


def test_records_are_listed_by_device_and_snippet(written, folder):
    record("inference").write()
    record("train", "h100", device_name="NVIDIA H100").write()
    record("train", "a100").write()
    (folder / "notes.txt").write_text("no device")
    assert devices() == ["cpu", "a100", "h100"]
    assert list(load_records("cpu")) == ["inference", "train"]
    assert load_records("h100") == {"train": record("train", "h100", device_name="NVIDIA H100")}
    assert load_records("none") == {}


def change(path, **changes):
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(content, indent=1))
    return path.read_text().splitlines()


def test_a_record_edited_by_hand(written):
    """A time: no later measurement could prove it wrong."""
    lines = change(written, seconds=0.5)
    line = next(n for n, text in enumerate(lines, 1) if '"checksum"' in text)
    with pytest.raises(SiteError, match=rf"^{written}:{line}: .*the record was edited by hand.*SNIPPETS=train$"):
        load_record("train", "cpu")


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ({"measured_utc": "yesterday"}, "measured_utc", "String should match pattern"),
        ({"measured_utc": "2026-01-02T03:04:05"}, "measured_utc", "String should match pattern"),
        ({"values": {"loss": None}}, "loss", "Input should be a valid"),
        ({"odd": 1}, "odd", "Extra inputs are not permitted"),
    ],
)
def test_a_record_with_a_broken_key_names_it(written, changes, key, says):
    lines = change(written, **changes)
    line = next((n for n, text in enumerate(lines, 1) if f'"{key}"' in text), 1)
    with pytest.raises(SiteError, match=rf"^{written}:{line}: [\w.]*{key}.*: {says}"):
        load_record("train", "cpu")


def test_a_gpu_s_record_edited_by_hand_is_measured_again_on_the_gpu(folder):
    record("train", "h100").write()
    change(folder / "h100" / "train.json", seconds=0.5)
    with pytest.raises(SiteError, match=r"measure again: make measure SNIPPETS=train DEVICE=h100$"):
        load_record("train", "h100")


def test_what_is_no_json_is_named(written):
    written.write_text("{")
    with pytest.raises(SiteError, match=rf"^{written}:1: the file: Invalid JSON"):
        load_record("train", "cpu")


@pytest.mark.parametrize(("snippet", "device"), [("train", "h100"), ("inference", "cpu")])
def test_a_record_in_the_place_of_another(written, folder, snippet, device):
    path = folder / device / f"{snippet}.json"
    path.parent.mkdir(exist_ok=True)
    written.rename(path)
    message = rf"^{path}:2: this is the record of train on cpu, in the place of {snippet} on {device}$"
    with pytest.raises(SiteError, match=message):
        load_record(snippet, device)


@pytest.mark.parametrize(
    ("snippet", "device", "command"),
    [
        ("train", "cpu", "make measure SNIPPETS=train"),
        ("train", "h100", "make measure SNIPPETS=train DEVICE=h100"),
        ("bench_peers", "cpu", "make bench"),
        ("bench_peers", "h100", 'make bench BENCH="--preset gpt2 --device cuda"'),
    ],
)
def test_a_missing_record_says_how_to_write_it(folder, snippet, device, command):
    message = rf"^{folder}/{device}/{snippet}\.json:1: there is no record; write it with: {command}$"
    with pytest.raises(SiteError, match=message):
        load_record(snippet, device)


# --- sources that changed, in a repository of their own ---


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository with one commit of a snippet and of weights, in the place of ours, and that commit."""
    root = tmp_path / "repository"
    (root / "snippets").mkdir(parents=True)
    (root / "snippets" / "train.py").write_text("a = 1\nb = 2\nc = 3\n")
    (root / "snippets" / "w.bin").write_bytes(b"\x00\xff\n\x01")
    commit = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "One"]
    for command in (["init", "--quiet"], ["add", "."], commit):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.setattr(records, "ROOT", root)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True)
    return root, head.stdout.strip()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = 5\nc = 6\n", 2),
        ("new = 0\na = 1\nb = 2\nc = 3\n", 1),
        ("a = 1\nb = 2\nc = 3\nd = 4\n", 4),
        ("a = 1\nb = 2\n", 3),
    ],
)
def test_the_first_changed_line_is_found(repository, text, line):
    root, commit = repository
    (root / "snippets" / "train.py").write_text(text)
    assert first_changed_line(root / "snippets" / "train.py", commit) == line


def test_where_git_cannot_tell_the_first_line_is_named(repository):
    root, commit = repository
    (root / "snippets" / "train.py").write_text("a = 1\nb = 5\n")
    (root / "snippets" / "w.bin").write_bytes(b"\x00\xff\n\x02")
    assert first_changed_line(root / "snippets" / "train.py", "0" * 40) == 1
    assert first_changed_line(root / "snippets" / "w.bin", commit) == 1


def test_a_commit_is_clean_until_a_file_differs(repository):
    root, commit = repository
    train, weights = root / "snippets" / "train.py", root / "snippets" / "w.bin"
    assert commit_of([train, weights]) == (commit, False)
    train.write_text("changed\n")
    assert commit_of([train, weights]) == (commit, True)
    assert commit_of([weights]) == (commit, False)
    (root / "new.py").write_text("")
    assert commit_of([root / "new.py"]) == (commit, True)


def test_without_a_repository_nothing_is_committed(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of([tmp_path / "a.py"]) == ("none", True)


def test_each_changed_source_is_named_with_the_command(repository, monkeypatch):
    root, commit = repository
    now = {"snippets/train.py": "new", "snippets/gone.py": "same", "snippets/w.bin": "added"}
    monkeypatch.setattr(records, "source_hashes", lambda name: now)
    (root / "snippets" / "train.py").write_text("a = 1\nb = 5\n")
    old = {"snippets/train.py": "old", "snippets/gone.py": "same", "snippets/removed.py": "x"}
    stale = record(device="h100", commit=commit, sources=old)
    why = "changed since docs/records/h100/train.json was measured on NVIDIA H100; measure again: "
    why += "make measure SNIPPETS=train DEVICE=h100"
    assert stale_sources(stale) == [
        f"{root}/snippets/removed.py:1: {why}",
        f"{root}/snippets/train.py:2: {why}",
        f"{root}/snippets/w.bin:1: {why}",
    ]
    assert stale_sources(stale.model_copy(update={"sources": now})) == []
    (first, *_) = stale_sources(record(sources=old))
    assert first.endswith("make measure SNIPPETS=train")


def test_a_record_of_a_snippet_that_is_gone_is_to_be_removed():
    (message,) = stale_sources(record("no_such"))
    assert message == "docs/records/cpu/no_such.json:1: snippets/no_such.py is gone; remove this record"


# --- devices and values ---


@pytest.mark.parametrize(
    ("gpu", "name"),
    [
        (None, "cpu"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA A100-SXM4-40GB", "a100"),
        ("NVIDIA GeForce RTX 4090", "4090"),
        ("Apple GPU", "apple-gpu"),
    ],
)
def test_the_folder_of_a_device_is_its_model(gpu, name):
    assert device_folder(gpu) == name


@pytest.mark.parametrize(
    ("system", "info", "said", "name"),
    [
        ("Linux", "processor\t: 0\nmodel name\t: AMD EPYC 9654\nmodel name\t: Other\n", "", "AMD EPYC 9654"),
        ("Linux", "cpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n", "", "AMD EPYC (family 26, model 2)"),
        ("Linux", "model name\t: AMD EPYC\n", "", "AMD EPYC"),
        ("Linux", "Features\t: fp\n", "", "aarch64"),
        ("Darwin", None, "Apple M4\n", "Apple M4"),
        ("Darwin", None, "", "aarch64"),
        ("Windows", None, "not asked", "aarch64"),
    ],
)
def test_the_processor_is_named_as_the_system_names_it(tmp_path, monkeypatch, system, info, said, name):
    path = tmp_path / "cpuinfo"
    if info is not None:
        path.write_text(info)
    monkeypatch.setattr(records, "Path", lambda asked: path)
    monkeypatch.setattr(records.platform, "system", lambda: system)
    monkeypatch.setattr(records.platform, "processor", lambda: "")
    monkeypatch.setattr(records.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(records.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, said))
    assert cpu_name() == name


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, {"a": 1}, [[1]], [1.0, None]])
def test_what_cannot_be_compared_cannot_be_recorded(value):
    assert not recordable(value)


@pytest.mark.parametrize("value", [0, 1.5, True, "text", [1, 2.0], []])
def test_what_can_be_recorded(value):
    assert recordable(value)
