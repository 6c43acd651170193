"""Each kind of check lets through what it should and stops what it should, and what moved is told with its cause."""

import pytest

from scripts import compare
from scripts.compare import brief, differences, likely_cause, moved, shape, table
from scripts.contracts import Contracts, Kept
from scripts.errors import line_of
from scripts.paths import shown
from scripts.snippets import Run
from tests.small import contract, record

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("rule", "old", "same", "different"),
    [
        (contract("exact"), 100, 100, 101),
        (contract("exact"), 100, 100.0, 99.0),
        (contract("exact"), "a hash", "a hash", "another"),
        (contract("exact"), 1, 1, True),
        (contract("exact"), False, False, 0),
        (contract("exact"), 1.0, 1.0, NAN),
        (contract("approx", rel=0.1), 2.0, 2.19, 2.21),
        (contract("approx", rel=0.1), 2.0, 1.81, 1.79),
        (contract("approx", rel=0.1), -2.0, -2.19, -2.21),
        (contract("approx", rel=0.5), 4, 6, 6.01),
        (contract("approx", abs=0.03), 1.0, 0.971, 0.969),
        (contract("approx", abs=0.5), 1.0, 1.5, 1.51),
        (contract("approx", rel=0.1, abs=0.02), 4.0, 4.3, 4.41),
        (contract("approx", rel=0.1, abs=0.02), 0.09, 0.1, 0.12),
        (contract("approx", rel=0.5), 1.0, 1.0, NAN),
        (contract("approx", rel=0.5), "half", "half", "other"),
        (contract("approx", abs=0.5), [1.0, 2.0], [1.4, 1.6], [1.4, 1.4]),
        (contract("approx", abs=0.5), [1.0, 2.0], [1.0, 2.0], [1.0]),
        (contract("approx", abs=0.5), [], [], [1.0]),
        (contract("band", factor=2), 3.0, 6.0, 6.1),
        (contract("band", factor=2), 3.0, 1.5, 1.4),
        (contract("band", factor=2), 0.5, 0.9, 1.1),
        (contract("band", factor=2), 3.0, 3.0, 0),
        (contract("band", factor=2), 3.0, 3.0, -3.0),
        (contract("band", factor=2), 3.0, 3.0, INF),
        (contract("recorded"), 1.0, 99.0, INF),
        (contract("recorded"), 1.0, 99, "fast"),
        (contract("recorded"), "half", "trained", 1.0),
        (contract("recorded"), True, False, 1),
        (contract("recorded"), [1.0, 2.0], [9.0, 9.0], [9.0]),
        (contract("recorded"), 1.0, 2.0, [2.0]),
        (contract("recorded"), [1.0], [2.0], 2.0),
        (contract("recorded"), 1.0, 2.0, None),
        (contract("recorded"), 1.0, 2.0, {"a": 1}),
    ],
)
def test_moved(rule, old, same, different):
    assert moved(rule, old, same) is None
    assert moved(rule, old, different) is not None


def test_true_is_not_one():
    for rule in (contract("exact"), contract("approx", abs=0.5), contract("band", factor=2), contract("recorded")):
        assert moved(rule, 1, True) is not None
        assert moved(rule, False, 0) is not None


@pytest.mark.parametrize("factor", [0, -1.0])
def test_a_ratio_without_a_direction_is_in_no_band(factor):
    assert moved(contract("band", factor=2), factor, factor) is not None


def test_what_moved_is_told_with_both_values_and_what_was_allowed():
    assert moved(contract("approx", rel=0.1), 1.0, 2.0) == "1.0 -> 2.0 (allowed: within 10%)"
    assert moved(contract(), [1, 2, 3], [1, 5, 6]) == "value 1: 2 -> 5 (allowed: exactly)"
    assert moved(contract(), [1, 2], [1]) == "2 values became 1 (allowed: as many as before, each exactly)"


# --- a run against its record ---

CONTRACTS = Contracts(
    numbers={"train": {"steps": contract(), "loss": contract("approx", rel=0.1)}},
    snippets={"quiet": Kept(stdout="recorded")},
)
HERE = {"python": "3.11.9", "torch": "2.13.0+cpu", "threads": 2, "dtype": "float32", "seed": 1}


@pytest.fixture(autouse=True)
def same_sources(monkeypatch):
    """Let the snippets be those of the records, on the records' processor."""
    monkeypatch.setattr(compare, "source_hashes", lambda name: {"snippets/train.py": "a", "snippets/costs.py": "b"})
    monkeypatch.setattr(compare, "cpu_name", lambda: "A processor")


def recorded(**changes):
    return record(**{"sources": {"snippets/train.py": "a", "snippets/costs.py": "b"}} | changes)


def run(values=None, stdout="loss 0.0849 after 10 s\ndone\n", missing=(), **environment):
    values = {"steps": 2592, "loss": 0.0849} if values is None else values
    return Run(0, stdout, "", 1.0, values, list(missing), HERE | environment)


def test_nothing_moved():
    again = run({"steps": 2592, "loss": 0.09}, "loss 0.0900  after 9.5 s\ndone\n")
    assert differences(recorded(), again, CONTRACTS) == []


