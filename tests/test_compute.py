"""The count of arithmetic: identities to the last operation, on models whose operations are known by hand."""

import pytest
import torch
from torch import nn

from tests.snippet_functions import engine, functions_of, recorded, tiny_gpt

flops_by_module = functions_of("compute").flops_by_module


def by_hand(config, model, rows, length):
    """Return the forward FLOPs: of the weights, and of attention over all pairs."""
    weights = sum(weight.numel() for weight in model.parameters())
    return 2 * weights * rows * length, 4 * config.layers * config.hidden_size * rows * length**2


@pytest.mark.parametrize("sizes", [{}, {"heads": 4}, {"heads": 4, "kv_heads": 2, "layers": 3}], ids=str)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_forward_is_weights_and_attention_and_backward_is_twice_that(sizes, device):
    config = tiny_gpt.Config(vocab_size=32, context=16, hidden_size=16, **sizes)
    with torch.device(device):
        model = tiny_gpt.GPT(config)
        flops = flops_by_module(model, torch.zeros(3, 11, dtype=torch.long))
    weights, attention = by_hand(config, model, 3, 11)
    assert flops[""] == (weights + attention, 2 * (weights + attention))
    for name, (forward, backward) in flops.items():
        assert backward == 2 * forward, name
    inside = sum(flops[f"blocks.0.{name}"][0] for name in ("query_key_value", "project", "expand", "contract"))
    assert flops["blocks.0"][0] - inside == attention / config.layers


def test_a_token_is_written_with_what_there_is_to_look_back_on():
    config = tiny_gpt.Config(vocab_size=32, context=16, hidden_size=16)
    model = tiny_gpt.GPT(config)
    cache = engine.KVCache(config, batch=1, like=model.embedding.weight)
    with torch.no_grad():
        model(torch.zeros(1, 9, dtype=torch.long), cache)
        found = flops_by_module(model, torch.zeros(1, 1, dtype=torch.long), cache)[""]
    assert found == (by_hand(config, model, 1, 1)[0] + 4 * config.layers * config.hidden_size * 10, 0)


def test_gradients_are_left_as_they_were():
    model = nn.Linear(4, 3)
    model.weight.grad = torch.full((3, 4), 7.0)
    flops_by_module(model, torch.randn(2, 4))
    assert model.weight.grad.eq(7).all()
    assert model.bias.grad is None


def test_frozen_weights_need_no_gradient():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    forward = 2 * (4 * 8 + 8 * 3) * 5
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * forward - 2 * 4 * 8 * 5)
    model[0].requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * 8 * 3 * 5)
    model.requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4, requires_grad=True))[""] == (forward, 0)


@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_is_counted_in_training_and_on_its_fast_path(training):
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


def test_what_its_docstring_says_it_does_not_see():
    """Where one of these turns, PyTorch has fixed it: change the docstring."""
    text, lstm = torch.randn(5, 2, 8), nn.LSTM(8, 16)
    first = lambda both: both[0].sum()  # noqa: E731
    assert flops_by_module(lstm, text, loss=first)[""] == (0, 0)
    on_meta = flops_by_module(lstm.to("meta"), text.to("meta"), loss=first)[""][0]
    assert on_meta == 2 * 5 * 2 * 4 * 16 * (8 + 16)
    grouped, image = nn.Conv2d(8, 8, 3, groups=4), torch.randn(2, 8, 9, 9)
    forward, backward = flops_by_module(grouped, image)[""]
    assert (forward, backward) == (2 * 72 * 2 * 8 * 49 // 4, 4 * forward)


def test_the_parts_on_the_page_are_the_whole_and_what_a_hand_computes():
    values = recorded("compute")
    per_token = values["forward_per_token"]
    assert values["forward_flops"] == per_token * values["tokens"], "division left no rest"
    parts = [values[name] for name in ("mlp", "projections", "output", "attention")]
    assert [sum(each) for each in zip(*parts, strict=True)] == [per_token, 2 * per_token]
    assert values["weight_flops"] == 2 * recorded("train")["parameters"]
    case_tokens = values["tokens"] / recorded("side_by_side")["cases"]  # the same text
    assert values["attention"][0] == values["attention_flops"] == 4 * 2 * 64 * case_tokens
    assert values["written_flops"] == per_token, "the last token of a case has all before it to look back on"
    assert [values["cnn_forward"], values["cnn_backward"]] == values["cnn_by_hand"]
    assert values["attention_by_default"] == 0, "PyTorch now counts it: say so on the page"
