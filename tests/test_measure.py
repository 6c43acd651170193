"""A measurement is written only where a commit holds its sources, the device is the one asked for, and all is whole."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from scripts import measure, records, snippets
from scripts.contracts import Contracts, Kept
from scripts.errors import SiteError
from scripts.measure import SnippetFailedError, check, measured_paths, order, record_of, refuse_uncommitted, run, write
from scripts.records import load_record
from scripts.snippets import STOPPED_EARLY, Run
from tests.small import contract, record

CONTRACTS = Contracts(
    numbers={"train": {"steps": contract(), "loss": contract("approx", rel=0.1)}},
    snippets={"train": Kept(samples=("times",))},
)
HERE = {"python": "3.11.9", "torch": "2.13.0+cpu", "threads": 2, "dtype": "float32", "seed": 1}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Lay one committed snippet and a lock in a repository of their own, in the place of ours."""
    root = tmp_path / "repository"
    (root / "snippets").mkdir(parents=True)
    (root / "snippets" / "train.py").write_text("steps = 3\n")
    (root / "requirements.lock").write_text("torch==2.13.0\n")
    commit = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "One"]
    for command in (["init", "--quiet"], ["add", "."], commit):
        subprocess.run(["git", *command], cwd=root, check=True)
    for module in (measure, records):
        monkeypatch.setattr(module, "ROOT", root)
    for module in (measure, snippets):
        monkeypatch.setattr(module, "SNIPPETS", root / "snippets")
        monkeypatch.setattr(module, "shown", lambda path: str(path.relative_to(root)))
    monkeypatch.setattr(snippets, "NOTEBOOKS", root / "notebooks")
    monkeypatch.setattr(measure, "LOCK", root / "requirements.lock")
    monkeypatch.setattr(records, "RECORDS", root / "records")
    return root


@pytest.fixture
def outcome(monkeypatch):
    """Return a run that stands in the place of running a snippet; its fields may be changed."""
    done = Run(0, "loss 0.1\n", "", 1.23456, {"steps": 3, "loss": 0.5, "times": [0.1, 0.2]}, environment=dict(HERE))
    monkeypatch.setattr(measure, "run_snippet", lambda name, names, device: done)
    return done


# --- what is refused ---


def test_committed_sources_may_be_measured(repository):
    refuse_uncommitted(["train"])
    assert measured_paths("train") == [repository / "snippets" / "train.py", repository / "requirements.lock"]


@pytest.mark.parametrize("name", ["snippets/train.py", "requirements.lock"])
def test_sources_that_no_commit_holds_are_refused(repository, name):
    (repository / name).write_text("steps = 4\n")
    with pytest.raises(SiteError, match=r"^train: the sources or requirements\.lock differ from the current commit"):
        refuse_uncommitted(["train"])


def test_a_companion_counts_as_a_source(repository):
    (repository / "snippets" / "train.py").write_text("import costs\n")
    (repository / "snippets" / "costs.py").write_text("x = 1\n")
    assert repository / "snippets" / "costs.py" in measured_paths("train")


@pytest.mark.parametrize(
    ("gpu", "device"), [(None, "cuda"), (None, "h100"), ("NVIDIA H100", "cpu"), ("NVIDIA H100", "a100")]
)
def test_another_device_than_the_one_asked_for_is_refused(outcome, gpu, device):
    outcome.environment["gpu"] = gpu
    used = "h100" if gpu else "cpu"
    with pytest.raises(SnippetFailedError, match=rf"^snippets/train\.py ran on {used}, not on {device}: "):
        run("train", CONTRACTS, device)


@pytest.mark.parametrize(
    ("gpu", "device"), [(None, None), (None, "cpu"), ("NVIDIA H100", "cuda"), ("NVIDIA H100", "h100")]
)
def test_the_device_asked_for_is_accepted(outcome, gpu, device):
    outcome.environment["gpu"] = gpu
    assert run("train", CONTRACTS, device) is outcome


