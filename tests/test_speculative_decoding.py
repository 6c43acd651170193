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


def test_on_the_page_no_token_differs_and_the_counts_add_up():
    values = recorded("speculative_decoding")
    assert values["tokens_different"] == 0
    assert values["tokens_compared"] > 2 * values["invented_tokens"]
    assert values["invented_read"] == values["invented_passes"] * (values["ahead"] + 1)
    assert all(1 <= values[f"{kind}_a_pass"] <= values["ahead"] + 1 for kind in ("invented", "deduced"))
    for guesses, written in zip(values["line_guesses"], values["line_written"], strict=True):
        assert guesses[: len(written) - 1] == written[:-1], "all but the last are guesses kept"
