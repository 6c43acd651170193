"""Speculation changes no token, whatever the draft: good, bad, or the target itself; its formulas are the paper's."""

import ast
import random
import sys

import pytest
import torch

from scripts.paths import SNIPPETS
from scripts.records import load_record

sys.path.insert(0, str(SNIPPETS))
import costs
from tiny_gpt import GPT, Config, KVCache, generate

HELPERS = ("read", "speculate")


@pytest.fixture(scope="module")
def speculate():
    """Return the function of the page, without the run around it."""
    tree = ast.parse((SNIPPETS / "speculative_decoding.py").read_text())
    tree.body = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in HELPERS]
    named = {"torch": torch, "KVCache": KVCache}
    exec(compile(tree, "speculative_decoding.py", "exec"), named)
    return named["speculate"]


def small(seed, **size):
    """Return a model with weights wide enough that its choices are clear and vary."""
    torch.manual_seed(seed)
    model = GPT(Config(vocab_size=11, hidden_size=16, context=64, **size)).double()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return model


@pytest.fixture(scope="module")
def target():
    return small(4, layers=3, heads=2)


def nearly(model, amount):
    """Return the model with its weights moved a little: right often, not always."""
    other = GPT(model.config).double()
    other.load_state_dict(model.state_dict())
    torch.manual_seed(2)
    with torch.no_grad():
        for weight in other.parameters():
            weight.add_(torch.randn_like(weight), alpha=amount)
    return other


def greedy(model, prompt, new_tokens, stop_token=None):
    return generate(model, torch.tensor([prompt]), new_tokens, stop_token=stop_token)[0].tolist()


@pytest.mark.parametrize("ahead", [0, 1, 2, 4, 9])
@pytest.mark.parametrize("amount", [0.02, 0.1, 10.0])
def test_no_draft_changes_a_token(speculate, target, ahead, amount):
    draft = nearly(target, amount)
    for seed in range(4):
        prompt = random.Random(seed).choices(range(11), k=1 + seed)
        tokens, passes = speculate(target, draft, prompt, 40, ahead)
        assert tokens == greedy(target, prompt, 40)
        assert [token for _, written in passes for token in written] == tokens[len(prompt) :]


def test_the_drafts_of_these_tests_are_sometimes_right_and_sometimes_wrong(speculate, target):
    _, passes = speculate(target, nearly(target, 0.1), [1, 2], 60, 4)
    checked = [g == w for guesses, written in passes for g, w in zip(guesses, written)]
    assert 0.2 < sum(checked) / len(checked) < 1


def test_a_draft_of_other_size_will_do(speculate, target):
    draft = small(3, layers=1, heads=4)
    assert speculate(target, draft, [5], 30, 4)[0] == greedy(target, [5], 30)


def test_a_draft_that_is_the_target_is_always_right(speculate, target):
    tokens, passes = speculate(target, target, [3, 1], 50, 4)
    assert tokens == greedy(target, [3, 1], 50)
    assert [len(written) for _, written in passes] == [5] * 10


def test_it_ends_where_the_target_would(speculate, target):
    whole = greedy(target, [7], 40)
    for stop in set(whole[1:]):
        expected = greedy(target, [7], 40, stop_token=stop)
        assert speculate(target, nearly(target, 0.1), [7], 40, 4, stop)[0] == expected


def test_it_fills_a_context_to_the_last_token(speculate, target):
    """It guesses no further than there is room: one more token read would not fit."""
    prompt, room = [1, 2, 3], target.config.context - 3
    assert len(speculate(target, target, prompt, room, 4)[0]) == target.config.context


def test_the_formula_counts_what_an_unsteady_draft_gives():
    """Equation 1 of the paper, against throwing dice."""
    dice = random.Random(0)
    for acceptance, guesses in ((0.3, 2), (0.75, 8), (0.95, 4)):
        counts = []
        for _ in range(40_000):
            kept = 0
            while kept < guesses and dice.random() < acceptance:
                kept += 1
            counts.append(kept + 1)
        assert costs.tokens_per_pass(acceptance, guesses) == pytest.approx(sum(counts) / len(counts), rel=0.01)


def test_the_formula_at_its_ends():
    assert costs.tokens_per_pass(1, 4) == 5
    assert costs.tokens_per_pass(0, 4) == 1
    assert costs.tokens_per_pass(1 - 1e-9, 4) == pytest.approx(5)
    assert costs.speculative_speed(0, 4, 0.25) == 0.5


def test_the_formula_gives_the_paper_s_own_figure():
    """Appendix A.5 of the paper, at a lenience of 1: T5-small drafts for T5-XXL, greedy, 3.3 times the speed."""
    assert costs.speculative_speed(0.75, 8, 0.015) == pytest.approx(3.3, abs=0.05)


def test_the_record_changed_no_token_and_adds_up():
    values = load_record("speculative_decoding", "cpu").values
    assert values["tokens_different"] == 0
    assert values["tokens_compared"] > 2 * values["invented_tokens"]
    assert values["invented_read"] == values["invented_passes"] * (values["ahead"] + 1)
    assert values["invented_a_pass"] == pytest.approx(values["invented_tokens"] / values["invented_passes"])
    assert all(1 <= values[f"{kind}_a_pass"] <= values["ahead"] + 1 for kind in ("invented", "deduced"))


def test_the_picture_s_line_is_what_its_passes_wrote():
    values = load_record("speculative_decoding", "cpu").values
    for guesses, written in zip(values["line_guesses"], values["line_written"]):
        assert guesses[: len(written) - 1] == written[:-1], "all but the last are guesses kept"
    assert "".join(values["line_written"]).endswith(".\n")
