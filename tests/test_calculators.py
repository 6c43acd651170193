"""The calculators of the site: their description, their numbers, their formulas and their HTML."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import ModuleType

import pytest
from bs4 import BeautifulSoup
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scripts.calculations import results
from scripts.calculator_page import (
    Page,
    ask,
    constants,
    describe,
    files,
    origin_element,
    origin_of,
    origin_words,
    presets_of,
)
from scripts.calculators import Calculator, Preset, in_field, literals_of, load_calculators
from scripts.dimensions import in_units, quantity, with_units
from scripts.engine.fields import literal
from scripts.engine.run import substitute
from scripts.engine.writing import writer
from scripts.entries import load_entries
from scripts.errors import SiteError
from scripts.formulas import evaluated, template
from scripts.numbers import Numbers
from scripts.paths import DOCS, SNIPPETS
from scripts.promises import broken, promises
from tests.small import SmallNumbers, fact
from tests.values import typed_values

CALCULATORS = load_calculators()
each_calculator = pytest.mark.parametrize("name", CALCULATORS)


@pytest.fixture(scope="module")
def numbers():
    return Numbers()


# --- the description ---

SMALL = """
[small]
title = "Small"
script = "small"
headline = [{ words = "{usd}" }]
groups.all = { legend = "All" }
inputs.hours = { group = "all", label = "Hours", unit = "hour", slider = [1, 9], assumption = "a day" }
outputs.usd = { label = "Price", unit = "USD", formula = "hours * 2" }
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('unit = "hour"', 'unit = "furlong"', "unit 'furlong' is no unit to compute with"),
        ('unit = "hour"', 'unit = "text"', "unit 'text' is no unit to compute with"),
        ('unit = "hour"', 'unit = "hour", suffix = "dozen"', "suffix 'dozen' is unknown"),
        ("[1, 9]", "[9, 1]", "give two ends, the smaller one first"),
        ("[1, 9]", "[-1, 9]", "neither below 0"),
        ("[1, 9]", "[9, 9]", "give two ends, the smaller one first"),
        ('group = "all"', 'group = "none"', "in a group 'none' that there is not"),
        (', formula = "hours * 2"', "", "give its formula as well"),
        ('assumption = "a day"', 'assumption = "a day", source = "facts.a"', "keep the one that its value is from"),
        ('{ words = "{usd}" }', '{ when = "usd > 1", words = "{usd}" }', "The last of the words needs no when"),
        ('label = "Hours"', 'label = "Hours", lable = "x"', "Extra inputs are not permitted"),
    ],
)
def test_a_slip_is_named_with_file_and_line(tmp_path, old, new, says):
    path = tmp_path / "calculators.toml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new))
    with pytest.raises(SiteError) as error:
        load_entries(path, Calculator)
    assert re.match(rf"{re.escape(str(path))}:\d+: small", str(error.value))
    assert says in str(error.value)


def test_a_sound_description_is_read(tmp_path):
    path = tmp_path / "calculators.toml"
    path.write_text(SMALL)
    assert load_entries(path, Calculator)["small"].inputs["hours"].power == 0


@each_calculator
def test_a_field_shows_the_script_s_own_literal(name):
    calculator = CALCULATORS[name]
    literals = literals_of(calculator.source)
    typed = {each["name"]: (each["default"], each["power"]) for each in describe(name, calculator)["inputs"]}
    assert {key: literal(*each) for key, each in typed.items()} == literals
    assert substitute(calculator.source, {key: literal(*each) for key, each in typed.items()}) == calculator.source


@pytest.mark.parametrize(("typed", "refused"), [("8.5", True), ("-0.5", True), ("1e-3", True), ("8.0", False)])
def test_what_comes_only_whole_is_refused_in_parts(typed, refused):
    calculator = CALCULATORS["training-cost"]
    got = ask(describe("training-cost", calculator), calculator.source, {"gpus": typed})
    problem = {"problem": "GPUs: give a whole number", "field": "gpus"}
    assert (got == problem) if refused else got["headline"]


@pytest.mark.parametrize(
    ("value", "power", "text"), [(1.558e9, 9, "1.558"), ("0.4", -2, "40"), (106816, 9, "0.000106816")]
)
def test_a_value_stands_in_its_field_in_full(value, power, text):
    assert in_field(value, power) == text


TOO_SMALL = ("ours", "train_ours")


@each_calculator
def test_sliders_hold_every_first_value_and_preset(name, numbers):
    """But our own model, for which a slider from it to the largest would move in leaps: its field holds it."""
    calculator = CALCULATORS[name]
    presets = presets_of(calculator, numbers)
    for key, each in calculator.inputs.items():
        low, high = each.slider
        given = [in_field(literals_of(calculator.source)[key], each.power)]
        offered = [p for p in presets[each.group] if p["id"] not in TOO_SMALL]
        given += [p["values"][key]["text"] for p in offered if key in p["values"]]
        for text in given:
            assert low <= float(text) <= high, f"{key} = {text}"


