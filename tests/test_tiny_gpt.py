"""The model does what its pages say: cached equals uncached, causal, and a checkpoint that others can read."""

import sys

import pytest
import safetensors.torch
import torch

from scripts.paths import SNIPPETS

sys.path.insert(0, str(SNIPPETS))
import tiny_gpt
from tiny_gpt import GPT, Config, KVCache, generate


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(Config(hidden_size=32, context=32))


@pytest.fixture
def tokens():
    return torch.randint(128, (3, 20), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("pieces", [[20], [1] * 20, [12] + [1] * 8, [5, 7, 8]], ids=str)
def test_cached_equals_uncached(model, tokens, pieces):
    with torch.inference_mode():
        cache = KVCache(model.config, batch=3, like=model.embedding.weight)
        logits = torch.cat([model(piece, cache) for piece in tokens.split(pieces, dim=1)], dim=1)
        torch.testing.assert_close(logits, model(tokens), atol=1e-5, rtol=0)
    assert cache.length == 20


def test_no_token_sees_the_next(model, tokens):
    changed = tokens.clone()
    changed[:, 10:] = 0
    torch.testing.assert_close(model(tokens)[:, :10], model(changed)[:, :10])


def test_generate_takes_the_likeliest_token_each_time(model, tokens):
    expected = tokens
    with torch.inference_mode():
        for _ in range(6):
            expected = torch.cat([expected, model(expected)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(generate(model, tokens, 6), expected)


def test_generate_stops_when_every_row_has(model, tokens):
    first = generate(model, tokens[:1], 6)[0, 20]
    assert generate(model, tokens[:1], 6, stop_token=int(first)).shape == (1, 21)
    assert generate(model, tokens[:1], 6, stop_token=-1).shape == (1, 26)


def test_sampling_follows_the_seed(model, tokens):
    def sample(seed):
        torch.manual_seed(seed)
        return generate(model, tokens, 8, temperature=1.0)

    assert torch.equal(sample(1), sample(1))
    assert not torch.equal(sample(1), sample(2))


def test_too_long_a_text_says_so(model):
    with pytest.raises(ValueError, match="33 tokens do not fit in a context of 32; shorten the text"):
        model(torch.zeros(1, 33, dtype=torch.long))


def test_every_parameter_is_part_of_a_matrix(model):
    """The pages count operations by parameters, which holds only then."""
    assert all(weight.dim() == 2 for weight in model.parameters())


def test_the_reference_library_reads_our_weights(model, tmp_path):
    tiny_gpt.save_weights(model, tmp_path / "w.safetensors")
    theirs = safetensors.torch.load_file(tmp_path / "w.safetensors")
    ours = dict(model.named_parameters())
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in ours)


def test_we_read_the_reference_library_s_weights(model, tmp_path):
    safetensors.torch.save_file({n: w.detach() for n, w in model.named_parameters()}, tmp_path / "w.safetensors")
    other = GPT(model.config)
    tiny_gpt.load_weights(other, tmp_path / "w.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(other.parameters(), model.parameters()))


def test_weights_of_another_type_are_refused(model, tmp_path):
    halves = {name: weight.detach().half() for name, weight in model.named_parameters()}
    safetensors.torch.save_file(halves, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"is F16, not float32"):
        tiny_gpt.load_weights(GPT(model.config), tmp_path / "w.safetensors")


def test_weights_of_another_size_are_refused(model, tmp_path):
    tiny_gpt.save_weights(model, tmp_path / "w.safetensors")
    with pytest.raises(RuntimeError, match="size mismatch"):
        tiny_gpt.load_weights(GPT(Config()), tmp_path / "w.safetensors")
