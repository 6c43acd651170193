"""What is predicted follows from the formulas, and what is counted is what was computed; no time is compared."""

import ast
import sys
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from scripts.figures import draw
from scripts.numbers import Numbers
from scripts.paths import SNIPPETS
from scripts.records import load_record

sys.path.insert(0, str(SNIPPETS))
import costs
from casebook import IGNORE, SOLVED, encode
from tiny_gpt import GPT, Config

SIZES = {"small": (Config(), 16), "large": (Config(hidden_size=512, layers=8, heads=8), 4)}
LIMITS = {"flops_per_second": 1e9, "bytes_per_second": 1e10}


@pytest.fixture
def pieces():
    """Return the snippet's functions, without running what comes after them."""
    tree = ast.parse((SNIPPETS / "hardware.py").read_text(encoding="utf-8"))
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree.body = [node for node in tree.body if isinstance(node, kinds)]
    scope = {"__name__": __name__, "device": "cpu", "seconds_per_call": 1e-6}
    exec(compile(tree, "hardware.py", "exec"), scope)
    threads = torch.get_num_threads()
    yield scope
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def values():
    return load_record("hardware", "cpu").values


def formulas(size, flops_per_second, bytes_per_second):
    """Return the seconds of each work, computed here anew."""
    config, cases = SIZES[size]
    parameters = 128 * config.hidden_size + 12 * config.layers * config.hidden_size**2
    inputs = encode(SOLVED[:cases]).inputs
    scores = 12 * config.layers * config.hidden_size * inputs.shape[1] * inputs.numel()
    yield (costs.training_flops(parameters, inputs.numel()) + scores) / flops_per_second
    yield costs.prefill_seconds(parameters, inputs.numel(), flops_per_second)
    for texts in (1, 8, 32):
        size_read = 4 * parameters + 2 * config.layers * config.hidden_size * 64 * texts * 4
        yield max(2 * parameters * texts / flops_per_second, size_read / bytes_per_second)


def test_the_recorded_predictions_are_those_of_the_formulas(values):
    rates = values["flops_per_second"], values["bytes_per_second"]
    assert values["predicted"] == pytest.approx([each for size in SIZES for each in formulas(size, *rates)])


def test_the_recorded_ratios_are_measured_against_predicted(values):
    places = {name: place for place, name in enumerate(values["names"])}
    assert len(places) == len(values["measured"]) == len(values["predicted"]) == len(values["by_call"])
    for size in SIZES:
        for work, name in (("training step", "step"), ("write for 1", "write")):
            place = places[f"{size}: {work}"]
            took = values["measured"][place]
            assert values[f"{size}_{name}"] == pytest.approx(took / values["predicted"][place])
            assert values[f"{size}_{name}_by_call"] == pytest.approx(took / values["by_call"][place])
    place = places["large: read 4 cases"]
    assert values["large_read"] == pytest.approx(values["measured"][place] / values["predicted"][place])
    assert values["large_read_by_call"] == pytest.approx(values["measured"][place] / values["by_call"][place])


def test_call_by_call_no_work_is_predicted_to_take_less_than_by_the_formulas(values):
    """The calls hold all of its products, and more; only what is read twice may be found in a cache."""
    for name, by_formula, by_call in zip(values["names"], values["predicted"], values["by_call"], strict=True):
        assert by_call > 0.99 * by_formula, name


def test_the_run_is_predicted_from_the_rate_of_its_two_threads(values):
    seconds, *_ = formulas("small", values["train_flops_per_second"], values["bytes_per_second"])
    learned = (encode(SOLVED[:16]).targets != IGNORE).sum().item()
    assert values["train_tokens_per_second"] == pytest.approx(learned / seconds)
    run, numbers = load_record("train", "cpu").values, Numbers()
    assert numbers.get("hardware.run_predicted").value == pytest.approx(run["tokens"] / learned * seconds)
    assert numbers.get("hardware.run_ratio").value == pytest.approx(
        run["seconds"] / (run["tokens"] / learned * seconds)
    )


