"""A calculator on a page: what the engine is told of it, what it gives at first, and the HTML of both.

The page is right before, and without, JavaScript: the engine computes it at build. ``calculator.js`` turns the values
of the inputs into fields, and lets the same engine compute in the browser.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markdown.util import AtomicString

from scripts.calculations import costs_importable, results
from scripts.calculators import Bars, Calculator, Curve, Preset, in_field, literals_of, load_calculators, load_presets
from scripts.claims import Condition
from scripts.elements import element
from scripts.engine.answers import answer
from scripts.engine.writing import name_of
from scripts.entries import entry_line
from scripts.errors import SiteError, at, line_of
from scripts.facts import Fact
from scripts.formulas import template
from scripts.markup import date_element, number_element
from scripts.numbers import Number, Numbers
from scripts.paths import CALCULATORS, ENGINE, PRESETS
from scripts.units import UNITS

SHORT = {"per_million_tokens": "dollars"}  # along an axis, whose label says the rest


@dataclass(frozen=True)
class Origin:
    """Where a field's value comes from: the numbers behind it, and why a figure stands beside them, if one does."""

    value: Any
    numbers: tuple[Number, ...]
    counted: str = ""

    @property
    def words(self) -> str:
        """Return who says so and of when, in a few words."""
        return "; ".join([*dict.fromkeys(map(origin_words, self.numbers)), *([self.why] if self.counted else [])])

    @property
    def why(self) -> str:
        return f"counted so here ({self.counted})"


def origin_words(number: Number) -> str:
    spec = number.spec
    if not isinstance(spec, Fact):
        made = "measured here" if number.measured else "computed here"
        return made + (" from an old figure" if number.expired else "")
    said = {"A": "", "B": ", as reported", "C": ", disputed"}[spec.grade]
    return f"{spec.publisher}, {spec.when}{said}" + (", old figure" if number.expired else "")


def origin_of(expression: str, numbers: Numbers) -> Origin:
    """Return the value of an id, or of arithmetic over ids, and the numbers behind it.

    Raises:
        ValueError: it does not parse.
        SiteError: it names a number that there is not.

    """
    condition = Condition.parse(expression)
    behind = tuple(numbers.get(each) for each in condition.ids)
    return Origin(condition.value({each.id: each.value for each in behind}), behind)


def constants() -> dict[str, float]:
    """Return the constants of costs.py by name."""
    with costs_importable() as costs:
        return {name: value for name, value in vars(costs).items() if name.isupper()}


def describe(name: str, calculator: Calculator) -> dict[str, Any]:
    """Return all that the engine needs to know of a calculator, in what JSON can hold.

    Raises:
        SiteError: a formula holds a name that there is not, or the script lacks an input.

    """
    literals = literals_of(calculator.source)
    places = {*calculator.inputs, *calculator.outputs}
    known = constants()
    try:
        return {
            "name": name,
            "inputs": [
                {
                    "name": key,
                    "label": each.label,
                    "power": each.power,
                    "prefix": each.prefix,
                    "suffix": each.suffix,
                    "whole": each.whole,
                    "default": in_field(literals[key], each.power),
                }
                for key, each in calculator.inputs.items()
            ],
            "outputs": [
                {
                    "name": key,
                    "label": each.label,
                    "unit": UNITS[each.unit].name,
                    "write": name_of(UNITS[each.unit].write),
                    "digits": each.digits or None,
                    "formula": template(each.formula, places, known) if each.formula else "",
                }
                for key, each in calculator.outputs.items()
            ],
            "headline": [case.model_dump() for case in calculator.headline],
            "chart": chart_of(name, calculator),
        }
    except KeyError as error:
        message = f"{name}: {calculator.path.name} sets no {error} to a number at its top"
        raise SiteError(at(CALCULATORS, entry_line(CALCULATORS, name), message)) from None
    except ValueError as error:
        raise SiteError(at(CALCULATORS, entry_line(CALCULATORS, name), f"{name}: {error}")) from None


def chart_of(name: str, calculator: Calculator) -> dict[str, Any] | None:
    """Return a chart as the engine draws it, with the writers of its axes."""
    chart = calculator.chart
    if chart is None:
        return None
    told = chart.model_dump() | {"caption": f"calculator-{name}-caption"}
    match chart:
        case Bars():
            told["write"] = name_of(UNITS[chart.unit].write)
        case Curve():
            of_axes = {"x_write": chart.x, "y_write": chart.lines[0].name}
            named = calculator.inputs | calculator.outputs
            writers = {key: name_of(UNITS[named[each].unit].write) for key, each in of_axes.items()}
            told |= {key: SHORT.get(write, write) for key, write in writers.items()}
    return told


def ask(calculator: dict[str, Any], source: str, typed: dict[str, str] | None = None, chart: bool = False) -> dict:
    """Return the engine's answer, as the browser gets it; without ``typed``, to what stands in the script."""
    given = {each["name"]: each["default"] for each in calculator["inputs"]} | (typed or {})
    question = {"calculator": calculator, "source": source, "typed": given, "chart": chart}
    with costs_importable():
        return json.loads(answer(json.dumps(question)))


