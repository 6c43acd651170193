"""What the calculators run, without any page: fields, substitution, answers, charts, one formatter for both Pythons."""

import ast
import json
import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scripts.engine import writing
from scripts.engine.answers import answer, filled, fitting
from scripts.engine.charts import Axis, draw
from scripts.engine.fields import Problem, as_said, literal, read_fields
from scripts.engine.run import execute, substitute
from scripts.paths import ENGINE
from scripts.units import UNITS

MODULES = sorted(ENGINE.glob("*.py"))
LACKING = {"removesuffix", "removeprefix", "maketrans", "is_integer", "casefold"}  # methods that MicroPython has not


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_needs_nothing_that_micropython_lacks(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"math", "json"}, where
        elif isinstance(node, ast.ImportFrom):
            assert node.module.startswith("scripts.engine"), f"{where}: the browser has only these modules"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in LACKING, f"{where}: MicroPython's text has no {node.attr}"
        elif isinstance(node, ast.FormattedValue) and node.format_spec:
            assert "," not in ast.unparse(node.format_spec), f"{where}: MicroPython drops the comma without a word"
        elif isinstance(node, ast.Dict):
            assert None not in node.keys, f"{where}: MicroPython cannot unpack into a dictionary"
        elif isinstance(node, ast.List | ast.Tuple) and isinstance(getattr(node, "ctx", None), ast.Load):
            assert not any(isinstance(each, ast.Starred) for each in node.elts), f"{where}: nor into a list"


# --- writing ---


@given(st.floats(1e-12, 1e27), st.integers(1, 6))
@example(9745.0, 3)
@example(0.5, 1)
@example(999.5, 3)
def test_digits_are_those_of_python(value, digits):
    near = float(f"{value:.{digits - 1}e}")
    assert float(writing.significant(value, digits).replace(",", "")) == pytest.approx(near, rel=1e-15)
    assert len(writing.significant(value, digits).replace(",", "").replace(".", "").lstrip("0")) >= digits


@given(st.floats(-1e15, 1e15), st.integers(0, 6))
def test_fixed_places_are_those_of_python(value, places):
    expected = f"{value:,.{places}f}"
    assert writing.fixed(value, places) in (expected, "-" + expected, expected.removeprefix("-"))
    assert float(writing.fixed(value, places).replace(",", "")) == float(expected.replace(",", ""))


def test_each_unit_s_writer_is_found_again_by_its_name():
    for name, unit in UNITS.items():
        again = writing.writer(writing.name_of(unit.write))
        if unit.made_of:
            assert again(1234.5, 3) == unit.write(1234.5, 3), name


@pytest.mark.parametrize(
    ("name", "value", "digits", "text"),
    [
        ("count", 999_999, 3, "1,000,000"),
        ("count", 1e6, 3, "1.00 million"),
        ("count", 2.5e9, 2, "2.5 billion"),
        ("count", 1e12, 1, "1 trillion"),
        ("count", 1e12, None, "1,000,000,000,000"),
        ("plain", 999_999, None, "1,000,000"),
        ("plain", 1e6, 2, "1.0 million"),
        ("plain", 12.345, 2, "12"),
        ("ratio", 12.345, None, "12"),
        ("ratio", 12.345, 4, "12.35"),
        ("scaled B", 999, None, "999 B"),
        ("scaled B", 0.5, None, "0.500 B"),
        ("scaled B", 1000, 2, "1.0 kB"),
        ("scaled B", 1e27, None, "1,000 YB"),
        ("flops", 9.99e17, None, "999 PFLOP"),
        ("flops", 1e18, None, "1.00 × 10¹⁸ FLOP"),
        ("flops", 3.8e25, 2, "3.8 × 10²⁵ FLOP"),
        ("seconds", 0.012, 3, "12.0 ms"),
        ("seconds", 0, None, "0 s"),
        ("seconds", 90.4, 3, "90.4 s"),
        ("minutes", 12.3, 3, "12.3 minutes"),
        ("hours", 30_000_000, 2, "30 million hours"),
        ("duration", 0.25, None, "15.0 minutes"),
        ("duration", 0.25, 1, "20 minutes"),
        ("percent", 0.999, None, "99.9%"),
        ("percent", 0.0005, None, "under 0.1%"),
        ("percent", 0.25, 1, "20%"),
        ("percent", 1.5, None, "150%"),
        ("error", 0.001, None, "+0.10%"),
        ("error", -0.0009, None, "under 0.1%"),
        ("error", -0.158, 3, "−15.8%"),
        ("dollars", 7, None, "$7"),
        ("dollars", 7, 2, "$7.0"),
        ("dollars", 1.08e8, None, "$108 million"),
        ("dollars", 1e6, None, "$1.00 million"),
        ("scaled B", 999_600, None, "1.00 MB"),
        ("per_million_tokens", 0.2, None, "$0.20 per million tokens"),
        ("text", "2.13.0", None, "2.13.0"),
    ],
)
def test_a_writer_writes(name, value, digits, text):
    assert writing.writer(name)(value, digits) == text
    assert writing.name_of(writing.writer(name)) == name


