"""Check formulas for dimensions, by calling them with quantities that carry their units (pint).

The functions of ``snippets/costs.py`` are plain arithmetic, so they run on quantities as they run on floats. A constant
carries its unit in its name: ``TRAINING_FLOP_PER_PARAMETER_TOKEN`` is in FLOP / (parameter * token).
"""

import ast
import copy
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

import pint

from scripts.calculations import costs_importable
from scripts.claims import NO_VALUE, Condition
from scripts.contracts import Contract, contract_line
from scripts.engine.run import substitute
from scripts.numbers import Number, Numbers, load_from_snippets
from scripts.units import BASES, QUOTED_AS, UNITS

MORE_BASES = ("second", "watt", "tonne")
COMPOSED = {"minute": "60 * second", "hour": "60 * minute", "year": "8766 * hour", "month": "year / 12"}
COUNTED = ("fraction", "head/layer", "GPU")  # what a figure that stands in arithmetic by itself may count
NAMES = {name.lower(): name for name in (*BASES, *MORE_BASES, *COMPOSED)}


@cache
def registry() -> pint.UnitRegistry:
    """Return a registry in which each noun that the site counts is a dimension of its own."""
    units = pint.UnitRegistry(None)  # empty: pint's own byte is eight bits, and its bit has no dimension
    for base in (*BASES, *MORE_BASES):
        units.define(f"{base} = [{base}]")
    for name, made_of in COMPOSED.items():
        units.define(f"{name} = {made_of}")
    return units


def quantity(value: Any, unit: str) -> pint.Quantity:
    """Return a value in a unit of the site.

    Raises:
        ValueError: the unit has no dimensions that can be computed with, such as a text.

    """
    made_of = UNITS[unit].made_of
    if made_of is None:
        raise ValueError(f"nothing can be computed with a {unit}")
    return value * in_units(made_of)


def in_units(made_of: str) -> pint.Quantity:
    """Return one of a unit, given as pint writes it."""
    one = registry().Quantity(1)
    return one if made_of == "dimensionless" else one * registry().parse_expression(made_of)


def constant_unit(name: str) -> str:
    """Return the unit that a constant's name holds.

    Raises:
        ValueError: it holds none.

    >>> constant_unit("TRAINING_FLOP_PER_PARAMETER_TOKEN")
    'FLOP / (parameter * token)'

    """
    above, per, below = name.lower().partition("_per_")
    words = [above.rpartition("_")[2], *below.split("_")]
    if not per or not all(word in NAMES for word in words):
        raise ValueError(f"{name} is a constant without its unit; end its name in one, as in FLOP_PER_TOKEN")
    over, *under = (NAMES[word] for word in words)
    return f"{over} / ({' * '.join(under)})"


def mismatch(number_id: str, contract: Contract, numbers: Numbers) -> str | None:
    """Return why the formula of a derived number does not give its unit, or None where it does.

    The formula is called as at every build, its arguments and its module's constants as quantities.
    """
    function = load_from_snippets(contract.function, contract_line(number_id))  # loaded afresh, so it may be changed
    named = function.__globals__
    try:
        for name in [each for each in named if re.fullmatch(r"[A-Z][A-Z0-9_]+", each)]:
            named[name] = named[name] * in_units(constant_unit(name))
        sources = {key: numbers.get(source) for key, source in contract.arguments.items()}
        inputs = {key: quantity(number.value, number.spec.unit) for key, number in sources.items()}
        result = function(**inputs) * in_units("dimensionless")
        wanted = quantity(1, contract.unit)
    except (pint.PintError, ValueError, TypeError) as error:
        return f"{contract.function} cannot be computed with units: {error}"
    if result.dimensionality != wanted.dimensionality:
        return f"{contract.function} gives {result.units:~D}, and the contract says {contract.unit}"
    return None


def can_be_in(expression: str, numbers: Sequence[Number], wanted: str) -> bool:
    """Return whether arithmetic over numbers can give a unit, each read as it is quoted or as what it is quoted of."""
    condition = Condition.parse(expression)
    plain = condition.value({number.id: number.value for number in numbers})
    one = quantity(1, wanted)
    for result in readings(condition, numbers):
        share = (result / one).to_base_units()
        if share.dimensionless and math.isclose(share.magnitude, plain, rel_tol=1e-9):
            return True
    return False


def readings(condition: Condition, numbers: Sequence[Number]) -> Iterator[pint.Quantity]:
    """Yield what arithmetic gives in each way to read the units of its numbers and of its figures."""
    units = [
        [of, *(of_each for of_each, said in QUOTED_AS.items() if said == of)]
        for of in (number.spec.unit for number in numbers)
    ]
    for counted, *read in product(COUNTED, *units):
        known = {number.id: quantity(number.value, unit) for number, unit in zip(numbers, read, strict=True)}
        tree = Counted(counted).visit(copy.deepcopy(condition.tree))
        try:
            yield replace(condition, tree=tree).value(known) * in_units("dimensionless")
        except (pint.PintError, *NO_VALUE):
            continue  # so it cannot be read


class Counted(ast.NodeTransformer):
    """Gives each figure of some arithmetic the unit that it counts in."""

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(quantity(node.value, self.unit))


def with_units(source: str, literals: Mapping[str, str], units: Mapping[str, str]) -> dict[str, Any]:
    """Return the names that a calculator's script leaves behind when its inputs are quantities.

    literals and units: of each input, by name. A figure that the script sets further down carries its unit in its name.

    Raises:
        PintError: quantities that do not go together are added or compared.

    """
    given = {name: quantity(1, unit) for name, unit in units.items() if name in literals}
    changes = {name: f"{literal} * _given[{name!r}]" for name, literal in literals.items()}
    for name, figure in re.findall(r"^([a-z]\w*_per_\w+) = ([\d.e]+)(?=\s|$)", source, re.MULTILINE):
        if name not in changes:
            given[name] = in_units(constant_unit(name))
            changes[name] = f"{figure} * _given[{name!r}]"
    names: dict[str, Any] = {"_given": given}
    with costs_importable() as costs:
        for name in [each for each in vars(costs) if re.fullmatch(r"[A-Z][A-Z0-9_]+", each)]:
            setattr(costs, name, getattr(costs, name) * in_units(constant_unit(name)))
        costs.math = SimpleNamespace(floor=rounded, ceil=rounded)
        read = costs.parameters_read

        def parameters_read(parameters: Any, active: Any, picked: Any, batch: Any) -> Any:
            """Return parameters; for a prompt, whose tokens are counted for each request, they are read for each."""
            found = read(parameters, active, picked, batch.magnitude)
            return found / in_units("request") if batch.check(in_units("token / request").units) else found

        # A power takes a bare count: one request is one draw of experts. So does a number of copies.
        costs.kv_cache_copies = lambda gpus, heads: max(1, gpus.magnitude / heads.magnitude)
        costs.parameters_read = parameters_read
        exec(substitute(source, changes), names)
    return names


def rounded(value: Any) -> Any:
    """Return a quantity rounded, which way does not matter here, in its unit."""
    reduced = value.to_base_units()
    return math.floor(reduced.magnitude) * reduced.units