def presets_of(calculator: Calculator, numbers: Numbers) -> dict[str, list[dict[str, Any]]]:
    """Return, by group, the presets that can fill it, each value as it stands in its field."""
    every = load_presets()
    found: dict[str, list[dict[str, Any]]] = {}
    for group in calculator.groups:
        members = dict(calculator.members(group))
        found[group] = [
            {
                "id": key,
                "label": preset.label,
                "values": {
                    name: told(origin_in(key, preset, name, numbers), members[name].power)
                    for name in members
                    if name in preset.values
                },
            }
            for key, preset in calculator.offered(group, every).items()
        ]
    return found


def origin_in(key: str, preset: Preset, name: str, numbers: Numbers) -> Origin:
    """Return where a preset's value for a field is from.

    Raises:
        SiteError: it is no value; the message names the preset's line.

    """
    origin = origin_at(PRESETS, key, name, preset.values[name], numbers)
    return replace(origin, counted=preset.counted.get(name, ""))


def origin_at(path: Path, entry: str, name: str, expression: str, numbers: Numbers) -> Origin:
    """Return where a field's value is from, as an entry of a file says.

    Raises:
        SiteError: it is no value; the message names the file and the entry's line.

    """
    try:
        origin = origin_of(expression, numbers)
    except (SiteError, ValueError, ArithmeticError, TypeError) as error:
        raise SiteError(at(path, entry_line(path, entry), f"{entry}: {name}: {error}")) from None
    if not isinstance(origin.value, int | float):
        raise SiteError(at(path, entry_line(path, entry), f"{entry}: {name}: {expression} is no number"))
    return origin


def told(origin: Origin, power: int) -> dict[str, str]:
    row = origin.numbers[0].id if origin.numbers else ""
    value = origin.value if len(origin.numbers) < 2 else float(f"{origin.value:.4g}")  # a quotient never ends
    return {"text": in_field(value, power), "origin": origin.words, "row": row}


def files() -> dict[str, str]:
    """Return the files that the browser needs beside a script: where Python finds each, and its address on the site."""
    engine = {f"/scripts/engine/{path.name}": f"engine/{path.name}" for path in sorted(ENGINE.glob("[a-z]*.py"))}
    return engine | {"/costs.py": "snippets/costs.py"}


def place(name: str, kind: str = "", key: str = "") -> str:
    """Return ``file:line: `` of a calculator, or of one of its inputs or outputs."""
    header = ".".join(filter(None, [name, kind, key]))
    return at(CALCULATORS, entry_line(CALCULATORS, header), "")


def script_problems(name: str, calculator: Calculator) -> Iterator[str]:
    """Yield why a calculator cannot run: its script lacks what is asked or shown, or refuses its own figures."""
    if not calculator.path.is_file():
        yield f"{place(name)}{name}: there is no snippets/calculators/{calculator.script}.py"
        return
    literals = literals_of(calculator.source)
    for key in [key for key in calculator.inputs if key not in literals]:
        yield f"{place(name, 'inputs', key)}{name}: {calculator.path.name} sets no {key} to a figure at its top"
    for key in [key for key in literals if key not in calculator.inputs]:
        line = line_of(calculator.path, f"{key} = ")
        yield at(calculator.path, line, f"nothing asks for {key}; add [{name}.inputs.{key}] to {CALCULATORS.name}")
    if set(literals) != set(calculator.inputs):
        return
    try:
        left = results(calculator.script, {})
    except Exception as error:
        yield at(calculator.path, 1, f"it refuses its own figures: {error}")
        return
    for key in [key for key in calculator.outputs if key not in left]:
        yield f"{place(name, 'outputs', key)}{name}: {calculator.path.name} leaves no {key} behind"
        return
    try:
        answer = ask(describe(name, calculator), calculator.source, chart=True)
    except SiteError as error:
        yield str(error)
    except Exception as error:
        yield f"{place(name)}{name}: its words or its chart cannot be made: {type(error).__name__}: {error}"
    else:
        if "problem" in answer:
            yield f"{place(name)}{name}: it refuses its own figures: {answer['problem']}"