# --- calculations ---


def test_an_input_that_there_is_not_is_named():
    with pytest.raises(
        SiteError, match=r"snippets/calculators/training_cost\.py:1: it has no input called days, moons$"
    ):
        results("training_cost", {"gpus": 8, "moons": 1, "days": 2})


@pytest.mark.parametrize("before", [None, ModuleType("costs")])
def test_what_was_imported_as_costs_before_is_so_afterwards(monkeypatch, before):
    monkeypatch.delitem(sys.modules, "costs", raising=False)
    if before:
        monkeypatch.setitem(sys.modules, "costs", before)
    assert results("training_cost", {})["usd"] > 0
    assert sys.modules.get("costs") is before


# --- presets ---


def test_each_preset_has_its_origin_and_its_row(numbers):
    for name, calculator in CALCULATORS.items():
        for presets in presets_of(calculator, numbers).values():
            for preset in presets:
                for key, value in preset["values"].items():
                    assert float(value["text"]) > 0, (name, preset["id"], key)
                    assert bool(value["row"]) != value["origin"].startswith("counted so here ("), (
                        name,
                        preset["id"],
                        key,
                    )
                    assert value["origin"]


@each_calculator
def test_a_preset_leaves_nothing_of_the_one_before(name, numbers):
    """Each fills the same fields: a price that stays would look like the next one's."""
    for group, presets in presets_of(CALCULATORS[name], numbers).items():
        default = CALCULATORS[name].groups[group].default
        assert not presets or default in [preset["id"] for preset in presets]
        assert len({frozenset(preset["values"]) for preset in presets}) <= 1, group


def test_a_chip_without_a_price_is_offered_only_where_none_is_asked(numbers):
    offered = {name: {each["id"] for each in presets_of(CALCULATORS[name], numbers)["gpu"]} for name in CALCULATORS}
    assert {"tpu_v5e", "tpu_v7x"} <= offered["does-it-fit"]
    assert not {"tpu_v5e", "tpu_v7x"} & offered["inference-cost"]
    assert {"h100", "h200", "b200"} <= offered["inference-cost"] & offered["does-it-fit"]


def test_an_origin_says_when_and_how_it_is_known():
    known = SmallNumbers(facts={"a": fact(), "b": fact(grade="B", publisher="A paper"), "c": fact(grade="C")})
    assert origin_of("facts.a", known).words == "A university, January 2024"
    assert origin_of("facts.b", known).words == "A paper, January 2024, as reported"
    assert origin_of("facts.c", known).words == "A university, January 2024, disputed"
    both = origin_of("facts.a / facts.b", known)
    assert (both.value, both.words) == (1, "A university, January 2024; A paper, January 2024, as reported")
    assert origin_of("train.steps", known).words == "measured here"
    old = SmallNumbers(facts={"rent": fact(kind="price", unit="USD")})
    assert origin_of("facts.rent", old).words == "A university, January 2024, old figure"
    assert origin_words(replace(old.get("train.steps"), expired=True)) == "measured here from an old figure"
    half = replace(origin_of("facts.a / 2", known), counted="a pair")
    assert half.words == "A university, January 2024; counted so here (a pair)"
    assert replace(origin_of("1", known), counted="a pair").words == "counted so here (a pair)"
    preset = Preset(label="A chip", kind="chip", values={})
    for origin in (half, both, replace(origin_of("2", known), counted="a pair")):
        assert "".join(origin_element(preset, origin).itertext()) == f"A chip: {origin.words}"


@each_calculator
def test_each_preset_can_be_computed_with_or_says_why_not(name, numbers):
    calculator = CALCULATORS[name]
    described = describe(name, calculator)
    for presets in presets_of(calculator, numbers).values():
        for preset in presets:
            got = ask(described, calculator.source, {key: each["text"] for key, each in preset["values"].items()})
            assert got.get("headline") or "fit" in got["problem"], (preset["id"], got)


# --- formulas ---


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a * b", "{a} × {b}"),
        ("a / (b * RATE_TOKEN_PER_STEP)", "{a} ÷ ({b} × 6)"),
        ("a / b * 2", "{a} ÷ {b} × 2"),
        ("a - (b - 1)", "{a} − ({b} − 1)"),
        ("(a + b) * 1e6", "({a} + {b}) × 1 million"),
        ("a * (b * 2)", "{a} × {b} × 2"),
        ("a + b * 2", "{a} + {b} × 2"),
        ("floor((a - b) / 2)", "({a} − {b}) ÷ 2, rounded down"),
        ("max(a, b / 2)", "the larger of {a} and {b} ÷ 2"),
        ("HOUR * a", "730.5 × {a}"),
    ],
)
def test_a_formula_reads_as_it_is_computed(formula, expected):
    assert template(formula, {"a", "b"}, {"RATE_TOKEN_PER_STEP": 6, "HOUR": 730.5}) == expected


