"""The formulas of costs.py: identities known by hand, units, and what they refuse."""

import inspect
import math
import re
import sys

import pint
import pytest

from scripts.dimensions import constant_unit, in_units, quantity
from scripts.numbers import load_from_snippets
from scripts.paths import SNIPPETS

sys.path.insert(0, str(SNIPPETS))
import costs

FORMULAS = {
    name: function
    for name, function in inspect.getmembers(costs, inspect.isfunction)
    if not name.startswith(("require_", "is_", "in_"))
}
UNREFUSED = {"ratio", "total", "answers_in_training_time"}  # of any quantities

# An example of each argument, in the unit of the site that it stands for. Rates of GPUs are given for one second.
EXAMPLES = {
    "acceptance": (0.8, "fraction"),
    "active_parameters": (37e9, "parameter"),
    "api_usd_per_request": (0.001, "USD/request"),
    "batch": (8, "request"),
    "bit_per_parameter": (4, "bit/parameter"),
    "byte_per_parameter": (2, "byte/parameter"),
    "bytes_per_second": (3.35e12, "byte/second"),
    "bytes_per_value": (2, "byte/value"),
    "bytes_read": (140e9, "byte"),
    "draft_cost": (0.25, "fraction"),
    "cache_bytes_per_request": (1e9, "byte/request"),
    "cache_bytes_per_token": (327680, "byte/token"),
    "flops": (3.8e25, "FLOP"),
    "flops_per_second": (989e12, "FLOP/second"),
    "gpu_hours": (30.84e6, "GPU-hour"),
    "gpus": (16, "GPU"),
    "guesses": (4, "count"),
    "gradient_byte_per_parameter": (4, "byte/parameter"),
    "head_size": (128, "value/head/token"),
    "heads": (64, "head/layer"),
    "hidden_size": (8192, "value/layer/token"),
    "input_tokens": (1000, "token"),
    "kv_heads": (8, "head/layer"),
    "layers": (80, "layer"),
    "memory_bytes": (640e9, "byte"),
    "output_tokens": (500, "token"),
    "overhead": (1.1, "ratio"),
    "parameters": (70e9, "parameter"),
    "picked": (0.03, "fraction"),
    "pass_seconds": (0.02, "second"),
    "peak_flops_per_second": (989e12, "FLOP/second"),
    "prompt_tokens": (1000, "token"),
    "requests_at_full_use": (1e6, "request/month"),
    "seconds_per_request": (0.4, "second"),
    "seconds_per_token": (0.001, "second"),
    "sequence_length": (8192, "token"),
    "stage": (3, "count"),
    "stored_bytes": (35e9, "byte"),
    "texts": (8, "request"),
    "tokens": (15.6e12, "token"),
    "tokens_per_second": (4205, "token/second"),
    "training_tokens": (15.6e12, "token"),
    "usd": (87072, "USD"),
    "usd_per_gpu_hour": (3.49, "USD/GPU-hour"),
    "usd_per_million_input_tokens": (5, "USD/million tokens"),
    "usd_per_million_output_tokens": (30, "USD/million tokens"),
    "usd_per_month": (5000, "USD/month"),
    "utilization": (0.4, "fraction"),
    "watts_per_gpu": (700, "watt"),
    "weight_bytes": (140e9, "byte"),
    "published": (3.8e25, "FLOP"),
    "computed": (3.79e25, "FLOP"),
}


def example(name: str) -> dict[str, float]:
    """Return arguments with which a formula can be computed."""
    return {key: EXAMPLES[key][0] for key in inspect.signature(FORMULAS[name]).parameters}


REFUSING = sorted(set(FORMULAS) - UNREFUSED)
ARGUMENTS = [(name, key) for name in REFUSING for key in inspect.signature(FORMULAS[name]).parameters]


def test_each_formula_computes_something_finite():
    for name in REFUSING:
        assert math.isfinite(FORMULAS[name](**example(name))), name


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, -math.inf, "many", None])
@pytest.mark.parametrize(("name", "key"), ARGUMENTS)
def test_what_cannot_be_computed_with_is_refused(name, key, wrong):
    with pytest.raises(ValueError, match=rf"^{key} is .*: give ") as refused:
        FORMULAS[name](**example(name) | {key: wrong})
    assert repr(wrong) in str(refused.value)


