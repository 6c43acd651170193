"""Contracts: each check takes its own tolerance, and a broken one is named with file, line and key."""

import pytest
from pydantic import ValidationError

from scripts.contracts import Contracts, Kept, load_contracts
from scripts.errors import SiteError
from tests.small import contract

GOOD = '[numbers.train.steps]\nlabel = "Steps"\nunit = "step"\ncheck = "exact"\n'


def test_a_good_file(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(GOOD)
    assert load_contracts(path).get("train.steps").unit == "step"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('check = "exact"\nrel = 0.1', "takes no tolerance, and has rel"),
        ('check = "approx"', "takes rel, and has none"),
        ('check = "band"', "takes factor"),
        ('check = "band"\nfactor = 0.5', "factor must be above 1"),
        ('check = "approx"\nrel = -0.1', "greater than 0"),
        ('check = "derived"\nfunction = "costs.ratio"', "takes arguments and function, and has function"),
        ('check = "excat"', "Input should be 'exact'"),
        ('check = "exact"\ntolerance = 1', "Extra inputs are not permitted"),
    ],
)
def test_a_broken_contract_is_named(tmp_path, bad, says):
    path = tmp_path / "numbers.toml"
    path.write_text("# a comment\n\n" + GOOD.replace('check = "exact"', bad))
    with pytest.raises(SiteError) as error:
        load_contracts(path)
    assert f"{path}:3: numbers.train.steps" in str(error.value)
    assert says in str(error.value)


def test_an_unknown_unit(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(GOOD.replace('"step"', '"furlong"'))
    message = rf"^{path}:1: numbers\.train\.steps: unit 'furlong' is unknown; the units are byte"
    with pytest.raises(SiteError, match=message):
        load_contracts(path)


def test_a_group_without_a_snippet(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(GOOD + GOOD.replace("train", "trian"))
    with pytest.raises(SiteError, match=rf"^{path}:5: there is no snippets/trian\.py to measure trian\.steps"):
        load_contracts(path)


def test_a_table_of_no_known_kind_is_named(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(f"{GOOD}\n[extra]\nx = 1\n")
    with pytest.raises(SiteError, match=rf"^{path}:6: extra: Extra inputs are not permitted$"):
        load_contracts(path)


def test_no_toml(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text("[numbers")
    with pytest.raises(SiteError, match="not valid TOML"):
        load_contracts(path)


@pytest.mark.parametrize(
    ("check", "tolerance", "rule"),
    [
        ("exact", {}, "exactly"),
        ("approx", {"rel": 0.025}, "within 2.5%"),
        ("approx", {"abs": 0.02}, "within ±0.02"),
        ("approx", {"rel": 0.1, "abs": 0.02}, "within 10% or within ±0.02"),
        ("band", {"factor": 1.5}, "within a factor of 1.5"),
        ("recorded", {}, "not compared: true of its machine only"),
        ("derived", {"function": "costs.ratio", "arguments": {}}, "computed again at every build"),
        ("constant", {"constant": "costs.X_PER_TOKEN"}, "read from the formulas at every build"),
    ],
)
def test_each_check_says_in_words_what_it_allows(check, tolerance, rule):
    assert contract(check, **tolerance).rule == rule


def test_a_share_may_move_by_percentage_points():
    assert contract("approx", "fraction", abs=0.02).rule == "within ±2 percentage points"


@pytest.mark.parametrize(
    ("check", "extra"),
    [
        ("recorded", {"factor": 2}),
        ("approx", {"rel": 0.1, "factor": 2}),
        ("band", {"factor": 2, "abs": 1}),
        ("constant", {}),
        ("constant", {"constant": "costs.X", "arguments": {}}),
        ("derived", {"arguments": {}}),
        ("band", {"factor": 1}),
    ],
)
def test_a_tolerance_that_the_check_does_not_take_is_refused(check, extra):
    with pytest.raises(ValidationError, match=r"takes|factor must be above 1"):
        contract(check, **extra)


def test_a_record_holds_what_its_snippet_measures_and_nothing_that_is_computed():
    kinds = {
        "steps": contract(),
        "seconds": contract("recorded"),
        "flops": contract("derived", function="costs.training_flops", arguments={}),
        "factor": contract("constant", constant="costs.X"),
    }
    contracts = Contracts(numbers={"train": kinds, "costs": {"share": contract("band", factor=2)}})
    assert contracts.measured("train") == ("steps", "seconds")
    assert contracts.measured("no_such_snippet") == ()
    assert contracts.ids() == ["train.steps", "train.seconds", "train.flops", "train.factor", "costs.share"]
    assert contracts.get("train.flops") is kinds["flops"]
    assert contracts.get("train.none") is contracts.get("none.steps") is None


def test_a_snippet_keeps_its_output_and_no_samples_unless_it_says_so():
    contracts = Contracts(snippets={"a": Kept(stdout="recorded", samples=("times",))}, numbers={})
    assert contracts.kept("a") == Kept(stdout="recorded", samples=("times",))
    assert contracts.kept("b") == Kept(stdout="shape", samples=())


def test_what_is_computed_needs_no_snippet_of_its_own(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(
        '[numbers.frontier.flops]\nlabel = "All"\nunit = "FLOP"\ncheck = "derived"\nfunction = "costs.ratio"\n'
        'arguments = { numerator = "facts.a", denominator = "facts.b" }\n'
    )
    assert load_contracts(path).ids() == ["frontier.flops"]


def test_every_broken_contract_is_named_at_its_own_table(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(f'{GOOD}\n[numbers.train.a]\nunit = "step"\ncheck = "exact"\n\n[snippets.train]\nstdout = "no"\n')
    with pytest.raises(SiteError) as error:
        load_contracts(path)
    said = str(error.value).splitlines()
    assert f"{path}:10: snippets.train.stdout: Input should be 'shape' or 'recorded'" in said
    assert f"{path}:6: numbers.train.a.label: Field required" in said
    assert len(said) == 2
