"""Answer what a page asks, in JSON both ways.

JSON, because MicroPython's bridge turns whole numbers from JavaScript into 32-bit integers without a word.
"""

import json

from scripts.engine import charts
from scripts.engine.fields import Problem, read_fields
from scripts.engine.run import TOO_LARGE, execute, substitute
from scripts.engine.writing import writer


def answer(question: str) -> str:
    """Return what a calculator gives for what is typed into its fields.

    question: ``calculator`` as ``scripts.calculators`` describes it, ``source`` of its script, ``typed`` by input, and
    whether a ``chart`` is wanted.
    """
    asked = json.loads(question)
    try:
        return json.dumps(computed(asked["calculator"], asked["source"], asked["typed"], asked.get("chart", False)))
    except Problem as problem:
        return json.dumps({"problem": problem.message, "field": problem.field})


def computed(calculator: dict, source: str, typed: dict, chart: bool) -> dict:
    """Return the outputs with their texts and formulas, the code that gave them, and the chart where it is wanted.

    Raises:
        Problem: the numbers cannot be computed with.

    """
    literals, said = read_fields(calculator["inputs"], typed)
    code = substitute(source, literals)
    names = execute(code, calculator, said)
    outputs = {each["name"]: one_output(each, names) for each in calculator["outputs"]}
    said_by_name = {name: output["text"] for name, output in outputs.items()}
    said_by_name.update(said)
    for each in calculator["outputs"]:
        outputs[each["name"]]["formula"] = filled(each["formula"], said_by_name)
    result = {
        "said": said,
        "outputs": outputs,
        "headline": filled(fitting(calculator["headline"], names), said_by_name),
        "code": code + printing(calculator["outputs"]),
    }
    if chart and calculator.get("chart"):

        def again(changes: dict) -> dict:
            """Return the names that the script leaves with some inputs changed."""
            changed = dict(literals)
            changed.update(changes)
            return execute(substitute(source, changed), calculator, said)

        result["chart"] = charts.draw(calculator["chart"], names, again)
        result["caption"] = filled(fitting(calculator["chart"]["words"], names), said_by_name)
    return result


def one_output(output: dict, names: dict) -> dict:
    """Return an output's value and its text.

    Raises:
        Problem: the value is no finite number.

    """
    value = names[output["name"]]
    if value - value != 0:
        raise Problem(TOO_LARGE)
    return {"value": value, "text": writer(output["write"])(value, output["digits"])}


def fitting(cases: list, names: dict) -> str:
    """Return the words of the first case whose condition holds; a case without one always does."""
    return next(case["words"] for case in cases if not case["when"] or eval(case["when"], dict(names)))


def filled(template: str, said: dict) -> str:
    """Return a template with each name in braces replaced by what is said of it."""
    parts = template.split("{")
    text = parts[0]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        text += said[name] + rest
    return text


def printing(outputs: list) -> str:
    """Return the lines that print a script's results; those without a label are steps on the way."""
    lines = [f'print("{each["label"]}:", {each["name"]})  # {each["unit"]}' for each in outputs if each["label"]]
    return "\n" + "\n".join(lines) + "\n"
