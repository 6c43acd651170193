"""Run a calculator's script with a reader's numbers in the place of its own: what a reader copies is what runs."""

from scripts.engine.fields import Problem


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
        raise Problem("these numbers lead to one larger than can be computed with: give smaller ones") from None
    except ValueError as error:
        raise restated(str(error), calculator, said) from None
    return names


def restated(message: str, calculator: dict, said: dict) -> Problem:
    """Return a script's complaint in the words of the page: where it begins with a name of the script, with its label.

    ``utilization is 1.5: give a share`` becomes ``Utilization is 150% (1.5): give a share``.
    """
    for each in calculator["inputs"]:
        name = each["name"]
        if message.startswith(name + " is "):
            given = message[len(name) + 4 :]
            ends = [given.find(mark) for mark in (": ", ", ") if mark in given]
            number, rest = given[: min(ends)], given[min(ends) :]
            in_words = said[name] + (f" ({number})" if each["power"] < 0 else "")
            return Problem(f"{each['label']} is {in_words}{rest}", name)
    for each in calculator["outputs"]:
        if each["label"] and message.startswith(each["name"] + " is "):
            return Problem(each["label"] + message[len(each["name"]) :])
    return Problem(message[0].upper() + message[1:].replace("_", " "))
