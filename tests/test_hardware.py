"""What is predicted follows from the formulas, and what is counted is what was computed; no time is compared."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from tests.snippet_functions import casebook, functions_of, recorded, tiny_gpt

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
    (_, step, _), (_, read, seconds), *_ = hardware.works("other", config, cases)
    inputs = casebook.encode(casebook.SOLVED[:cases]).inputs
    scores = 4 * config.layers * size * inputs.shape[1] * inputs.numel()
    hidden = 4 * config.layers * size * inputs.numel() * (inputs.shape[1] - 1) / 2  # the formula leaves out
    counted = sum(flops for flops, _ in hardware.Calls(read).seen)
    assert counted == pytest.approx(seconds(1.0, 1.0) + hidden)
    # A fused kernel computes the scores again on the way back: at most half as much as attention's forward pass.
    least = 3 * (counted - scores) + 3 * scores
    assert least <= sum(flops for flops, _ in hardware.Calls(step).seen) <= least + scores


def test_a_pass_that_writes_starts_from_the_same_texts_each_time():
    *_, (_, job, _) = hardware.works("other", Config(hidden_size=16), 1)
    assert hardware.Calls(job).seen == hardware.Calls(job).seen != []


def test_the_small_model_learns_as_in_training_and_others_with_adam_alone():
    (_, muon, _), *_ = hardware.works("small", Config(hidden_size=16), 1)
    (_, adam, _), *_ = hardware.works("other", Config(hidden_size=16), 1)
    flops = [sum(flops for flops, _ in hardware.Calls(job).seen) for job in (muon, adam)]
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
