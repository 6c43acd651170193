"""Each calculator asks for what its script takes, shows what that computes, and says where its numbers are from."""

import ast
import html
import json
import math
import random
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pint
from bs4 import BeautifulSoup, Tag

from scripts.calculations import results
from scripts.calculator_page import (
    Origin,
    ask,
    constants,
    describe,
    origin_in,
    origin_of,
    place,
    presets_of,
    script_problems,
)
from scripts.calculators import (
    Bars,
    Calculator,
    Curve,
    Input,
    Preset,
    is_number,
    literals_of,
    load_calculators,
    load_presets,
)
from scripts.checks import View, check
from scripts.checks.shown import text_of
from scripts.claims import Condition
from scripts.dimensions import can_be_in, in_units, quantity, with_units
from scripts.entries import entry_line
from scripts.errors import SiteError, at, line_of
from scripts.formulas import evaluated
from scripts.notation import BLOCK, prose_lines
from scripts.paths import CALCULATOR_SCRIPTS, CALCULATORS, PRESETS
from scripts.units import UNITS, fills
from scripts.wording import PARTED, Allowed, figures_and_quantities, load_exceptions

FILLED = re.compile(r"\{\w+\}")  # a name that the engine fills in
WORD = re.compile(r"\w[\w.-]*\w|\w")
PROBES = 300  # how many other inputs are drawn to hold a formula against its script, beside the script's own
FEWEST = 20  # of them must go together
SPREAD = 8  # how many times as large, or as small, as the script's own they are at most


@check("data")
def calculators_are_sound(view: View) -> Iterator[str]:
    """Each calculator says what it asks, what it gives, and in which units; each preset what it fills in."""
    load_calculators()
    load_presets()
    yield from ()


def whole_calculators() -> dict[str, Calculator]:
    """Return the calculators whose script is there and takes their inputs; of the others, another check says so."""
    return {name: each for name, each in load_calculators().items() if not list(script_problems(name, each))}


@check("sources")
def calculators_fit_their_scripts(view: View) -> Iterator[str]:
    """Each calculator's inputs are the figures at the top of its script, and its outputs names that it leaves."""
    calculators = load_calculators()
    for name, calculator in calculators.items():
        yield from script_problems(name, calculator)
    shown = {calculator.path for calculator in calculators.values()}
    for path in sorted(CALCULATOR_SCRIPTS.glob("*.py")):
        if path not in shown:
            yield at(path, 1, f"no calculator runs it; add it to {CALCULATORS.name}, or remove it")


def sources_of(calculator: Calculator, key: str, presets: dict[str, Preset]) -> list[str]:
    """Return what an input's first value is said to be from: an id or arithmetic, or an assumption's reason."""
    each = calculator.inputs[key]
    default = presets.get(calculator.groups[each.group].default or "")
    filled = default.values.get(key) if default else None
    return [source for source in (each.source, each.assumption, filled) if source]


@check("sources")
def defaults_are_those_of_their_sources(view: View) -> Iterator[str]:
    """Each field starts with the value of the fact that it is said to be from, or with a stated assumption."""
    presets = load_presets()
    for name, calculator in whole_calculators().items():
        literals = literals_of(calculator.source)
        for key, each in calculator.inputs.items():
            said = sources_of(calculator, key, presets)
            where = place(name, "inputs", key)
            if len(said) != 1:
                remedy = "give it one source, or say why it is assumed" if said else "give it a source or an assumption"
                yield f"{where}{name}: {key} is from {' and '.join(said) or 'nowhere'}; {remedy}"
            elif said[0] != each.assumption:
                origin = origin_or_none(view, said[0])
                if origin and each.source:
                    yield from (f"{where}{name}: {key}: {why}" for why in unfitting(each.source, origin, {each.unit}))
                if origin and not math.isclose(origin.value, float(literals[key]), rel_tol=1e-12):
                    message = f"{name}: {key} starts at {literals[key]}, and {said[0]} is {origin.value}"
                    line = line_of(calculator.path, f"{key} = ")
                    yield at(calculator.path, line, f"{message}; change the script, or name another source")


def origin_or_none(view: View, expression: str) -> Origin | None:
    try:
        return origin_of(expression, view.numbers)
    except (SiteError, ValueError, ArithmeticError, TypeError):
        return None


