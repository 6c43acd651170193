"""The model does what its pages say: cached equals uncached, causal, and a checkpoint that others can read."""

import sys

import pytest
import safetensors.torch
import torch

from scripts.paths import SNIPPETS

sys.path.insert(0, str(SNIPPETS))
import tiny_gpt
from tiny_gpt import GPT, Config, KVCache, SlotCache, generate


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


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_heads_that_share_keys_and_values(tokens, kv_heads):
    torch.manual_seed(0)
    model = GPT(Config(hidden_size=32, context=32, heads=4, kv_heads=kv_heads))
    cache = KVCache(model.config, batch=3, like=model.embedding.weight)
    with torch.inference_mode():
        logits = torch.cat([model(piece, cache) for piece in tokens.split([12, 3, 5], dim=1)], dim=1)
        torch.testing.assert_close(logits, model(tokens), atol=1e-5, rtol=0)
        # The same as with keys and values repeated for each head.
        full = GPT(Config(hidden_size=32, context=32, heads=4))
        weights = model.state_dict()
        for name in [name for name in weights if "query_key_value" in name]:
            query, rest = weights[name].split([32, 2 * kv_heads * 8])
            repeated = rest.view(2, kv_heads, 1, 8, 32).expand(-1, -1, 4 // kv_heads, -1, -1)
            weights[name] = torch.cat([query, repeated.reshape(64, 32)])
        full.load_state_dict(weights)
        torch.testing.assert_close(model(tokens), full(tokens), atol=1e-5, rtol=0)
    assert cache.keys.shape == (2, 3, kv_heads, 32, 8)


def test_slots_of_different_lengths_are_as_if_alone(model, tokens):
    """Each slot goes on from its own prompt, and a slot can be given to another text."""
    prompts = [tokens[0, :5], tokens[1, :9], tokens[2, :2]]
    with torch.inference_mode():
        slots = SlotCache(model.config, batch=3, like=model.embedding.weight)

        def fill(slot, prompt):
            cache = KVCache(model.config, batch=1, like=model.embedding.weight)
            model(prompt[None], cache)
            slots.fill(slot, cache)

        for slot, prompt in enumerate(prompts):
            fill(slot, prompt)
        for step in range(6):
            if step == 3:
                fill(1, tokens[0, :7])
                prompts[1] = tokens[0, :7]
            new = tokens[:, 10 + step]
            prompts = [torch.cat([prompt, token[None]]) for prompt, token in zip(prompts, new)]
            logits = model(new[:, None], slots)[:, -1]
            alone = torch.stack([model(prompt[None])[0, -1] for prompt in prompts])
            torch.testing.assert_close(logits, alone, atol=1e-5, rtol=0)
    assert slots.lengths.tolist() == [len(prompt) for prompt in prompts]


def test_slots_refuse_a_prompt(model, tokens):
    slots = SlotCache(model.config, batch=3, like=model.embedding.weight)
    with pytest.raises(ValueError, match="one token a pass, not 5; fill them first"):
        model(tokens[:, :5], slots)


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
