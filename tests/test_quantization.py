"""What the page Quantization says is stored, computed from the shapes alone; and rounding, on weights of our own."""

import pytest
import torch
from torch import nn
from torchao.quantization import Int8WeightOnlyConfig, quantize_

from tests.snippet_functions import costs, functions_of, recorded, tiny_gpt

SMALL, LARGE = tiny_gpt.Config(), tiny_gpt.Config(hidden_size=1024, layers=6, heads=16)
quantization, FIGURES = functions_of("quantization"), recorded("quantization")


def linear(config):
    """Return the rows and columns of each linear layer; the embedding is none."""
    size = config.hidden_size
    return [(3 * size, size), (size, size), (4 * size, size), (size, 4 * size)] * config.layers


def test_rounding_by_hand_takes_the_bits_and_two_numbers_a_group():
    parameters = recorded("train")["parameters"]
    for bits, stored in zip(FIGURES["widths"], FIGURES["rounded_bytes"], strict=True):
        assert stored == costs.quantized_weight_bytes(parameters, bits + 2 * 16 / FIGURES["group_size"])


@pytest.mark.parametrize(("config", "prefix"), [(SMALL, ""), (LARGE, "large_")], ids=["small", "large"])
def test_what_torchao_stores_follows_from_the_shapes(config, prefix):
    """In int8 a byte a weight, and a row a float32 scale and a zero point of a byte, though that is always zero.

    In int4 half a byte a weight, and two bfloat16 numbers a group. The embedding stays in bfloat16.
    """
    embedding, group = config.vocab_size * config.hidden_size, FIGURES["group_size"]
    int8 = sum(rows * columns + rows * (4 + 1) for rows, columns in linear(config))
    int4 = sum(rows * columns // 2 + rows * columns // group * 2 * 2 for rows, columns in linear(config))
    assert FIGURES[f"{prefix}int8_bytes"] == int8 + 2 * embedding
    assert FIGURES[f"{prefix}int4_bytes"] == int4 + 2 * embedding
    assert (FIGURES | recorded("train"))[f"{prefix}parameters"] == sum(r * c for r, c in linear(config)) + embedding


def test_stored_bytes_are_those_of_all_parts_of_a_tensor():
    layer = nn.Linear(64, 32, bias=False).bfloat16()
    assert quantization.stored_bytes(layer.weight) == layer.weight.nbytes == 32 * 64 * 2
    quantize_(layer, Int8WeightOnlyConfig())
    assert 32 * 64 < quantization.stored_bytes(layer.weight) < 1.2 * 32 * 64


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_no_weight_moves_by_more_than_half_a_step(bits):
    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(1))
    rounded, stored = quantization.round_weights(weight, bits)
    groups = weight.view(-1, 32)
    step = (groups.amax(1) - groups.amin(1)) / (2**bits - 1)
    moved = (rounded - weight).view(-1, 32).abs().amax(1)
    assert (moved <= step / 2 + 4e-3).all(), "half a step, and what 16 bits lose of the start and the spacing"
    assert moved.min() > 0
    assert all(len(group.unique()) <= 2**bits for group in rounded.view(-1, 32))
    assert rounded.shape == weight.shape
    assert stored == weight.numel() * bits // 8 + len(groups) * 4


def test_weights_that_are_all_equal_stay_as_they_are():
    weight = torch.full((2, 32), 0.5)
    assert torch.equal(quantization.round_weights(weight, 4)[0], weight)
