"""Run a calculator's script with a reader's numbers in the place of its own: what a reader copies is what runs."""

from scripts.engine.fields import Problem
from scripts.engine.writing import significant

TOO_LARGE = "these numbers lead to one larger than can be computed with: give smaller ones"
TOO_SMALL = "these numbers lead to one smaller than can be computed with: give larger ones"
BEYOND = {"inf": TOO_LARGE, "nan": TOO_LARGE, "0.0": TOO_SMALL}  # what a script got on its way


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
    if left:
        raise KeyError(", ".join(sorted(left)))
    return "\n".join(lines)


def execute(code: str, calculator: dict, said: dict) -> dict:
    """Return the names that a script leaves behind.

    Raises:
        Problem: the script refuses its numbers, or they are beyond what can be computed.

    """
    names: dict = {}
    try:
        exec(code, names)
    except ZeroDivisionError:
        raise Problem("these numbers lead to a division by nothing: give larger ones") from None
    except OverflowError:
        raise Problem(TOO_LARGE) from None
    except ValueError as error:
        raise restated(str(error), calculator, said) from None
    return names


def restated(message: str, calculator: dict, said: dict) -> Problem:
    """Return a script's complaint in the words of the page: where it begins with a name of the script, with its label.

    ``utilization is 1.5: give at most 1`` becomes ``Utilization is 150%: give at most 100%``.
    """
    for each in calculator["inputs"]:
        name = each["name"]
        if message.startswith(name + " is "):
            given = message[len(name) + 4 :]
            ends = [given.find(mark) for mark in (": ", ", ") if mark in given]
            rest = given[min(ends) :]
            return Problem(f"{each['label']} is {said[name]}{in_percent(rest) if each['power'] == -2 else rest}", name)
    for number, words in BEYOND.items():
        if f" is {number}: " in message:
            return Problem(words)
    for each in calculator["outputs"]:
        if each["label"] and message.startswith(each["name"] + " is "):
            return Problem(each["label"] + message[len(each["name"]) :])
    return Problem(message[0].upper() + message[1:].replace("_", " "))


def in_percent(advice: str) -> str:
    """Return advice for a field that counts in percent, with its shares written so.

    >>> in_percent(": give a share above 0 and up to 1, such as 0.4")
    ': give a share above 0% and up to 100%, such as 40%'
    """
    words = advice.split(" ")
    for index, word in enumerate(words):
        number = word.rstrip(",;.")
        try:
            share = significant(100 * float(number), 3)
        except ValueError:
            continue
        share = share.rstrip("0").rstrip(".") if "." in share else share
        words[index] = share + "%" + word[len(number) :]
    return " ".join(words)