@pytest.mark.parametrize(("size", "cases"), [(16, 3), (32, 2)])
def test_what_a_pass_is_counted_to_compute_is_what_the_formula_says(pieces, size, cases):
    config = Config(hidden_size=size, heads=2)
    (_, step, _), (_, read, seconds), *_ = pieces["works"]("other", config, cases)
    inputs = encode(SOLVED[:cases]).inputs
    scores = 4 * config.layers * size * inputs.shape[1] * inputs.numel()
    counted = sum(flops for flops, _ in pieces["Calls"](read).seen)
    assert counted == pytest.approx(seconds(1.0, 1.0) + scores)
    # A fused kernel computes the scores again on the way back: at most half as much as attention's forward pass.
    least = 3 * (counted - scores) + 3 * scores
    assert least <= sum(flops for flops, _ in pieces["Calls"](step).seen) <= least + scores


def test_a_pass_that_writes_starts_from_the_same_texts_each_time(pieces):
    *_, (_, job, _) = pieces["works"]("other", Config(hidden_size=16), 1)
    assert pieces["Calls"](job).seen == pieces["Calls"](job).seen


def test_the_small_model_learns_as_in_training_and_others_with_adam_alone(pieces):
    (_, muon, _), *_ = pieces["works"]("small", Config(hidden_size=16), 1)
    (_, adam, _), *_ = pieces["works"]("other", Config(hidden_size=16), 1)
    flops = [sum(flops for flops, _ in pieces["Calls"](job).seen) for job in (muon, adam)]
    assert flops[0] > flops[1], "Muon multiplies matrices, too"


@torch.no_grad()
def test_a_call_is_counted_with_its_operations_and_bytes_and_a_view_with_neither(pieces):
    x, weight = torch.randn(5, 8), torch.randn(3, 8)
    seen = pieces["Calls"](lambda: F.linear(x, weight)).seen
    assert sorted(seen)[-1] == (2 * 5 * 8 * 3, 4 * (5 * 8 + 3 * 8 + 5 * 3))
    assert set(seen[:-1]) == {(0, 0)}, "only the weight is turned, without a copy"
    assert pieces["Calls"](lambda: x + 1).seen == [(0, 2 * x.nbytes)]
    assert pieces["Calls"](lambda: x.view(8, 5).t()).seen == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("flops", "size", "seconds"),
    [(5e9, 1e10, 5), (1e9, 5e10, 5), (0, 0, 1e-6), (100, 100, 1e-6)],
)
def test_a_call_takes_what_limits_it(pieces, flops, size, seconds):
    assert pieces["call_seconds"](flops, size, *LIMITS.values()) == seconds


def test_jobs_take_turns_and_the_shortest_time_of_each_turn_counts(pieces):
    order, clock = [], [0.0]

    def job(name, *seconds):
        waits = iter(seconds)

        def wait():
            order.append((name, torch.get_num_threads()))
            clock[0] += next(waits)

        return wait

    pieces["time"] = SimpleNamespace(perf_counter=lambda: clock[0])
    jobs = {"a": (1, job("a", 6, 4)), "b": (2, job("b", 2, 1, 7))}
    times = pieces["time_in_turns"](jobs, rounds=2, turn_seconds=3)
    assert order == [("a", 1), ("b", 2), ("b", 2), ("a", 1), ("b", 2)]
    assert times == {"a": [6, 4], "b": [1, 7]}
    assert torch.get_num_threads() == 1


def test_the_larger_model_does_not_fit_into_caches():
    weight_bytes = sum(weight.nbytes for weight in GPT(SIZES["large"][0]).parameters())
    assert weight_bytes > 100e6


def test_the_picture_names_its_ratios():
    svg, words = draw("predicted-measured", Numbers())
    for name in ("large_step", "large_write", "small_step", "small_write"):
        assert f'data-number="hardware.{name}"' in svg
        assert f"{{{{ hardware.{name} }}}}" in words