class Page:
    """One calculator in HTML. ``raw`` keeps markup from Markdown."""

    def __init__(self, name: str, numbers: Numbers, raw: Callable[[str], str]) -> None:
        calculators = load_calculators()
        if name not in calculators:
            raise SiteError(f"no calculator is called {name}; there are {', '.join(calculators)}")
        self.name, self.numbers, self.raw = name, numbers, raw
        self.calculator = calculators[name]
        if problems := list(script_problems(name, self.calculator)):
            raise SiteError("\n".join(problems))
        self.described = describe(name, self.calculator)
        self.answer = ask(self.described, self.calculator.source, chart=True)

    def element(self) -> ET.Element:
        """Return the calculator: groups of inputs, then the results, the chart, and where the code is."""
        inputs = element("div", None, [self.group(each) for each in self.calculator.groups], class_="inputs")
        headline = element("p", AtomicString(self.answer["headline"]), class_="headline calculated")
        shown = [self.output(each) for each in self.described["outputs"] if each["label"]]
        results = element("div", None, [element("dl", None, shown), *self.chart(), self.code()], class_="results")
        told = {
            "calculator": self.described,
            "presets": presets_of(self.calculator, self.numbers),
            "script": f"snippets/calculators/{self.calculator.path.name}",
            "files": files(),
        }
        sliders = {key: each.slider for key, each in self.calculator.inputs.items()}
        data = json.dumps(told | {"sliders": sliders}, ensure_ascii=False).replace("<", "\\u003c")
        script = self.raw(f'<script type="application/json">{data}</script>')
        children = [inputs, headline, results, element("div", script, hidden="hidden")]
        named = {"role": "group", "aria_label": self.calculator.title}
        return element("cost-calculator", None, children, id=f"calculator-{self.name}", **named)

    def group(self, group: str) -> ET.Element:
        described = self.calculator.groups[group]
        fields = [self.field(name) for name, _ in self.calculator.members(group)]
        children = [element("legend", described.legend), element("ul", None, fields)]
        return element("fieldset", None, children, data_group=group)

    def field(self, name: str) -> ET.Element:
        """Return an input: its label, its value, and where that is from."""
        each = self.calculator.inputs[name]
        group = self.calculator.groups[each.group]
        preset = load_presets().get(group.default or "")
        source = each.source or (preset.values.get(name) if preset else None)
        origin = None
        if preset and source and source == preset.values.get(name):
            origin = origin_in(group.default, preset, name, self.numbers)
        elif source:
            origin = origin_at(CALCULATORS, f"{self.name}.inputs.{name}", name, source, self.numbers)
        value = self.value(name, origin)
        note = assumed(each.assumption) if each.assumption else origin_element(preset, origin)
        children = [element("label", each.label), element("span", None, [value], class_="value")]
        if each.help:
            children.append(element("small", each.help, class_="help"))
        children.append(note)
        return element("li", None, children, data_input=name)

    def value(self, name: str, origin: Origin | None) -> ET.Element:
        """Return an input's value: a number of the site where it is one, with its provenance, else as assumed."""
        if origin and len(origin.numbers) == 1 and origin.value == origin.numbers[0].value:
            return number_element(origin.numbers[0])
        said = AtomicString(self.answer["said"][name])
        return element("data", said, class_="calculated", value=literals_of(self.calculator.source)[name])

    def output(self, described: dict[str, Any]) -> ET.Element:
        result = self.answer["outputs"][described["name"]]
        value = element("data", AtomicString(result["text"]), class_="calculated", value=repr(result["value"]))
        formula = element("span", AtomicString(result["formula"]), class_="formula calculated")
        children = [element("dt", described["label"]), element("dd", None, [value, formula])]
        return element("div", None, children, data_output=described["name"])

    def chart(self) -> list[ET.Element]:
        if not self.described["chart"]:
            return []
        caption = element("figcaption", AtomicString(self.answer["caption"]), class_="calculated")
        caption.set("id", self.described["chart"]["caption"])
        return [element("figure", None, [element("div", self.raw(self.answer["chart"])), caption], class_="curve")]

    def code(self) -> ET.Element:
        """Return links to the code that computed all this."""
        script = self.calculator.path.name
        links = [
            element("a", AtomicString(script), href=f"/snippets/calculators/{script}", download=script),
            element("a", AtomicString("costs.py"), href="/snippets/costs.py", download="costs.py"),
        ]
        links[0].tail, links[1].tail = " with ", " beside it."
        return element("p", "The code that computes this: ", links, class_="code")


def assumed(why: str) -> ET.Element:
    return element("small", f"assumed: {why}", class_="origin")


def origin_element(preset: Preset | None, origin: Origin | None) -> ET.Element:
    """Return a note of who says so and of when, as ``Origin.words`` has it, its dates as the dates of facts."""
    note = element("small", AtomicString(f"{preset.label}: " if preset else ""), class_="origin")
    if origin is None:
        return note  # a check says that the value is from nowhere
    for words, number in {origin_words(number): number for number in origin.numbers}.items():
        before, after = words, ""
        if isinstance(number.spec, Fact):
            before, _, after = words.partition(number.spec.when)
        say(note, ("; " if len(note) else "") + before)
        if isinstance(number.spec, Fact):
            note.append(date_element(number.spec))
            note[-1].tail = AtomicString(after)
    if origin.counted:
        say(note, ("; " if origin.numbers else "") + origin.why)
    return note


def say(note: ET.Element, words: str) -> None:
    """Add words to the end of a note."""
    if len(note):
        note[-1].tail = AtomicString(note[-1].tail + words)
    else:
        note.text = AtomicString(note.text + words)
