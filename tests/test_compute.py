"""The count of arithmetic: identities to the last operation, on models whose operations are known by hand."""

import ast
import runpy

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from scripts.numbers import load_from_snippets
from scripts.paths import SNIPPETS
from scripts.records import load_record


@pytest.fixture(scope="module")
def flops_by_module():
    """Return the snippet's function, without running what comes after it."""
    tree = ast.parse((SNIPPETS / "compute.py").read_text())
    last = next(i for i, each in enumerate(tree.body) if getattr(each, "name", "") == "flops_by_module")
    tree.body = [
        each
        for each in tree.body[: last + 1]
        if isinstance(each, ast.FunctionDef)
        or (
            isinstance(each, ast.Import | ast.ImportFrom)
            and getattr(each, "module", "") not in {"casebook", "tiny_gpt"}
        )
    ]
    space = {}
    exec(compile(tree, "compute.py", "exec"), space)
    return space["flops_by_module"]


@pytest.fixture(scope="module")
def tiny():
    return runpy.run_path(str(SNIPPETS / "tiny_gpt.py"))


def by_hand(config, model, rows, length):
    """Return the forward FLOPs: of the weights, and of attention over all pairs."""
    weights = sum(weight.numel() for weight in model.parameters())
    return 2 * weights * rows * length, 4 * config.layers * config.hidden_size * rows * length**2


@pytest.mark.parametrize("sizes", [{}, {"heads": 4}, {"heads": 4, "kv_heads": 2, "layers": 3}])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_forward_is_weights_and_attention_and_backward_is_twice_that(flops_by_module, tiny, sizes, device):
    config = tiny["Config"](vocab_size=32, context=16, hidden_size=16, **sizes)
    with torch.device(device):
        model = tiny["GPT"](config)
        flops = flops_by_module(model, torch.zeros(3, 11, dtype=torch.long))
    weights, attention = by_hand(config, model, 3, 11)
    assert flops[""] == (weights + attention, 2 * (weights + attention))
    for name, (forward, backward) in flops.items():
        assert backward == 2 * forward, name
    inside = sum(flops[f"blocks.0.{name}"][0] for name in ("query_key_value", "project", "expand", "contract"))
    assert flops["blocks.0"][0] - inside == attention / config.layers


def test_the_record_fits_by_hand():
    values = load_record("compute", "cpu").values
    per_token = values["forward_per_token"]
    assert values["forward_flops"] == per_token * values["tokens"], "division left no rest"
    parts = [values[name] for name in ("mlp", "projections", "output", "attention")]
    assert [sum(each) for each in zip(*parts, strict=True)] == [per_token, 2 * per_token]
    cases = load_record("side_by_side", "cpu").values["cases"]  # the same text
    assert values["attention"][0] == values["attention_flops"] == 4 * 2 * 64 * values["tokens"] / cases
    assert values["attention_by_default"] == 0, "PyTorch now counts it: say so on the page"


def test_a_token_is_written_with_what_there_is_to_look_back_on(flops_by_module, tiny):
    config = tiny["Config"](vocab_size=32, context=16, hidden_size=16)
    model = tiny["GPT"](config)
    cache = tiny["KVCache"](config, batch=1, like=model.embedding.weight)
    with torch.no_grad():
        model(torch.zeros(1, 9, dtype=torch.long), cache)
        found = flops_by_module(model, torch.zeros(1, 1, dtype=torch.long), cache)[""]
    assert found == (by_hand(config, model, 1, 1)[0] + 4 * config.layers * config.hidden_size * 10, 0)


def test_gradients_are_left_as_they_were(flops_by_module):
    model = nn.Linear(4, 3)
    model.weight.grad = torch.full((3, 4), 7.0)
    flops_by_module(model, torch.randn(2, 4))
    assert model.weight.grad.eq(7).all()
    assert model.bias.grad is None


