"""The finer branches of the checks on calculators, on a small one with a script, presets and a page of its own."""

import random
import xml.etree.ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from scripts import calculations, calculator_page, calculators
from scripts.calculator_page import Page
from scripts.calculators import Calculator, Input, Preset
from scripts.checks import calculators as checks
from scripts.checks import load_checks
from scripts.entries import load_entries
from tests.small import SmallNumbers, SmallView, fact, found

SCRIPT = '''"""Cost."""

hours = 5
usd_per_hour = 2.5
tokens = 1000

usd = hours * usd_per_hour
usd_per_token = usd / tokens * 1e6
'''

DESCRIPTION = """
[small]
title = "Small"
script = "small"
headline = [{ when = "usd > 100", words = "Dear: {usd}." }, { words = "It costs {usd}." }]

[small.groups.time]
legend = "Time"

[small.groups.chip]
legend = "Chip"
presets = "chip"
default = "chip_a"

[small.inputs.hours]
group = "time"
label = "Hours"
unit = "GPU-hour"
slider = [1, 9]
assumption = "a morning"

[small.inputs.usd_per_hour]
group = "chip"
label = "Rent"
unit = "USD/GPU-hour"
prefix = "$"
slider = [1, 9]

[small.inputs.tokens]
group = "time"
label = "Tokens"
unit = "token"
slider = [0, 2000]
source = "facts.tokens"

[small.outputs.usd]
label = "Price"
unit = "USD"
formula = "hours * usd_per_hour"

[small.outputs.usd_per_token]
unit = "USD/million tokens"

[small.chart]
kind = "curve"
sweep = "hours"
start = "1"
stop = "9"
x = "hours"
x_label = "hours"
y_label = "price"
lines = [{ name = "usd", label = "rent" }]
words = [{ words = "{usd} for {hours}." }]
"""

PRESETS = """
[chip_a]
label = "A chip"
kind = "chip"
values.usd_per_hour = "facts.rent"

[chip_b]
label = "Another chip"
kind = "chip"
values.usd_per_hour = "facts.rent * 2"
counted.usd_per_hour = "it is a pair"
"""


class Small:
    """A calculator in a folder, whose parts can be changed."""

    def __init__(self, folder):
        self.script, self.calculators, self.presets = (folder / name for name in ("small.py", "c.toml", "p.toml"))
        self.script.write_text(SCRIPT)
        self.calculators.write_text(DESCRIPTION)
        self.presets.write_text(PRESETS)
        facts = {"rent": fact(value=2.5, unit="USD/GPU-hour"), "tokens": fact(value=1000, unit="token")}
        self.numbers = SmallNumbers(facts=facts)

    def change(self, path, old, new):
        """Replace text that occurs once, and return the place of the new one as a message begins with it."""
        text = path.read_text()
        assert text.count(old) == 1, (old, text.count(old))
        path.write_text(text.replace(old, new))

    def at(self, path, text):
        """Return ``file:line`` of the first line that holds a text."""
        lines = path.read_text().splitlines()
        return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line)}"

    def found(self, check, **given):
        return found(check, SmallView(numbers=self.numbers, **given))

    def page(self):
        """Return the calculator as it stands on a page."""
        kept = []
        made = Page("small", self.numbers, lambda markup: kept.append(markup) or f"@{len(kept) - 1}@").element()
        html = ET.tostring(made, encoding="unicode")
        for index, markup in enumerate(kept):
            html = html.replace(f"@{index}@", markup)
        return f"<article>{html}</article>"

    def shown(self, html):
        """Return what the check of pages finds on a page of this HTML."""
        view = SmallView({"cost/index.html": html}, numbers=self.numbers)
        view.place = lambda name, text: f"{name}, {text}: " if text else f"{name}: "
        return found(checks.calculators_show_what_their_scripts_give, view)


