"""Calculators: what a reader types is what the script computes with, and what it says comes back in the page's words."""

import json
import random
import re
import xml.etree.ElementTree as ET
from shutil import copytree

import pytest
from bs4 import BeautifulSoup

from scripts import check
from scripts.browser.answer import Problem, literals_of, read_field, substitute
from scripts.calculator_html import CalculatorHtml, template
from scripts.calculators import in_field
from scripts.common import SiteError
from scripts.numbers import Numbers

NUMBERS = Numbers()
NAMES = list(NUMBERS.calculators.specs)


@pytest.fixture(scope="module", params=NAMES)
def calculator(request):
    return CalculatorHtml(request.param, NUMBERS)


def field(**given):
    return {"name": "x", "label": "X", "power": 0, "prefix": "", "suffix": "", "whole": False, "default": "3"} | given


@pytest.mark.parametrize(
    ("given", "typed", "literal", "said"),
    [
        ({}, "16384", "16384", "16,384"),
        ({}, " 16,384 ", "16384", "16,384"),
        ({"power": 9, "suffix": "billion"}, "405", "405e9", "405\u00a0billion"),
        ({"power": -2, "suffix": "%"}, "40", "40e-2", "40%"),
        ({"prefix": "$"}, "2.95", "2.95", "$2.95"),
        ({}, ".5", "0.5", "0.5"),
        ({}, "007", "7", "7"),
        ({}, "-3", "-3", "-3"),
        ({"power": 6}, "1.5e3", "1.5e9", "1.5e3"),
        ({}, "0", "0", "0"),
    ],
)
def test_what_is_typed_becomes_a_literal_and_words(given, typed, literal, said):
    assert read_field(field(**given), typed) == (literal, said)


@pytest.mark.parametrize(
    ("given", "typed", "message"),
    [
        ({}, "", "X: give a number, such as 3"),
        ({}, "12k", "X: give a number, such as 3"),
        ({}, "0,950", "X: give a number, such as 3, with a point before decimals"),
        ({}, "1.2.3", "X: give a number"),
        ({}, "nan", "X: give a number"),
        ({}, "1" * 40, "X: give a number"),
        ({}, "1e999", "larger than can be computed"),
        ({"power": 300}, "1e30", "larger than can be computed"),
        ({"whole": True}, "2.5", "X: give a whole number"),
        ({"whole": True, "label": "How many?"}, "2.5", "How many? Give a whole number"),
    ],
)
def test_a_slip_is_said_with_the_label_of_its_field(given, typed, message):
    with pytest.raises(Problem, match=re.escape(message)) as caught:
        read_field(field(**given), typed)
    assert caught.value.field == "x"


def test_inputs_are_the_literals_at_the_top_of_a_script():
    source = '"""X."""\n\nfrom costs import f\n\na = 2e3  # a month\nb = 4\nc = f(a)\nd = 5\n'
    assert literals_of(source) == {"a": "2e3", "b": "4"}
    assert "a = 7  # a month" in substitute(source, {"a": "7"})


def test_a_formula_reads_as_arithmetic():
    assert template("A_B * x / (2 * y)", {"x", "y"}, {"A_B": 6}) == "6 × {x} ÷ (2 × {y})"
    assert template("max(x, 1e6 * y)", {"x", "y"}, {}) == "max({x}, 1 million × {y})"


@pytest.mark.parametrize(
    ("value", "power", "text"), [(405e9, 9, "405"), (0.4, -2, "40"), (2.95, 0, "2.95"), (1e6, 6, "1")]
)
def test_a_value_stands_in_the_units_of_its_field(value, power, text):
    assert in_field(value, power) == text


# --- Each calculator of the site ---


def test_it_answers_at_first_with_all_that_the_page_shows(calculator):
    html = ET.tostring(calculator.element(lambda text: text), encoding="unicode")
    soup = BeautifulSoup(html, "html.parser")
    answer = calculator.answer
    assert soup.select_one(".say").text.split() == f"{answer['headline']} {answer['verdict']}".split()
    assert soup.select_one(".likely").text == answer["band"] and "{" not in soup.text.partition('{"calculator"')[0]
    shown = {row["data-output"]: row.data.text for row in soup.select("[data-output]")}
    assert shown == {name: calculator.answer["outputs"][name]["text"] for name in shown}
    assert {item["data-input"] for item in soup.select("[data-input]")} == set(calculator.spec.inputs)
    assert all(item.select_one(".origin").text for item in soup.select("[data-input]"))


def test_each_preset_gives_an_answer_or_says_what_to_change(calculator):
    for presets in calculator.presets().values():
        for preset in presets:
            answer = calculator.ask({name: value["text"] for name, value in preset["values"].items()})
            assert answer.get("headline") or re.search(r"give|take|smaller|larger", answer["problem"]), preset["id"]