@pytest.mark.parametrize("formula", ["a +", "c * 2", "a ** 2", "open('x')", "a if b else 2", "floor(a) + 1", "max(a)"])
def test_what_is_no_arithmetic_is_refused(formula):
    with pytest.raises(ValueError):
        template(formula, {"a", "b"}, {})


def test_a_name_that_there_is_not_is_told():
    with pytest.raises(ValueError, match=r"^c is neither an input, an output, nor a constant of costs\.py$"):
        template("a * c", {"a"}, {})


def test_a_formula_is_computed_with_nothing_but_its_names():
    assert evaluated("max(a, floor(b) + 0.5)", {"a": 2, "b": 3.9}) == 3.5
    with pytest.raises(NameError):
        evaluated("open(a)", {"a": "file"})


LEAVES = st.one_of(st.sampled_from(["a", "b"]), st.integers(1, 9).map(str))
FORMULAS = st.recursive(
    LEAVES, lambda each: st.tuples(each, st.sampled_from("+-*/"), each).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
)


@given(FORMULAS, st.floats(0.5, 50), st.floats(0.5, 50))
def test_no_parenthesis_is_lost_from_a_formula(formula, a, b):
    try:
        expected = evaluated(formula, {"a": a, "b": b})
    except ZeroDivisionError:
        return
    shown = template(formula, {"a", "b"}, {}).replace("{", "").replace("}", "")
    python = shown.replace("×", "*").replace("÷", "/").replace("−", "-")
    assert evaluated(python, {"a": a, "b": b}) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@each_calculator
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_shown_is_what_the_code_computes(name, data):
    """The formula in the description and the script give the same, whatever the reader types."""
    calculator = CALCULATORS[name]
    typed = data.draw(typed_values(calculator))
    inputs = {key: float(literal(text, calculator.inputs[key].power)) for key, text in typed.items()}
    try:
        left = results(calculator.script, inputs)
    except ValueError:
        assume(False)
    for key, output in calculator.outputs.items():
        if output.formula:
            assert evaluated(output.formula, KNOWN | left) == pytest.approx(left[key], rel=1e-9), key


KNOWN = constants()


@each_calculator
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_the_engine_gives_what_the_script_gives(name, data):
    """By way of fields, texts and JSON, and by way of none of these."""
    calculator = CALCULATORS[name]
    typed = data.draw(typed_values(calculator))
    inputs = {key: float(literal(text, calculator.inputs[key].power)) for key, text in typed.items()}
    described = describe(name, calculator)
    got = ask(described, calculator.source, typed)
    try:
        left = results(calculator.script, inputs)
    except ValueError:
        assert got["problem"]
        return
    for each in described["outputs"]:
        value = got["outputs"][each["name"]]["value"]
        assert value == pytest.approx(left[each["name"]], rel=1e-12), each["name"]
        assert got["outputs"][each["name"]]["text"] == writer(each["write"])(value, each["digits"])


@pytest.mark.parametrize("gpus", [4, 16, 24])
def test_both_calculators_of_memory_find_room_for_as_many_requests(gpus):
    """Beyond a GPU for each KV head, several keep the same head, and both must know."""
    shared = {"gpus": gpus, "parameters": 70e9, "kv_heads": 8, "memory_bytes": 80e9}
    most = results("inference_cost", shared | {"prompt_tokens": 6000, "answer_tokens": 2192, "batch": 1})[
        "most_requests"
    ]
    for batch, fits in ((most, True), (most + 1, False)):
        left = results("does_it_fit", shared | {"tokens": 8192, "batch": batch})
        assert (left["serving"] <= left["room"]) == fits


@pytest.mark.parametrize("tokens", [1, 50, 100_000])
def test_no_prompt_is_read_faster_than_the_weights_that_it_meets(tokens):
    left = results("inference_cost", {"prompt_tokens": tokens, "batch": 1})
    fetched = left["weights"] / left["bandwidth"]
    computed = 2 * left["parameters"] * tokens / left["compute"]
    assert left["reading_seconds"] == pytest.approx(max(fetched, computed))


def test_what_is_shown_to_fit_can_be_typed():
    """A limit that is rounded up would be refused by the field next to it."""
    described = describe("inference-cost", CALCULATORS["inference-cost"])
    source = CALCULATORS["inference-cost"].source
    for gpus in ("16", "24"):
        shown = ask(described, source, {"gpus": gpus})["outputs"]["most_requests"]["text"]
        assert ask(described, source, {"gpus": gpus, "batch": shown})["headline"]


