"""What the page on precision counts: exact identities of its figures, and recomputing that changes no result."""

import ast
import sys
from itertools import pairwise

import pytest
import torch

from scripts.paths import SNIPPETS
from scripts.records import load_record
from scripts.snippets import source_path

sys.path.insert(0, str(SNIPPETS))
from casebook import SOLVED, encode
from tiny_gpt import Config

LAYERS, SIZE, VOCABULARY = 8, 128, 128
STRIDE = 2  # blocks from one figure to the next


@pytest.fixture(scope="module")
def precision():
    """Return what the snippet defines, without the measurements after its last function: they take seconds."""
    tree = ast.parse(source_path("precision").read_text())
    last = max(i for i, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef))
    tree.body = tree.body[: last + 1]
    names, threads = {}, torch.get_num_threads()
    exec(compile(tree, "precision.py", "exec"), names)
    yield names
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def figures():
    return load_record("precision", "cpu").values


def steps_between(values):
    return {after - before for before, after in pairwise(values)}


def matrix_flops(tokens, wide):
    return 2 * tokens * wide * SIZE**2


@pytest.mark.parametrize("kept", ["float32_kept", "mixed_kept", "bfloat16_kept"])
def test_each_block_saves_the_same(figures, kept):
    assert len(figures[kept]) == LAYERS / STRIDE + 1
    assert len(steps_between(figures[kept])) == 1


def test_a_block_recomputed_adds_all_but_its_last_product(figures):
    cases, length = encode(SOLVED[: figures["cases"]]).inputs.shape
    tokens = cases * length
    attention = 2 * 2 * cases * length**2 * SIZE  # scores, then the sum over values
    forward = LAYERS * (matrix_flops(tokens, 12) + attention) + 2 * tokens * SIZE * VOCABULARY
    assert figures["plain_flops"] == 3 * forward
    assert steps_between(figures["flops"]) == {STRIDE * (matrix_flops(tokens, 8) + attention)}


def test_bfloat16_halves_what_is_not_counted_in_whole_numbers(figures):
    assert 2 * figures["bfloat16_weight_bytes"] == figures["weight_bytes"]
    assert figures["mixed_gradient_bytes"] == figures["weight_bytes"]
    assert 0 < figures["bfloat16_bytes"] - figures["float32_bytes"] / 2 < 0.02 * figures["float32_bytes"]


def test_recomputing_changed_nothing(figures):
    assert figures["loss_changed"] == figures["gradients_changed"] == 0


@pytest.mark.parametrize("kind", ["float32", "mixed", "bfloat16"])
def test_a_small_model_gives_the_same_gradients_from_fewer_bytes(precision, kind):
    config = Config(hidden_size=16, layers=3, heads=2)
    plain, recomputed = (precision["build"](config, kind, n) for n in (0, 3))
    assert precision["kept_bytes"](recomputed, kind) < 0.7 * precision["kept_bytes"](plain, kind)
    losses = [precision["loss_on"](model, kind) for model in (plain, recomputed)]
    for loss in losses:
        loss.backward()
    assert torch.equal(*losses)
    for a, b in zip(plain.parameters(), recomputed.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)


def test_nothing_is_kept_without_gradients(precision):
    model = precision["build"](Config(), "float32", 2)
    with torch.inference_mode():
        assert precision["kept_bytes"](model, "float32") == 0