def test_frozen_weights_need_no_gradient(flops_by_module):
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    forward = 2 * (4 * 8 + 8 * 3) * 5
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * forward - 2 * 4 * 8 * 5)
    model[0].requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * 8 * 3 * 5)
    model.requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4, requires_grad=True))[""] == (forward, 0)


@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_is_counted_in_training_and_on_its_fast_path(flops_by_module, training):
    size, inner, batch, length, layers = 16, 32, 2, 7, 2
    layer = nn.TransformerEncoderLayer(size, 4, inner, batch_first=True)
    model = nn.TransformerEncoder(layer, layers).train(training)
    texts = torch.randn(batch, length, size, requires_grad=True)
    weights = 4 * size * size + 2 * size * inner
    forward = layers * (2 * weights * batch * length + 4 * size * batch * length**2)
    assert flops_by_module(model, texts)["layers.0"][0] == forward / layers
    with torch.no_grad():
        assert flops_by_module(model, texts)[""] == (forward, 0)
    assert torch.backends.mha.get_fastpath_enabled(), "the fast path is back"


def test_loss_and_output_are_the_model_s_own_matter(flops_by_module):
    class Two(nn.Linear):
        def forward(self, x):
            return {"a": super().forward(x), "b": x}

    found = flops_by_module(Two(4, 3), torch.randn(2, 4), loss=lambda both: both["a"].square().mean())
    assert found[""] == (48, 48)


def test_what_is_computed_again_counts_as_backward(flops_by_module):
    class Again(nn.Sequential):
        def forward(self, x):
            return checkpoint(super().forward, x, use_reentrant=False)

    model = Again(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    forward, backward = flops_by_module(model, torch.randn(2, 4, requires_grad=True))[""]
    assert (forward, backward) == (128, 192 + 64), "all but the last layer, whose output is not needed"


def test_a_lookup_is_no_arithmetic(flops_by_module):
    assert flops_by_module(nn.Embedding(5, 3), torch.tensor([1, 2])) == {"": (0, 0)}


def test_what_its_docstring_says_it_does_not_see(flops_by_module):
    """Where one of these turns, PyTorch has mended it: say so in the docstring."""
    text, lstm = torch.randn(5, 2, 8), nn.LSTM(8, 16)
    first = lambda both: both[0].sum()  # noqa: E731
    assert flops_by_module(lstm, text, loss=first)[""] == (0, 0)
    by_hand_ = 2 * 5 * 2 * 4 * 16 * (8 + 16)
    assert flops_by_module(lstm.to("meta"), text.to("meta"), loss=first)[""][0] == by_hand_
    grouped, image = nn.Conv2d(8, 8, 3, groups=4), torch.randn(2, 8, 9, 9)
    forward, backward = flops_by_module(grouped, image)[""]
    assert (forward, backward) == (2 * 72 * 2 * 8 * 49 // 4, 4 * forward)


def test_the_fused_kernel_is_the_one_that_counts_nothing(tiny):
    model = tiny["GPT"](tiny["Config"](hidden_size=16))
    tokens = torch.zeros(1, 8, dtype=torch.long)
    found = []
    for kernel in (SDPBackend.FLASH_ATTENTION, SDPBackend.MATH):
        with sdpa_kernel(kernel), FlopCounterMode(display=False) as counter:
            model(tokens)
        found.append(counter.get_total_flops())
    weights, attention = by_hand(model.config, model, 1, 8)
    assert found == [weights, weights + attention]


def test_hours_and_utilization_are_each_other_s_inverse():
    hours, utilization = (load_from_snippets(f"costs.{name}", 1) for name in ("gpu_hours", "model_flops_utilization"))
    assert hours(3.6e18, 1e15) == 1
    assert hours(3.6e18, 1e15, 0.4) == 2.5
    assert utilization(3.6e18, hours(3.6e18, 1e15, 0.4), 1e15) == pytest.approx(0.4)
