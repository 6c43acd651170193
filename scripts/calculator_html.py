"""A calculator on a page: what the browser is told of it, what it gives at first, and the HTML of both.

The page is right before, and without, JavaScript: it is computed at build by the code that the browser runs, too.
"""

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

from markdown.util import AtomicString

from scripts.browser.answer import answer, literals_of
from scripts.browser.units import count, significant, written
from scripts.calculators import Calculator, Input, Preset, in_field
from scripts.common import SiteError, at, element, line_of, read
from scripts.expressions import NO_VALUE, evaluate, names_behind, sources
from scripts.numbers import Number, Numbers
from scripts.schema import Fact

SIGNS = {"*": "×", "/": "÷", "-": "−", "floor": "rounded down", "max": "max", "min": "min"}


class CalculatorHtml:
    """One calculator, described, computed and written."""

    def __init__(self, name: str, numbers: Numbers) -> None:
        calculators = numbers.calculators
        if name not in calculators.specs:
            raise SiteError(f"unknown calculator {name}; there are {', '.join(calculators.specs)}")
        self.name, self.numbers, self.spec = name, numbers, calculators.specs[name]
        self.source = read(calculators.script(name))
        self.literals = literals_of(self.source)
        if set(self.literals) != set(self.spec.inputs):
            odd = ", ".join(sorted(set(self.literals) ^ set(self.spec.inputs)))
            raise SiteError(self.at("inputs", f"{calculators.script(name).name} and the inputs differ in {odd}"))
        with calculators.costs() as costs:
            constants = {name: value for name, value in vars(costs).items() if name.isupper()}
        try:
            self.described = describe(name, self.spec, self.source, constants)
        except SiteError as error:
            raise SiteError(self.at("outputs", str(error))) from None
        self.chosen = self.presets()
        self.off = [evaluate(each, numbers) for each in self.spec.checked]
        likely = None
        if self.spec.likely:
            unit = self.spec.outputs[self.spec.likely.of].unit
            likely = {"at": self.spec.likely.at, "unit": unit, "ends": {"low": min(self.off), "high": max(self.off)}}
        self.described["likely"] = likely
        self.answer = self.ask({})
        if "problem" in self.answer:
            raise SiteError(self.at("inputs", f"it refuses its own figures: {self.answer['problem']}"))

    def at(self, table: str, message: str) -> str:
        path = self.numbers.calculators.path
        return at(path, line_of(path, f"[{self.name}.{table}]"), f"{self.name}: {message}")

    def ask(self, typed: dict[str, str]) -> dict[str, Any]:
        """Return the answer, as the browser gets it, to what is typed into some of its fields.

        Raises:
            SiteError: its words, its chart or its formulas name something that the script does not leave behind.

        """
        given = {each["name"]: each["default"] for each in self.described["inputs"]} | typed
        chosen = {}
        for group, presets in self.chosen.items():
            fitting = [each["label"] for each in presets if texts(each).items() <= given.items()]
            chosen[group] = (fitting or [self.spec.groups[group].other])[0]
        asked = {"calculator": self.described, "source": self.source, "typed": given, "chosen": chosen, "chart": True}
        try:
            with self.numbers.calculators.costs():
                return json.loads(answer(json.dumps(asked)))
        except (SyntaxError, StopIteration, *NO_VALUE) as error:
            raise SiteError(self.at("outputs", f"{type(error).__name__}: {error}")) from None

    def element(self, raw: Any) -> ET.Element:
        """Return the HTML; ``raw`` keeps markup from Markdown."""
        said = element("p", AtomicString(self.answer["headline"] + " "), class_="say")
        said.append(element("b", AtomicString(self.answer["verdict"])))
        asked = {each: self.spec.inputs.get(each) for each in self.spec.asks}
        asks = [self.field(each, field, "div") if field else self.question(each) for each, field in asked.items()]
        folded = len(self.spec.inputs.keys() - asked.keys())
        words = ", ".join(lowered(group.legend.removeprefix("The ")) for group in self.spec.groups.values())
        advanced = element("summary", AtomicString(f"Advanced: {words} ({folded} settings)"))
        groups = [self.group(each) for each in self.spec.groups]
        figure = []
        if self.spec.chart:
            caption = element("figcaption", AtomicString(self.answer["caption"]), class_="unseen")
            figure = [element("figure", None, [element("div", raw(self.answer["chart"])), caption])]
        every = [each for each in self.described["outputs"] if each["label"]]
        lists = [[self.output(each) for each in every if each["main"] is main] for main in (True, False)]
        steps = element("summary", f"How it's computed ({len(lists[1])} steps)")
        told = {
            "calculator": self.described,
            "presets": self.chosen,
            "others": {each: self.spec.groups[each].other for each in self.chosen},
            "sliders": {key: each.slider for key, each in asked.items() if each},
            "script": f"snippets/calculators/{self.numbers.calculators.script(self.name).name}",
        }
        data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
        children = [
            said,
            self.band(),
            *figure,
            element("div", None, asks, class_="asks"),
            element("details", None, [advanced, *groups], class_="inputs"),
            element("dl", None, lists[0]),
            element("p", AtomicString(f"Assumed: {self.spec.assumes}"), class_="trust"),
            element("details", None, [steps, element("dl", None, lists[1]), self.code()], class_="steps"),
            element("div", raw(f'<script type="application/json">{data}</script>'), hidden="hidden"),
        ]
        named = {"role": "group", "aria_label": self.spec.title} | ({"class_": self.spec.job} if self.spec.job else {})
        return element("cost-calculator", None, children, id=f"calculator-{self.name}", **named)

    def question(self, name: str) -> ET.Element:
        """Return a question that a preset answers, and its answer at first."""
        group = self.spec.groups[name]
        children = [
            element("label", group.question),
            element("span", AtomicString(self.answer["said"][name]), class_="value"),
        ]
        return element("div", None, children, data_group=name)

    def group(self, name: str) -> ET.Element:
        members = [
            (key, each) for key, each in self.spec.inputs.items() if each.group == name and key not in self.spec.asks
        ]
        fields = [self.field(key, each, "li") for key, each in members]
        return element(
            "fieldset", None, [element("legend", self.spec.groups[name].legend), element("ul", None, fields)]
        )

    def band(self) -> ET.Element:
        """Return how far the answer may be off, and how far the formulas were where it is known."""
        low, high = (written(way(self.off), "ratio") for way in (min, max))
        what = f"the real {self.spec.checked_what} was {low} to {high} times what this says"
        link = element(
            "a", AtomicString(f"On {len(self.off)} published cases {what}."), href="costs/are-the-formulas-right.md"
        )
        likely = element("span", AtomicString(self.answer["band"]), class_="likely")
        likely.tail = " "
        return element("p", None, [likely, link], class_="trust")

    def field(self, name: str, field: Input, tag: str) -> ET.Element:
        """Return an input: its label, its value as the build knows it, and where that is from."""
        value = element("data", AtomicString(self.answer["said"][name]), value=self.literals[name])
        children = [element("label", field.label), element("span", None, [value], class_="value")]
        children += [element("small", field.help, class_="help")] if field.help else []
        children.append(self.origin(name, field))
        return element(tag, None, children, data_input=name)

    def origin(self, name: str, field: Input) -> ET.Element:
        """Return a note of who says a field's first value, and of when.

        Raises:
            SiteError: it starts with another value than the number that it is said to be from.

        """
        if field.assumption:
            return element("small", AtomicString(f"assumed: {field.assumption}"), class_="origin")
        calculators = self.numbers.calculators
        source = calculators.sources(self.name).get(name)
        if source is None:
            raise SiteError(self.at("inputs", f"{name} is from nowhere; give it a source or an assumption"))
        try:
            value = self.value(source)
        except NO_VALUE as error:
            raise SiteError(self.at("inputs", f"{name}: {source}: {error}")) from None
        if abs(value - float(self.literals[name])) > 1e-12 * abs(value):
            path = calculators.script(self.name)
            message = f"{name} starts at {self.literals[name]}, and {source} is {value:g}; change the script"
            raise SiteError(at(path, line_of(path, f"{name} ="), message))
        preset = calculators.presets.get(self.spec.groups[field.group].default or "")
        words, address = self.behind(source, preset)
        said = element("a", AtomicString(words), href=address) if address else element("span", words)
        return element("small", f"{preset.label}: " if preset and not field.source else None, [said], class_="origin")

    def value(self, source: str | int) -> float:
        return evaluate(str(source), self.numbers)

    def behind(self, source: str | int, preset: Preset | None) -> tuple[str, str]:
        """Return who says the numbers behind an expression, and of when, in a few words; and where to read it."""
        numbers = [self.numbers.get(each) for each in sources(str(source), self.numbers)]
        if numbers:
            return "; ".join(dict.fromkeys(map(said_by, numbers))), f"reference/numbers.md#{numbers[0].id}"
        if preset and preset.as_of:
            reported = ", as reported" if preset.grade == "B" else ""
            return f"{preset.publisher}, {preset.as_of:%B %Y}{reported}", preset.url
        return "counted", ""

    def output(self, described: dict[str, Any]) -> ET.Element:
        result = self.answer["outputs"][described["name"]]
        value = element("data", AtomicString(result["text"]), value=repr(result["value"]))
        formula = element("span", AtomicString(result["formula"]), class_="formula")
        children = [element("dt", described["label"]), element("dd", None, [value, formula])]
        return element("div", None, children, data_output=described["name"])

    def presets(self) -> dict[str, list[dict[str, Any]]]:
        """Return, by group, the presets that fill all that its default fills, each value as it stands in its field."""
        every = self.numbers.calculators.presets
        found: dict[str, list[dict[str, Any]]] = {}
        for key, group in self.spec.groups.items():
            if not group.presets:
                continue
            members = {name: field for name, field in self.spec.inputs.items() if field.group == key}
            default = every.get(group.default or "")
            needed = set(members) & set(default.values if default else ())
            fitting = {each: preset for each, preset in every.items() if preset.kind == group.presets}
            found[key] = [
                self.preset(each, preset, members) for each, preset in fitting.items() if needed <= set(preset.values)
            ]
        return found

    def preset(self, key: str, preset: Preset, members: dict[str, Input]) -> dict[str, Any]:
        values = {}
        for name, field in members.items():
            if name in preset.values:
                source = preset.values[name]
                try:
                    text = in_field(self.value(source), field.power)
                except (SiteError, *NO_VALUE) as error:
                    path = self.numbers.calculators.presets_path
                    raise SiteError(
                        at(path, line_of(path, f"[{key}.values]", f"{name} ="), f"{key}: {error}")
                    ) from None
                words, address = self.behind(source, preset)
                values[name] = {"text": text, "origin": words, "url": address.replace(".md#", "/#")}
        return {"id": key, "label": preset.label, "values": values}

    def code(self) -> ET.Element:
        """Return links to the code that computed all this."""
        script = self.numbers.calculators.script(self.name).name
        links = [
            element("a", AtomicString(script), href=f"snippets/calculators/{script}", download=script),
            element("a", AtomicString("costs.py"), href="snippets/costs.py", download="costs.py"),
        ]
        links[0].tail, links[1].tail = " with ", " beside it."
        return element("p", "The code that computes this: ", links, class_="code")


