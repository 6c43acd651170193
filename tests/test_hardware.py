"""What is predicted follows from the formulas, and what is counted is what was computed.

Of times, only the two ceilings are compared, with what NumPy reaches beside them.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from scripts.common import ROOT
from tests.snippet_functions import casebook, engine, functions_of, recorded, tiny_gpt

Config = tiny_gpt.Config
SIZES = {"small": (Config(), 16), "large": (Config(hidden_size=512, layers=8, heads=8), 4)}
hardware, FIGURES = functions_of("hardware", seconds_per_call=1e-6), recorded("hardware")


def formulas(size, flops_per_second, bytes_per_second):
    """Yield the seconds of each work, computed here anew."""
    config, cases = SIZES[size]
    parameters = 128 * config.hidden_size + 12 * config.layers * config.hidden_size**2
    inputs = casebook.encode(casebook.SOLVED[:cases]).inputs
    scores = 12 * config.layers * config.hidden_size * inputs.shape[1] * inputs.numel()
    yield (6 * parameters * inputs.numel() + scores) / flops_per_second
    seen = 4 * config.layers * config.hidden_size * inputs.numel() * (inputs.shape[1] + 1) / 2
    yield (2 * parameters * inputs.numel() + seen) / flops_per_second
    for texts in (1, 8, 32):
        flops = (2 * parameters + 4 * config.layers * config.hidden_size * 64) * texts
        size_read = 4 * parameters + 2 * config.layers * config.hidden_size * 64 * texts * 4
        yield max(flops / flops_per_second, size_read / bytes_per_second)


def test_the_recorded_predictions_are_those_of_the_formulas():
    rates = FIGURES["flops_per_second"], FIGURES["bytes_per_second"]
    assert FIGURES["predicted"] == pytest.approx([each for size in SIZES for each in formulas(size, *rates)])


def test_call_by_call_no_work_is_predicted_to_take_less_than_by_the_formulas():
    """The calls hold all of its products, and more; only what is read twice may be found in a cache."""
    for name, by_formula, by_call in zip(FIGURES["names"], FIGURES["predicted"], FIGURES["by_call"], strict=True):
        assert by_call > 0.99 * by_formula, name


# --- the functions ---


@pytest.mark.parametrize(("size", "cases"), [(16, 3), (32, 2)])
def test_what_a_pass_is_counted_to_compute_is_what_the_formula_says(size, cases):
    config = Config(hidden_size=size, heads=2)
    (_, step), (_, read), *_ = hardware.works("other", config, cases)
    inputs = casebook.encode(casebook.SOLVED[:cases]).inputs
    scores = 4 * config.layers * size * inputs.shape[1] * inputs.numel()
    hidden = 4 * config.layers * size * inputs.numel() * (inputs.shape[1] - 1) / 2  # the formula leaves out
    counted = sum(flops for flops, _ in hardware.Calls(read.job).seen)
    assert counted == pytest.approx(read.flops + hidden)
    # A fused kernel computes the scores again on the way back: at most half as much as attention's forward pass.
    least = 3 * (counted - scores) + 3 * scores
    assert least <= sum(flops for flops, _ in hardware.Calls(step.job).seen) <= least + scores


def test_a_pass_that_writes_starts_from_the_same_texts_each_time():
    *_, (_, work) = hardware.works("other", Config(hidden_size=16), 1)
    assert hardware.Calls(work.job).seen == hardware.Calls(work.job).seen != []


@pytest.mark.parametrize("texts", [1, 3])
def test_what_a_pass_that_writes_fetches_is_its_weights_and_its_caches(texts):
    model, held = tiny_gpt.GPT(Config(hidden_size=16)), 5
    work = hardware.writing(model, texts, held)
    weights = sum(weight.nbytes for weight in model.parameters())
    cache = engine.KVCache(model.config, texts, model.embedding.weight)
    each = sum(tensor.nbytes for tensor in (cache.keys, cache.values)) / (texts * model.config.context)
    assert work.bytes_moved == weights + texts * held * each


def test_a_work_takes_as_long_as_the_slower_of_its_two_parts():
    work = hardware.Work(None, flops=6.0, bytes_moved=4.0)
    assert work.seconds(2.0, 4.0) == 3 and work.seconds(6.0, 1.0) == 4


def test_adam_touches_what_a_training_step_is_said_to_move():
    """The optimizer's seven values for each weight; the three of the passes are by hand."""
    model = tiny_gpt.GPT(Config(hidden_size=16))
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    batch = casebook.encode(casebook.SOLVED[:1])
    work = hardware.training_step(model, batch, [optimizer])
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    weights = sum(weight.nbytes for weight in model.parameters())
    means = sum(
        optimizer.state[weight][name].nbytes for weight in model.parameters() for name in ("exp_avg", "exp_avg_sq")
    )
    gradients = sum(weight.grad.nbytes for weight in model.parameters())
    read, written = weights + gradients + means, weights + means
    assert work.bytes_moved == 2 * weights + gradients + read + written


def test_the_small_model_learns_as_in_training_and_others_with_adam_alone():
    (_, muon), *_ = hardware.works("small", Config(hidden_size=16), 1)
    (_, adam), *_ = hardware.works("other", Config(hidden_size=16), 1)
    flops = [sum(flops for flops, _ in hardware.Calls(work.job).seen) for work in (muon, adam)]
    assert flops[0] > flops[1], "Muon multiplies matrices, too"


