"""What the page Quantization says is stored, computed from the shapes alone; and rounding, on weights of our own."""

import ast
import sys

import pytest
import torch

from scripts.numbers import Numbers
from scripts.paths import SNIPPETS

sys.path.insert(0, str(SNIPPETS))
import costs
from tiny_gpt import Config

SMALL, LARGE = Config(), Config(hidden_size=1024, layers=6, heads=16)


@pytest.fixture(scope="module")
def value():
    numbers = Numbers("cpu")
    return lambda name: numbers.get(name).value


@pytest.fixture(scope="module")
def round_weights():
    """Return the snippet's own function, without running the rest."""
    tree = ast.parse((SNIPPETS / "quantization.py").read_text(encoding="utf-8"))
    wanted = [
        node
        for node in tree.body
        if (isinstance(node, ast.FunctionDef) and node.name == "round_weights")
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "group_size")
    ]
    scope = {"torch": torch}
    exec(compile(ast.Module(wanted, []), "quantization.py", "exec"), scope)
    return scope["round_weights"]


def shapes(config):
    """Yield rows and columns of each linear layer; the embedding is none."""
    size = config.hidden_size
    for _ in range(config.layers):
        yield from [(3 * size, size), (size, size), (4 * size, size), (size, 4 * size)]


def embedding(config):
    return config.vocab_size * config.hidden_size


def test_rounding_by_hand_takes_the_bits_and_two_numbers_a_group(value):
    group, parameters = value("quantization.group_size"), value("train.parameters")
    for bits, stored in zip(value("quantization.widths"), value("quantization.rounded_bytes"), strict=True):
        assert stored == costs.quantized_weight_bytes(parameters, bits + 2 * 16 / group)


@pytest.mark.parametrize(("config", "name"), [(SMALL, "int8_bytes"), (LARGE, "large_int8_bytes")])
def test_int8_takes_a_byte_a_weight_and_a_scale_a_row(value, config, name):
    """The scale is a float32; torchao also stores a zero point of a byte, though it is always zero."""
    linear = sum(rows * columns + rows * (4 + 1) for rows, columns in shapes(config))
    assert value(f"quantization.{name}") == linear + 2 * embedding(config)


@pytest.mark.parametrize(("config", "name"), [(SMALL, "int4_bytes"), (LARGE, "large_int4_bytes")])
def test_int4_takes_half_a_byte_a_weight_and_two_bfloat16_a_group(value, config, name):
    group = value("quantization.group_size")
    linear = sum(rows * columns // 2 + rows * columns // group * 2 * 2 for rows, columns in shapes(config))
    assert value(f"quantization.{name}") == linear + 2 * embedding(config)


def test_the_large_model_is_the_one_in_the_snippet(value):
    assert value("quantization.large_parameters") == sum(r * c for r, c in shapes(LARGE)) + embedding(LARGE)
    assert value("quantization.large_bytes") == 4 * value("quantization.large_parameters")


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_no_weight_moves_by_more_than_half_a_step(round_weights, bits):
    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(1))
    rounded, stored = round_weights(weight, bits)
    groups = weight.view(-1, 32)
    step = (groups.amax(1) - groups.amin(1)) / (2**bits - 1)
    moved = (rounded - weight).view(-1, 32).abs().amax(1)
    assert (moved <= step / 2 + 4e-3).all(), "half a step, and what 16 bits lose of the start and the spacing"
    assert all(len(group.unique()) <= 2**bits for group in rounded.view(-1, 32))
    assert rounded.shape == weight.shape
    assert stored == weight.numel() * bits // 8 + len(groups) * 4


def test_bits_and_bytes_are_each_other_s_inverse():
    assert costs.bit_per_parameter(costs.quantized_weight_bytes(70e9, 4.5), 70e9) == 4.5


def test_llama_70b_in_sixteen_bits_is_140_gb_and_takes_42_ms_to_read():
    stored = costs.quantized_weight_bytes(70e9, costs.BFLOAT16_BIT_PER_PARAMETER)
    assert stored == 140e9
    assert costs.least_pass_seconds(stored, 3.35e12) == pytest.approx(0.0418, rel=1e-3)
