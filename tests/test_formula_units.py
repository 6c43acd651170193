"""Formulas are held to their units: quantities pass through them as numbers do, and must come out in the unit given."""

import math
import random
import re
import shutil
import sys
from contextlib import suppress
from functools import cache, partial
from types import SimpleNamespace
from unittest.mock import patch

import pint
import pytest

from scripts.browser.answer import literals_of, substitute
from scripts.browser.units import UNITS
from scripts.calculators import Calculators
from scripts.common import ROOT, SiteError, load_module, read
from scripts.expressions import NO_VALUE, evaluate
from scripts.numbers import Numbers

# Each noun of the units is a dimension of its own, so that a formula cannot add cases to tokens, but for these.
MADE_OF = {
    "minute": "60 second",
    "hour": "3600 second",
    "day": "24 hour",
    "month": "730.5 hour",
    "year": "8766 hour",
    "duration": "hour",
}
MADE_OF |= dict.fromkeys(["fraction", "ratio", "error", "count", "thread", "round", "row", "seed", "nat"], "[]")
MADE_OF |= {"weight": "parameter", "tokens": "token", "million": "[]"}  # a formula has it as a bare 1e6
UNSAID = {"[GPU]", "[request]", "[layer]", "[head]"}  # a figure may be that of one of these without saying so
NOUNS = {noun for unit in UNITS for noun in re.split("[/-]", unit)}
REGISTRY = pint.UnitRegistry(None)  # empty: pint's own byte is eight bits, and its bit has no dimension
for noun in NOUNS - set(MADE_OF):
    REGISTRY.define(f"{noun} = [{noun}]")
for noun, made_of in MADE_OF.items():
    REGISTRY.define(f"{noun} = {made_of}")


def quantity(value, unit=""):
    """Return a value in a unit: ``GPU-hour`` is a product, and ``USD/GPU-hour`` divides by it."""
    return REGISTRY.Quantity(value, re.sub(r"(\w+)-(\w+)", r"(\1*\2)", unit))


@cache
def costs_with_units(path):
    """Return costs.py with its constants as quantities: ``TRAINING_FLOP_PER_PARAMETER_TOKEN`` is FLOP/parameter/token."""
    costs, nouns = load_module(path), {noun.upper(): noun for noun in NOUNS}
    for name in [name for name in vars(costs) if name.isupper()]:
        above, _, below = name.partition("_PER_")
        unit = "/".join(nouns[word] for word in [above.rpartition("_")[2], *below.split("_")] if word)
        setattr(costs, name, quantity(getattr(costs, name), unit))

    def rounded(how, value):
        return how(value.to_base_units().magnitude) * value.to_base_units().units

    def experts_met(picked, batch):
        """Take a bare count, for it stands in a power."""
        return share_for_count(picked, batch.magnitude)

    def attended_pairs(tokens, *layers):
        """Count a pair as one token that is looked back to."""
        return pairs_of_tokens(tokens, *layers) / quantity(1, "token/request")

    costs.math = SimpleNamespace(floor=partial(rounded, math.floor), ceil=partial(rounded, math.ceil))
    share_for_count, costs.experts_met = costs.experts_met, experts_met
    pairs_of_tokens, costs.attended_pairs = costs.attended_pairs, attended_pairs
    return costs


def filling(given, unit):
    """Return what fills a field, in the field's unit; a bare number counts what the field counts."""
    one = quantity(1, unit)
    if not isinstance(given, pint.Quantity):
        return given * one
    said, wanted = ({name: n for name, n in q.dimensionality.items() if name not in UNSAID} for q in (given, one))
    unsaid = given.dimensionality != one.dimensionality and said == wanted != {}
    return given.magnitude * one if unsaid else given.to(one.units)


class CalculatorsWithUnits(Calculators):
    """The calculators; their scripts run with quantities in the place of literals."""

    def results(self, name, inputs):
        source, fields = read(self.script(name)), self.specs[name].inputs
        given = {key: inputs.get(key, float(literal)) for key, literal in literals_of(source).items()}
        names = {"given": {key: filling(value, fields[key].unit) for key, value in given.items()}}
        with patch.dict(sys.modules, costs=costs_with_units(self.root / "snippets" / "costs.py")):
            exec(substitute(source, {key: f"given[{key!r}]" for key in given}), names)
        return names


