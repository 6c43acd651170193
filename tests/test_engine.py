"""The engine gives what the model would: cached equals uncached, in pieces, in slots, and token by token."""

import pytest
import torch

from tests.snippet_functions import decided_model, engine

generate = engine.generate
MODEL = decided_model()
TOKENS = torch.randint(128, (3, 20), generator=torch.Generator().manual_seed(0))


def cache_for(model, batch):
    return engine.KVCache(model.config, batch, like=model.embedding.weight)


def slots(batch):
    return engine.SlotCache(MODEL.config, batch, like=MODEL.embedding.weight)


def close(one, other):
    torch.testing.assert_close(one, other, atol=1e-9, rtol=0)


@pytest.mark.parametrize("sizes", [{}, {"heads": 4}, {"heads": 4, "kv_heads": 2}, {"heads": 4, "kv_heads": 1}], ids=str)
@pytest.mark.parametrize("pieces", [[20], [1] * 20, [12] + [1] * 8, [5, 7, 8]], ids=str)
def test_cached_equals_uncached(pieces, sizes):
    model = decided_model(**sizes)
    cache = cache_for(model, 3)
    close(torch.cat([model(piece, cache) for piece in TOKENS.split(pieces, dim=1)], dim=1), model(TOKENS))
    assert cache.length == 20
    heads = sizes.get("kv_heads") or sizes.get("heads", 1)
    assert cache.keys.shape == cache.values.shape == (2, 3, heads, 32, 32 // sizes.get("heads", 1))


def test_prefill_then_decode_score_each_next_token_as_the_whole_text_does():
    cache, expected = cache_for(MODEL, 3), MODEL(TOKENS)
    close(engine.prefill(MODEL, TOKENS[:, :15], cache), expected[:, 14])
    for place in range(15, 20):
        close(engine.decode(MODEL, TOKENS[:, place : place + 1], cache), expected[:, place])
    with pytest.raises(ValueError, match="33 tokens do not fit in a context of 32"):
        engine.prefill(MODEL, TOKENS[:, :13], cache)


def test_a_cache_for_a_shorter_context_says_when_it_is_full():
    """Without a word, the newest key would be lost and the scores wrong."""
    cache = engine.KVCache(decided_model(context=16).config, 3, like=MODEL.embedding.weight)
    close(engine.prefill(MODEL, TOKENS[:, :16], cache), MODEL(TOKENS[:, :16])[:, -1])
    with pytest.raises(ValueError, match="17 tokens do not fit in a cache for 16"):
        engine.decode(MODEL, TOKENS[:, :1], cache)


def test_slots_of_different_lengths_are_as_if_alone():
    """Each slot goes on from its own prompt, and a slot can be given to another text."""
    prompts, cache = [TOKENS[0, :5], TOKENS[1, :9], TOKENS[2, :2]], slots(3)

    def fill(slot, prompt):
        read = cache_for(MODEL, 2)
        MODEL(torch.stack([prompt.flip(0), prompt]), read)
        cache.fill(slot, read, row=1)

    for slot, prompt in enumerate(prompts):
        fill(slot, prompt)
    for step in range(6):
        if step == 3:
            prompts[1] = TOKENS[0, :7]
            fill(1, prompts[1])
        new = TOKENS[:, 10 + step]
        prompts = [torch.cat([prompt, token[None]]) for prompt, token in zip(prompts, new)]
        close(MODEL(new[:, None], cache)[:, -1], torch.stack([MODEL(prompt[None])[0, -1] for prompt in prompts]))
    assert cache.lengths.tolist() == [len(prompt) for prompt in prompts]
    with pytest.raises(ValueError, match="one token a pass, not 5; fill them first"):
        MODEL(TOKENS[:, :5], cache)


@pytest.mark.parametrize("context", [16, 32])
def test_a_slot_takes_a_prompt_from_a_cache_of_any_room_if_it_has_room_itself(context):
    shorter = decided_model(context=16).config
    read = engine.KVCache(MODEL.config if context == 32 else shorter, 1, like=MODEL.embedding.weight)
    MODEL(TOKENS[:1, :15], read)
    for config in (MODEL.config, shorter):
        cache = engine.SlotCache(config, 2, like=MODEL.embedding.weight)
        cache.fill(1, read)
        close(MODEL(TOKENS[:2, 15:16], cache)[1], MODEL(torch.cat([TOKENS[0, :15], TOKENS[1, 15:16]])[None])[0, -1:])
    MODEL(TOKENS[:1, 15:16], read)
    with pytest.raises(ValueError, match="a slot for 16 takes 1 to 15 tokens, not 16"):
        cache.fill(1, read)


def test_a_slot_refuses_what_is_no_prompt_of_its_model():
    cache = slots(2)
    with pytest.raises(ValueError, match="takes 1 to 31 tokens, not 0"):
        cache.fill(0, slots(2))
    other = decided_model(heads=4)
    read = cache_for(other, 1)
    other(TOKENS[:1], read)
    with pytest.raises(ValueError, match="of the same model"):
        cache.fill(0, read)


@pytest.mark.parametrize("stop", [[3], (3,), "n", 3.0])
def test_a_stop_token_that_is_none_is_refused(stop):
    with pytest.raises(ValueError, match="stop_token must be one token"):
        generate(MODEL, TOKENS, 4, stop_token=stop)


def test_a_full_slot_disturbs_no_other():
    cache, alone, full = slots(2), cache_for(MODEL, 1), cache_for(MODEL, 1)
    MODEL(TOKENS[:1].repeat(1, 2)[:, :31], full)
    cache.fill(0, full)
    for place in range(10):
        scores = MODEL(TOKENS[:2, place : place + 1], cache)
        close(scores[1], MODEL(TOKENS[1:2, place : place + 1], alone)[0])
    assert cache.lengths.tolist() == [31, 10]


def test_generate_takes_the_likeliest_token_each_time():
    expected = TOKENS
    for _ in range(6):
        expected = torch.cat([expected, MODEL(expected)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(generate(MODEL, TOKENS, 6), expected)
    assert expected[:, 20:].unique().numel() > 6, "they vary"
    assert torch.equal(generate(MODEL, TOKENS, 0), TOKENS)


@pytest.mark.parametrize("rows", [slice(1), slice(1, 3)], ids=["one", "two"])
def test_generate_stops_when_every_row_has(rows):
    whole, ends = generate(MODEL, TOKENS[rows], 12), set()
    wrote = whole[:, 20:].tolist()
    for stop in {token for row in wrote for token in row}:
        end = max(row.index(stop) + 1 if stop in row else 12 for row in wrote)
        ends.add(end)
        assert torch.equal(generate(MODEL, TOKENS[rows], 12, stop_token=stop), whole[:, : 20 + end])
    assert min(ends) < 12


def test_generate_reads_no_token_that_it_does_not_need():
    """The last token is written and never read: so a text may be one longer than the context."""
    full = generate(MODEL, TOKENS, 13)
    assert full.shape == (3, 33)
    assert torch.equal(generate(MODEL, full, 0), full)


def test_generate_refuses_what_will_not_fit_before_any_work():
    """A stop token may come in time: with one, it refuses only when the context is full."""
    with pytest.raises(ValueError, match="33 tokens do not fit in a context of 32; shorten the text or new_tokens"):
        generate(Unread(MODEL), TOKENS, 14)
    first = generate(MODEL, TOKENS[:1], 1)
    assert torch.equal(generate(MODEL, TOKENS[:1], 99, stop_token=first[0, -1].item()), first)
    with pytest.raises(ValueError, match="33 tokens do not fit in a context of 32"):
        generate(MODEL, TOKENS[:1], 99, stop_token=128)


class Unread:
    """A model that must not be called."""

    def __init__(self, model):
        self.config, self.embedding = model.config, model.embedding


@pytest.mark.parametrize(
    "tokens",
    [
        TOKENS[:, :0],
        TOKENS[:0],
        TOKENS[0],
        TOKENS[None],
        TOKENS[0, 0],
        TOKENS.double(),
        TOKENS.byte(),
        torch.tensor([[]]),
    ],
    ids=lambda tokens: f"{tuple(tokens.shape)} {tokens.dtype}",
)
def test_what_is_no_row_of_tokens_is_refused(tokens):
    with pytest.raises(ValueError, match="tokens must be"):
        generate(Unread(MODEL), tokens, 2)
    with pytest.raises(ValueError, match="tokens must be"):
        MODEL(tokens)


@pytest.mark.parametrize("new_tokens", [-1, 2.5, 3.0, float("nan"), None, "3"])
def test_a_number_of_tokens_that_is_none_is_refused(new_tokens):
    with pytest.raises(ValueError, match="new_tokens must be a whole number, 0 or more"):
        generate(Unread(MODEL), TOKENS, new_tokens)


@pytest.mark.parametrize("temperature", [-1, -1e-9, float("nan"), float("inf"), float("-inf")])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be finite, 0 or more, not"):
        generate(Unread(MODEL), TOKENS, 2, temperature)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("temperature", [5e-324, 1e-38, 1e-30, 1e-9])
def test_however_cold_the_likeliest_token_is_drawn(temperature, dtype):
    logits = torch.tensor([[3.0, -2.0, 2.5, -60.0], [-9.0, -8.0, -8.5, -60.0]], dtype=dtype)
    assert engine.sample(logits, temperature).tolist() == [[0], [1]]
    assert torch.equal(generate(MODEL, TOKENS, 4, temperature), generate(MODEL, TOKENS, 4))


def test_what_generate_returns_can_be_trained_on():
    """Tensors made in inference_mode cannot: autograd refuses to keep them."""
    model = decided_model().requires_grad_()
    for rows in (generate(model, TOKENS, 4), generate(model, TOKENS, 4, 1.0), generate(model, TOKENS, 0)):
        assert not rows.is_inference()
        model.zero_grad()
        torch.nn.functional.cross_entropy(model(rows[:, :-1]).mT, rows[:, 1:]).backward()
        assert all(weight.grad.any() for weight in model.parameters())


def test_a_compiled_model_writes_the_same():
    model = decided_model(heads=4, kv_heads=2)
    compiled = torch.compile(model, backend="eager")  # what is slow is to make machine code
    assert torch.equal(generate(compiled, TOKENS, 8), generate(model, TOKENS, 8))


def test_sampling_follows_the_seed_and_is_greedy_when_it_is_cold():
    def sample(seed, temperature=1.0):
        torch.manual_seed(seed)
        return generate(MODEL, TOKENS, 8, temperature)

    assert torch.equal(sample(1), sample(1))
    assert not torch.equal(sample(1), sample(2))
    assert torch.equal(sample(1, temperature=1e-4), generate(MODEL, TOKENS, 8))


def test_sampling_draws_in_proportion_to_the_scores():
    model, prompt = decided_model(vocab_size=4), torch.tensor([[1, 3]])
    for temperature in (4.0, 16.0):
        drawn = generate(model, prompt.expand(4000, -1), 1, temperature)[:, -1]
        expected = (model(prompt)[0, -1] / temperature).softmax(-1)
        torch.testing.assert_close(drawn.bincount(minlength=4) / 4000, expected.float(), atol=0.03, rtol=0)
