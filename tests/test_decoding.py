"""What the page Decoding says of caches, and the functions that it offers to copy, on small models."""

import ast
import sys
import time
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scripts.paths import SNIPPETS
from scripts.records import load_record

sys.path.insert(0, str(SNIPPETS))
from costs import kv_cache_bytes
from tiny_gpt import GPT, Config, KVCache


@pytest.fixture
def snippet():
    """Return the functions of decoding.py over a model of a few thousand weights."""
    torch.manual_seed(0)
    config = Config(hidden_size=32, heads=4, context=32)
    names = {
        "config": config,
        "model": GPT(config),
        "gru": nn.GRU(32, 32, num_layers=2, batch_first=True),
        "embedding": nn.Embedding(128, 32),
        "text": torch.randint(128, (1, 20)),
    }
    used = (torch, time, KVCache, SDPBackend, sdpa_kernel, FlopCounterMode)
    names |= {each.__name__: each for each in used}
    source = ast.parse((SNIPPETS / "decoding.py").read_text())
    source.body = [node for node in source.body if isinstance(node, ast.FunctionDef)]
    exec(compile(source, "decoding.py", "exec"), names)
    with torch.inference_mode():
        yield SimpleNamespace(**names)


@pytest.mark.parametrize("way", ["with_cache", "without_cache", "recurrent"])
@pytest.mark.parametrize("length", [1, 12])
def test_a_step_goes_on_as_if_all_were_read_at_once(snippet, way, length):
    text = snippet.text
    step = getattr(snippet, way)()
    scores = torch.stack([step(tokens) for tokens in text.split([length] + [1] * (20 - length), dim=1)], dim=1)
    if way == "recurrent":
        at_once = snippet.gru(snippet.embedding(text))[0] @ snippet.embedding.weight.T
    else:
        at_once = snippet.model(text)
    torch.testing.assert_close(scores, at_once[:, length - 1 :], atol=1e-5, rtol=0)


def test_timing_reads_the_prompt_and_feeds_the_likeliest_token_back(snippet):
    given = []

    def step(tokens):
        given.append(tokens.tolist())
        time.sleep(0.002)
        return nn.functional.one_hot(tokens[:, -1] + 1, 128).float()

    seconds = snippet.time_decoding(step, torch.tensor([[1, 5], [3, 7]]), tokens=2)
    assert given == [[[1, 5], [3, 7]], [[6], [8]], [[7], [9]]]
    assert len(seconds) == 3
    assert min(seconds) >= 0.002


@pytest.mark.parametrize("length", [1, 12, 20])
def test_the_count_of_operations_holds_attention(snippet, length):
    """Two operations for each weight and token, and two matrix products of attention in each layer."""
    weights = sum(weight.numel() for weight in snippet.model.parameters())
    expected = 2 * weights * length + 2 * (2 * length * length * 32) * snippet.config.layers
    assert snippet.count_flops(snippet.model, snippet.text[:, :length]) == expected


def test_what_the_record_counts_is_what_theory_says():
    values = load_record("decoding", "cpu").values
    tokens, size = values["longest"] + 1, values["heads"] * values["head_size"]
    weights = sum(weight.numel() for weight in GPT(Config(hidden_size=size, layers=values["layers"])).parameters())
    assert values["cached_flops"] == 2 * weights + 2 * (2 * tokens * size) * values["layers"]
    assert values["uncached_flops"] == tokens * values["cached_flops"]
    moved = (weights + 2 * values["layers"] * values["longest"] * size) * values["bytes_per_value"]
    assert values["write_intensity"] == values["cached_flops"] / moved


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_formula_gives_the_bytes_of_the_tensors(kv_heads, dtype):
    config = Config(hidden_size=32, layers=3, heads=4, kv_heads=kv_heads, context=48)
    cache = KVCache(config, batch=1, like=torch.empty(0, dtype=dtype))
    expected = cache.keys.nbytes + cache.values.nbytes
    assert kv_cache_bytes(3, kv_heads, 8, 48, dtype.itemsize) == expected


def test_the_formula_gives_the_known_size_of_a_large_cache():
    """Llama 3.1 8B, 8,192 tokens in bf16: 1.07 GB, because 8 of its 32 heads have keys and values of their own."""
    assert kv_cache_bytes(32, 8, 128, 8192, 2) == pytest.approx(1.07e9, rel=0.005)