def misfits(root):
    """Yield each number, result and preset that does not come out in its unit, or comes out as another amount."""
    numbers = Numbers(root)
    calculators = numbers.calculators
    site = SimpleNamespace(knows=numbers.knows, modules=numbers.modules, calculators=CalculatorsWithUnits(root))
    site.value = lambda number_id: quantity((number := numbers.get(number_id)).value, number.spec.unit)
    asked = [(each, spec.formula, spec.unit, False) for each, spec in numbers.specs.items() if spec.formula]
    for name, spec in calculators.specs.items():
        call = name.replace("-", "_")
        asked += [(f"{call}.{key}", f"{call}.{key}()", output.unit, False) for key, output in spec.outputs.items()]
        for each, preset in calculators.presets.items():
            fields = {key for key, field in spec.inputs.items() if spec.groups[field.group].presets == preset.kind}
            filled = {key: str(text) for key, text in preset.values.items() if key in fields}
            asked += [(f"{each}.{key}", text, spec.inputs[key].unit, True) for key, text in filled.items()]
    amounts = [evaluate(expression, numbers) for _, expression, *_ in asked]
    with patch("scripts.expressions.load_module", costs_with_units):
        for (name, expression, unit, fills), plain in zip(asked, amounts, strict=True):
            try:
                result = evaluate(expression, site)
                result = filling(result, unit) if fills else result * quantity(1)
                amount = result.to(quantity(1, unit).units).magnitude
            except (pint.PintError, SiteError, *NO_VALUE) as error:
                yield f"{name}: {error}"
                continue
            if not math.isclose(amount, plain, rel_tol=1e-9):
                yield f"{name}: {amount:g} {unit} with units, {plain:g} without"


def test_every_number_every_result_and_every_preset_comes_out_in_its_unit():
    assert list(misfits(ROOT)) == []


PLANTED = {  # what is found where in a file something else stands
    "llama.times_ours": ("docs/numbers.toml", r'(times_ours = .*)"ratio"', r'\1"byte"'),
    "deepseek.day_tokens": ("docs/numbers.toml", r"(day_input_tokens \+) facts\.\w+", r"\1 train.steps"),
    "h100.weight_reading_seconds": ("docs/facts.toml", r"(h100_bandwidth_.*)byte/s", r"\1FLOP/s"),
    "does_it_fit.room": ("docs/calculators.toml", r"(?s)(\[does-it-fit.inputs.*)byte/GPU", r"\1byte"),
    "b200.memory_bytes": ("docs/presets.toml", "facts.b200_memory_bytes", "facts.b200_tdp_watts"),
    "inference_cost.gpu_hours": ("snippets/calculators/inference_cost.py", " / SECOND_PER_HOUR", ""),
    "llama.rent": ("snippets/costs.py", r"gpu_hours \* usd_per", "gpu_hours / usd_per"),
}


def test_planted_wrong_units_are_found(tmp_path):
    for folder in ("snippets", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("assets", "*.md", "*.py[co]"))
    for file, old, new in PLANTED.values():
        text, times = re.subn(old, new, read(tmp_path / file))
        assert times, f"{file} no longer holds {old}"
        (tmp_path / file).write_text(text, encoding="utf-8")
    assert set(PLANTED) <= {line.partition(":")[0] for line in misfits(tmp_path)}


@pytest.mark.parametrize("name", Calculators().specs)
def test_a_formula_gives_what_the_script_computes_whatever_is_typed(name):
    """At the first values, and at some twenty that the sliders can give."""
    calculators, dice, inputs = Calculators(), random.Random(1887), {}
    computed, fields = [calculators.results(name, {})], calculators.specs[name].inputs
    with calculators.costs() as costs:
        known = {"floor": math.floor, "max": max, "min": min} | {
            key: value for key, value in vars(costs).items() if key.isupper()
        }
    while len(computed) < 21:
        for key, field in fields.items():
            low, high = field.slider
            value = low * (high / low) ** dice.random() if low else high * dice.choice((0, dice.random()))
            inputs[key] = (round(value) if field.whole else value) * 10.0**field.power
        with suppress(ValueError):  # what does not fit is refused
            computed.append(calculators.results(name, inputs))
    for left in computed:
        for key, output in calculators.specs[name].outputs.items():
            shown = eval(output.formula or key, known | left)
            assert shown == pytest.approx(left[key], rel=1e-9), key
