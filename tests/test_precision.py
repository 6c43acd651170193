"""What the page on precision counts: exact identities of its figures, and recomputing that changes no result."""

from itertools import pairwise

import pytest
import torch

from tests.snippet_functions import casebook, functions_of, recorded, tiny_gpt

LAYERS, SIZE, VOCABULARY = 8, 128, 128
STRIDE = 2  # blocks from one figure to the next
batch = casebook.encode(casebook.SOLVED[:8])
precision, FIGURES = functions_of("precision", batch=batch), recorded("precision")


def steps_between(values):
    return {after - before for before, after in pairwise(values)}


def test_each_recomputed_block_saves_the_same():
    for kind in ("float32", "mixed", "bfloat16"):
        (step,) = steps_between(FIGURES[f"{kind}_kept"])
        assert step < 0
    assert FIGURES["loss_changed"] == FIGURES["gradients_changed"] == 0


def test_a_block_recomputed_adds_all_but_its_last_product():
    cases, length = batch.inputs.shape
    assert FIGURES["cases"] == cases
    tokens = cases * length
    attention = 2 * 2 * cases * length**2 * SIZE  # scores, then the sum over values
    forward = LAYERS * (2 * tokens * 12 * SIZE**2 + attention) + 2 * tokens * SIZE * VOCABULARY
    assert FIGURES["plain_flops"] == 3 * forward
    assert steps_between(FIGURES["flops"]) == {STRIDE * (2 * tokens * 8 * SIZE**2 + attention)}


def test_bfloat16_halves_what_is_not_counted_in_whole_numbers():
    assert 2 * FIGURES["bfloat16_weight_bytes"] == FIGURES["weight_bytes"] == FIGURES["mixed_gradient_bytes"]
    assert 0 < FIGURES["bfloat16_bytes"] - FIGURES["float32_bytes"] / 2 < 0.02 * FIGURES["float32_bytes"]


@pytest.mark.parametrize("kind", ["float32", "mixed", "bfloat16"])
def test_a_small_model_gives_the_same_gradients_from_fewer_bytes(kind):
    config = tiny_gpt.Config(hidden_size=16, layers=3, heads=2)
    plain, recomputed = (precision.build(config, kind, n) for n in (0, 3))
    assert precision.kept_bytes(recomputed, kind) < 0.7 * precision.kept_bytes(plain, kind)
    losses = [precision.loss_on(model, kind) for model in (plain, recomputed)]
    for loss in losses:
        loss.backward()
    assert torch.equal(*losses)
    for a, b in zip(plain.parameters(), recomputed.parameters(), strict=True):
        assert a.grad.any()
        assert torch.equal(a.grad, b.grad)


def test_both_pages_count_the_same_bytes_kept():
    model = precision.build(tiny_gpt.Config(hidden_size=16), "float32")
    saved = functions_of("memory").saved_bytes(model, lambda: precision.loss_on(model, "float32"))
    assert precision.kept_bytes(model, "float32") == saved > 0
