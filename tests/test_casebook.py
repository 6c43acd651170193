"""The cases are what the pages say: held-out clues are unseen in pairs, seen alone, and the floor is the floor."""

import math
import sys
from collections import Counter

import pytest

from scripts.paths import SNIPPETS

sys.path.insert(0, str(SNIPPETS))
import casebook
from casebook import HELD_OUT, HELD_OUT_PAIRS, IGNORE, SOLVED, SOLVED_PAIRS, detokenize, encode, loss_floor


def test_no_held_out_pair_is_among_the_solved():
    assert not set(HELD_OUT_PAIRS) & set(SOLVED_PAIRS)
    assert len(HELD_OUT_PAIRS) * 4 == len(HELD_OUT_PAIRS) + len(SOLVED_PAIRS)


def test_every_clue_is_among_the_solved():
    """Else a held-out case would ask for what could not be learned."""
    assert {clue for clue, _ in SOLVED_PAIRS} == set(casebook.TRADES)
    assert {clue for _, clue in SOLVED_PAIRS} == set(casebook.CITIES)


def test_no_case_stands_twice():
    assert len(set(SOLVED)) == len(SOLVED)
    assert len(set(HELD_OUT)) == len(HELD_OUT)


def test_encode_shifts_by_one_and_marks_the_answer():
    cases = SOLVED[:3]
    batch = encode(cases)
    assert batch.inputs.shape == batch.targets.shape == batch.is_answer.shape
    for case, inputs, targets, is_answer in zip(cases, *batch):
        text = case.question + case.answer
        assert detokenize(targets[targets != IGNORE].tolist()) == text
        assert detokenize(inputs[: len(text)].tolist()) == "\n" + text[:-1]
        assert detokenize(targets[is_answer].tolist()) == case.answer


@pytest.mark.parametrize("possible", [SOLVED, SOLVED + HELD_OUT], ids=["solved", "every case"])
def test_the_floor_is_the_loss_of_a_perfect_guesser(possible):
    """Compute it the long way: at each character, the guesser knows how often each next one follows."""
    seen, follows = Counter(), Counter()
    for case in possible:
        text = case.question + case.answer
        for i, character in enumerate(text):
            seen[text[:i]] += 1
            follows[text[:i], character] += 1
    texts = [case.question + case.answer for case in SOLVED]
    surprise = sum(-math.log(follows[text[:i], c] / seen[text[:i]]) for text in texts for i, c in enumerate(text))
    assert math.isclose(surprise / sum(map(len, texts)), loss_floor(len(possible)), rel_tol=1e-9)