@pytest.mark.parametrize("value", [0.25, 3, 47.9, 48, 17531, 17532, 5e6])
def test_a_duration_reads_in_a_unit_that_it_fills(value):
    number, unit = writing.duration(value, 4).split()[0], writing.duration(value, 4).split()[-1]
    hours = {"minutes": 1 / 60, "hours": 1, "days": 24, "years": 8766}[unit]
    assert float(number.replace(",", "")) * hours == pytest.approx(value, rel=1e-3)


# --- fields ---


@pytest.mark.parametrize(
    ("text", "power", "expected"),
    [
        ("405", 9, "405e9"),
        (" 15.6 ", 12, "15.6e12"),
        ("40", -2, "0.4"),
        ("0.5", -2, "0.005"),
        ("12.50", -2, "0.125"),
        ("100", -2, "1"),
        ("2.95", 0, "2.95"),
        ("16,384", 0, "16384"),
        ("1,234,567.5", 0, "1234567.5"),
        ("007", 0, "7"),
        ("0", 0, "0"),
        (".5", 9, "0.5e9"),
        ("5.", 0, "5"),
        ("+3", 0, "3"),
        ("-4", 9, "-4e9"),
        ("2e3", 6, "2e9"),
        ("2E-3", 3, "2"),
        ("1e2", -2, "1e2"),
        ("12345678901234567890", 0, "12345678901234567890.0"),
    ],
)
def test_what_is_typed_stands_in_the_script_as_a_person_would_write_it(text, power, expected):
    if (text, power) == ("1e2", -2):
        expected = "0.01e2"  # one hundred percent, written oddly
    assert literal(text, power) == expected
    assert float(expected) == pytest.approx(float(text.replace(",", "")) * 10.0**power, rel=1e-15)
    ast.parse(f"x = {expected}")


NO_NUMBERS = ["", " ", "abc", "1 2", "1..2", "e5", "-", "0x10", "1_000", "nan", "inf", "∞", "٣", "9" * 31, "5 %"]
NO_THOUSANDS = ["1,00", ",5", ",500", "0,950", "-0,500"]


@pytest.mark.parametrize("text", NO_NUMBERS + NO_THOUSANDS)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError):
        literal(text, 0)
    fields = [{"name": "gpus", "label": "GPUs", "power": 0, "prefix": "", "suffix": "", "default": "8"}]
    with pytest.raises(Problem) as problem:
        read_fields(fields, {"gpus": text})
    says = f"GPUs: give a number, such as 8{', with a point before decimals' if text in NO_THOUSANDS else ''}"
    assert (problem.value.message, problem.value.field) == (says, "gpus")


def test_a_number_that_no_float_holds_is_refused():
    fields = [{"name": "gpus", "label": "GPUs", "power": 0, "prefix": "", "suffix": "", "default": "8"}]
    with pytest.raises(Problem, match="larger than can be computed with"):
        read_fields(fields, {"gpus": "1e999"})


@given(st.decimals(0, 10**12, places=6), st.sampled_from([-2, 0, 3, 6, 9, 12]))
def test_a_literal_is_exactly_what_was_typed(number, power):
    assert float(literal(str(number), power)) == float(f"{number}e{power}")


