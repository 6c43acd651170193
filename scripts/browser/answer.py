"""Answer what a calculator's page asks: run its script with the reader's numbers in the place of its own.

Question and answer are JSON, because MicroPython's bridge turns whole numbers from JavaScript into 32-bit integers
without a word.
"""

import json

from scripts.browser.chart import draw
from scripts.browser.units import fits, grouped, significant, written

LONGEST = 30  # characters of a field
TOO_LARGE = "These numbers lead to one too large to compute with: give smaller ones"
TOO_SMALL = "These numbers lead to one too small to compute with: give larger ones"


class Problem(ValueError):
    """Something wrong with what a reader gave: ``field`` is the input's name, or "" where it is none alone."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def answer(question: str) -> str:
    """Return what a calculator gives for what is typed into its fields.

    question: ``calculator`` as ``scripts.calculators`` describes it, ``source`` of its script, ``typed`` by input, what
    is ``chosen`` by group, and whether a ``chart`` is wanted.
    """
    asked = json.loads(question)
    try:
        return json.dumps(
            computed(asked["calculator"], asked["source"], asked["typed"], asked["chosen"], asked["chart"])
        )
    except Problem as problem:
        return json.dumps({"problem": problem.message, "field": problem.field})


def computed(calculator: dict, source: str, typed: dict, chosen: dict, chart: bool) -> dict:
    """Return the results with their texts and formulas, and the code that gave them.

    Where an input is no good, ``problem`` says so beside those results that do not depend on it.

    Raises:
        Problem: the numbers cannot be computed with.

    """
    literals, said, bad, problem = {}, {}, set(), None
    for field in calculator["inputs"]:
        name = field["name"]
        try:
            literals[name], said[name] = read_field(field, typed[name])
        except Problem as slip:
            literals[name], said[name] = read_field(field, field["default"])
            problem = problem or slip
            bad.add(name)
    try:
        names = execute(source, literals, calculator, said)
    except Problem as refused:
        if problem or not refused.field:
            raise problem or refused from None
        field = next(each for each in calculator["inputs"] if each["name"] == refused.field)
        literals[refused.field], said[refused.field] = read_field(field, field["default"])
        problem = refused
        bad.add(refused.field)
        try:
            names = execute(source, literals, calculator, said)
        except Problem:
            raise problem from None
    outputs = {}
    for each in calculator["outputs"]:
        value = names[each["name"]]
        if not fits(value):
            raise problem or Problem(TOO_SMALL if abs(value) < 1 else TOO_LARGE)  # infinity and NaN are large
        said[each["name"]] = written(value, each["unit"], each["digits"] or None)
        outputs[each["name"]] = {"value": value, "text": said[each["name"]]}
    for each in calculator["outputs"]:
        outputs[each["name"]]["formula"] = filled(each["formula"], said)
    if problem:
        kept = [each["name"] for each in calculator["outputs"] if not bad & set(each["behind"])]
        return {"problem": problem.message, "field": problem.field, "outputs": {name: outputs[name] for name in kept}}
    said.update(chosen)
    for end, off in calculator["likely"]["ends"].items() if calculator["likely"] else ():
        names[end] = eval(calculator["likely"]["at"], dict(names, off=off))
        said[end] = written(names[end], calculator["likely"]["unit"])
    headline, verdict = spoken(calculator["headline"], names, said)
    band, _ = spoken(calculator["band"], names, said)
    result = {"said": said, "outputs": outputs, "headline": headline, "verdict": verdict, "band": band}
    result["code"] = substitute(source, literals) + printing(calculator["outputs"])
    if chart and calculator["chart"]:

        def amount(value: float) -> str:
            return written(value, calculator["chart"]["unit"], 3)

        result["chart"] = draw(calculator["chart"], names, lambda words: filled(words, said), amount)
        result["caption"], _ = spoken(calculator["chart"]["words"], names, said)
    return result


# --- Fields ---


def read_field(field: dict, typed: str) -> tuple:
    r"""Return what is typed into a field as a Python literal, exactly, and as a sentence says it.

    Raises:
        Problem: it is no number, or a part of what comes only whole.

    >>> read_field({"power": 9, "prefix": "", "suffix": "billion", "whole": False}, "1,405.5")
    ('1405.5e9', '1,405.5\xa0billion')

    """
    number = typed.strip()
    head, *groups = number.partition(".")[0].split(",")
    if groups and head.strip("+-0") and len(head) < 4 and all(len(group) == 3 for group in groups):
        number = number.replace(",", "")  # commas that part thousands
    mantissa, _, power = number.lower().partition("e")
    try:
        if len(number) > LONGEST or any(sign not in "0123456789.eE+-" for sign in number):
            raise ValueError(number)
        value = float(number) * 10.0 ** field["power"]
        power = int(power or 0) + field["power"]
    except (ValueError, OverflowError):
        decimals = ", with a point before decimals" if "," in typed else ""
        raise advised(field, f"give a number, such as {field['default']}{decimals}") from None
    if value - value != 0:
        raise advised(field, "this is larger than can be computed with")
    if field["whole"] and value % 1:
        raise advised(field, "give a whole number")
    digits = mantissa.lstrip("+-").lstrip("0") or "0"
    digits = "0" + digits if digits.startswith(".") else digits
    sign = "-" if mantissa.startswith("-") else ""
    unit = field["suffix"] if field["suffix"] in ("", "%") else "\u00a0" + field["suffix"]
    own = number.lower().partition("e")[2]
    said = sign + field["prefix"] + grouped(digits) + (f"e{own}" if own else "") + unit
    return sign + digits + (f"e{power}" if power else ""), said


def advised(field: dict, advice: str) -> Problem:
    """Return advice on a field behind its label: ``GPUs: give a whole number``, ``How many? Give a whole number``."""
    asks = field["label"].endswith("?")
    return Problem(field["label"] + (f" {advice[0].upper()}{advice[1:]}" if asks else f": {advice}"), field["name"])


# --- The script ---


def literals_of(source: str) -> dict:
    r"""Return the literals of a script's inputs: the names that lines at its left margin set to a number, up to others.

    >>> literals_of("tokens = 2e3  # a month\nhalf = tokens / 2\nmore = 3")
    {'tokens': '2e3'}
    """
    found = {}
    for line in source.split("\n"):
        name, equals, rest = line.partition(" = ")
        if equals and name.isidentifier():
            literal = rest.partition("  #")[0]
            try:
                float(literal)
            except ValueError:
                break
            found[name] = literal
    return found


def substitute(source: str, literals: dict) -> str:
    r"""Return a script with other literals in its first assignments; their comments stay.

    >>> substitute("tokens = 2  # a month\nall = tokens * 3", {"tokens": "7e3"})
    'tokens = 7e3  # a month\nall = tokens * 3'
    """
    lines, left = source.split("\n"), dict(literals)
    for index, line in enumerate(lines):
        name, equals, rest = line.partition(" = ")
        if equals and name in left:
            _, mark, comment = rest.partition("  #")
            lines[index] = name + equals + left.pop(name) + mark + comment
    return "\n".join(lines)


def execute(source: str, literals: dict, calculator: dict, said: dict) -> dict:
    """Return the names that a script leaves behind when its inputs are these literals.

    Raises:
        Problem: the script refuses its numbers, or they are beyond what can be computed.

    """
    names: dict = {}
    try:
        exec(substitute(source, literals), names)
    except ZeroDivisionError:
        raise Problem(TOO_SMALL) from None
    except OverflowError:
        raise Problem(TOO_LARGE) from None
    except ValueError as error:
        message, name = str(error), str(error).partition(" is ")[0]
        if name in literals and float(literals[name]) == 0:  # typed, and not what the script got on its way
            message = message.replace(" is 0.0: ", " is 0: ", 1)
        raise restated(message, calculator, said) from None
    return names


def restated(message: str, calculator: dict, said: dict) -> Problem:
    """Return a script's complaint in the words of the page: a name of the script becomes its label.

    ``utilization is 1.5: give at most 1`` becomes ``Utilization is 150%: give at most 1``.
    """
    name, mark, advice = message.partition(": ")
    name, _, given = name.partition(" is ")
    if mark and given in ("inf", "nan", "0.0"):  # what the script got on its way
        return Problem(TOO_SMALL if given == "0.0" else TOO_LARGE)
    for each in calculator["inputs"]:
        if each["name"] == name:
            verb = "" if each["label"].endswith("?") else " is"
            return Problem(f"{each['label']}{verb} {said[name]}: {advice}", name)
    return Problem(message[0].upper() + " ".join([as_said(word) for word in message[1:].replace("_", " ").split(" ")]))


def as_said(word: str) -> str:
    """Return a word of a script's complaint; a number as Python writes large ones, as people write it.

    >>> [as_said(word) for word in ("2e+27", "-1000000000000.0:", "80", "answers")]
    ['2.00 × 10²⁷', '-1,000,000,000,000:', '80', 'answers']
    """
    number = word.rstrip(".,:;")
    if not number.strip("-")[:1].isdigit() or ("e" not in number and len(number) < 8):
        return word
    try:
        return significant(float(number), 3) + word[len(number) :]
    except ValueError:
        return word


# --- Words ---


def spoken(cases: list, names: dict, said: dict) -> tuple:
    """Return the words and the verdict of the first case whose condition holds; a case without one always does."""
    case = next(case for case in cases if not case["when"] or eval(case["when"], dict(names)))
    return filled(case["words"], said), filled(case["verdict"], said)


def filled(template: str, said: dict) -> str:
    """Return a template with each name in braces replaced by what is said of it.

    >>> [filled("{gpus} GPU{gpus:s}", {"gpus": said}) for said in ("1", "4")]
    ['1 GPU', '4 GPUs']
    """
    first, *rest = template.split("{")
    for part in rest:
        name, _, after = part.partition("}")
        many = name.endswith(":s")
        first += ("" if said[name[:-2]] == "1" else "s") if many else said[name]
        first += after
    return first


def printing(outputs: list) -> str:
    """Return the lines that print a script's results; those without a label are steps on the way."""
    lines = [f'print("{each["label"]}:", {each["name"]})  # {each["unit"]}' for each in outputs if each["label"]]
    return "\n" + "\n".join(lines) + "\n"
