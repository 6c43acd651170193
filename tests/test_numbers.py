"""From an id to a value, its text and where it comes from; expressions; the words that lean on numbers."""

import pytest

from scripts.common import SiteError
from scripts.expressions import NO_VALUE, evaluate, sources
from scripts.numbers import Numbers
from tests.small import record_snippet


def add_number(root, line):
    path = root / "docs" / "numbers.toml"
    path.write_text(path.read_text() + line + "\n")


def test_a_measured_number_says_who_measured_it_and_how_it_is_checked(small):
    number = Numbers(small).get("counting.weight")
    assert (number.kind, number.value, number.text) == ("measured", 0.5, "0.50")
    assert number.provenance.startswith("measured by counting.py on A hen, ")
    assert number.provenance.endswith("checked within 10%")


def test_a_computed_number_says_from_what(small):
    number = Numbers(small).get("boxes.eggs")
    assert (number.kind, number.value) == ("computed", 24)
    assert number.provenance == "computed at every build from Eggs, 12"
    assert [root.id for root in number.roots] == ["counting.eggs"]


def test_a_quoted_number_says_its_source_its_date_and_what_it_counts(small):
    number = Numbers(small).get("facts.hens")
    assert number.kind == "quoted"
    assert number.provenance == "quoted from The Farm, Annual report; as of 2026-11-01; all hens"


def test_what_a_run_has_measured_takes_the_place_of_the_record(small):
    numbers = Numbers(small, measured={"counting": {"eggs": 7}})
    assert numbers.get("boxes.eggs").value == 14
    assert numbers.get("counting.weight").value == 0.5


def test_an_unknown_id_is_refused_with_the_nearest(small):
    with pytest.raises(SiteError, match=r"unknown fact facts.henz; did you mean facts.hens\?"):
        Numbers(small).get("facts.henz")
    with pytest.raises(SiteError, match="unknown number far.away; add it to docs/numbers.toml"):
        Numbers(small).get("far.away")


def test_a_number_without_a_record_says_what_to_run(small):
    (small / "docs" / "records" / "cpu" / "counting.json").unlink()
    with pytest.raises(
        SiteError, match=r"numbers.toml:2: counting.eggs has no record; write it with: make measure SNIPPETS=counting"
    ):
        Numbers(small).get("counting.eggs")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("counting.eggs /", "cannot be read"),
        ("counting.eggs / 0", "ZeroDivisionError"),
        ("costs.trebled(counting.eggs)", "AttributeError.*trebled"),
        ("costs.doubled()", "TypeError"),
        ("counting.eggs[0]", "TypeError"),
        ("unheard + 1", "unheard|TypeError"),
    ],
)
def test_a_formula_that_cannot_be_computed_names_its_line(small, formula, message):
    add_number(small, f'odd = {{ label = "Odd", unit = "count", formula = "{formula}" }}')
    with pytest.raises(SiteError, match=rf"numbers.toml:9: boxes.odd: .*({message})"):
        Numbers(small).get("boxes.odd")


def test_minus_is_minus(small):
    assert evaluate("counting.eggs-counting.weight", Numbers(small)) == 11.5
    assert sources("counting.eggs-counting.weight", Numbers(small)) == ["counting.eggs", "counting.weight"]


def test_expressions_hold_no_builtins(small):
    with pytest.raises((SiteError, *NO_VALUE)):
        evaluate("__import__('os').getcwd()", Numbers(small))


def test_naming_a_snippet_never_runs_it(small):
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text() + "raise SystemExit('ran')\n")
    record_snippet(small)
    with pytest.raises(SiteError, match="unknown number counting.nope"):
        evaluate("counting.nope + 1", Numbers(small))


def test_a_claim_stands_or_falls_with_its_numbers(small):
    stated = Numbers(small).claim("claims.many")
    assert stated.stands
    assert "it stands while counting.eggs > 10; now counting.eggs is 12" in stated.provenance
    assert not Numbers(small, measured={"counting": {"eggs": 3}}).claim("claims.many").stands


def test_a_claim_about_something_unknown_names_its_line(small):
    path = small / "docs" / "claims.toml"
    path.write_text(path.read_text().replace("counting.eggs", "counting.hens"))
    with pytest.raises(SiteError, match=r"claims.toml:1: claims.many: .*unknown number counting.hens"):
        Numbers(small).claim("claims.many")


# --- The site's own calculators, called in formulas ---


def test_a_calculator_answers_with_its_presets_and_with_others():
    numbers = Numbers()
    plain = evaluate("inference_cost.seconds_per_output_token()", numbers)
    alone = evaluate("inference_cost.seconds_per_output_token(batch=1, gpus=4)", numbers)
    faster = evaluate("inference_cost.pass_seconds(h200, gpus=4)", numbers)
    assert alone > 2 * plain
    assert faster < evaluate("inference_cost.pass_seconds()", numbers)


def test_a_result_stands_on_the_facts_that_its_script_uses_for_it_and_on_no_others():
    behind = sources("inference_cost.most_requests()", Numbers())
    assert "facts.h100_memory_bytes" in behind
    assert not [each for each in behind if "usd" in each or "tdp" in each]
    assert sources("inference_cost.gpus()", Numbers()) == []


def test_a_calculator_refuses_an_input_that_it_lacks():
    with pytest.raises(SiteError, match="inference_cost.py:1: it has no input called hens"):
        evaluate("inference_cost.pass_seconds(hens=3)", Numbers())