@pytest.fixture
def small(tmp_path, monkeypatch):
    made = Small(tmp_path)
    for module in (calculators, calculations, checks):
        monkeypatch.setattr(module, "CALCULATOR_SCRIPTS", tmp_path)
    for module in (calculator_page, checks):
        monkeypatch.setattr(module, "CALCULATORS", made.calculators)
        monkeypatch.setattr(module, "PRESETS", made.presets)
        monkeypatch.setattr(module, "load_calculators", lambda: load_entries(made.calculators, Calculator))
        monkeypatch.setattr(module, "load_presets", lambda: load_entries(made.presets, Preset))
    return made


@pytest.mark.parametrize(
    "name", [name for name, each in load_checks().items() if each.find.__module__ == checks.__name__]
)
def test_a_sound_calculator_passes(small, tmp_path, name):
    page = tmp_path / "page.md"
    page.write_text("# Cost\n\n{{ calculator small }}\n")
    view = SmallView({"cost/index.html": small.page()}, numbers=small.numbers, sources=[page])
    assert load_checks()[name].problems(view) == []


# --- data ---


@pytest.mark.parametrize(("file", "old"), [("calculators", 'label = "Hours"'), ("presets", 'label = "A chip"')])
def test_a_broken_file_is_what_its_check_says(small, file, old):
    path = getattr(small, file)
    small.change(path, old, "")
    (message,) = load_checks()["calculators are sound"].problems(SmallView())
    assert message.startswith(f"{path}:")


# --- scripts ---


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "says"),
    [
        ("calculators", 'script = "small"', 'script = "gone"', "[small]", "there is no snippets/calculators/gone.py"),
        ("script", "tokens = 1000\n", "", "[small.inputs.tokens]", "small.py sets no tokens to a figure at its top"),
        (
            "script",
            "tokens = 1000",
            "days = 3\ntokens = 1000",
            "days = 3",
            "nothing asks for days; add [small.inputs.days] to",
        ),
        ("script", "usd = hours", "raise ValueError('no')\nusd = hours", '"""Cost', "it refuses its own figures: no"),
        (
            "script",
            "usd_per_token",
            "usd_of_token",
            "[small.outputs.usd_per_token]",
            "small.py leaves no usd_per_token behind",
        ),
        (
            "script",
            "usd / tokens * 1e6",
            "1e400",
            "[small]",
            "it refuses its own figures: these numbers lead to one larger",
        ),
        ("calculators", '"It costs {usd}."', '"It costs {it}."', "[small]", "cannot be made: KeyError: 'it'"),
        ("calculators", '"hours * usd_per_hour"', '"hours * rent"', "[small]", "small: "),
    ],
)
def test_a_script_that_does_not_fit_is_named_once(small, file, old, new, place, says):
    small.change(getattr(small, file), old, new)
    (message,) = [
        each for each in small.found(checks.calculators_fit_their_scripts) if "no calculator runs" not in each
    ]
    path = small.script if place in small.script.read_text() else small.calculators
    assert message.startswith(small.at(path, place) + ": ")
    assert says in message
    for check in (
        checks.defaults_are_those_of_their_sources,
        checks.formulas_shown_are_those_of_the_code,
        checks.calculators_fit_their_units,
    ):
        assert small.found(check) == [], "what cannot run is one check's to say"