@pytest.mark.parametrize(("name", "key"), ARGUMENTS)
def test_nothing_is_refused_where_nothing_costs_nothing(name, key):
    free = {"input_tokens", "output_tokens", "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd"}
    if key in free or key in ("stage", "computed", "acceptance", "draft_cost"):
        FORMULAS[name](**example(name) | {key: 0})
    else:
        with pytest.raises(ValueError, match=rf"^{key} is 0: give "):
            FORMULAS[name](**example(name) | {key: 0})


@pytest.mark.parametrize("share", [1.0001, 40])
@pytest.mark.parametrize("name", [name for name, key in ARGUMENTS if key == "utilization"])
def test_a_share_is_at_most_the_whole(name, share):
    with pytest.raises(ValueError, match=r"give a share above 0 and up to 1, such as 0\.4"):
        FORMULAS[name](**example(name) | {"utilization": share})
    FORMULAS[name](**example(name) | {"utilization": 1})


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("largest_batch", {"weight_bytes": 640e9}, r"the weights do not fit: they take 640 GB, .* take more GPUs"),
        (
            "largest_batch",
            {"weight_bytes": 1342e9},
            r"do not fit: they take 1\.34 TB, and there are 640 GB",
        ),
        ("largest_batch", {"cache_bytes_per_request": 501e9}, "the weights fit, but no request: one takes 501 GB"),
        ("parameters_read", {"active_parameters": 71e9}, r"active_parameters is 7\.1e\+10: give at most all"),
        ("parameters_read", {"active_parameters": 2e9}, r"picked is 0\.03: give at most 0\.0285, the share of"),
        ("tokens_per_pass", {"acceptance": 1.5}, r"acceptance is 1\.5: give a share from 0 to 1"),
        ("energy_watt_hours", {"overhead": 0.9}, "overhead is 0.9: give at least 1"),
        ("sharded_training_state_bytes", {"stage": 4}, "stage is 4: give 0, 1, 2 or 3"),
    ],
)
def test_what_does_not_fit_is_refused(name, changes, says):
    with pytest.raises(ValueError, match=says):
        FORMULAS[name](**example(name) | changes)


def test_heads_that_do_not_come_out_even_take_the_room_of_the_fullest():
    heads = 8
    held = [-(-heads // gpus) for gpus in (3, 5, 7)]
    assert held == [3, 2, 2]
    assert [costs.kv_cache_copies(gpus, heads) for gpus in (3, 5, 7)] == [3 * 3 / 8, 5 * 2 / 8, 7 * 2 / 8]


def test_a_batch_must_fit():
    costs.require_batch_fits(8, 8)
    with pytest.raises(ValueError, match="a batch of 9 does not fit: at most 8 at once; take a smaller batch"):
        costs.require_batch_fits(9, 8)


# --- worked by hand ---


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("attention_training_flops", (2, 3, 5, 7, 11), 12 * 2 * 3 * 5 * 7 * 11),
        ("hosting_usd_per_month", (2, 3.49), 5098.89),  # 730.5 hours of two
        ("requests_per_month", (0.5, 0.25), 1_314_900),  # 2,629,800 seconds, a quarter of them, two a second
        ("kv_cache_copies", (16, 8), 2),
        ("kv_cache_copies", (4, 8), 1),
        ("texts_on_fullest_gpu", (9, 8), 2),
        ("texts_on_fullest_gpu", (8, 8), 1),
        ("largest_batch", (100, 30, 20), 3),
        ("usd_per_million_tokens", (0.001, 4, 3.6, 0.5), 8),  # a million tokens: 1,000 s of four at $3.60, twice
        ("usd_per_million_tokens_at", (1000, 4, 3.6, 0.5), 8),
        ("usd_per_million_tokens_at", (1000, 4, 3.6), 4),
        ("usd_per_million", (8, 2e6), 4),
        ("api_usd", (2e6, 1e6, 0.5, 3), 4),
        ("break_even_utilization", (5000, 0.001, 1e7), 0.5),
        ("energy_watt_hours", (10, 700, 1.1), 7700),
        ("gpu_hours", (3.6e18, 1e12, 0.5), 2000),
        ("elapsed_hours", (2000, 8), 250),
        ("model_flops_utilization", (3.6e18, 2000, 1e12), 0.5),
        ("least_pass_seconds", (140e9, 3.5e12), 0.04),
        ("ridge_batch", (1000e12, 4e12), 250),
        ("ridge_context", (50e9, 200e3, 1000e12, 4e12), 2000),  # 0.1 ms: 100 GFLOP, or 400 MB of 200 kB a token
        ("prefill_seconds", (70e9, 1000, 140e12), 1),
        ("decode_seconds_per_token", (0.04, 8), 0.005),
        ("checkpointed_activation_bytes", (80, 8192, 1000), 80 * 8192 * 1000 * 2),
        ("quantized_weight_bytes", (70e9, 4), 35e9),
        ("bit_per_parameter", (35e9, 70e9), 4),
        ("tokens_per_pass", (0.5, 2), 1.75),  # the first, the second half the time, the third a quarter
        ("tokens_per_pass", (1, 4), 5),
        ("tokens_per_pass", (0, 4), 1),
        ("speculative_speed", (0.5, 2, 0.25), 1.75 / 1.5),
        ("relative_error", (90, 100), -0.1),
        ("answers_in_training_time", (3, 4), 12),
    ],
)
def test_a_formula_gives_what_a_hand_computes(name, arguments, expected):
    assert FORMULAS[name](*arguments) == pytest.approx(expected, rel=1e-12)