def lowered(words: str) -> str:
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def texts(preset: dict[str, Any]) -> dict[str, str]:
    """Return what a preset puts into its fields."""
    return {name: value["text"] for name, value in preset["values"].items()}


def said_by(number: Number) -> str:
    if not isinstance(number.spec, Fact):
        return "measured here" if number.kind == "measured" else "computed here"
    how = {"A": "", "B": ", as reported", "C": ", disputed"}[number.spec.grade]
    return f"{number.spec.publisher}, {number.spec.when}{how}" + (", may be out of date" if number.expired else "")


def describe(name: str, spec: Calculator, source: str, constants: dict[str, float]) -> dict[str, Any]:
    """Return what ``scripts.browser`` needs to know of a calculator, in what JSON can hold."""
    literals, units = literals_of(source), {key: each.unit for key, each in (spec.inputs | spec.outputs).items()}
    inputs = [
        each.model_dump(include={"label", "prefix", "suffix", "whole"})
        | {"name": key, "power": each.power, "default": in_field(float(literals[key]), each.power)}
        for key, each in spec.inputs.items()
    ]
    outputs = [
        {
            **each.model_dump(include={"label", "main", "unit", "digits"}),
            "name": key,
            "formula": template(each.formula, set(units), constants),
            "behind": sorted(names_behind(key, source) & set(spec.inputs)),
        }
        for key, each in spec.outputs.items()
    ]
    chart = None
    if spec.chart:
        rows = [(label, row.parts, row.ends) for label, row in spec.chart.rows.items()]
        chart = spec.chart.model_dump() | {
            "rows": rows,
            "key": list(spec.chart.key.items()),
            "unit": outputs[0]["unit"],
        }
    words = {key: [case.model_dump() for case in getattr(spec, key)] for key in ("headline", "band")}
    return {"name": name, "inputs": inputs, "outputs": outputs, "chart": chart, **words}


def template(formula: str, places: set[str], constants: dict[str, float]) -> str:
    """Return arithmetic in Python as a line to read, with each name of ``places`` in braces, each constant in figures.

    Raises:
        SiteError: it holds another name.

    >>> template("FLOP_PER_TOKEN * parameters / (2 * gpus)", {"parameters", "gpus"}, {"FLOP_PER_TOKEN": 6})
    '6 × {parameters} ÷ (2 × {gpus})'

    """

    def readable(token: re.Match) -> str:
        word = token[0]
        if word in places:
            return f"{{{word}}}"
        if word in constants or word[0].isdigit():
            value = constants.get(word) or float(word)
            return count(value, 1) if value >= 1e6 else significant(value, 4) if value % 1 else count(value)
        if word not in SIGNS:
            raise SiteError(f"{word} is neither an input, an output nor a constant of costs.py")
        return SIGNS[word]

    return re.sub(r"\d[\d.]*(?:e\d+)?|\w+|[*/-]", readable, formula)