def test_a_run_too_small_for_the_formula_is_not_priced():
    described = describe("training-cost", CALCULATORS["training-cost"])
    got = ask(described, CALCULATORS["training-cost"].source, {"parameters": "0.0001", "tokens": "0.0000002"})
    assert "the formula says little" in got["headline"]
    assert "$" not in got["headline"]


@each_calculator
def test_units_pass_through_the_script(name):
    calculator = CALCULATORS[name]
    units = {key: each.unit for key, each in calculator.inputs.items()}
    left = with_units(calculator.source, literals_of(calculator.source), units)
    plain = results(calculator.script, {})
    for key, output in calculator.outputs.items():
        in_its_unit = (left[key] * in_units("dimensionless") / quantity(1, output.unit)).to_base_units()
        assert in_its_unit.dimensionless, f"{key} is no {output.unit}"
        scale = in_its_unit.magnitude / plain[key]  # a million tokens is a bare 1e6 to the formulas, an hour is not
        assert any(scale == pytest.approx(each) for each in (1, 1e6, 1e-6)), f"{key} is in {left[key].units}"


# --- the code that a reader copies ---


@each_calculator
def test_the_code_runs_in_an_empty_folder_and_prints_the_results(name, tmp_path):
    calculator = CALCULATORS[name]
    described = describe(name, calculator)
    got = ask(described, calculator.source)
    (tmp_path / "copied.py").write_text(got["code"])
    (tmp_path / "costs.py").write_text((SNIPPETS / "costs.py").read_text())
    done = subprocess.run([sys.executable, "copied.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = [each for each in described["outputs"] if each["label"]]
    printed = dict(line.rsplit(": ", 1) for line in done.stdout.splitlines())
    assert {key: float(value) for key, value in printed.items()} == {
        each["label"]: got["outputs"][each["name"]]["value"] for each in shown
    }


# --- the page ---


@each_calculator
def test_the_page_is_whole_without_javascript(name, numbers):
    page = Page(name, numbers, str)
    made = page.element()
    assert len(made.findall(".//*[@data-input]")) == len(page.calculator.inputs)
    assert not made.findall(".//input") and not made.findall(".//button"), "a control that does nothing"
    for each in page.described["outputs"]:
        if each["label"]:
            row = made.find(f".//*[@data-output='{each['name']}']")
            assert row.find("dt").text == each["label"]
            assert row.find(".//data").text == page.answer["outputs"][each["name"]]["text"]
    assert page.answer["headline"] in "".join(made.itertext())


def test_what_the_browser_is_told_cannot_end_its_script(numbers):
    kept = []
    page = Page("training-cost", numbers, lambda markup: kept.append(markup) or "")
    page.described["headline"] = [{"when": "", "words": "</script><b>"}]
    page.element()
    script = next(each for each in kept if each.startswith("<script"))
    assert script.count("</script>") == 1
    assert (
        json.loads(script.partition(">")[2].removesuffix("</script>"))["calculator"]["headline"][0]["words"]
        == "</script><b>"
    )


def test_an_unknown_calculator_names_those_there_are(numbers):
    with pytest.raises(SiteError, match="no calculator is called training; there are training-cost"):
        Page("training", numbers, str)


def test_a_refused_default_is_named_with_its_line(numbers, monkeypatch):
    monkeypatch.setattr("scripts.calculator_page.ask", lambda *_, **__: {"problem": "It does not fit.", "field": ""})
    with pytest.raises(SiteError, match=r"docs/calculators.toml:\d+: training-cost: it refuses its own figures"):
        Page("training-cost", numbers, str)


def test_a_note_tells_its_source(numbers):
    made = Page("training-cost", numbers, str).element()
    note = made.find(".//*[@data-input='tokens']/small[@class='origin']")
    assert "".join(note.itertext()) == "Llama 3.1 405B: Meta, July 2024, as reported"
    assert note.find("time").get("datetime") == "2024-07-23"


def test_every_file_that_the_browser_asks_for_is_published():
    assert all((DOCS / address).is_file() for address in files().values())
    assert "/costs.py" in files()


def test_another_builder_owes_the_reader_the_same_numbers(numbers):
    page = DOCS / "costs" / "training-cost.md"
    promised = [each for each in promises(page, numbers) if "{{ calculator" in each.name]
    assert {each.kind for each in promised} == {"number", "result"}
    made = BeautifulSoup(ET.tostring(Page("training-cost", numbers, str).element(), encoding="unicode"), "html.parser")
    assert broken(promised, made) == []
    made.select_one("[data-output=usd] data").string = "$1"
    assert [promise.kind for promise, _ in broken(promised, made)] == ["result"]
