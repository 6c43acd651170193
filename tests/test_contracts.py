"""numbers.toml and facts.toml: what is wrong is named with file, line and key."""

import pytest

from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.facts import load_facts

GOOD = '[numbers.train.steps]\nlabel = "Steps"\nunit = "step"\ncheck = "exact"\n'
FACT = """
[some_fact]
label = "A figure"
value = 1e9
unit = "token"
boundary = "all of it"
source = "A paper"
publisher = "A university"
url = "https://example.org/paper"
as_of = 2024-01-01
checked = 2026-01-01
grade = "A"
"""


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
    with pytest.raises(SiteError, match="unit 'furlong' is unknown"):
        load_contracts(path)


def test_a_group_without_a_snippet(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(GOOD.replace("train", "trian"))
    with pytest.raises(SiteError, match=r"there is no snippets/trian\.py to measure trian\.steps"):
        load_contracts(path)


def test_no_toml(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text("[numbers")
    with pytest.raises(SiteError, match="not valid TOML"):
        load_contracts(path)


def test_a_good_fact(tmp_path):
    path = tmp_path / "facts.toml"
    path.write_text(FACT)
    assert "quoted from A university, A paper; as of 2024-01-01; all of it" in load_facts(path)["some_fact"].provenance


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('grade = "A"', 'grade = "C"', "grade"),
        ('url = "https://example.org/paper"', 'url = "a paper"', "url"),
        ("value = 1e9", 'value = "many"', "value"),
        ('boundary = "all of it"\n', "", "boundary: Field required"),
        ('unit = "token"', 'unit = "tokens"', "unit 'tokens' is unknown"),
    ],
)
def test_a_broken_fact_is_named(tmp_path, old, new, says):
    path = tmp_path / "facts.toml"
    path.write_text(FACT.replace(old, new))
    with pytest.raises(SiteError) as error:
        load_facts(path)
    assert f"{path}:2: some_fact." in str(error.value)
    assert says in str(error.value)


def test_an_old_fact_says_so(tmp_path):
    path = tmp_path / "facts.toml"
    path.write_text(FACT + "expires = 2025-01-01\n")
    assert "old by now" in load_facts(path)["some_fact"].provenance