# --- identities ---


def test_use_matches_training_after_three_times_its_tokens_whatever_the_size():
    for parameters in (1e6, 405e9):
        trained = costs.training_flops(parameters, 1e9)
        assert costs.inference_flops(parameters, costs.inference_tokens_for_training(1e9)) == trained


def test_sharing_state_leaves_its_sum_and_sharing_nothing_repeats_it():
    whole = costs.training_state_bytes(1e9, 4)
    assert whole == 18e9
    assert 16 * costs.sharded_training_state_bytes(1e9, 4, 16, 3) == pytest.approx(whole)
    each = [costs.sharded_training_state_bytes(1e9, 4, 16, stage) for stage in range(4)]
    assert each == sorted(each, reverse=True)
    assert each[0] == whole
    assert each[1] == pytest.approx((2 + 4 + 12 / 16) * 1e9)
    assert each[2] == pytest.approx((2 + 4 / 16 + 12 / 16) * 1e9)


def test_a_dense_model_is_read_whole_and_a_mixture_more_with_each_request():
    assert costs.parameters_read(70e9, 70e9, 0.1, 1) == 70e9
    read = [costs.parameters_read(671e9, 37e9, 8 / 256, batch) for batch in (1, 8, 32, 4096)]
    assert read[0] == pytest.approx(37e9)
    assert read == sorted(read)
    assert read[1] == pytest.approx(163e9, rel=0.01)  # 16.5 always, and 654 among which 8 of 256 are picked
    assert read[2] == pytest.approx(434e9, rel=0.01)
    assert read[-1] == pytest.approx(671e9)


def test_a_pass_takes_as_long_as_the_slower_of_arithmetic_and_reading():
    fast = {"active_parameters": 1e9, "batch": 4, "bytes_read": 2e9}
    assert costs.decode_pass_seconds(**fast, flops_per_second=1e15, bytes_per_second=1e9) == 2
    assert costs.decode_pass_seconds(**fast, flops_per_second=1e9, bytes_per_second=1e15) == 8


def test_the_pace_changes_at_the_ridge():
    batch = costs.ridge_batch(989e12, 3.35e12)
    at = {"active_parameters": 70e9, "bytes_read": 140e9, "flops_per_second": 989e12, "bytes_per_second": 3.35e12}
    reading = costs.least_pass_seconds(140e9, 3.35e12)
    assert costs.decode_pass_seconds(batch=batch * 0.99, **at) == reading
    assert costs.decode_pass_seconds(batch=batch * 1.01, **at) > reading


def test_beyond_the_ridge_context_no_batch_makes_arithmetic_the_limit():
    peaks = {"flops_per_second": 989e12, "bytes_per_second": 3.35e12}
    context = costs.ridge_context(70e9, 327_680, **peaks)

    def waits_for_memory(batch, tokens):
        read = 140e9 + batch * tokens * 327_680
        pass_seconds = costs.decode_pass_seconds(active_parameters=70e9, batch=batch, bytes_read=read, **peaks)
        return pass_seconds == pytest.approx(costs.least_pass_seconds(read, 3.35e12), rel=1e-9)

    assert not waits_for_memory(1e5, 0.99 * context)
    assert all(waits_for_memory(batch, context) for batch in (1, 1e3, 1e5))


