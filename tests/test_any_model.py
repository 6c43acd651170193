"""Whatever model is described, the formulas give finite figures in their units that follow physics, or refuse by name."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.calculators import Calculators
from scripts.common import ROOT
from tests.snippet_functions import costs
from tests.test_formula_units import CalculatorsWithUnits, quantity

CALCULATORS, WITH_UNITS = Calculators(), CalculatorsWithUnits(ROOT)


def between(low, high):
    """Return numbers as likely of one power of ten as of another."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


def counts(low, high):
    return between(low, high).map(round)


@st.composite
def descriptions(draw):
    """Return a model and its use as the calculators ask for them; most are sound, and none that is built."""
    layers, heads, experts = draw(counts(1, 200)), draw(counts(1, 256)), draw(counts(1, 512))
    window_layers = draw(st.integers(0, layers))
    picked = draw(st.integers(1, experts)) / experts
    found = {
        "parameters": draw(between(1e5, 1e13)),
        "active": draw(st.floats(picked, 1)),
        "picked": picked,
        "bit_per_parameter": draw(st.floats(1.58, 32)),
        "shared_bit_per_parameter": draw(st.floats(1.58, 2)),
        "layers": layers,
        "window_layers": window_layers,
        "window_tokens": draw(counts(1, 10_000)),
        "linear_layers": draw(st.integers(0, layers - window_layers)),
        "state_bytes": draw(st.sampled_from([0, 1e6, 1e9])),
        "heads": heads,
        "kv_heads": draw(st.integers(1, heads)),
        "head_size": draw(counts(8, 512)),
        "latent_values": draw(st.sampled_from([0, 0, 288, 576])),
        "latent_size": draw(counts(64, 576)),
        "prompt_tokens": draw(counts(1, 10_000_000)),
        "answer_tokens": draw(counts(1, 100_000)),
        "batch": draw(counts(1, 4096)),
        "gpus": draw(counts(1, 100)),
        "memory_bytes": draw(between(1e9, 1e15)),
        "flops_per_second": draw(between(1e12, 1e16)),
        "bytes_per_second": draw(between(1e11, 1e14)),
    }
    return found | {"table_parameters": found["parameters"] * draw(st.sampled_from([0, 0.001, 0.4]))}


def serve(model, **changes):
    return CALCULATORS.results("inference-cost", model | {"memory_bytes": 1e30} | changes)


def fit(model, **changes):
    known = CALCULATORS.specs["does-it-fit"].inputs
    asked = {key: value for key, value in (model | changes).items() if key in known}
    return CALCULATORS.results("does-it-fit", asked | {"tokens": (model | changes)["prompt_tokens"]})


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(descriptions())
def test_a_description_is_computed_with_or_refused_by_name(model):
    for name in ("inference-cost", "does-it-fit"):
        spec = CALCULATORS.specs[name]
        asked = {key: value for key, value in model.items() if key in spec.inputs}
        try:
            left = CALCULATORS.results(name, asked)
        except ValueError as error:
            assert str(error).startswith((*spec.inputs, "the weights"))
            continue
        with_units = WITH_UNITS.results(name, asked)
        for key, output in spec.outputs.items():
            assert math.isfinite(left[key]) and left[key] >= 0, key
            amount = with_units[key] * quantity(1)
            assert amount.to(quantity(1, output.unit).units).magnitude == pytest.approx(left[key], rel=1e-9), key


MORE_NEVER_LESS = {  # with more of this, none of these is less
    "prompt_tokens": "cache reading_seconds pass_seconds seconds_per_output_token busy_seconds usd_per_month",
    "answer_tokens": "cache pass_seconds seconds_per_output_token busy_seconds usd_per_month watt_hours_per_request",
    "bit_per_parameter": "weights reading_seconds pass_seconds busy_seconds usd_per_month",
    "batch": "pass_seconds seconds_between_tokens",
    "window_tokens": "cache reading_seconds pass_seconds",
    "heads": "reading_seconds pass_seconds",
    "state_bytes": "cache pass_seconds",
}
MORE_NEVER_MORE = {
    "gpus": "reading_seconds pass_seconds",
    "batch": "seconds_per_output_token",
    "table_parameters": "reading_seconds pass_seconds busy_seconds usd_per_month",
    "flops_per_second": "reading_seconds pass_seconds busy_seconds usd_per_month",
    "bytes_per_second": "reading_seconds pass_seconds busy_seconds usd_per_month",
    "linear_layers": "cache reading_seconds pass_seconds",
}


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(descriptions(), st.integers(2, 9))
def test_more_costs_no_less(model, times):
    model["state_bytes"] = max(model["state_bytes"], 1)  # or nothing is kept where all layers become linear
    model["shared_bit_per_parameter"] = model["bit_per_parameter"]
    before = serve(model)
    for table, sign in ((MORE_NEVER_LESS, 1), (MORE_NEVER_MORE, -1)):
        for key, results in table.items():
            more = min(model[key] * times, model["parameters"] / 2) if key == "table_parameters" else model[key] * times
            if key == "linear_layers":
                more = model["layers"] - model["window_layers"]
            after = serve(model, **{key: more})
            for result in results.split():
                assert sign * (after[result] - before[result]) >= -1e-9 * before[result], (key, result)
    assert fit(model, prompt_tokens=times * model["prompt_tokens"])["serving"] >= fit(model)["serving"]
    assert fit(model, bit_per_parameter=1)["serving"] <= fit(model)["serving"]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(descriptions())
def test_beyond_the_ridge_context_reading_sets_the_pace_of_any_batch(model):
    """For a model whose layers keep the whole text."""
    keeps = 2 * model["kv_heads"] * model["head_size"] * model["layers"] * 2
    adds = costs.attention_flops(model["heads"], model["head_size"], model["layers"])
    peaks = model["flops_per_second"], model["bytes_per_second"]
    try:
        context = costs.ridge_context(model["parameters"], keeps, adds, *peaks)
    except ValueError:
        assert adds / peaks[0] >= keeps / peaks[1]
        return
    for tokens, limit in ((context * 0.99, "arithmetic"), (context * 1.01, "reading")):
        flops, read = costs.inference_flops(model["parameters"], 1) + adds * tokens, keeps * tokens
        assert ("arithmetic" if flops / peaks[0] > read / peaks[1] else "reading") == limit