def test_a_script_that_no_calculator_runs_is_named(small, tmp_path):
    (tmp_path / "lost.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    said = f"{tmp_path}/lost.py:1: no calculator runs it; add it to c.toml, or remove it"
    assert small.found(checks.calculators_fit_their_scripts) == [said]


# --- where a first value is from ---


def test_a_first_value_without_a_source_is_named(small):
    small.change(small.calculators, 'assumption = "a morning"\n', "")
    place = small.at(small.calculators, "[small.inputs.hours]")
    said = f"{place}: small: hours is from nowhere; give it a source or an assumption"
    assert small.found(checks.defaults_are_those_of_their_sources) == [said]


@pytest.mark.parametrize(("kind", "value"), [("source", "facts.rent"), ("assumption", "a guess")])
def test_a_first_value_with_two_sources_is_named(small, kind, value):
    small.change(small.calculators, 'prefix = "$"', f'prefix = "$"\n{kind} = "{value}"')
    place = small.at(small.calculators, "[small.inputs.usd_per_hour]")
    said = f"{place}: small: usd_per_hour is from {value} and facts.rent; give it one source, or say why it is assumed"
    assert small.found(checks.defaults_are_those_of_their_sources) == [said]


@pytest.mark.parametrize(
    ("old", "new", "source", "is_"),
    [("usd_per_hour = 2.5", "usd_per_hour = 2.6", "facts.rent", 2.5), ("= 1000", "= 1001", "facts.tokens", 1000.0)],
)
def test_a_first_value_that_is_not_its_source_s_is_named_at_its_line(small, old, new, source, is_):
    small.change(small.script, old, new)
    name, value = new.split(" = ") if " = " in new and not new.startswith("=") else ("tokens", "1001")
    said = f"{small.at(small.script, value)}: small: {name} starts at {value}, and {source} is {is_}"
    (message,) = small.found(checks.defaults_are_those_of_their_sources)
    assert message == f"{said}; change the script, or name another source"


@pytest.mark.parametrize("source", ["facts.none", "1 / 0", "facts."])
def test_a_source_that_is_no_number_is_left_to_other_checks(small, source):
    small.change(small.calculators, '"facts.tokens"', f'"{source}"')
    assert small.found(checks.defaults_are_those_of_their_sources) == []


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("1000.0", "1000.0 holds a figure that counts nothing"),
        ("1000", "1000 holds a figure of its own"),
        ("facts.tokens * 1", "facts.tokens * 1 holds a figure of its own"),
        ("facts.rent * facts.tokens / facts.rent", None),
        ("facts.tokens * facts.tokens / facts.rent", "gives no token"),
        ("facts.hours", "facts.hours is in hour, and the field in token"),
    ],
)
def test_a_source_is_of_numbers_in_the_field_s_unit(small, source, says):
    small.numbers.facts["hours"] = fact(value=1000, unit="hour")
    small.change(small.calculators, '"facts.tokens"', f'"{source}"')
    place = small.at(small.calculators, "[small.inputs.tokens]")
    said = [each for each in small.found(checks.defaults_are_those_of_their_sources) if each.startswith(place)]
    assert [f"{place}: small: tokens: " in each and says in each for each in said] == ([True] if says else [])


# --- presets ---


def preset(text):
    return f'[chip_c]\nlabel = "C"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('kind = "ship"\nvalues.usd_per_hour = "facts.rent"', "no group of fields offers presets of the kind 'ship'"),
        ('kind = "chip"\nvalues.knots = "facts.rent"', "no field that it could fill is called knots"),
        ('kind = "chip"\nvalues.tokens = "facts.tokens"', "no field that it could fill is called tokens"),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.tokens"',
            "usd_per_hour: facts.tokens is in token, and the field in USD/GPU-hour",
        ),
        ('kind = "chip"\nvalues.usd_per_hour = "facts.none"', "no fact is called facts.none"),
        ('kind = "chip"\nvalues.usd_per_hour = "1 / 0"', "usd_per_hour: "),
        ('kind = "chip"\nvalues.usd_per_hour = "1.99"', "usd_per_hour: 1.99 holds a figure that counts nothing"),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.rent * 1.1"',
            "holds a figure that counts nothing; name a number",
        ),
        ('kind = "chip"\nvalues.usd_per_hour = "facts.rent * True"', "holds a figure that counts nothing"),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.rent * 2"',
            "holds a figure of its own; name a number of the site",
        ),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.rent"\ncounted.usd_per_hour = "a pair"',
            "usd_per_hour: facts.rent holds no figure of its own; remove counted, its reason",
        ),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.rent"\ncounted.knots = "a pair"',
            "counted.knots is the reason for a figure that there is not; remove it",
        ),
        (
            'kind = "chip"\nvalues.usd_per_hour = "2"\ncounted.usd_per_hour = "a pair"',
            "usd_per_hour: 2 gives no USD/GPU-hour, in which the field is; name numbers of other units",
        ),
        (
            'kind = "chip"\nvalues.usd_per_hour = "facts.rent / facts.tokens"',
            "usd_per_hour: facts.rent / facts.tokens gives no USD/GPU-hour",
        ),
    ],
)
def test_a_preset_that_cannot_fill_its_fields_is_named_at_its_line(small, text, says):
    later = '\n[chip_d]\nlabel = "D"\nkind = "chip"\nvalues.knots = "facts.rent"\n'
    small.presets.write_text(PRESETS + preset(text) + later)
    message, last = small.found(checks.presets_name_numbers)
    assert message.startswith(small.at(small.presets, "[chip_c]") + ": chip_c: ")
    assert says in message
    assert last.endswith("chip_d: no field that it could fill is called knots"), "those below are looked at too"