def test_a_number_reads_with_its_unit():
    assert as_said("16384", "", "") == "16,384"
    assert as_said("-5", "$", "") == "-$5"
    assert as_said("989", "", "TFLOP/s") == "989\u00a0TFLOP/s"


# --- running ---

SCRIPT = '''"""Cost."""

hours = 5  # of one GPU
usd_per_hour = 2.5
share = 0.5

if hours < 0:
    raise ValueError(f"hours is {hours!r}: give a number above 0")
if share > 1:
    raise ValueError(f"share is {share!r}: give a share, such as 0.4")
usd = hours * usd_per_hour / share
hours = 7
'''


def field(name, default, power=0, **more):
    return {"name": name, "label": name.title(), "power": power, "prefix": "", "suffix": "", "default": default} | more


def told(**changes):
    """Return a small calculator as the page tells the engine of it."""
    output = {"name": "usd", "label": "Price", "unit": "US dollars", "write": "dollars", "digits": 3}
    return {
        "name": "small",
        "inputs": [
            field("hours", "5"),
            field("usd_per_hour", "2.5", prefix="$", label="Rent"),
            field("share", "50", -2, suffix="%"),
        ],
        "outputs": [output | {"formula": "{hours} × {usd_per_hour} ÷ {share}"}],
        "headline": [{"when": "usd > 1e6", "words": "Dear: {usd}."}, {"when": "", "words": "It costs {usd}."}],
        "chart": None,
    } | changes


def ask(calculator=None, chart=False, **typed):
    given = {"hours": "5", "usd_per_hour": "2.5", "share": "50"} | typed
    question = {"calculator": calculator or told(), "source": SCRIPT, "typed": given, "chart": chart}
    return json.loads(answer(json.dumps(question)))


def test_only_the_first_assignment_changes_and_its_comment_stays():
    code = substitute(SCRIPT, {"hours": "6", "share": "0.25"})
    assert "hours = 6  # of one GPU\n" in code
    assert code.endswith("hours = 7\n")
    assert code.replace("= 6 ", "= 5 ").replace("= 0.25", "= 0.5") == SCRIPT
    with pytest.raises(KeyError, match="days"):
        substitute(SCRIPT, {"days": "1"})


def test_an_answer_holds_values_texts_formulas_and_code():
    got = ask(hours="1,000")
    assert got["outputs"]["usd"] == {"value": 5000.0, "text": "$5,000", "formula": "1,000 × $2.5 ÷ 50%"}
    assert got["headline"] == "It costs $5,000."
    assert got["code"].startswith(substitute(SCRIPT, {"hours": "1000"}))
    assert got["code"].endswith('\nprint("Price:", usd)  # US dollars\n')
    assert ask(hours="1e9")["headline"] == "Dear: $5.00 billion."


def test_nothing_of_one_run_is_left_for_the_next():
    assert ask(hours="9") != ask()
    assert ask() == ask()


@pytest.mark.parametrize(
    ("typed", "problem", "name"),
    [
        ({"hours": "-3"}, "Hours is -3: give a number above 0", "hours"),
        ({"share": "150"}, "Share is 150%: give a share, such as 40%", "share"),
        ({"share": "0"}, "these numbers lead to a division by nothing: give larger ones", ""),
        ({"hours": "1e308", "usd_per_hour": "1e3"}, "these numbers lead to one larger than can be computed with", ""),
        ({"usd_per_hour": "many"}, "Rent: give a number, such as 2.5", "usd_per_hour"),
        ({"usd_per_hour": "0,950"}, "Rent: give a number, such as 2.5, with a point before decimals", "usd_per_hour"),
    ],
)
def test_a_refusal_is_said_in_the_words_of_the_page(typed, problem, name):
    got = ask(**typed)
    assert set(got) == {"problem", "field"}
    assert problem in got["problem"]
    assert ("%" in got["problem"]) == (name == "share"), "only a field that counts in percent speaks of it"
    assert got["field"] == name
    assert "Traceback" not in got["problem"]


def test_a_refusal_of_no_field_is_a_sentence():
    with pytest.raises(Problem, match=r"^The weights do not fit$"):
        execute('raise ValueError("the weights do not fit")', told(), {})
    with pytest.raises(Problem, match="larger than can be computed"):
        execute("x = 10.0**308 * 10\nx = 10.0**400", told(), {})


