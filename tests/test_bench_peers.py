"""The bench's own logic: ratios and their spread, the table, what it says without the other libraries."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from scripts import bench_peers, bench_table, benches
from scripts.bench_peers import learned, least, refusal
from scripts.contracts import load_contracts
from scripts.paths import DOCS, ROOT
from scripts.peers.timing import in_turns, ratios, runs_for, spread
from scripts.records import load_record
from scripts.snippets import files_to_copy, source_hashes
from scripts.source_lines import assignment_line, line_link
from tests.small import SmallNumbers, contract, record

SECTIONS = {
    "small parameters": {"ours": 1000, "transformers Llama": 1100},
    "small train eager": {"ours": [1.0, 2.0, 4.0], "transformers Llama": [1.5, 3.0, 4.0]},
    "small decode_1 eager": {
        "ours": [0.001, 0.001],
        "transformers Llama": [0.004, 0.006],
        "transformers Llama, static cache": [0.003, 0.003],
        "onnxruntime": [0.0005, 0.0007],
    },
}


def test_a_slow_round_moves_no_ratio():
    found = ratios({"ours": [1.0, 10.0, 1.0], "theirs": [3.0, 30.0, 3.0]}, "ours")
    assert found["theirs"] == spread([3.0]) == found["theirs"]
    assert found["ours"].median == 1


def test_half_of_the_rounds_lie_between_the_quartiles():
    found = spread([float(value) for value in range(1, 102)])
    assert (found.low, found.median, found.high) == (26, 51, 76)


def test_rounds_must_be_whole():
    with pytest.raises(ValueError, match="argument"):
        ratios({"ours": [1.0, 2.0], "theirs": [1.0]}, "ours")


def test_jobs_take_turns_and_none_is_always_first():
    order = []
    jobs = {name: lambda name=name: order.append(name) for name in "ab"}
    samples = in_turns(jobs, rounds=4, seconds_a_turn=0)
    assert order[:4] == ["a", "b", "a", "b"]  # to warm up, then to see how long one takes
    assert order[4:] == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert {name: len(times) for name, times in samples.items()} == {"a": 4, "b": 4}


def test_a_long_job_runs_once_a_turn(monkeypatch):
    monkeypatch.setattr("scripts.peers.timing.time_runs", lambda job, runs, synchronize: 2.0)
    assert runs_for(lambda: None, 0.03, lambda: None) == 1


def test_a_lead_is_that_over_the_closest():
    found = bench_peers.cells({"small decode_1 eager": SECTIONS["small decode_1 eager"]})
    assert least(found, "decode_1", "eager") == pytest.approx(0.6)
    assert least(found, "decode_1", "eager", "transformers [^,]*") == pytest.approx(5)
    assert least(found, "decode_1", "eager", "transformers .*static cache") == pytest.approx(3)


def test_learning_is_by_the_median_seed():
    sections = {f"learn {seed}": {"ours": [1.0, True], "Trainer": [seed, seed < 4]} for seed in (2.0, 3.0, 9.0)}
    found = learned(sections, 0.99)
    assert (found["trainer_seconds"], found["learning_lead"], found["trainer_reached"]) == (3.0, 3.0, 2)


def small_numbers(**changes):
    found = bench_peers.cells({k: v for k, v in SECTIONS.items() if not k.endswith("parameters")})
    values = {
        "cells": list(found),
        "ratios": [ratio.median for ratio, _ in found.values()],
        "lows": [ratio.low for ratio, _ in found.values()],
        "highs": [ratio.high for ratio, _ in found.values()],
        "seconds": [seconds.median for _, seconds in found.values()],
        "models": ["small ours", "small transformers Llama"],
        "parameters": [1000, 1100],
    } | changes
    contracts = {"bench_peers": {name: contract("recorded", "text") for name in values}}
    return SmallNumbers(contracts, [record("bench_peers", values=values)])


def test_the_table_has_each_contestant_in_its_size_and_mode():
    assert bench_table.rows(small_numbers())[:6] == [
        ["small, eager"],
        ["ours", "1,000", "2.0 s", "-", "1.0 ms", "-"],
        ["transformers Llama", "1,100", "1.50 (1.25 to 1.50)", "-", "5.00 (4.50 to 5.50)", "-"],
        ["transformers Llama, static cache", "1,100", "-", "-", "3.00 (3.00 to 3.00)", "-"],
        ["onnxruntime", "1,000", "-", "-", "0.60 (0.55 to 0.65)", "-"],
    ]


def test_the_table_s_cells_fill_its_width():
    for _, cells in bench_table.bench_rows(small_numbers()):
        width = sum(int(cell.get("colspan", 1)) if isinstance(cell, ET.Element) else 1 for cell in cells)
        assert width == len(bench_table.HEADS)


def test_every_number_of_the_bench_has_its_line_and_its_contract():
    names = load_contracts().measured("bench_peers")
    assert set(load_record("bench_peers", "cpu").values) == set(names)
    for name in names:
        assert f'"{name}":' in assignment_line("bench_peers", name).text


def test_a_number_links_to_the_file_that_is_offered():
    link = line_link("bench_peers", "threads")
    assert link.get("href") == "/bench/bench_peers.py"
    assert link.text.startswith("bench_peers.py, line ")


def test_each_file_to_copy_is_on_the_site():
    files = files_to_copy("bench_peers")
    assert {"bench_peers.py", "ours.py", "tiny_gpt.py", "casebook.py"} <= {path.name for path, _ in files}
    for path, address in files:
        assert (DOCS / address.lstrip("/")).resolve() == path


def test_a_record_depends_on_every_module_of_the_bench():
    hashed = set(source_hashes("bench_peers"))
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "scripts" / "peers").glob("*.py")}
    assert modules | {"scripts/bench_peers.py", "snippets/tiny_gpt.py"} <= hashed


def test_without_the_libraries_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(bench_peers, "find_spec", lambda name: None if name == "onnxruntime" else object())
    assert refusal("cpu") == "onnxruntime: not installed here. `make bench` installs what it takes, in .venv-peers"
    monkeypatch.setattr(bench_peers, "find_spec", lambda name: object())
    assert refusal("cpu") is None
    monkeypatch.setattr(bench_peers.torch.cuda, "is_available", lambda: False)
    assert "no CUDA GPU" in refusal("cuda")


def test_the_command_says_so_too():
    command = [sys.executable, "-m", "scripts.bench_peers", "--preset", "smoke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("`make bench` installs what it takes, in .venv-peers")


def test_the_libraries_are_pinned_on_the_site_s_own_torch():
    group = benches.pins("peers")
    assert all("==" in requirement for requirement in group)
    project = (ROOT / "pyproject.toml").read_text()
    for name in ("torch", "mkdocs", "pydantic", "tqdm"):
        pin = next(each for each in group if each.startswith(f"{name}=="))
        assert project.count(f'"{pin}"') >= 2


def test_the_hash_of_the_pins_is_of_their_content():
    assert benches.pins_hash("peers") != benches.pins_hash("way-out")
    assert json.dumps(benches.GROUPS) == '{"bench_peers": "peers"}'