@torch.no_grad()
def test_a_call_is_counted_with_its_operations_and_bytes_and_a_view_with_neither():
    x, weight = torch.randn(5, 8), torch.randn(3, 8)
    seen = hardware.Calls(lambda: F.linear(x, weight)).seen
    assert sorted(seen)[-1] == (2 * 5 * 8 * 3, 4 * (5 * 8 + 3 * 8 + 5 * 3))
    assert set(seen[:-1]) == {(0, 0)}, "only the weight is turned, without a copy"
    assert hardware.Calls(lambda: x + 1).seen == [(0, 2 * x.nbytes)]
    assert hardware.Calls(lambda: x.view(8, 5).t()).seen == [(0, 0), (0, 0)]


def test_a_call_takes_what_limits_it():
    for flops, size, seconds in ((5e9, 1e10, 5), (1e9, 5e10, 5), (0, 0, 1e-6), (100, 100, 1e-6)):
        assert hardware.call_seconds(flops, size, flops_per_second=1e9, bytes_per_second=1e10) == seconds


def test_jobs_take_turns_and_the_shortest_time_of_each_turn_counts(monkeypatch):
    order, clock = [], [0.0]

    def job(name, *seconds):
        waits = iter(seconds)

        def wait():
            order.append(name)
            clock[0] += next(waits)

        return wait

    monkeypatch.setattr(hardware, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    jobs = {"a": job("a", 6, 4), "b": job("b", 1, 2, 7)}
    assert hardware.time_in_turns(jobs, rounds=2, turn_seconds=3) == {"a": [6, 4], "b": [1, 7]}
    assert order == ["a", "b", "b", "a", "b"]


# --- energy ---


@pytest.fixture
def zones(tmp_path):
    """Return what shows two packages, a part of the first, and a counter of all: only packages are to be added up."""

    def show(**microjoules):
        for zone, name in (("0", "package-0"), ("0:0", "core"), ("1", "package-1"), ("2", "psys")):
            folder = tmp_path / f"intel-rapl:{zone}"
            folder.mkdir(exist_ok=True)
            shown = {"name": name, "energy_uj": microjoules.get(name.replace("-", "_"), 7), "max_energy_range_uj": 999}
            for file, value in shown.items():
                (folder / file).write_text(f"{value}\n")
        return tmp_path

    return show


def test_only_whole_processors_are_counted(zones):
    assert hardware.counters(zones(package_0=5, package_1=6)) == [[5, 999], [6, 999]]


def test_without_a_counter_that_may_be_read_there_is_none(zones, tmp_path, monkeypatch):
    assert hardware.counters(tmp_path / "none") == []
    shown, read = zones(), Path.read_text

    def refused(path):
        if path.name == "energy_uj":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_text", refused)
    assert hardware.counters(shown) == []


def test_energy_is_counted_for_each_run_though_a_counter_starts_over(monkeypatch):
    clock, shown = [0.0], iter([[[100, 999], [998, 999]], [[150, 999], [1, 999]]])
    monkeypatch.setattr(hardware, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(hardware, "counters", lambda: next(shown))

    def job():
        clock[0] += 0.5

    used, how = hardware.joules(job)
    assert (used * 2e6, how) == (pytest.approx(50 + 3), "counted"), "from 998 over 999 and 0 to 1 are three steps"


def test_without_a_counter_power_times_time_is_a_bound_and_without_power_nothing_is_said(monkeypatch):
    clock, runs = [0.0], []
    monkeypatch.setattr(hardware, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(hardware, "counters", list)

    def job():
        runs.append(clock[0])
        clock[0] += 0.25

    assert hardware.joules(job) == (None, "not known") and not runs
    assert hardware.joules(job, most_watts=40) == (10, "at most")


# --- the ceilings ---

BESIDE_NUMPY = """
import numpy, sys, torch
sys.path.insert(0, {root!r})
from tests.snippet_functions import functions_of
hardware = functions_of("hardware")
torch.set_num_threads(1)
flop, product = hardware.squares(torch.float32)
side = round((flop / 2) ** (1 / 3))
a, b = numpy.random.default_rng(0).random((2, side, side), dtype=numpy.float32)
floats = torch.rand(2**25)
x, y = floats.numpy(), floats.numpy().copy()
matrix, vector = floats.view(-1, 4096), torch.rand(4096)
jobs = {{
    "product": product,
    "numpy product": lambda: a @ b,
    "read": lambda: torch.mv(matrix, vector),
    "numpy dot": lambda: x @ y,
}}
best = {{name: min(turns) for name, turns in hardware.time_in_turns(jobs).items()}}
print(best["numpy product"] / best["product"], best["numpy dot"] / 2 / best["read"])
"""


def test_both_ceilings_are_near_what_numpy_reaches():
    """A product of matrices, and two arrays read once, on one thread, in turns; what else runs here slows both."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", BESIDE_NUMPY.format(root=str(ROOT))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    ratios = [float(ratio) for ratio in done.stdout.split()]
    assert all(0.5 < ratio < 2 for ratio in ratios), ratios
