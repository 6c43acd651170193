"""What the page Decoding says of caches, and the functions that it offers to copy, on small models."""

from itertools import count
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.snippet_functions import costs, engine, functions_of, recorded, tiny_gpt


@pytest.fixture
def decoding():
    """Return the functions of decoding.py over a model of a few thousand weights."""
    torch.manual_seed(0)
    config = tiny_gpt.Config(hidden_size=32, heads=4, context=32)
    parts = {"model": tiny_gpt.GPT(config), "embedding": nn.Embedding(128, 32)}
    parts["gru"] = nn.GRU(32, 32, num_layers=2, batch_first=True)
    for part in parts.values():
        part.requires_grad_(requires_grad=False)
    return functions_of("decoding", config=config, text=torch.randint(128, (1, 20)), **parts)


@pytest.mark.parametrize("way", ["with_cache", "without_cache", "recurrent"])
@pytest.mark.parametrize("length", [1, 12])
def test_a_step_goes_on_as_if_all_were_read_at_once(decoding, way, length):
    text, step = decoding.text, getattr(decoding, way)()
    scores = torch.stack([step(tokens) for tokens in text.split([length] + [1] * (20 - length), dim=1)], dim=1)
    if way == "recurrent":
        at_once = decoding.gru(decoding.embedding(text))[0] @ decoding.embedding.weight.T
    else:
        at_once = decoding.model(text)
    torch.testing.assert_close(scores, at_once[:, length - 1 :], atol=1e-5, rtol=0)


def test_timing_reads_the_prompt_and_feeds_the_likeliest_token_back(decoding, monkeypatch):
    given, ticks = [], count(0, 5)
    monkeypatch.setattr(decoding, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))

    def step(tokens):
        given.append(tokens.tolist())
        return nn.functional.one_hot(tokens[:, -1] + 1, 128).float()

    assert decoding.time_decoding(step, torch.tensor([[1, 5], [3, 7]]), tokens=2) == [5, 5, 5]
    assert given == [[[1, 5], [3, 7]], [[6], [8]], [[7], [9]]]


def test_the_count_of_operations_holds_attention(decoding):
    """Two operations for each weight and token, and two matrix products of attention in each layer."""
    weights = sum(weight.numel() for weight in decoding.model.parameters())
    for length in (1, 20):
        expected = 2 * weights * length + 2 * (2 * length * length * 32) * decoding.config.layers
        assert decoding.count_flops(decoding.model, decoding.text[:, :length]) == expected


def test_what_is_counted_on_the_page_is_what_theory_says():
    values = recorded("decoding")
    tokens, size, layers = values["longest"] + 1, values["heads"] * values["head_size"], values["layers"]
    weights = 128 * size + 12 * layers * size**2
    assert values["cached_flops"] == 2 * weights + 2 * (2 * tokens * size) * layers
    assert values["uncached_flops"] == tokens * values["cached_flops"]
    moved = (weights + 2 * layers * values["longest"] * size) * values["bytes_per_value"]
    assert values["write_intensity"] == values["cached_flops"] / moved
    assert values["cache_bytes"] == values["heads"] * values["shared_cache_bytes"]
    assert values["state_bytes"] == layers * size * values["bytes_per_value"], "a state for each layer, of any text"


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_the_formula_gives_the_bytes_of_the_tensors(kv_heads, dtype):
    config = tiny_gpt.Config(hidden_size=32, layers=3, heads=4, kv_heads=kv_heads, context=48)
    cache = engine.KVCache(config, batch=1, like=torch.empty(0, dtype=dtype))
    assert costs.kv_cache_bytes(3, kv_heads, 8, 48, dtype.itemsize) == cache.keys.nbytes + cache.values.nbytes