def test_a_refused_result_bears_its_label():
    with pytest.raises(Problem, match=r"^Price is -1: give a number above 0"):
        execute('raise ValueError("usd is -1: give a number above 0")', told(), {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("inf", "one larger than can be computed with: give smaller ones"),
        ("nan", "one larger than can be computed with: give smaller ones"),
        ("0.0", "one smaller than can be computed with: give larger ones"),
    ],
)
def test_what_went_wrong_on_the_way_is_no_field_s_to_change(given, said):
    for name in ("usd", "half"):
        with pytest.raises(Problem) as problem:
            execute(f'raise ValueError("{name} is {given}: give a number above 0")', told(), {})
        assert (problem.value.message, problem.value.field) == (f"these numbers lead to {said}", "")


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        (": give a share above 0 and up to 1, such as 0.4", ": give a share above 0% and up to 100%, such as 40%"),
        (": give at most 0.0551, the share of the parameters", ": give at most 5.51%, the share of the parameters"),
        (": give 0 or a number above it", ": give 0% or a number above it"),
        (", and these answer at most 1.5; take more", ", and these answer at most 150%; take more"),
    ],
)
def test_advice_for_a_field_in_percent_is_in_percent(advice, said):
    with pytest.raises(Problem) as problem:
        execute(f'raise ValueError("share is 1.5{advice}")', told(), {"share": "150%"})
    assert (problem.value.message, problem.value.field) == (f"Share is 150%{said}", "share")


def test_words_are_chosen_and_filled():
    cases = [{"when": "a > b", "words": "more"}, {"when": "", "words": "less"}]
    assert (fitting(cases, {"a": 2, "b": 1}), fitting(cases, {"a": 1, "b": 1})) == ("more", "less")
    assert filled("{a} and {b}.", {"a": "1", "b": "2"}) == "1 and 2."


# --- charts ---


@given(st.floats(1e-9, 1e15), st.floats(1.5, 1e9), st.booleans())
def test_an_axis_has_a_few_round_ticks_inside(low, times, log):
    axis = Axis(low, low * times, log, 300, 20)
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 8
    assert all(low * (1 - 1e-9) <= tick <= low * times * (1 + 1e-9) for tick in ticks)
    assert all(len(f"{tick:.12g}".replace(".", "").split("e")[0].strip("0")) <= 3 for tick in ticks)
    assert axis.place(low) == pytest.approx(300)
    assert axis.place(low * times) == pytest.approx(20)


CURVE = {
    "kind": "curve",
    "sweep": "hours",
    "start": "1",
    "stop": "1000",
    "whole": False,
    "x": "hours",
    "x_label": "hours",
    "y_label": "price",
    "log_x": True,
    "log_y": True,
    "lines": [{"name": "usd", "label": "rent"}],
    "words": [{"when": "", "words": "{usd} for {hours}."}],
    "caption": "caption",
    "x_write": "count",
    "y_write": "dollars",
}


def shapes(svg, tag):
    return [each for each in ET.fromstring(svg).iter() if each.tag == tag]


def test_a_curve_runs_the_script_for_each_of_its_points():
    got = ask(told(chart=CURVE), chart=True)
    points = shapes(got["chart"], "polyline")[0].get("points").split()
    assert len(points) == 25
    assert all(0 <= float(x) <= 340 and 0 <= float(y) <= 250 for x, y in (point.split(",") for point in points))
    assert got["caption"] == "$25.0 for 5."
    assert "$25.0" in [each.text for each in shapes(got["chart"], "text")], "the reader's own place says its value"


