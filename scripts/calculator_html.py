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
from scripts.calculators import Bars, Calculator, Input, Preset, in_field
from scripts.common import SiteError, at, element, line_of, read
from scripts.expressions import NO_VALUE, evaluate, sources
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
            self.described = describe(name, self.spec, self.literals, constants)
        except SiteError as error:
            raise SiteError(self.at("outputs", str(error))) from None
        except KeyError as error:
            raise SiteError(self.at("chart", f"{error} is neither an input nor an output")) from None
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
        question = {"calculator": self.described, "source": self.source, "typed": given, "chart": True}
        try:
            with self.numbers.calculators.costs():
                return json.loads(answer(json.dumps(question)))
        except (SyntaxError, StopIteration, *NO_VALUE) as error:
            raise SiteError(self.at("outputs", f"{type(error).__name__}: {error}")) from None

    def element(self, raw: Any) -> ET.Element:
        """Return the HTML; ``raw`` keeps markup from Markdown."""
        groups = [self.group(each) for each in self.spec.groups]
        headline = element("p", AtomicString(self.answer["headline"]), class_="headline calculated")
        shown = [self.output(each) for each in self.described["outputs"] if each["label"]]
        figure = []
        if self.spec.chart:
            caption = element("figcaption", AtomicString(self.answer["caption"]), class_="calculated")
            caption.set("id", self.described["chart"]["caption"])
            figure = [element("figure", None, [element("div", raw(self.answer["chart"])), caption], class_="curve")]
        results = element("div", None, [element("dl", None, shown), *figure, self.code()], class_="results")
        sliders = {key: each.slider for key, each in self.spec.inputs.items()}
        told = {"calculator": self.described, "presets": self.presets(), "sliders": sliders}
        told["script"] = f"snippets/calculators/{self.numbers.calculators.script(self.name).name}"
        data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
        script = element("div", raw(f'<script type="application/json">{data}</script>'), hidden="hidden")
        children = [element("div", None, groups, class_="inputs"), headline, self.trust(), results, script]
        named = {"role": "group", "aria_label": self.spec.title}
        return element("cost-calculator", None, children, id=f"calculator-{self.name}", **named)

    def group(self, name: str) -> ET.Element:
        group = self.spec.groups[name]
        members = [(key, each) for key, each in self.spec.inputs.items() if each.group == name]
        lists = [[self.field(key, each) for key, each in members if each.folded is folded] for folded in (False, True)]
        children = [element("legend", group.legend), element("ul", None, lists[0])]
        if lists[1]:
            children.append(element("details", None, [element("summary", "More of it"), element("ul", None, lists[1])]))
        return element("fieldset", None, children, data_group=name)

    def trust(self) -> ET.Element:
        """Return what the results assume, and how far the formulas were off where the answer is known."""
        times = [evaluate(each, self.numbers) for each in self.spec.checked]
        low, high = (written(way(times), "ratio") for way in (min, max))
        what = f"the real {self.spec.checked_what} was {low} to {high} times what this says"
        words = f"On {len(times)} published cases {what}."
        link = element("a", AtomicString(words), href="costs/are-the-formulas-right.md")
        return element("p", AtomicString(f"Assumed: {self.spec.assumes} "), [link], class_="trust")

    def field(self, name: str, field: Input) -> ET.Element:
        """Return an input: its label, its value as the build knows it, and where that is from."""
        value = element("data", AtomicString(self.answer["said"][name]), class_="calculated", value=self.literals[name])
        children = [element("label", field.label), element("span", None, [value], class_="value")]
        children += [element("small", field.help, class_="help")] if field.help else []
        children.append(self.origin(name, field))
        return element("li", None, children, data_input=name)

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
        value = element("data", AtomicString(result["text"]), class_="calculated", value=repr(result["value"]))
        formula = element("span", AtomicString(result["formula"]), class_="formula calculated")
        children = [element("dt", described["label"]), element("dd", None, [value, formula])]
        return element("div", None, children, data_output=described["name"])

    def presets(self) -> dict[str, list[dict[str, Any]]]:
        """Return, by group, the presets that fill all that its default fills, each value as it stands in its field."""
        every = self.numbers.calculators.presets
        found: dict[str, list[dict[str, Any]]] = {}
        for key, group in self.spec.groups.items():
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


def said_by(number: Number) -> str:
    if not isinstance(number.spec, Fact):
        return "measured here" if number.kind == "measured" else "computed here"
    how = {"A": "", "B": ", as reported", "C": ", disputed"}[number.spec.grade]
    return f"{number.spec.publisher}, {number.spec.when}{how}" + (", may be out of date" if number.expired else "")


def describe(name: str, spec: Calculator, literals: dict[str, str], constants: dict[str, float]) -> dict[str, Any]:
    """Return all that ``scripts.browser`` needs to know of a calculator, in what JSON can hold."""
    units = {key: each.unit for key, each in (spec.inputs | spec.outputs).items()}
    inputs = [
        each.model_dump(include={"label", "prefix", "suffix", "whole"})
        | {"name": key, "power": each.power, "default": in_field(float(literals[key]), each.power)}
        for key, each in spec.inputs.items()
    ]
    outputs = [
        {
            **each.model_dump(include={"label", "unit", "digits"}),
            "name": key,
            "formula": template(each.formula, set(units), constants),
        }
        for key, each in spec.outputs.items()
    ]
    chart = None
    if spec.chart:
        chart = spec.chart.model_dump() | {"caption": f"calculator-{name}-caption"}
        if isinstance(spec.chart, Bars):
            chart["y_unit"] = units[spec.chart.limit]
            chart["rows"] = [[row, list(parts.items())] for row, parts in spec.chart.rows.items()]  # in their order
        else:
            chart |= {"x_unit": units[spec.chart.x], "y_unit": units[spec.chart.y[0]]}
            chart["whole"] = spec.inputs[spec.chart.sweep].whole
    headline = [case.model_dump() for case in spec.headline]
    return {"name": name, "inputs": inputs, "outputs": outputs, "headline": headline, "chart": chart}


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
