"""A claim's condition means what it reads like, refuses what it cannot mean, and knows whether it could be broken."""

import pytest
from pydantic import ValidationError

from scripts.claims import Claim, Condition

FIGURES = {"a.ten": 10, "b-c.four": 4, "a.list": [3, 1, 2], "a.text": "yes", "a.nothing": 0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.ten + 2 * b-c.four", 18),
        ("(a.ten + 2) * b-c.four", 48),
        ("a.ten - b-c.four - 1", 5),
        ("a.ten / b-c.four / 5", 0.5),
        ("2 ** 3 ** 2 + a.nothing", 512),
        ("-b-c.four ** 2", -16),
        ("abs(b-c.four - a.ten)", 6),
        ("min(a.list) + 10 * max(a.list) + 100 * len(a.list) + 1000 * sum(a.list)", 6331),
        ("max(a.ten, b-c.four)", 10),
        ("a.list[0] + 10 * a.list[-1]", 23),
        ("a.list[b-c.four - 3]", 1),
    ],
)
def test_arithmetic_is_that_of_python(text, value):
    assert Condition.parse(text).value(FIGURES) == value


@pytest.mark.parametrize(
    ("holds", "breaks"),
    [
        ("a.ten > 9", "a.ten > 10"),
        ("a.ten >= 10", "a.ten >= 11"),
        ("a.ten < 11", "a.ten < 10"),
        ("a.ten <= 10", "a.ten <= 9"),
        ("a.ten == 10", "a.ten == 11"),
        ("a.ten != 11", "a.ten != 10"),
        ("a.text == 'yes'", "a.text == 'no'"),
        ("3 < b-c.four < a.ten", "3 < b-c.four < 4"),
        ("3 < b-c.four < a.ten", "4 < b-c.four < a.ten"),
        ("a.ten > b-c.four > 3", "a.ten > b-c.four > 3 > 3"),
        ("a.ten > 9 and b-c.four > 3", "a.ten > 9 and b-c.four > 4"),
        ("a.ten > 10 or b-c.four > 3", "a.ten > 10 or b-c.four > 4"),
        ("a.ten > 9 or a.ten > 9 and b-c.four > 4", "(a.ten > 9 or a.ten > 9) and b-c.four > 4"),
        ("not a.ten > 10", "not a.ten > 9"),
        ("not a.ten > 9 or b-c.four > 3", "not (a.ten > 9 or b-c.four > 3)"),
    ],
)
def test_comparisons_and_their_logic(holds, breaks):
    assert Condition.parse(holds).value(FIGURES)
    assert not Condition.parse(breaks).value(FIGURES)


def test_or_stops_at_the_first_that_holds():
    assert Condition.parse("a.nothing == 0 or a.ten / a.nothing > 1").value(FIGURES)


def test_ids_are_named_once_in_their_order():
    assert Condition.parse("b-c.four < a.ten and b-c.four > facts.x_1").ids == ("b-c.four", "a.ten", "facts.x_1")


@pytest.mark.parametrize(
    "text",
    [
        "open(a.ten) > 1",
        "a.ten(1) > 1",
        "abs > a.ten",
        "_7 > a.ten",
        "(lambda: 1)() < a.ten",
        "[x for x in a.list] > 1",
        "[1, 2] == a.list",
        "a.list[0:1] == 1",
        "a.ten.real > 1",
        "max(a.list, key=abs) > 1",
        "a.ten if a.ten else 1 > 2",
        "(x := 1) < a.ten",
        "a.ten in a.list",
        "a.ten is 10",
        "a.ten // 3 == 3",
        "a.ten % 3 == 1",
        "~a.ten < 0",
        "+a.ten > 9",
        "f'{a.ten}' == '10'",
    ],
)
def test_what_is_no_figure_and_no_comparison_is_refused(text):
    with pytest.raises(ValueError, match="cannot stand in a condition"):
        Condition.parse(text)


@pytest.mark.parametrize("text", ["a.ten >", "a.ten = 10", "", "a.ten > 1; a.ten < 2"])
def test_what_does_not_parse_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"is no condition; write one such as"):
        Condition.parse(text)


def test_a_refusal_names_the_number_as_it_was_written():
    with pytest.raises(ValueError, match=r"'a\.ten in a\.list' cannot stand"):
        Condition.parse("a.ten in a.list")


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ("11 > 10", "it names no number"),
        ("a.ten + 1", "it compares nothing"),
        ("not a.ten", "it compares nothing"),
        ("a.ten >", "is no condition"),
    ],
)
def test_a_claim_without_a_condition_is_refused(holds, says):
    with pytest.raises(ValidationError, match=says):
        Claim(words=("many",), holds=holds, why="Because.")


def test_a_claim_is_of_every_device_unless_it_says_otherwise():
    assert Claim(words=("many",), holds="a.ten > 1", why="Because.").devices is None
    assert Claim(words=("many",), holds="a.ten > 1", why="Because.", devices=("cpu",)).devices == ("cpu",)


@pytest.mark.parametrize(
    "text",
    [
        "a.ten > 5",  # broken by nothing and by a thousandth
        "a.ten < 5000",  # by the thousandfold alone
        "a.ten > 0.001",  # by nothing
        "a.ten != 0.01",  # by a thousandth alone
        "sum(a.list) < 100",
        "a.text == 'yes'",
        "a.ten == 10 or b-c.four == 5",
        "a.ten / b-c.four > 2",
        "1 / a.ten > 0.05",  # by the thousandfold, though it has no value for nothing
    ],
)
def test_a_condition_that_some_figures_break_can_fail(text):
    condition = Condition.parse(text)
    assert condition.can_fail({each: FIGURES[each] for each in condition.ids})


@pytest.mark.parametrize(
    "text",
    [
        "a.ten == a.ten",
        "a.ten >= 0",
        "a.ten > 1 or a.ten <= 1",
        "a.ten * 0 == 0",
        "1 / a.nothing == 1",
        "len(a.words) == 2",
    ],
)
def test_a_condition_that_no_figures_break_cannot(text):
    condition = Condition.parse(text)
    figures = FIGURES | {"a.words": ["one", "two"]}
    assert not condition.can_fail({each: figures[each] for each in condition.ids})


def test_figures_that_leave_a_condition_without_a_value_are_no_proof():
    """A text that is no figure, a list that has no such place: neither shows that the condition can fail."""
    assert not Condition.parse("a.words[0] == a.words[0]").can_fail({"a.words": ["one"]})
    assert not Condition.parse("max(a.none) == 1").can_fail({"a.none": []})