@pytest.mark.parametrize("wanted", ["FLOP/second/GPU", "byte/second/GPU", "byte/GPU", "watt/GPU", "token/request"])
def test_what_is_quoted_of_one_gpu_or_text_fills_a_field_that_says_so(small, wanted):
    small.numbers.facts["peak"] = fact(unit=wanted.rpartition("/")[0])
    small.presets.write_text(PRESETS + preset('kind = "chip"\nvalues.usd_per_hour = "facts.peak"'))
    assert small.found(checks.presets_name_numbers) != []
    small.change(small.calculators, '"USD/GPU-hour"', f'"{wanted}"')
    said = small.found(checks.presets_name_numbers)
    assert [each.partition(": ")[2].partition(":")[0] for each in said] == ["chip_a", "chip_b"], (
        "its rent is what does not fit now"
    )


@pytest.mark.parametrize(("old", "new"), [('default = "chip_a"', 'default = "chip_z"'), ('presets = "chip"', "")])
def test_a_group_that_starts_with_no_preset_of_its_kind_is_named(small, old, new):
    small.change(small.calculators, old, new)
    default = "chip_z" if "chip_z" in new else "chip_a"
    said = (
        f"{small.at(small.calculators, '[small]')}: small: chip starts with {default}, which is no preset of its kind"
    )
    assert said in small.found(checks.presets_name_numbers)


# --- words ---


@pytest.mark.parametrize(
    ("old", "new", "figure"),
    [
        ('"It costs {usd}."', '"It costs {usd}, for 9000 hours."', "9000"),
        ('"Dear: {usd}."', '"Three times as dear: {usd}."', "Three"),
        ('"{usd} for {hours}."', '"{usd} for {hours} of 24."', "24"),
        ('y_label = "price"', 'y_label = "price of 8"', "8"),
        ('x_label = "hours"', 'x_label = "shares"', None),
        ('y_label = "price"', 'y_label = "US dollars for a million tokens"', None),
        ('label = "rent"', 'label = "rent of two"', "two"),
    ],
)
def test_a_figure_in_a_calculator_s_words_is_named_at_its_line(small, old, new, figure):
    small.change(small.calculators, old, new)
    said = small.found(checks.words_of_calculators_hold_no_figures)
    if figure is None:
        assert said == []
        return
    (message,) = said
    assert message.startswith(f"{small.at(small.calculators, new)}: small: {figure!r} is typed in ")
    assert message.endswith("; name an input or an output in braces, or reword it")


def test_the_reason_for_a_figure_in_a_preset_holds_none(small):
    small.change(small.presets, '"it is a pair"', '"there are 9000"')
    said = f"{small.at(small.presets, '[chip_b]')}: chip_b: '9000' is typed in 'there are 9000'; reword it"
    assert small.found(checks.words_of_calculators_hold_no_figures) == [said]


@pytest.mark.parametrize(("label", "figure"), [("8 chips", "8"), ("Chip V4, half price", "half"), ("A chip V4", None)])
def test_a_preset_is_called_what_its_numbers_are_called(small, label, figure):
    small.numbers.facts["rent"] = fact(value=2.5, unit="USD/GPU-hour", label="Rent of a chip V4, reported")
    small.change(small.presets, '"Another chip"', f'"{label}"')
    said = small.found(checks.words_of_calculators_hold_no_figures)
    place = small.at(small.presets, "[chip_b]")
    message = f"{place}: chip_b: {figure!r} in {label!r} is in no label of the numbers that it fills in"
    assert said == ([f"{message}; call it what they are called"] if figure else [])


