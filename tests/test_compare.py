"""Each kind of check lets through what it should, and stops what it should."""

import pytest

from scripts.compare import differences, moved
from scripts.contracts import Contract, Contracts
from scripts.measure import record_of
from scripts.snippets import Run


def contract(check, **tolerance):
    return Contract(label="x", unit="ratio", check=check, **tolerance)


@pytest.mark.parametrize(
    ("rule", "old", "same", "different"),
    [
        (contract("exact"), 100, 100, 101),
        (contract("exact"), "a hash", "a hash", "another"),
        (contract("approx", rel=0.1), 2.0, 2.19, 2.21),
        (contract("approx", rel=0.1), 2.0, 1.81, 1.79),
        (contract("approx", abs=0.03), 1.0, 0.971, 0.969),
        (contract("approx", abs=0.5), [1.0, 2.0], [1.4, 1.6], [1.4, 1.4]),
        (contract("approx", abs=0.5), [1.0, 2.0], [1.0, 2.0], [1.0]),
        (contract("band", factor=2), 3.0, 5.9, 6.1),
        (contract("band", factor=2), 3.0, 1.6, 1.4),
        (contract("approx", rel=0.5), 1.0, 1.0, float("nan")),
        (contract("recorded"), 1.0, 99.0, float("inf")),
        (contract("recorded"), 1.0, 99.0, "fast"),
        (contract("recorded"), "half", "trained", 1.0),
        (contract("approx", rel=0.1, abs=0.02), [4.0, 0.09], [4.3, 0.1], [4.3, 0.12]),
        (contract("exact"), 1, 1, True),
        (contract("exact"), False, False, 0),
    ],
)
def test_moved(rule, old, same, different):
    assert moved(rule, old, same) is None
    assert moved(rule, old, different) is not None


def example(**values):
    run = Run(0, "loss 1.5 after 3 s\n", "", seconds=1.0, values=values)
    run.environment = {"python": "3", "torch": "2", "threads": 1, "dtype": "float32", "seed": 1}
    return run


CONTRACTS = Contracts(numbers={"train": {"steps": contract("exact"), "loss": contract("approx", rel=0.1)}})


def test_nothing_moved():
    record = record_of("train", example(steps=10, loss=1.0))
    assert differences(record, example(steps=10, loss=1.05), CONTRACTS) == []


def test_what_moved_is_named_with_both_values_and_the_remedy():
    record = record_of("train", example(steps=10, loss=1.0))
    (message,) = differences(record, example(steps=10, loss=2.0), CONTRACTS)
    assert "train.loss moved: 1.0 -> 2.0 (checked within 10%)" in message
    assert "make measure SNIPPETS=train" in message


def test_a_missing_variable_is_named():
    record = record_of("train", example(steps=10, loss=1.0))
    run = example(steps=10)
    run.missing = ["loss"]
    (message,) = differences(record, run, CONTRACTS)
    assert "snippets/train.py:1: it ended without a variable loss" in message


def test_a_number_without_a_measurement_is_named():
    record = record_of("train", example(steps=10))
    (message,) = differences(record, example(steps=10, loss=1.0), CONTRACTS)
    assert "train.loss has never been measured" in message


def test_words_in_the_output_that_moved():
    record = record_of("train", example(steps=10, loss=1.0))
    run = example(steps=10, loss=1.0)
    run.stdout = "loss 1.6 after 4 s\n"
    assert differences(record, run, CONTRACTS) == []
    run.stdout = "error 1.5 after 3 s\n"
    (message,) = differences(record, run, CONTRACTS)
    assert "the text shown on the page moved" in message