def test_a_curve_is_drawn_where_its_axes_say():
    """On logarithmic axes a price per hour is a straight line, and each value stands where its ticks put it."""
    svg = draw(CURVE, {"hours": 10.0, "usd": 25.0}, lambda changes: {"hours": h(changes), "usd": 2.5 * h(changes)})
    labels = {each.text: each for each in shapes(svg, "text")}
    x = {hours: float(labels[f"{hours:,}"].get("x")) for hours in (1, 10, 100, 1000)}
    y = {usd: float(labels[f"${usd:,}"].get("y")) - 4 for usd in (10, 100, 1000)}
    assert x[10] - x[1] == pytest.approx(x[1000] - x[100], abs=0.2)
    assert y[10] - y[100] == pytest.approx(y[100] - y[1000], abs=0.2)
    points = [tuple(map(float, each.split(","))) for each in shapes(svg, "polyline")[0].get("points").split()]
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    assert (points[0][0], points[-1][0]) == (x[1], x[1000])
    steps = [after[0] - before[0] for before, after in pairwise(points)]
    assert steps == pytest.approx([steps[0]] * 24, abs=0.11), "the points are as far apart as the ticks are"
    assert {labels[f"${usd:,}"].get("class") for usd in y} == {"axis end"}
    assert all(float(labels[f"${usd:,}"].get("x")) >= 6 * len(f"${usd:,}") for usd in y), "no tick is cut off"
    own = shapes(svg, "circle")[0]
    assert float(own.get("cx")) == pytest.approx(x[10], abs=0.11)
    height = y[10] + (y[100] - y[10]) * math.log10(2.5)
    assert float(own.get("cy")) == pytest.approx(height, abs=0.2)
    base = [each for each in shapes(svg, "line") if each.get("class") == "base"]
    assert len(base) == 1 and base[0].get("y1") == base[0].get("y2")
    said = labels["$25.0"]
    assert 0 < float(said.get("x")) - float(own.get("cx")) < 12, "its value stands beside it"


def h(changes):
    return float(changes["hours"])


def test_a_value_at_the_right_end_stays_inside_the_picture():
    svg = draw(CURVE, {"hours": 1000.0, "usd": 2.0}, lambda changes: {"hours": h(changes), "usd": 2.0})
    said = [each for each in shapes(svg, "text") if each.get("class") == "calculated own end"]
    assert [each.text for each in said] == ["$2.00"]


def test_a_reader_s_place_beyond_the_curve_stands_in_the_picture():
    svg = draw(CURVE, {"hours": 5000.0, "usd": 1e6}, lambda changes: {"hours": h(changes), "usd": h(changes)})
    own = shapes(svg, "circle")[0]
    assert float(own.get("cx")) == 322 and 26 < float(own.get("cy")) < 206


def test_a_curve_on_plain_axes_starts_at_nothing():
    plain = CURVE | {"log_x": False, "log_y": False, "start": "0", "stop": "100"}
    svg = draw(plain, {"hours": 50.0, "usd": 100.0}, lambda changes: {"hours": h(changes), "usd": 2 * h(changes)})
    labels = {each.text: each for each in shapes(svg, "text")}
    base = next(each for each in shapes(svg, "line") if each.get("class") == "base")
    points = [tuple(map(float, each.split(","))) for each in shapes(svg, "polyline")[0].get("points").split()]
    assert points[0][1] == float(base.get("y1")), "nothing lies on the base"
    assert points[-1][1] == pytest.approx(206 - (206 - 26) / 1.1, abs=0.1), "a tenth is left above the highest"
    assert points[12] == pytest.approx(
        ((points[0][0] + points[-1][0]) / 2, (points[0][1] + points[-1][1]) / 2), abs=0.1
    )
    assert "100" in labels and "$100" in labels


def test_two_lines_bear_their_names_where_they_are_apart():
    lines = [{"name": "usd", "label": "rent"}, {"name": "power", "label": "power"}]
    apart = {"left": lambda hours: (1000.0, hours), "right": lambda hours: (hours, 1.0)}
    for side, values in apart.items():

        def again(changes, values=values):
            return dict(zip(("hours", "usd", "power"), (h(changes), *values(h(changes)))))

        svg = draw(CURVE | {"lines": lines}, {"hours": 30.0, "usd": 30.0, "power": 30.0}, again)
        named = [each for each in shapes(svg, "text") if each.get("class").startswith("name")]
        assert [each.text for each in named] == ["rent", "power"]
        assert all((float(each.get("x")) < 170) == (side == "left") for each in named)


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (1, 1000, True, [1, 10, 100, 1000]),
        (1, 20, True, [1, 2, 5, 10, 20]),
        (1, 99, True, [1, 2, 5, 10, 20, 50]),
        (1, 300, True, [1, 3, 10, 30, 100, 300]),
        (2, 4, True, [2, 2.5, 3, 3.5, 4]),
        (1e-3, 1e6, True, [1e-3, 1e-1, 1e1, 1e3, 1e5]),
        (0, 10, False, [0, 2, 4, 6, 8, 10]),
        (0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (7, 7, False, [6, 6.5, 7, 7.5, 8]),
        (8, 8, True, [5, 10]),
    ],
)
def test_ticks_are_round(low, high, log, expected):
    assert Axis(low, high, log, 0, 100).ticks() == pytest.approx(expected)