def test_a_snippet_is_asked_for_its_numbers_and_its_samples(monkeypatch):
    asked = []
    monkeypatch.setattr(measure, "run_snippet", lambda *arguments: asked.append(arguments) or Run(0, "", ""))
    run("train", CONTRACTS, "cpu")
    assert asked == [("train", ("steps", "loss", "times"), "cpu")]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (1, "it ended with exit status 1"),
        (-9, "signal 9 ended it"),
        (STOPPED_EARLY, "it called sys.exit() or the like"),
    ],
)
def test_a_snippet_that_fails_is_named_with_what_it_said(outcome, status, reason):
    outcome.returncode, outcome.stderr = status, "KeyError: 1"
    message = rf"^snippets/train\.py: {re.escape(reason)}(.|\n)*\nKeyError: 1$"
    with pytest.raises(SnippetFailedError, match=message):
        run("train", CONTRACTS, None)


def test_a_snippet_that_leaves_a_number_out_writes_nothing(repository, outcome):
    outcome.missing = ["loss", "steps"]
    with pytest.raises(
        SnippetFailedError, match=r"snippets/train\.py ended without loss, steps, which docs/numbers\.toml"
    ):
        write("train", CONTRACTS, None)
    assert not (repository / "records").exists()


@pytest.mark.parametrize("value", [float("nan"), None, [[1]]])
def test_a_value_that_is_no_number_writes_nothing(repository, outcome, value):
    outcome.values["loss"] = value
    with pytest.raises(SnippetFailedError, match=r"snippets/train\.py: loss = .* cannot be recorded"):
        write("train", CONTRACTS, None)
    assert not (repository / "records").exists()


# --- what is written ---


def test_a_record_holds_the_run_and_all_that_it_depends_on(repository, outcome):
    outcome.files = {"w.bin": b"weights"}
    before = datetime.now(UTC).replace(microsecond=0)
    made = record_of("train", outcome, ("times", "none"))
    assert (made.values, made.samples) == ({"steps": 3, "loss": 0.5}, {"times": [0.1, 0.2]})
    assert (made.device, made.device_name, made.python, made.threads) == ("cpu", records.cpu_name(), "3.11.9", 2)
    assert (made.seconds, made.stdout) == (1.235, ["loss 0.1"])
    assert made.sources == {"snippets/train.py": hashlib.sha256(b"steps = 3\n").hexdigest()}
    assert made.lock == hashlib.sha256(b"torch==2.13.0\n").hexdigest()
    assert made.files == {"snippets/w.bin": hashlib.sha256(b"weights").hexdigest()}
    assert re.fullmatch(r"[0-9a-f]{40}", made.commit)
    assert not made.dirty
    assert before <= datetime.strptime(made.measured_utc, "%Y-%m-%dT%H:%M:%S%z") <= datetime.now(UTC)
    assert made.checksum == made.expected_checksum()
    assert outcome.environment == HERE, "the run itself is left as it was"


def test_a_record_of_a_gpu_lies_with_it(repository, outcome):
    outcome.environment |= {"gpu": "NVIDIA H100 80GB HBM3", "cuda": "13.0", "driver": "580"}
    made = record_of("train", outcome, ("times",))
    assert (made.device, made.device_name, made.cuda, made.driver) == ("h100", "NVIDIA H100 80GB HBM3", "13.0", "580")


def test_uncommitted_sources_mark_the_record(repository, outcome):
    (repository / "snippets" / "train.py").write_text("steps = 4\n")
    assert record_of("train", outcome, ("times",)).dirty


def test_a_measurement_writes_its_record_and_its_files_and_says_what_moved(repository, outcome):
    outcome.files = {"w.bin": b"weights"}
    rows = write("train", CONTRACTS, None)
    assert rows[1:] == ["  train.steps: - -> 3", "  train.loss: - -> 0.5", "  wrote snippets/w.bin (7 bytes)"]
    assert re.fullmatch(r"\S*records/cpu/train\.json \(1\.2 s\)", rows[0])
    assert (repository / "snippets" / "w.bin").read_bytes() == b"weights"
    assert load_record("train", "cpu").values == {"steps": 3, "loss": 0.5}
    outcome.values = {"steps": 3, "loss": 0.25, "times": [0.1]}
    assert write("train", CONTRACTS, None)[1:3] == ["  train.steps: 3", "  train.loss: 0.5 -> 0.25"]


