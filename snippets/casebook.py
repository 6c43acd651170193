"""The casebook: Watson reports two clues, Holmes deduces a trade and a city.

    Watson: Moran has tar on the palms and a red fez.
    Holmes: Moran is a sailor from Cairo.

Watson's line is drawn at random and Holmes's line follows from it. So an answer is
right or wrong, and the lowest loss that any model can reach is known exactly. A quarter
of the clue pairs is held out: a model that answers those has learned the clues, not the
cases.
"""

import math
import random
from typing import NamedTuple

import torch

TRADES = {
    "ink on the cuff": "clerk",
    "tar on the palms": "sailor",
    "flour on the sleeve": "baker",
    "chalk on the coat": "teacher",
    "soot on the collar": "sweep",
    "hay on the boots": "groom",
    "wax on the thumb": "cobbler",
    "salt on the hat": "fisher",
    "paint on the nails": "decorator",
    "rosin on the chin": "fiddler",
    "mud on the knees": "gardener",
    "lint on the vest": "tailor",
}
CITIES = {
    "a sunburnt brow": "Kabul",
    "a jade ring": "Peking",
    "a silver flask": "Glasgow",
    "a cork hat": "Bombay",
    "a fur glove": "Moscow",
    "a cedar box": "Beirut",
    "a red fez": "Cairo",
    "a tartan scarf": "Perth",
    "a gold coin": "Denver",
    "a clay pipe": "Dublin",
    "a blue fan": "Kyoto",
    "a lace cap": "Bruges",
}
NAMES = [
    "Adair",
    "Baynes",
    "Croft",
    "Doran",
    "Evans",
    "Frost",
    "Gregson",
    "Hope",
    "Irwin",
    "Jones",
    "Kirwan",
    "Lyons",
    "Moran",
    "Norton",
    "Oakes",
    "Price",
    "Quill",
    "Reed",
    "Small",
    "Turner",
    "Upton",
    "Vance",
    "Wilson",
    "Young",
]

CLUE_PAIRS = [(trade_clue, city_clue) for trade_clue in TRADES for city_clue in CITIES]
random.Random(1887).shuffle(CLUE_PAIRS)
HELD_OUT_PAIRS, SOLVED_PAIRS = CLUE_PAIRS[:36], CLUE_PAIRS[36:]


class Case(NamedTuple):
    """One case as text."""

    question: str  # Watson's line, and "Holmes: "
    answer: str  # Holmes's line


class Batch(NamedTuple):
    """Cases as tokens, one a row; each tensor is (cases, length)."""

    inputs: torch.Tensor  # int64: the text, one character a token
    targets: torch.Tensor  # int64: the next character; IGNORE after the case's end
    is_answer: torch.Tensor  # bool: which targets belong to Holmes


IGNORE = -100  # what torch's cross_entropy leaves out
NEWLINE = ord("\n")  # starts every text, ends every answer, fills the rest of a row


def make_case(name: str, trade_clue: str, city_clue: str) -> Case:
    """Return a suspect's case. Raises KeyError for clues that it does not know."""
    return Case(
        f"Watson: {name} has {trade_clue} and {city_clue}.\nHolmes: ",
        f"{name} is a {TRADES[trade_clue]} from {CITIES[city_clue]}.\n",
    )


def tokenize(text: str) -> list[int]:
    """Return one token a character: its ASCII code."""
    return list(text.encode("ascii"))


def detokenize(tokens: list[int]) -> str:
    """Return the text of the tokens."""
    return bytes(tokens).decode("ascii")


def encode(cases: list[Case], device: torch.device | str = "cpu") -> Batch:
    """Return the cases as rows of tokens; targets are the inputs shifted by one."""
    rows = [tokenize("\n" + case.question + case.answer) for case in cases]
    length = max(map(len, rows)) - 1
    inputs = torch.full((len(rows), length), NEWLINE)
    targets = torch.full((len(rows), length), IGNORE)
    is_answer = torch.zeros(len(rows), length, dtype=torch.bool)
    for i, (row, case) in enumerate(zip(rows, cases)):
        inputs[i, : len(row) - 1] = torch.tensor(row[:-1])
        targets[i, : len(row) - 1] = torch.tensor(row[1:])
        is_answer[i, len(case.question) : len(row) - 1] = True
    return Batch(inputs.to(device), targets.to(device), is_answer.to(device))


SOLVED = [make_case(name, *clues) for name in NAMES for clues in SOLVED_PAIRS]
HELD_OUT = [make_case(name, *clues) for name in NAMES for clues in HELD_OUT_PAIRS]


def loss_floor(possible_cases: int) -> float:
    """Return the mean loss on SOLVED of a perfect guesser, in nats a character.

    It holds this many cases equally likely, and all of SOLVED are among them. Then its
    surprise at a whole case is the log of their number (the entropy), however it is
    spread over the characters. With len(SOLVED) no model can do better.
    """
    characters = sum(len(case.question + case.answer) for case in SOLVED)
    return math.log(possible_cases) / (characters / len(SOLVED))
