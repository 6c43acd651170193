"""Speculation changes no token, whatever the draft: good, bad, or the target itself."""

import copy
import random

import pytest
import torch

from tests.snippet_functions import decided_model, engine, functions_of, recorded

speculate = functions_of("speculative_decoding").speculate
target = decided_model(seed=4, vocab_size=11, context=64, layers=3, heads=2)


def nearly(model, amount):
    """Return the model with its weights moved a little: right often, not always."""
    other = copy.deepcopy(model)
    torch.manual_seed(2)
    for weight in other.parameters():
        weight += amount * torch.randn_like(weight)
    return other


def greedy(model, prompt, new_tokens, stop_token=None):
    return engine.generate(model, torch.tensor([prompt]), new_tokens, stop_token=stop_token)[0].tolist()


@pytest.mark.parametrize("ahead", [0, 1, 4])
@pytest.mark.parametrize("amount", [0.02, 0.1, 10.0])
def test_no_draft_changes_a_token(ahead, amount):
    draft = nearly(target, amount)
    for seed in range(2):
        prompt = random.Random(seed).choices(range(11), k=1 + seed)
        tokens, passes = speculate(target, draft, prompt, 40, ahead)
        assert tokens == greedy(target, prompt, 40)
        assert [token for _, written in passes for token in written] == tokens[len(prompt) :]


def test_the_drafts_of_these_tests_are_sometimes_right_and_sometimes_wrong():
    _, passes = speculate(target, nearly(target, 0.1), [1, 2], 60, 4)
    checked = [g == w for guesses, written in passes for g, w in zip(guesses, written)]
    assert 0.2 < sum(checked) / len(checked) < 1


def test_a_draft_of_other_size_will_do():
    draft = decided_model(seed=3, vocab_size=11, context=64, layers=1)
    assert speculate(target, draft, [5], 30, 4)[0] == greedy(target, [5], 30)


def test_a_draft_that_is_the_target_is_always_right():
    tokens, passes = speculate(target, target, [3, 1], 50, 4)
    assert tokens == greedy(target, [3, 1], 50)
    assert [len(written) for _, written in passes] == [5] * 10


def test_it_ends_where_the_target_would():
    whole = greedy(target, [7], 40)
    for stop in set(whole[1:]):
        expected = greedy(target, [7], 40, stop_token=stop)
        assert speculate(target, nearly(target, 0.1), [7], 40, 4, stop)[0] == expected


def test_it_fills_a_context_to_the_last_token():
    """It guesses no further than there is room: one more token read would not fit."""
    prompt, room = [1, 2, 3], target.config.context - 3
    assert speculate(target, target, prompt, room, 4)[0] == greedy(target, prompt, room)


def either(write):
    """Return what it writes, or why not."""
    try:
        return write()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("context", [8, 63, 128])
def test_a_draft_of_any_context_changes_nothing(context):
    """Where the draft is full the target goes on alone; what generate refuses is refused."""
    draft, limit = decided_model(seed=3, vocab_size=11, context=context, layers=1), target.config.context
    for length in (1, 8, 50, limit - 1, limit, limit + 1):
        prompt = random.Random(length).choices(range(11), k=length)
        for new in (0, 1, limit - length, limit - length + 1, limit):
            for stop in (None, 3):
                mine = either(lambda: speculate(target, draft, prompt, new, 4, stop)[0])  # noqa: B023
                assert mine == either(lambda: greedy(target, prompt, new, stop)), (length, new, stop)  # noqa: B023


def test_a_stop_token_within_the_context_is_reached():
    """Case from elsewhere: a prompt of 100, 60 more, the end comes at the context's last place."""
    big, small = (decided_model(seed, vocab_size=11, context=128) for seed in (4, 5))
    prompts = (random.Random(seed).choices(range(11), k=100) for seed in range(99))
    prompt, stop = next((p, w[-1]) for p in prompts if (w := greedy(big, p, 28))[-1] not in w[100:-1])
    tokens, _ = speculate(big, small, prompt, 60, 4, stop)
    assert len(tokens) == 128
    assert tokens == greedy(big, prompt, 60, stop)


@pytest.mark.parametrize(
    ("prompt", "new_tokens", "ahead", "words"),
    [
        ([], 5, 4, "tokens must be"),
        ([1], -1, 4, "new_tokens must be"),
        ([1], 5, -1, "ahead must be 0 or more, not -1"),
        ([1], 65, 4, "65 tokens do not fit in a context of 64"),
    ],
)
def test_what_cannot_be_done_is_refused(prompt, new_tokens, ahead, words):
    with pytest.raises(ValueError, match=words):
        speculate(target, target, prompt, new_tokens, ahead)


def test_a_draft_of_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match="must have the same vocabulary"):
        speculate(target, decided_model(vocab_size=12), [1], 5, 4)


def test_on_the_page_no_token_differs_and_the_counts_add_up():
    values = recorded("speculative_decoding")
    assert values["tokens_different"] == 0
    assert values["tokens_compared"] > 2 * values["invented_tokens"]
    assert all(1 <= values[f"{kind}_a_pass"] <= values["ahead"] + 1 for kind in ("invented", "deduced"))
    for guesses, written in zip(values["line_guesses"], values["line_written"], strict=True):
        assert guesses[: len(written) - 1] == written[:-1], "all but the last are guesses kept"
