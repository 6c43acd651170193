"""What a reader may type into a calculator's fields, drawn at random."""

import math

from hypothesis import strategies as st

from scripts.calculators import Calculator, Input, in_field, literals_of


def typed_value(each: Input, default: str) -> st.SearchStrategy[str]:
    """Return texts for one field: what its slider can give, and what it starts with."""
    low, high = each.slider
    if each.whole:
        drawn = st.integers(math.ceil(low), math.floor(high)).map(str)
    elif low > 0:
        spread = st.floats(math.log(low), math.log(high)).map(lambda x: min(high, max(low, math.exp(x))))
        drawn = st.builds(lambda value, digits: f"{value:.{digits}g}", spread, st.integers(2, 9))
    else:
        drawn = st.floats(low, high).map(lambda value: f"{value:.4f}")
    return st.one_of(drawn, st.just(in_field(default, each.power)))


def typed_values(calculator: Calculator) -> st.SearchStrategy[dict[str, str]]:
    """Return texts for all fields."""
    literals = literals_of(calculator.source)
    return st.fixed_dictionaries({key: typed_value(each, literals[key]) for key, each in calculator.inputs.items()})
