"""Expressions over numbers, in Python: ``costs.training_flops(train.parameters, train.tokens)``, ``train.steps > 100``.

They may hold arithmetic, comparisons, ``FUNCTIONS``, the functions and constants of snippets/, and the results of
calculators, called with presets and with inputs: ``inference_cost.pass_seconds(h200, batch=1)``.
"""

import ast
from collections.abc import Callable
from functools import cache
from statistics import median
from typing import Any, Protocol

from scripts.common import SiteError, load_module, read

FUNCTIONS: dict[str, Any] = {"abs": abs, "min": min, "max": max, "len": len, "sum": sum, "median": median}
NO_VALUE = (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError)  # what one may raise


class KnowsNumbers(Protocol):
    """What an expression asks for: ``scripts.numbers`` has it."""

    calculators: Any
    modules: set[str]

    def knows(self, number_id: str) -> bool: ...

    def value(self, number_id: str) -> Any: ...


def evaluate(expression: str, numbers: KnowsNumbers) -> Any:
    """Return the value of an expression.

    Raises:
        SiteError: it cannot be read, or names something unknown.
        NO_VALUE: it cannot be computed.

    """
    code = compile(parsed(expression), "<expression>", "eval")
    return eval(code, {"__builtins__": {}}, Scope(numbers))


def sources(expression: str, numbers: KnowsNumbers) -> list[str]:
    """Return the ids that an expression names; of a calculator that it calls, also those that fill its inputs."""
    found: list[str] = []
    for node in ast.walk(parsed(expression)):
        match node:
            case ast.Attribute(value=ast.Name(id=group), attr=name) if not is_function(group, name, numbers):
                found.append(f"{group}.{name}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id=group), attr=name)):
                if calculator(group) in numbers.calculators.specs:
                    found += filled_by_presets(node, calculator(group), name, numbers)
    return list(dict.fromkeys(found))


def filled_by_presets(call: ast.Call, name: str, result: str, numbers: KnowsNumbers) -> list[str]:
    """Return the ids behind the inputs of a calculator that a call leaves to its presets."""
    calculators = numbers.calculators
    filled = calculators.sources(name)
    for argument in call.args:
        filled |= calculators.presets[ast.unparse(argument)].values
    needed = names_behind(result, read(calculators.script(name)))
    left = needed - {keyword.arg for keyword in call.keywords}
    texts = [value for key, value in filled.items() if key in left and isinstance(value, str)]
    return [each for text in texts for each in sources(text, numbers)]


@cache
def names_behind(name: str, source: str) -> set[str]:
    r"""Return the names of a script that a name is computed from, itself among them.

    >>> sorted(names_behind("c", "a = 1\nb = 2\nc = f(a)"))
    ['a', 'c', 'f']
    """
    behind: dict[str, set[str]] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign | ast.AugAssign):
            used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    behind[node.id] = behind.get(node.id, set()) | used
    found, waiting = set(), {name}
    while waiting:
        found |= waiting
        waiting = {each for known in waiting for each in behind.get(known, ())} - found
    return found


def calculator(group: str) -> str:
    """Return the name of the calculator that a Python name stands for."""
    return group.replace("_", "-")


def is_function(group: str, name: str, numbers: KnowsNumbers) -> bool:
    """Return whether ``group.name`` is a function or a constant of a module, or the result of a calculator."""
    if numbers.knows(f"{group}.{name}"):
        return False
    return group in numbers.modules or calculator(group) in numbers.calculators.specs


@cache
def parsed(expression: str) -> ast.Expression:
    """Return an expression's tree.

    Raises:
        SiteError: it is not Python.

    """
    try:
        return ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        raise SiteError(f"{expression!r} cannot be read; write an expression such as train.steps > 100") from None


class Scope(dict):
    """The names of an expression: what stands before a dot, presets, and a few functions."""

    def __init__(self, numbers: KnowsNumbers) -> None:
        super().__init__(FUNCTIONS)
        self.numbers = numbers

    def __missing__(self, name: str) -> Any:
        return Namespace(self.numbers, name)


class Namespace:
    """What stands before a dot: a group of numbers, a calculator, or a module of snippets/."""

    def __init__(self, numbers: KnowsNumbers, name: str) -> None:
        self._numbers, self._name = numbers, name

    def __getattr__(self, attribute: str) -> Any:
        if not is_function(self._name, attribute, self._numbers):
            return self._numbers.value(f"{self._name}.{attribute}")
        if calculator(self._name) in self._numbers.calculators.specs:
            return self._result(calculator(self._name), attribute)
        return getattr(load_module(self._numbers.calculators.root / "snippets" / f"{self._name}.py"), attribute)

    def _result(self, name: str, variable: str) -> Callable[..., Any]:
        """Return a function of presets and inputs that gives one result of a calculator."""
        calculators = self._numbers.calculators

        def result(*presets: Namespace, **inputs: Any) -> Any:
            filled = {
                key: value for preset in presets for key, value in calculators.presets[preset._name].values.items()
            }
            known = {
                key: evaluate(str(filled[key]), self._numbers)
                for key in calculators.specs[name].inputs
                if key in filled
            }
            return calculators.results(name, known | inputs)[variable]

        return result