@check("sources")
def presets_name_numbers(view: View) -> Iterator[str]:
    """Each preset fills fields with numbers of the site, in the fields' units, and some calculator offers it."""
    calculators, presets = load_calculators(), load_presets()
    groups = [(each, group) for each in calculators.values() for group in each.groups]
    offered = {each.groups[group].presets: [] for each, group in groups}
    for each, group in groups:
        offered[each.groups[group].presets] += each.members(group)
    for name, calculator in calculators.items():
        for group, each in calculator.groups.items():
            if each.default and (each.default not in presets or presets[each.default].kind != each.presets):
                yield f"{place(name)}{name}: {group} starts with {each.default}, which is no preset of its kind"
    for name, preset in presets.items():
        where = at(PRESETS, entry_line(PRESETS, name), f"{name}: ")
        if preset.kind not in offered:
            yield f"{where}no group of fields offers presets of the kind {preset.kind!r}"
            continue
        for key in preset.values:
            fields = [each for known, each in offered[preset.kind] if known == key]
            if not fields:
                yield f"{where}no field that it could fill is called {key}"
            try:
                origin = origin_in(name, preset, key, view.numbers)
            except SiteError as error:
                yield str(error)
                continue
            units = sorted({each.unit for each in fields})
            yield from (f"{where}{key}: {why}" for why in unfitting(preset.values[key], origin, units))
        for key in preset.counted.keys() - preset.values.keys():
            yield f"{where}counted.{key} is the reason for a figure that there is not; remove it"


def unfitting(expression: str, origin: Origin, units: Iterable[str]) -> Iterator[str]:
    """Yield why an id, or arithmetic over ids, cannot fill a field of these units.

    A figure may stand in it only to count what no number of the site counts, such as the heads of a model without any
    to share, and only with a reason: a price or a rate could be typed else.
    """
    typed = Condition.parse(expression).typed
    if any(type(each) is not int for each in typed):
        yield f"{expression} holds a figure that counts nothing; name a number of the site"
        return
    if bool(typed) != bool(origin.counted):
        remedy = (
            "remove counted, its reason" if origin.counted else "name a number of the site, or say why under counted"
        )
        yield f"{expression} holds {'a' if typed else 'no'} figure of its own; {remedy}"
        return
    alone = [number.id for number in origin.numbers] == [expression]
    for wanted in units:
        if alone and not fills(origin.numbers[0].spec.unit, wanted):
            yield f"{expression} is in {origin.numbers[0].spec.unit}, and the field in {wanted}"
        elif not alone and not can_be_in(expression, origin.numbers, wanted):
            yield f"{expression} gives no {wanted}, in which the field is; name numbers of other units"


@check("sources")
def formulas_shown_are_those_of_the_code(view: View) -> Iterator[str]:
    """Each formula that a reader sees gives what the script computes, for its own figures and for others."""
    known = constants()
    for name, calculator in whole_calculators().items():
        tried = list(probes(calculator))
        if len(tried) <= FEWEST:
            message = f"{name}: its script takes {len(tried) - 1} of {PROBES} inputs that its sliders offer"
            yield f"{place(name)}{message}; mend the sliders, or what it refuses"
        for key, output in [(key, output) for key, output in calculator.outputs.items() if output.formula]:
            where = f"{place(name, 'outputs', key)}{name}: "
            given = ((evaluated(output.formula, known | left), left[key]) for left in tried)
            other = next((pair for pair in given if not math.isclose(*pair, rel_tol=1e-9)), None)
            if other:
                message = f"{output.formula} gives {other[0]:g}, and the script's {key} is {other[1]:g}"
                yield f"{where}{message}; one of the two is wrong"
                continue
            for part in untried(output.formula, [known | left for left in tried], known):
                yield f"{where}{part} matters for none of the inputs that are tried; mend the sliders, or the formula"


def untried(formula: str, tried: list[dict[str, Any]], constants: Iterable[str]) -> Iterator[str]:
    """Yield the parts of a formula that could be wrong unseen: names that never change, and what is never the larger.

    >>> list(untried("max(a, b) * c", [{"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 3, "c": 3}], []))
    ['c', 'a']
    """
    parts = list(ast.walk(ast.parse(formula, mode="eval").body))
    names = dict.fromkeys(part.id for part in parts if isinstance(part, ast.Name) and part.id in tried[0])
    yield from (name for name in names if name not in constants and len({each[name] for each in tried}) < 2)
    for call in [part for part in parts if isinstance(part, ast.Call) and ast.unparse(part.func) == "max"]:
        sides = [ast.unparse(side) for side in call.args]
        largest = [max(sides, key=lambda side: evaluated(side, each)) for each in tried]
        yield from (side for side in sides if side not in largest)