def test_hours_and_utilization_undo_each_other():
    hours = costs.gpu_hours(3.8e25, 989e12, 0.41)
    assert costs.model_flops_utilization(3.8e25, hours, 989e12) == pytest.approx(0.41)


def test_a_bill_is_the_same_by_token_and_by_hour():
    an_hour = costs.usd_per_million_tokens(0.002, 4, 3.49, 1) * (3600 / 0.002) / 1e6
    assert an_hour == pytest.approx(costs.rental_usd(4, 3.49))
    assert costs.usd_per_million(an_hour, 3600 / 0.002) == pytest.approx(
        costs.usd_per_million_tokens(0.002, 4, 3.49, 1)
    )


def test_at_break_even_both_bills_are_equal():
    month, full = costs.hosting_usd_per_month(2, 3.49), costs.requests_per_month(0.5, 1)
    busy = costs.break_even_utilization(month, 0.002, full)
    requests = costs.requests_per_month(0.5, busy)
    assert costs.api_usd(requests * 1000, 0, 2, 0) == pytest.approx(month)


def test_a_cache_of_a_public_model():
    """Llama 3.1 8B at 8,192 tokens in bf16, with 8 KV heads: 1.07 GB."""
    assert costs.kv_cache_bytes(32, 8, 128, 8192, 2) == 2**30


def test_attention_adds_to_training():
    weights = costs.training_flops(405e9, 15.6e12)
    attention = costs.attention_training_flops(126, 128, 128, 8192, 15.6e12)
    assert 0.05 < attention / weights < 0.1


# --- units, documentation ---

# Left out: a power takes a bare count of requests, and what is of each GPU has no unit of its own on the site.
GIVES = {
    "attention_training_flops": "FLOP",
    "bit_per_parameter": "bit/parameter",
    "break_even_utilization": "fraction",
    "checkpointed_activation_bytes": "byte",
    "decode_pass_seconds": "second",
    "elapsed_hours": "hour",
    "gpu_hours": "GPU-hour",
    "hosting_usd_per_month": "USD/month",
    "inference_flops": "FLOP",
    "kv_cache_bytes": "byte",
    "least_pass_seconds": "second",
    "model_flops_utilization": "fraction",
    "prefill_seconds": "second",
    "quantized_weight_bytes": "byte",
    "rental_usd": "USD",
    "ridge_context": "token/request",
    "training_flops": "FLOP",
    "training_state_bytes": "byte",
    "weight_bytes": "byte",
}


def with_units(name: str):
    """Return a formula whose constants carry their units, as the check of derived numbers gives them."""
    function = load_from_snippets(f"costs.{name}", 1)
    named = function.__globals__
    for each in [each for each in named if re.fullmatch(r"[A-Z][A-Z0-9_]+", each)]:
        named[each] = named[each] * in_units(constant_unit(each))
    return function


@pytest.mark.parametrize("name", GIVES)
def test_a_formula_fits_its_units(name):
    parameters = inspect.signature(FORMULAS[name]).parameters
    arguments = {key: quantity(*EXAMPLES[key]) for key in parameters}
    result = with_units(name)(**arguments) * in_units("dimensionless")
    assert result.dimensionality == quantity(1, GIVES[name]).dimensionality


@pytest.mark.parametrize("name", ["decode_pass_seconds", "weight_bytes", "training_flops"])
def test_a_formula_given_a_wrong_unit_does_not_fit(name):
    parameters = inspect.signature(FORMULAS[name]).parameters
    arguments = {key: quantity(*EXAMPLES[key]) for key in parameters}
    first = next(iter(arguments))
    arguments[first] = quantity(1, "watt")
    try:
        result = with_units(name)(**arguments) * in_units("dimensionless")
    except pint.DimensionalityError:
        return
    assert result.dimensionality != quantity(1, GIVES[name]).dimensionality


def test_the_file_imports_math_alone():
    lines = [line for line in inspect.getsource(costs).splitlines() if re.match(r"\s*(import|from) ", line)]
    assert lines == ["import math"]


def test_each_formula_says_what_it_gives():
    for name, function in FORMULAS.items():
        assert function.__doc__ and function.__doc__.startswith("Return "), name
        assert set(inspect.signature(function).parameters) <= set(function.__annotations__), name