def test_what_does_not_depend_on_a_slip_is_still_given(calculator):
    """With a slip in its first input, and with one that the script refuses."""
    right = calculator.answer["outputs"]
    for name in calculator.spec.inputs:
        answer = calculator.ask({name: "12k"})
        assert answer["field"] == name
        behind = {each["name"]: each["behind"] for each in calculator.described["outputs"]}
        free = [each for each in behind if name not in behind[each]]
        assert answer["outputs"] == {each: right[each] for each in free}
    refused = CalculatorHtml("inference-cost", NUMBERS).ask({"busiest": "0.5"})
    assert refused["field"] == "busiest" and "weights" in refused["outputs"]
    assert "usd_per_month" not in refused["outputs"]
    assert CalculatorHtml("break-even", NUMBERS).ask({"requests": "0"})["field"] == "requests"


def test_three_questions_are_asked_and_the_rest_is_folded(calculator):
    html = BeautifulSoup(ET.tostring(calculator.element(lambda text: text), encoding="unicode"), "html.parser")
    labels = [label.text for label in html.select(".asks label")]
    assert 3 <= len(labels) <= 4 and all(label.endswith("?") for label in labels)  # how many people, and how often
    folded = html.select("details.inputs [data-input]")
    assert len(folded) + len(html.select(".asks [data-input]")) == len(calculator.spec.inputs)
    assert f"({len(folded)} settings)" in html.select_one("details.inputs summary").text