def probes(calculator: Calculator) -> Iterator[dict[str, Any]]:
    """Yield what the script leaves behind, for its own figures and for others near them; always the same ones.

    Near means within the sliders: no share is above a whole, and no part of what comes only whole is drawn.
    """
    draw = random.Random(calculator.script)
    literals = {key: float(text) for key, text in literals_of(calculator.source).items()}
    yield results(calculator.script, {})
    for _ in range(PROBES):
        changed = {key: drawn(calculator.inputs[key], value, draw) for key, value in literals.items()}
        try:
            yield results(calculator.script, changed)
        except ValueError:
            continue  # these do not go together


def drawn(field: Input, value: float, draw: random.Random) -> float:
    """Return another value for a field, smaller ones more often."""
    least, most = (end * 10.0**field.power for end in field.slider)
    low, high = max(least, value / SPREAD), min(most, value * SPREAD)
    found = low + (high - low) * draw.random() ** 2
    return float(round(found)) if field.whole else found


@check("sources")
def calculators_fit_their_units(view: View) -> Iterator[str]:
    """Each calculator's script, run with units, gives the units that its outputs are shown in."""
    for name, calculator in whole_calculators().items():
        units = {key: each.unit for key, each in calculator.inputs.items()}
        try:
            left = with_units(calculator.source, literals_of(calculator.source), units)
        except (pint.PintError, ValueError, TypeError) as error:
            message = f"{name}: {calculator.path.name} cannot be computed with units: {error}"
            yield f"{place(name)}{message}; mend the script, or a unit"
            continue
        for key, output in calculator.outputs.items():
            value, wanted = left[key] * in_units("dimensionless"), quantity(1, output.unit)
            if value.dimensionality != wanted.dimensionality:
                where = place(name, "outputs", key)
                yield f"{where}{name}: {key} is in {value.units:~D}, and is shown in {output.unit}; mend the unit"


@check("sources")
def words_of_calculators_hold_no_figures(view: View) -> Iterator[str]:
    """No words around a calculator's results hold a figure of their own, and a preset bears the name of its facts."""
    names = {name: each for name, each in load_exceptions().items() if each.kind == "name"}
    units = {unit.name for unit in UNITS.values()}
    for name, calculator in load_calculators().items():
        for text in [text for text in words_of(calculator) if text not in units]:
            for each in typed_in(FILLED.sub(PARTED, text), names):
                remedy = "name an input or an output in braces, or reword it"
                yield at(CALCULATORS, line_of(CALCULATORS, text), f"{name}: {each!r} is typed in {text!r}; {remedy}")
    for name, preset in load_presets().items():
        for why in preset.counted.values():
            for each in typed_in(why, names):
                where = at(PRESETS, entry_line(PRESETS, name), f"{name}: ")
                yield f"{where}{each!r} is typed in {why!r}; reword it"
        origins = [origin_or_none(view, each) for each in preset.values.values()]
        known = WORD.findall(" ".join(number.spec.label for origin in origins if origin for number in origin.numbers))
        other = [word for word in WORD.findall(preset.label) if word not in known]
        for each in typed_in(" ".join(other), names):
            message = f"{name}: {each!r} in {preset.label!r} is in no label of the numbers that it fills in"
            yield at(PRESETS, entry_line(PRESETS, name), f"{message}; call it what they are called")


def typed_in(text: str, names: dict[str, Allowed]) -> Iterator[str]:
    """Yield the figures and the words of quantity in a text, but those in names."""
    shown = BeautifulSoup(f"<p>{html.escape(text)}</p>", "html.parser")
    yield from (each.text for each in figures_and_quantities(shown, names) if each.kind is None)


def words_of(calculator: Calculator) -> Iterator[str]:
    """Yield the words that stand around a calculator's results, with the names that are filled in."""
    yield from (case.words for case in calculator.headline)
    match calculator.chart:
        case Curve() as curve:
            yield from (curve.x_label, curve.y_label, *(each.label for each in curve.lines))
        case Bars() as bars:
            yield from (bars.limit_label, *(row.label for row in bars.rows))
            yield from (part.label for row in bars.rows for part in row.parts)
    yield from (case.words for case in calculator.chart.words) if calculator.chart else ()