def test_what_moved_is_named_with_place_cause_and_remedy():
    old = recorded()
    place = f"{shown(old.path)}:{line_of(old.path, chr(34) + 'loss' + chr(34))}"
    assert differences(old, run({"steps": 2592, "loss": 0.2}, threads=4), CONTRACTS) == [
        f"{place}: train.loss moved: 0.0849 -> 0.2 (allowed: within 10%). Likely cause: threads 2 -> 4. "
        "If the change is meant: make measure SNIPPETS=train"
    ]


def test_everything_that_moved_is_named():
    said = differences(recorded(), run({"steps": 1, "loss": 9.0}, "other\n"), CONTRACTS)
    assert ["train.steps moved" in said[0], "train.loss moved" in said[1], "the text shown" in said[2]] == [True] * 3
    assert len(said) == 3


def test_a_missing_variable_is_named_in_the_snippet():
    (message,) = differences(recorded(), run({"steps": 2592}, missing=["loss"]), CONTRACTS)
    assert message == "snippets/train.py:1: it ended without a variable loss, which docs/numbers.toml asks for"


def test_a_number_that_was_never_measured_is_named():
    old = recorded(values={"steps": 2592})
    (message,) = differences(old, run(), CONTRACTS)
    assert message == (
        f"{shown(old.path)}:1: train.loss has never been measured. Measure it: make measure SNIPPETS=train"
    )


@pytest.mark.parametrize(
    ("printed", "pair"),
    [
        ("error 0.0849 after 10 s\ndone\n", "'loss 0.0849 after 10 s' -> 'error 0.0849 after 10 s'"),
        ("loss 1 after 2 s\n", "'done' -> '(nothing)'"),
        ("loss 1 after 2 s\ndone\nmore\n", "'(nothing)' -> 'more'"),
        ("wrong\nwrong\n", "'loss 0.0849 after 10 s' -> 'wrong'"),
    ],
)
def test_the_first_line_of_other_words_is_named(printed, pair):
    (message,) = differences(recorded(), run(stdout=printed), CONTRACTS)
    assert f"the text shown on the page moved: {pair}. Likely cause" in message


def test_words_may_move_where_the_output_is_only_shown():
    old = recorded(snippet="quiet")
    assert differences(old, run(stdout="quite other words\n"), CONTRACTS) == []


@pytest.mark.parametrize("line", ["loss 1.5", "loss -1.5e-07", "loss 12,000", "loss    3", " loss +2 "])
def test_the_shape_of_a_line_is_its_words(line):
    assert shape(line) == "loss #"


def test_another_word_is_another_shape():
    assert shape("loss 1 s") != shape("loss 1 ms")
    assert shape("loss 1 2") != shape("loss 1")


# --- the cause and the remedy ---


def test_a_changed_source_is_the_likeliest_cause_whatever_else_differs():
    old = recorded(sources={"snippets/train.py": "before"})
    assert likely_cause(old, run(torch="3.0")) == "snippets/costs.py and snippets/train.py changed since the record"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"torch": "2.14.0"}, "torch 2.13.0+cpu -> 2.14.0"),
        ({"cuda": "13.0"}, "CUDA None -> 13.0"),
        ({"driver": "580"}, "driver None -> 580"),
        ({"python": "3.12"}, "Python 3.11.9 -> 3.12"),
        ({"threads": 1}, "threads 2 -> 1"),
        ({"dtype": "bfloat16"}, "dtype float32 -> bfloat16"),
        ({"gpu": "NVIDIA H100"}, "device A processor -> NVIDIA H100"),
        ({"torch": "2.14.0", "threads": 1}, "torch 2.13.0+cpu -> 2.14.0, threads 2 -> 1"),
        ({}, "nothing that the record knows of: a snippet that is not seeded, or a machine that is busy"),
    ],
)
def test_what_differs_around_the_run_is_the_likely_cause(changes, cause):
    assert likely_cause(recorded(), run(**changes)) == cause


def test_another_processor_is_a_cause():
    assert likely_cause(recorded(device_name="Another"), run()) == "device Another -> A processor"


# --- what a person reads after a measurement ---


def test_each_number_is_shown_from_old_to_new():
    new = run({"steps": 2592, "loss": 0.2})
    assert table(recorded(), new, CONTRACTS, "train") == ["  train.steps: 2592", "  train.loss: 0.0849 -> 0.2"]
    assert table(None, new, CONTRACTS, "train") == ["  train.steps: - -> 2592", "  train.loss: - -> 0.2"]
    only_steps = recorded(values={"steps": 1})
    assert table(only_steps, run({"steps": 2}), CONTRACTS, "train") == [
        "  train.steps: 1 -> 2",
        "  train.loss: - -> missing",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (12, "12"),
        ("half", "half"),
        ([1.5, 1 / 3], "[2 values, last 0.333333]"),
        ([], "[0 values, last -]"),
    ],
)
def test_a_value_in_brief(value, text):
    assert brief(value) == text