def test_questions_come_in_waves_and_the_busiest_hour_sets_the_rent():
    ask = CalculatorHtml("inference-cost", NUMBERS).ask
    sets = {}
    for people in ("1000", "20000", "40000"):
        outputs = {key: each["value"] for key, each in ask({"people": people})["outputs"].items()}
        sets[people] = outputs["sets"]
        assert outputs["sets"] == -(-outputs["load"] // 1) and outputs["utilization"] <= 0.5
        assert outputs["at_once"] == pytest.approx(32 * outputs["load"])  # Little's law, with all seats taken
        price = 1000 * outputs["usd_per_million_input_tokens"] + 500 * outputs["usd_per_million_output_tokens"]
        assert outputs["usd_per_thousand"] == pytest.approx(price / 1000)  # the tokens carry all of the rent
    assert sets == {"1000": 1, "20000": 2, "40000": 4}
    assert ask({"people": "20000", "busiest": "1"})["outputs"]["sets"]["value"] == 1


def test_as_few_gpus_are_taken_as_hold_it():
    ask = CalculatorHtml("inference-cost", NUMBERS).ask
    taken = ask({})["outputs"]
    assert taken["gpus_per_set"]["value"] == 4 and taken["taken_bytes"]["value"] <= taken["room"]["value"]
    assert ask({"gpus": "2"})["field"] == "batch", "with half of them, so many requests do not fit"
    assert ask({"bit_per_parameter": "4"})["outputs"]["gpus_per_set"]["value"] == 1


def test_what_its_layers_keep_decides_whether_a_model_fits():
    """A hybrid of 27 billion parameters: 16 of its 64 layers keep the text, and one GPU of 80 GB holds it."""
    ask = CalculatorHtml("does-it-fit", NUMBERS).ask
    hybrid = {"parameters": "27", "layers": "64", "kv_heads": "4", "head_size": "256", "tokens": "131072", "batch": "1"}
    hybrid |= {"gpus": "1", "usable": "100"}
    whole, some = ask(hybrid), ask(hybrid | {"linear_layers": "48"})
    assert whole["outputs"]["cache"]["value"] == 34359738368 and whole["verdict"] == "It doesn't fit."
    assert some["outputs"]["cache"]["value"] == 8589934592 and some["verdict"] == "It fits on 1 H100."
    windows = ask(hybrid | {"window_layers": "60", "window_tokens": "1024"})
    assert windows["outputs"]["kept"]["value"] == 4 * 131072 + 60 * 1024
    latent = ask(hybrid | {"latent_values": "576", "gpus": "2"})
    assert latent["outputs"]["cache"]["value"] == 64 * 576 * 131072 * 2
    assert latent["outputs"]["serving"]["value"] == 54e9 + 2 * latent["outputs"]["cache"]["value"], "each GPU has it"
    assert ask(hybrid | {"linear_layers": "65"})["problem"].startswith("Layers is 64: give all layers")


def test_a_verdict_names_its_recipe_and_how_far_it_was_off(calculator):
    html = BeautifulSoup(ET.tostring(calculator.element(lambda text: text), encoding="unicode"), "html.parser")
    trust = html.select_one(".trust")
    assert trust.a["href"] == "costs/are-the-formulas-right.md"
    assert html.select(".trust")[-1].text.startswith("Assumed: ")
    assert re.search(r"On \d+ published cases the real .+ was [\d.]+ to [\d.]+ times what this says", trust.text)
    assert calculator.name != "does-it-fit" or "32-bit Adam" in calculator.spec.assumes


def test_a_prompt_costs_more_by_the_token_the_longer_it_is():
    ask = CalculatorHtml("inference-cost", NUMBERS).ask
    prices = [
        ask({"prompt_tokens": text, "batch": "1", "gpus": "4"})["outputs"]["seconds_per_input_token"]["value"]
        for text in ("1000", "10000", "100000")
    ]
    assert prices == sorted(prices) and prices[2] > 1.5 * prices[0]


def test_a_share_above_the_whole_is_refused_in_the_words_of_the_page(calculator):
    refused = 0
    for name, field in calculator.spec.inputs.items():
        if field.suffix == "%" and (answer := calculator.ask({name: "150"})).get("field") == name:
            assert answer["problem"].startswith(f"{field.label} is 150%: give")
            refused += 1
    assert refused or calculator.name == "break-even"  # whose only share may be above one


def test_numbers_beyond_computing_are_refused_kindly(calculator):
    for text in ("1e300", "1e-300"):
        answer = calculator.ask(dict.fromkeys(calculator.spec.inputs, text))
        assert "problem" in answer and "Traceback" not in json.dumps(answer)


def test_a_chart_at_any_value_is_drawn_within_its_picture(calculator):
    """Coordinates are for machines: digits and a point. A mark of thousands once broke them."""
    rng, drawn = random.Random(16), 0
    extremes = ["1e-300", "1e300", "1e-320", "1e30", "0", "-1e300", "1" * 30, "0." + "1" * 28, "", "nan", "inf"]
    for name in calculator.spec.inputs:
        for text in extremes + [f"{rng.uniform(1, 10):.3f}e{rng.randint(-310, 300)}" for _ in range(8)]:
            answer = calculator.ask({name: text})
            assert answer.get("headline") or len(answer["problem"]) < 250, (name, text)
            assert not re.search(r"\b(nan|inf|\d+e[+]\d+)\b", answer.get("problem", "")), (name, text)
            for box in BeautifulSoup(answer.get("chart", ""), "html.parser").select("rect[x]"):
                drawn += 1
                left, wide = (re.fullmatch(r"(\d{1,3}\.\d)%", box[key])[1] for key in ("x", "width"))
                assert float(left) + float(wide) < 101, (name, text)
    assert drawn > 200 or not calculator.spec.chart


def test_the_code_that_is_copied_holds_what_was_typed_and_prints_the_results(calculator):
    name = next(iter(calculator.spec.inputs))
    code = calculator.ask({name: "7"})["code"]
    assert f"\n{name} = 7" in code
    labels = [output.label for output in calculator.spec.outputs.values() if output.label]
    assert all(f'print("{label}:"' in code for label in labels)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message"),
    [
        (
            "calculators.toml",
            'utilization = { group = "use"',
            'hens = { group = "use"',
            r"calculators.toml:\d+: training-cost: .*differ in hens, utilization",
        ),
        (
            "calculators.toml",
            '"hours * usd_per_gpu_hour"',
            '"hours * price"',
            r"calculators.toml:\d+: training-cost: .*price is neither an input",
        ),
        (
            "calculators.toml",
            'use = { legend = "The run" }',
            'used = { legend = "The run" }',
            r"calculators.toml:\d+: training-cost: inputs are in unknown groups: use",
        ),
        (
            "calculators.toml",
            'asks = ["model", "gpu", "gpus"]',
            'asks = ["model", "gpu", "hens"]',
            r"calculators.toml:\d+: training-cost: it asks for what is neither .* hens",
        ),
        (
            "calculators.toml",
            "elapsed < 1 / 60",
            "elapsed <",
            r"calculators.toml:\d+: training-cost: SyntaxError",
        ),
        (
            "calculators.toml",
            'source = "facts.google_pue"',
            'source = "costs.pue"',
            r"calculators.toml:\d+: training-cost: overhead: costs.pue: module",
        ),
        (
            "calculators.toml",
            "costs {usd} at",
            "costs {usdd} at",
            r"calculators.toml:\d+: training-cost: KeyError: 'usdd'",
        ),
        (
            "presets.toml",
            "facts.llama_405b_tokens",
            "facts.llama_405b_tokns",
            r"unknown fact facts.llama_405b_tokns; did you mean",
        ),
        (
            "presets.toml",
            "facts.h100_tdp_watts",
            "facts.h200_memory_bytes",
            r"training_cost.py:\d+: watts_per_gpu starts at 700",
        ),
    ],
)
def test_a_slip_in_a_calculator_names_its_place(tmp_path, file, right, wrong, message):
    copytree(NUMBERS.root / "docs", tmp_path / "docs", symlinks=True)
    copytree(NUMBERS.root / "snippets", tmp_path / "snippets")
    path = tmp_path / "docs" / file
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong, 1))
    try:
        found = "\n".join(check.calculators(Numbers(tmp_path)))
    except SiteError as error:
        found = str(error)
    assert re.search(message, found), found