@pytest.mark.parametrize("refused", [lambda hours: hours > 100, lambda hours: hours < 3])
def test_a_curve_leaves_out_what_the_script_refuses(refused):
    def again(changes):
        if refused(float(changes["hours"])):
            raise Problem("too many, or too few")
        return {"hours": float(changes["hours"]), "usd": 2 * float(changes["hours"])}

    svg = draw(CURVE, {"hours": 5.0, "usd": 10.0}, again)
    assert 2 < len(shapes(svg, "polyline")[0].get("points").split()) < 25


def test_whole_numbers_are_swept_once_each():
    seen = []

    def again(changes):
        seen.append(changes["hours"])
        return {"hours": int(changes["hours"]), "usd": 2.0}

    draw(CURVE | {"whole": True, "stop": "6"}, {"hours": 5, "usd": 2.0}, again)
    assert seen == ["1", "2", "3", "4", "5", "6"]


def test_bars_are_as_long_as_their_parts_and_the_limit_stands_between():
    parts = [{"label": "weights", "value": "a"}, {"label": "caches", "value": "b"}]
    chart = {"kind": "bars", "write": "scaled B", "limit": "room", "limit_label": "room for", "caption": "c"}
    svg = draw(chart | {"rows": [{"label": "to use it", "parts": parts}]}, {"a": 30, "b": 10, "room": 20}, None)
    weights, caches = (float(each.get("width")) for each in shapes(svg, "rect") if each.get("height") == "26")
    assert weights == pytest.approx(3 * caches, rel=0.01)
    limit = next(each for each in shapes(svg, "line") if each.get("class") == "limit")
    assert float(limit.get("x1")) - 2 == pytest.approx((weights + caches) / 2, rel=0.01)
    texts = {each.text: each for each in shapes(svg, "text")}
    assert {"to use it: 40 B", "weights 30 B", "caches 10 B"} <= set(texts)
    assert texts["room for 20 B"].get("class") == "calculated"
    assert texts["room for 20 B"].get("x") == limit.get("x1")
    bar, *signs = (each for each in shapes(svg, "rect") if each.get("class") == "line" or each.get("height") == "10")
    for sign, words in zip(signs, ("weights 30 B", "caches 10 B"), strict=True):
        assert float(sign.get("y")) > float(bar.get("y")) + float(bar.get("height")), "below the bar"
        assert 10 < float(texts[words].get("x")) - float(sign.get("x")) < 20, "beside its name"
        assert abs(float(texts[words].get("y")) - float(sign.get("y"))) < 12


def test_the_words_of_a_far_limit_end_at_it():
    parts = [{"label": "weights", "value": "a"}]
    chart = {"kind": "bars", "write": "scaled B", "limit": "room", "limit_label": "room for", "caption": "c"}
    svg = draw(chart | {"rows": [{"label": "to use it", "parts": parts}]}, {"a": 3, "room": 20}, None)
    (words,) = (each for each in shapes(svg, "text") if each.text == "room for 20 B")
    assert words.get("class") == "calculated end"


@pytest.mark.parametrize("value", [0, 1e-6, 1.0, 1e12])
def test_no_value_is_drawn_outside_the_picture(value):
    svg = draw(CURVE, {"hours": 5.0, "usd": value}, lambda changes: {"hours": float(changes["hours"]), "usd": value})
    numbers = [float(each) for each in re.findall(r'(?:x|y|cx|cy)="(-?[\d.]+)"', svg)]
    assert all(math.isfinite(each) and -1 <= each <= 341 for each in numbers), value
