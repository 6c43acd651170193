"""The cases are what the pages say: held-out clues are unseen in pairs, seen alone, and the floor is the floor."""

import math
from collections import Counter

import pytest

from tests.snippet_functions import casebook

SOLVED, HELD_OUT = casebook.SOLVED, casebook.HELD_OUT


def test_a_quarter_of_the_pairs_of_clues_is_held_out():
    solved, held_out = set(casebook.SOLVED_PAIRS), set(casebook.HELD_OUT_PAIRS)
    assert not solved & held_out
    assert len(solved | held_out) == len(casebook.TRADES) * len(casebook.CITIES) == 4 * len(held_out)
    assert len({*SOLVED, *HELD_OUT}) == len(SOLVED) + len(HELD_OUT) == len(casebook.NAMES) * len(casebook.CLUE_PAIRS)


def test_every_clue_is_among_the_solved():
    """Else a held-out case would ask for what could not be learned."""
    assert {clue for clue, _ in casebook.SOLVED_PAIRS} == set(casebook.TRADES)
    assert {clue for _, clue in casebook.SOLVED_PAIRS} == set(casebook.CITIES)


def test_a_case_follows_from_its_clues_and_no_other_clue_is_known():
    case = casebook.make_case("Moran", "tar on the palms", "a red fez")
    assert case.question == "Watson: Moran has tar on the palms and a red fez.\nHolmes: "
    assert case.answer == "Moran is a sailor from Cairo.\n"
    with pytest.raises(KeyError, match="a green hat"):
        casebook.make_case("Moran", "tar on the palms", "a green hat")


def test_encode_shifts_by_one_and_marks_the_answer():
    cases = sorted(SOLVED, key=lambda case: len(case.question))[:: len(SOLVED) // 4]
    batch = casebook.encode(cases)
    assert batch.inputs.shape == batch.targets.shape == batch.is_answer.shape
    for case, inputs, targets, is_answer in zip(cases, *batch, strict=True):
        text = case.question + case.answer
        assert casebook.detokenize(targets[targets != casebook.IGNORE].tolist()) == text
        assert casebook.detokenize(inputs.tolist()) == ("\n" + text[:-1]).ljust(len(inputs), "\n")
        assert casebook.detokenize(targets[is_answer].tolist()) == case.answer


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
    assert math.isclose(surprise / sum(map(len, texts)), casebook.loss_floor(len(possible)), rel_tol=1e-9)