# --- formulas and units ---


def test_a_formula_that_is_not_the_code_s_is_said_once(small):
    small.change(small.calculators, '"hours * usd_per_hour"', '"hours + usd_per_hour"')
    place = small.at(small.calculators, "[small.outputs.usd]")
    said = f"{place}: small: hours + usd_per_hour gives 7.5, and the script's usd is 12.5; one of the two is wrong"
    assert small.found(checks.formulas_shown_are_those_of_the_code) == [said]


@pytest.mark.parametrize("formula", ["hours * 2.5", "hours + 7.5", "5 * usd_per_hour"])
def test_a_formula_that_fits_only_the_first_values_is_found(small, formula):
    small.change(small.calculators, '"hours * usd_per_hour"', f'"{formula}"')
    assert len(small.found(checks.formulas_shown_are_those_of_the_code)) == 1


def test_other_inputs_that_the_script_refuses_are_passed_over(small):
    refusal = "if hours > 5:\n    raise ValueError('too long')\nusd = hours"
    small.change(small.script, "usd = hours", refusal)
    probes = list(checks.probes(load_entries(small.calculators, Calculator)["small"]))
    assert checks.FEWEST < len(probes) < checks.PROBES
    assert (probes[0]["hours"], probes[0]["usd"]) == (5, 12.5)
    assert all(1 <= each["hours"] <= 5 for each in probes), "the slider begins at 1"
    assert len({each["hours"] for each in probes}) == len(probes)
    small.change(small.calculators, '"hours * usd_per_hour"', '"hours * 2.5"')
    assert len(small.found(checks.formulas_shown_are_those_of_the_code)) == 1


def test_a_script_that_refuses_almost_all_is_named(small):
    small.change(
        small.script, "usd = hours", "if hours > 1.01 and hours != 5:\n    raise ValueError('no')\nusd = hours"
    )
    (message,) = small.found(checks.formulas_shown_are_those_of_the_code)
    place = small.at(small.calculators, "[small]")
    assert message.startswith(f"{place}: small: its script takes ")
    assert message.endswith(f" of {checks.PROBES} inputs that its sliders offer; mend the sliders, or what it refuses")


@pytest.mark.parametrize(
    ("formula", "untried"),
    [
        ("max(hours * usd_per_hour, hours - tokens)", "hours - tokens"),
        ("max(hours - tokens, hours * usd_per_hour)", "hours - tokens"),
        ("hours * usd_per_hour * rate", "rate"),
    ],
)
def test_what_no_input_that_is_tried_makes_matter_is_named(small, formula, untried):
    small.change(small.script, "usd = hours", "rate = min(1, 1e9 / hours)\nusd = hours")
    small.change(small.calculators, '"hours * usd_per_hour"', f'"{formula}"')
    small.change(small.calculators, "slider = [0, 2000]", "slider = [500, 2000]")
    rate = '[small.outputs.rate]\nunit = "ratio"\n\n[small.outputs.usd]'
    small.change(small.calculators, "[small.outputs.usd]", rate)
    place = small.at(small.calculators, "[small.outputs.usd]")
    said = f"{place}: small: {untried} matters for none of the inputs that are tried; mend the sliders, or the formula"
    assert small.found(checks.formulas_shown_are_those_of_the_code) == [said]


@pytest.mark.parametrize(
    ("value", "whole", "least", "most"), [(50, False, 6.25, 90), (0, True, 0, 0), (4, True, 1, 32)]
)
def test_a_value_is_drawn_within_its_slider_and_near_its_own(value, whole, least, most):
    field = Input(group="", label="", unit="count", slider=(0 if not value else 1, 90), whole=whole)
    draw = random.Random(1)
    values = [checks.drawn(field, value, draw) for _ in range(200)]
    assert least <= min(values) and max(values) <= most
    assert len(set(values)) > 1 or not value
    assert not whole or all(each.is_integer() for each in values)