@check("sources")
def every_calculator_is_used(view: View) -> Iterator[str]:
    """Each calculator stands on some page."""
    used = set()
    for page in view.sources:
        blocks = [BLOCK.match(line.strip()) for _, line in prose_lines(page)]
        used |= {block["name"] for block in blocks if block and block["kind"] == "calculator"}
    for name in load_calculators():
        if name not in used:
            yield f"{place(name)}{name} is on no page; write {{{{ calculator {name} }}}}, or remove it"


@check("pages")
def calculators_show_what_their_scripts_give(view: View) -> Iterator[str]:
    """Each calculator on a page shows the values that its script gives now, in all their places, and nothing else."""
    calculators = load_calculators()
    for name, page in view.pages.items():
        for tag in page.select("article cost-calculator"):
            key = tag.get("id", "").removeprefix("calculator-")
            where = view.place(name, f"{{{{ calculator {key} }}}}")
            if key not in calculators:
                yield f"{where}there is no calculator {key}"
                continue
            yield from (f"{where}{key}: {problem}" for problem in differences(view, key, calculators[key], tag))
        for tag in page.select(".calculated"):
            if not tag.find_parent("cost-calculator"):
                yield f"{view.place(name, '')}{text_of(tag)!r} passes for the result of a calculator"


def differences(view: View, name: str, calculator: Calculator, tag: Tag) -> Iterator[str]:
    """Yield where a calculator on a page differs from what its script, run here without the engine, gives."""
    left, literals = results(calculator.script, {}), literals_of(calculator.source)
    for key, each in calculator.inputs.items():
        shown = tag.select_one(f'[data-input="{key}"] data')
        if shown is None or not is_number(shown["value"]):
            yield f"it does not show its {key}"
        elif not math.isclose(float(shown["value"]), float(literals[key]), rel_tol=1e-5):
            yield f"it shows {key} as {shown.get_text()}, and the script has {literals[key]}"
        elif not shown.find_parent(class_="number") and shown.get_text() != (wanted := in_words(each, literals[key])):
            yield f"it shows {key} as {shown.get_text()}, and the script has {literals[key]}, which reads {wanted}"
    for key, output in calculator.outputs.items():
        shown = tag.select_one(f'[data-output="{key}"] data')
        wanted = UNITS[output.unit].write(left[key], output.digits or None)
        if output.label and (shown is None or (shown["value"], shown.get_text()) != (repr(left[key]), wanted)):
            yield f"it shows {key} as {shown and shown.get_text()}, and the script gives {wanted}"
    yield from texts_differ(view, name, calculator, tag)


def in_words(field: Input, literal: str) -> str:
    """Return how a figure of a script reads in its field.

    >>> field = Input(group="", label="", unit="token", suffix="thousand", slider=(0, 1))
    >>> in_words(field, "16384e3").replace("\u00a0", " ")
    '16,384 thousand'
    """
    number = f"{Decimal(literal).scaleb(-field.power).normalize():,f}"
    return field.prefix + number + ("" if field.suffix in ("", "%") else "\u00a0") + field.suffix


def texts_differ(view: View, name: str, calculator: Calculator, tag: Tag) -> Iterator[str]:
    """Yield where formulas, words, picture, or what the browser is told are not what the engine makes of the data now.

    It finds a page that is old or was changed by hand; whether the engine is right, ``differences`` and tests ask.
    """
    described = describe(name, calculator)
    answer = ask(described, calculator.source, chart=True)
    outputs = [each for each in described["outputs"] if each["label"]]
    wanted = [answer["headline"], *(answer["outputs"][each["name"]]["formula"] for each in outputs)]
    wanted += [" ".join(text_of(BeautifulSoup(answer["chart"], "html.parser")).split()), answer["caption"]]
    shown = [text_of(each) for each in tag.select(".headline, .formula, figure > div, figcaption")]
    for want, show in zip([" ".join(each.split()) for each in wanted], shown, strict=False):
        if want != show:
            yield f"it says {show!r}, where {want!r} is what the script gives"
    if len(wanted) != len(shown):
        yield f"it shows {len(shown)} texts, and should show {len(wanted)}"
    told = json.loads(tag.script.string)
    data = json.loads(json.dumps([described, presets_of(calculator, view.numbers)]))
    if [told["calculator"], told["presets"]] != data:
        yield "the browser is told of other fields, formulas or presets than those of the data"