def test_a_dirty_measurement_says_so(repository, outcome):
    (repository / "requirements.lock").write_text("torch==2.14.0\n")
    assert write("train", CONTRACTS, None)[0].endswith("(1.2 s, uncommitted sources)")


def test_a_gpu_leaves_the_committed_files_alone(repository, outcome):
    outcome.environment["gpu"] = "NVIDIA H100"
    outcome.files = {"w.bin": b"weights"}
    write("train", CONTRACTS, "cuda")
    assert not (repository / "snippets" / "w.bin").exists()
    assert load_record("train", "h100").files


def test_a_broken_record_is_replaced(repository, outcome):
    path = repository / "records" / "cpu" / "train.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert write("train", CONTRACTS, None)[1] == "  train.steps: - -> 3"
    assert load_record("train", "cpu").values["steps"] == 3


# --- what is compared ---


def test_a_stale_record_is_not_run_again(repository, monkeypatch):
    record(sources={"snippets/train.py": "old"}).write()
    monkeypatch.setattr(measure, "run_snippet", lambda *_: pytest.fail("the snippet was run"))
    (message,) = check("train", CONTRACTS, None)
    assert "changed since" in message


@pytest.mark.parametrize(
    ("asked", "here", "device"),
    [
        (None, None, "cpu"),
        ("cpu", "NVIDIA H100", "cpu"),
        ("cuda", "NVIDIA H100", "h100"),
        ("cuda", None, "cpu"),
        ("a100", None, "a100"),
    ],
)
def test_a_run_is_held_against_the_record_of_its_device(repository, monkeypatch, asked, here, device):
    monkeypatch.setattr(measure, "gpu_name", lambda: here)
    looked_for = []
    monkeypatch.setattr(measure, "load_record", lambda name, on: looked_for.append(on) or record(name, on))
    monkeypatch.setattr(measure, "stale_sources", lambda record: ["stale"])
    check("train", CONTRACTS, asked)
    assert looked_for == [device]


def test_what_moved_is_told_and_nothing_is_written(repository, outcome):
    write("train", CONTRACTS, None)
    before = (repository / "records" / "cpu" / "train.json").read_bytes()
    assert check("train", CONTRACTS, None) == []
    outcome.values["steps"] = 4
    (message,) = check("train", CONTRACTS, None)
    assert "train.steps moved: 3 -> 4" in message
    assert (repository / "records" / "cpu" / "train.json").read_bytes() == before


def test_training_comes_first():
    """It writes the weights that the others load."""
    assert order(["side_by_side", "train", "inference"]) == ["train", "inference", "side_by_side"]


# --- the command ---


@pytest.fixture
def command(repository, outcome, monkeypatch, capsys):
    """Return a function that gives the command its arguments, and returns its exit status and what it printed."""
    monkeypatch.setattr(measure, "load_contracts", lambda: CONTRACTS)

    def give(*arguments):
        monkeypatch.setattr(sys, "argv", ["measure", *arguments])
        with pytest.raises(SystemExit) as stop:
            measure.main()
        said = capsys.readouterr()
        return stop.value.code, said.out + said.err

    return give


def test_the_command_measures_and_then_compares(command, repository, outcome):
    assert command()[0] == 0
    status, said = command("train", "--check")
    assert (status, said.strip()) == (0, "train: as recorded")
    outcome.values["steps"] = 4
    status, said = command("--check")
    assert status == 1
    assert "train.steps moved: 3 -> 4" in said


def test_the_command_refuses_uncommitted_sources_unless_told(command, repository):
    (repository / "requirements.lock").write_text("torch==2.14.0\n")
    status, _ = command()
    assert "Commit first" in status
    assert not (repository / "records").exists()
    assert command("--dirty")[0] == 0
    assert command("--check")[0] == 0, "to compare, nothing need be committed"


def test_the_command_refuses_unknown_snippets(command):
    status, said = command("trian")
    assert status == 2
    assert "no snippet is called trian; there are train" in said


def test_a_measurement_can_be_stopped(command, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(measure, "write", stop)
    assert command()[0] == "stopped; records already written stand"
