"""Records: written from runs, compared with new ones, each number by its own rule."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from scripts import measure
from scripts.common import ROOT, SiteError
from scripts.compare import can_stand, differences, failing_claims, moved, ratios
from scripts.numbers import Numbers
from scripts.records import Record, changed_files, commit_of, device_folder, load_record, record_of, record_path
from scripts.run import code_hashes
from scripts.schema import Spec
from tests.small import run_of


def spec(**given) -> Spec:
    return Spec(label="x", unit="count", **given)


@pytest.mark.parametrize(
    ("rule", "old", "new", "same"),
    [
        ({}, 3, 3, True),
        ({}, 3, 4, False),
        ({}, "a", "a", True),
        ({}, True, 1, False),
        ({}, [1, 2], [1, 2], True),
        ({}, [1, 2], [1, 2, 3], False),
        ({"rel": 0.1}, 1.0, 1.09, True),
        ({"rel": 0.1}, 1.0, 1.11, False),
        ({"rel": 0.1, "abs": 0.5}, 1.0, 1.4, True),
        ({"abs": 0.02}, 0.99, 1.0, True),
        ({"factor": 2.0}, 3.0, 5.9, True),
        ({"factor": 2.0}, 3.0, 1.4, False),
        ({"recorded": True}, 3.0, 300.0, True),
        ({"rel": 0.1}, 1.0, float("nan"), False),
    ],
)
def test_each_number_is_compared_by_its_own_rule(rule, old, new, same):
    assert (moved(spec(**rule), old, new) is None) == same


def record(root) -> Record:
    return load_record(record_path("counting", "cpu", root))


def test_a_number_that_moved_is_told_with_its_likely_cause(small):
    run = run_of(eggs=13)
    run.environment["python"] = "3.12"
    (only,) = differences(record(small), run, Numbers(small))
    assert "counting.json:" in only
    assert only.endswith(
        "counting.eggs moved: 12 -> 13 (allowed: exactly). Likely cause: python 3.11 -> 3.12. If the change is meant: "
        "make measure SNIPPETS=counting"
    )


def test_changed_code_is_the_likeliest_cause(small):
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text().replace("eggs = 12", "eggs = 13"))
    (only,) = differences(record(small), run_of(eggs=13), Numbers(small))
    assert "Likely cause: counting.py changed since the record" in only


def test_a_ratio_of_times_is_held_to_its_own_processor_only(small):
    slower = run_of(fast=9.0)
    assert len(differences(record(small), slower, Numbers(small))) == 1
    elsewhere = replace(slower, environment=slower.environment | {"cpu": "A goose"})
    assert differences(record(small), elsewhere, Numbers(small)) == []
    other_instructions = replace(slower, environment=slower.environment | {"instructions": "DEFAULT"})
    assert differences(record(small), other_instructions, Numbers(small)) == []
    busy = replace(slower, environment=slower.environment | {"preemptions_per_second": 900})
    assert differences(record(small), busy, Numbers(small)) == []
    assert list(ratios(record(small), elsewhere, Numbers(small))) == ["counting.fast: 9 here, 3 recorded"]


def test_a_count_is_held_on_every_processor(small):
    run = run_of(eggs=13)
    elsewhere = replace(run, environment=run.environment | {"cpu": "A goose", "preemptions_per_second": 900})
    assert len(differences(record(small), elsewhere, Numbers(small))) == 1


def test_a_lost_number_and_a_new_one_are_told(small):
    run = run_of()
    del run.values["weight"]
    (only,) = differences(record(small), run, Numbers(small))
    assert "numbers.toml:3: counting.py ended without weight" in only


@pytest.mark.parametrize(
    ("holds", "measured", "stands"),
    [
        ("counting.fast > 2", {"fast": 2.5}, True),
        ("counting.fast > 2", {"fast": 1.5}, True),  # within its factor of 2, so not wide of it
        ("counting.fast > 2", {"fast": 0.9}, False),
        ("counting.weight > 0.5", {"weight": 0.46}, True),  # within its 10 %
        ("counting.weight > 0.5", {"weight": 0.4}, False),
        ("counting.eggs > 12", {"eggs": 12}, False),  # a count has no slack
        ("counting.seconds < 0.1", {"seconds": 0.15}, True),
        ("counting.seconds < 0.1", {"seconds": 0.3}, False),
    ],
)
def test_words_fail_on_a_machine_only_by_a_wide_margin(small, holds, measured, stands):
    path = small / "docs" / "claims.toml"
    path.write_text(path.read_text().replace("counting.eggs > 10", holds))
    assert can_stand("claims.many", Numbers(small, measured={"counting": measured})) == stands
    assert failing_claims({"counting": measured}, small) == ([] if stands else ["claims.many"])
    path.write_text(path.read_text() + "recorded = true\n")
    assert failing_claims({"counting": measured}, small) == []


# --- Writing ---


def write(root, run, force=False):
    return measure.write("counting", run, code_hashes(root / "snippets" / "counting.py", root), force, root)


def test_a_record_says_old_and_new(small):
    lines = write(small, run_of(weight=0.25))
    assert "  counting.weight: 0.5 -> 0.25" in lines and "  counting.eggs: 12 -> 12" in lines
    assert record(small).values["weight"] == 0.25


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (replace(run_of(), returncode=1, stderr="Traceback"), "counting.py:1: it ended with exit status 1"),
        (run_of(weight=float("nan")), "weight = nan is not a finite number"),
        (replace(run_of(), seconds=99.0), "it took 99.0 s, and 0.1 s when it was last recorded; nothing is written"),
        (
            replace(run_of(), environment=run_of().environment | {"preemptions_per_second": 900}),
            "took the processor away",
        ),
    ],
)
def test_a_run_that_failed_or_was_disturbed_is_not_written(small, run, message):
    before = record_path("counting", "cpu", small).read_text()
    with pytest.raises(SiteError, match=message):
        write(small, run)
    assert record_path("counting", "cpu", small).read_text() == before


def test_a_disturbed_run_is_written_if_asked(small):
    write(small, replace(run_of(), seconds=99.0), force=True)
    assert record(small).seconds == 99.0


def test_weights_change_only_when_the_code_that_makes_them_does(small):
    weights = small / "snippets" / "eggs.safetensors"
    weights.write_bytes(b"old")
    trained = replace(run_of(), files={"eggs.safetensors": b"new"})
    write(small, trained)
    assert weights.read_bytes() == b"old"
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text().replace("eggs = 12", "eggs = 12.0"))
    assert "  wrote snippets/eggs.safetensors (3 bytes)" in write(small, trained)
    assert weights.read_bytes() == b"new"


def test_a_snippet_that_loads_the_weights_is_stale_when_they_change(small):
    weights = small / "snippets" / "eggs.safetensors"
    weights.write_bytes(b"old")
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text() + '\n\ndef later():\n    load_model("eggs.safetensors")\n')
    write(small, run_of())
    assert measure.why_stale("counting", root=small) is None
    weights.write_bytes(b"new")
    assert measure.why_stale("counting", root=small) == "eggs.safetensors changed since its record"


def test_a_record_that_cannot_be_written_says_why(small):
    shutil.rmtree(small / "docs" / "records")
    (small / "docs" / "records").write_text("a file in the way")
    with pytest.raises(SiteError, match=r"counting.json:1: cannot be written: (Not a directory|File exists)"):
        record_of("counting", run_of(), {}, ["eggs"], small).write(small)


def test_results_of_a_bare_machine_become_records(tmp_path):
    """Only that they are refused when they are of other code: what they become is a record like any other."""
    result = {"code": {"train.py": "of another commit"}, "returncode": 0, "stdout": "", "stderr": ""}
    (tmp_path / "train.json").write_text(json.dumps(result))
    with pytest.raises(SiteError, match="was measured with other code than is here"):
        measure.take(tmp_path)
    for other in ("{", "{}", "[]"):
        (tmp_path / "train.json").write_text(other)
        with pytest.raises(SiteError, match=r"train.json:1: it is no result of python -m scripts.run"):
            measure.take(tmp_path)
    with pytest.raises(SiteError, match="holds no results; write some with: python -m scripts.run"):
        measure.take(tmp_path / "nothing")


def test_a_gpu_has_a_folder_of_its_own():
    names = ("NVIDIA H100 80GB HBM3", "NVIDIA H200", "Tesla V100-SXM2-16GB", None)
    assert [device_folder(name) for name in names] == ["h100", "h200", "v100", "cpu"]


def test_provenance_without_git_is_no_error(small, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit_of(small / "snippets" / "counting.py", small) is None


def test_a_broken_record_names_its_line(small):
    path = record_path("counting", "cpu", small)
    path.write_text(path.read_text().replace('"seconds": 0.1', '"seconds": "long"'))
    with pytest.raises(SiteError, match=r"counting.json:\d+: seconds: .*; measure again"):
        load_record(path)


def test_a_record_reads_well(small):
    lines = record_path("counting", "cpu", small).read_text().splitlines()
    assert max(map(len, lines)) < 200 and any('"eggs": 12' in line for line in lines)


def test_what_changed_is_named_by_file(small):
    (small / "snippets" / "costs.py").write_text("def doubled(number):\n    return number + number\n")
    assert changed_files(record(small), small) == ["costs.py"]


def test_the_command_refuses_in_words():
    command = [sys.executable, "-m", "scripts.measure", "nope"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode and "Traceback" not in done.stderr
    assert "unknown snippet nope; there are" in done.stderr