def test_a_result_in_another_unit_is_named(small):
    small.change(small.calculators, 'unit = "USD"', 'unit = "USD/month"')
    (message,) = small.found(checks.calculators_fit_their_units)
    place = small.at(small.calculators, "[small.outputs.usd]")
    assert message == f"{place}: small: usd is in USD, and is shown in USD/month; mend the unit"


def test_what_cannot_be_computed_with_units_is_named(small):
    small.change(small.script, "hours * usd_per_hour", "hours + usd_per_hour")
    (message,) = small.found(checks.calculators_fit_their_units)
    assert message.startswith(
        f"{small.at(small.calculators, '[small]')}: small: small.py cannot be computed with units: "
    )
    assert message.endswith("; mend the script, or a unit")


# --- pages ---


@pytest.mark.parametrize(
    "text", ["# Cost\n", "{{ calculator other }}\n", "`{{ calculator small }}`\n", "{{ table small }}\n"]
)
def test_a_calculator_on_no_page_is_named(small, tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    place = small.at(small.calculators, "[small]")
    said = f"{place}: small is on no page; write {{{{ calculator small }}}}, or remove it"
    assert small.found(checks.every_calculator_is_used, sources=[page]) == [said]


WHERE = "cost/index.html, {{ calculator small }}: small: "


@pytest.mark.parametrize(
    ("where", "change", "said"),
    [
        ("[data-input=hours] data", "decompose", "it does not show its hours"),
        ("[data-input=hours] data", {"value": "5.001"}, "it shows hours as 5, and the script has 5"),
        ("[data-input=hours] data", {"value": "five"}, "it does not show its hours"),
        ("[data-input=hours] data", "6", "it shows hours as 6, and the script has 5, which reads 5"),
        ("[data-output=usd] data", "decompose", "it shows usd as None, and the script gives $12.5"),
        ("[data-output=usd] data", "$13", "it shows usd as $13, and the script gives $12.5"),
        ("[data-output=usd] data", {"value": "12.4"}, "it shows usd as $12.5, and the script gives $12.5"),
        (".headline", "It is dear.", "it says 'It is dear.', where 'It costs $12.5.' is what the script gives"),
        (".formula", "5 + 2", "it says '5 + 2', where '5 × $2.5' is what the script gives"),
        ("figcaption", "Look.", "it says 'Look.', where '$12.5 for 5.' is what the script gives"),
        ("figcaption", "decompose", "it shows 3 texts, and should show 4"),
    ],
)
def test_what_a_page_shows_otherwise_than_the_script_is_named(small, where, change, said):
    page = BeautifulSoup(small.page(), "html.parser")
    tag = page.select_one(where)
    if change == "decompose":
        tag.decompose()
    elif isinstance(change, dict):
        tag.attrs |= change
    else:
        tag.string = change
    assert small.shown(str(page)) == [WHERE + said]


def test_a_picture_of_other_figures_is_named(small):
    page = small.page()
    assert page.count(">price<") == 1
    (message,) = small.shown(page.replace(">price<", ">rent<"))
    assert message.startswith(f"{WHERE}it says ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"label": "Price"', '"label": "Cost"'),
        ('"label": "Another chip"', '"label": "It"'),
        ('"digits": 3', '"digits": 4'),
    ],
)
def test_a_browser_that_is_told_otherwise_is_named(small, old, new):
    page = small.page()
    assert old in page
    said = WHERE + "the browser is told of other fields, formulas or presets than those of the data"
    assert small.shown(page.replace(old, new)) == [said]


def test_a_calculator_that_there_is_not_is_named_and_the_next_is_looked_at(small):
    other = '<cost-calculator id="calculator-other"></cost-calculator>'
    page = small.page().replace("<article>", f"<article>{other}").replace(">It costs $12.5.<", ">Free.<")
    first, second = small.shown(page)
    assert first == "cost/index.html, {{ calculator other }}: there is no calculator other"
    assert second.startswith(f"{WHERE}it says 'Free.'")


def test_what_passes_for_a_result_is_named(small):
    (message,) = small.shown(small.page() + '<p class="calculated">$3</p>')
    assert message == "cost/index.html: '$3' passes for the result of a calculator"
