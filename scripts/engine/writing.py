"""How a value reads in a sentence. One formatter writes the site's numbers and those that a calculator shows."""

import math

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def grouped(digits: str) -> str:
    """Return a number's text with a comma after each third digit before the point.

    MicroPython's own format drops the commas without a word.

    >>> grouped("-1234567.125")
    '-1,234,567.125'
    """
    whole, point, rest = digits.partition(".")
    sign = "-" if whole.startswith("-") else ""
    whole = whole[len(sign) :]
    start = len(whole) % 3
    groups = ([whole[:start]] if start else []) + [whole[i : i + 3] for i in range(start, len(whole), 3)]
    return sign + ",".join(groups) + point + rest


def whole_ratio(value: float) -> tuple[int, int]:
    """Return a value above 0 as a fraction of two whole numbers, exactly."""
    if isinstance(value, int):
        return value, 1
    mantissa, power = math.frexp(value)
    over, power = int(mantissa * 2**53), power - 53
    return (over * 2**power, 1) if power >= 0 else (over, 2**-power)


def units_of(value: float, power: int) -> int:
    """Return how many times 10**power a value above 0 is, rounded to a whole number, ties to the even one.

    In whole numbers throughout: the two Pythons round floats differently.
    """
    over, under = whole_ratio(value)
    over, under = (over * 10**-power, under) if power < 0 else (over, under * 10**power)
    units, rest = divmod(over, under)
    return units + (2 * rest > under or (2 * rest == under and units % 2 == 1))


def rounded(value: float, digits: int) -> tuple[int, int]:
    """Return a value above 0 as so many significant digits and the power of ten of the last one.

    >>> rounded(9996, 3), rounded(0.5, 2)
    ((100, 2), (50, -2))
    """
    power = math.floor(math.log10(value)) - digits + 1
    units = units_of(value, power)
    if units >= 10**digits:
        power, units = power + 1, units_of(value, power + 1)
    elif units < 10 ** (digits - 1):  # the logarithm itself was rounded up
        power, units = power - 1, units_of(value, power - 1)
    return units, power


def spread(units: int, power: int) -> str:
    """Return ``units * 10**power`` in full.

    >>> spread(100, 2), spread(50, -2), spread(849, -5)
    ('10,000', '0.50', '0.00849')
    """
    digits = str(units)
    if power >= 0:
        return grouped(digits + "0" * power)
    digits = "0" * (1 - power - len(digits)) + digits
    return grouped(digits[:power] + "." + digits[power:])


def fixed(value: float, places: int) -> str:
    """Return a value with so many digits after the point, and commas before it."""
    sign = "-" if value < 0 else ""
    return sign + spread(units_of(abs(value), -places) if value else 0, -places)


def is_whole(value: float) -> bool:
    return value == math.floor(value)


def significant(value: float, digits: int, shift: int = 0) -> str:
    """Return ``value`` rounded to ``digits`` significant digits, with thousands separators; ``shift`` its point.

    >>> [significant(v, 3) for v in (12345.678, 3.14159, 0.0, 0.08489, 9.996, 999.6)]
    ['12,300', '3.14', '0', '0.0849', '10.0', '1,000']
    """
    if value == 0:
        return "0"
    units, power = rounded(abs(value), digits)
    return ("-" if value < 0 else "") + spread(units, power + shift)


def size_of(value: float, digits: int) -> int | None:
    """Return the power of ten of a value's first digit, after rounding; None for 0."""
    return rounded(abs(value), digits)[1] + digits - 1 if value else None


def count(value: float, digits: int | None) -> str:
    """Return a whole number in full; where digits are asked for, rounded, and in words from a million on.

    >>> [count(v, d) for v, d in ((2592, None), (12345, 2), (15.6e12, 3))]
    ['2,592', '12,000', '15.6 trillion']
    """
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size and digits is not None:
            return f"{significant(value / size, digits)} {word}"
    return fixed(value, 0) if digits is None else significant(value, digits)


def plain(value: float, digits: int | None) -> str:
    return count(value, digits or 3) if value >= 1e6 else significant(value, digits or 3)


class Scaled:
    """A writer in powers of 1,000 of a symbol's unit."""

    def __init__(self, symbol: str, steps: str = "kMGTPEZY") -> None:
        self.symbol = symbol
        self.steps = steps

    def __call__(self, value: float, digits: int | None) -> str:
        if abs(value) < 1000:
            text = fixed(value, 0) if is_whole(value) else significant(value, digits or 3)
            return f"{text} {self.symbol}"
        power = min(size_of(value, digits or 3) // 3, len(self.steps))
        return f"{significant(value, digits or 3, -3 * power)} {self.steps[power - 1]}{self.symbol}"


def scaled(symbol: str) -> Scaled:
    """Return a writer in powers of 1,000.

    >>> [scaled("B")(value, None) for value in (12, 427264, 999_960)]
    ['12 B', '427 kB', '1.00 MB']
    """
    return Scaled(symbol)


def superscript(power: int) -> str:
    return "".join("⁻" if sign == "-" else SUPERSCRIPTS[int(sign)] for sign in str(power))


def flops(value: float, digits: int | None) -> str:
    """Return a count of operations: in powers of 1,000 as far as their names are known, then in powers of ten.

    >>> flops(2.839e11, None), flops(3.8e25, 2)
    ('284 GFLOP', '3.8 × 10²⁵ FLOP')
    """
    if value < 1e18:
        return scaled("FLOP")(value, digits)
    power = size_of(value, digits or 3)
    return f"{significant(value, digits or 3, -power)} × 10{superscript(power)} FLOP"


def seconds(value: float, digits: int | None) -> str:
    """Return a time in seconds, or in milliseconds below one second.

    >>> [seconds(value, None) for value in (0.00058, 0.9996, 10.79)]
    ['0.58 ms', '1.0 s', '11 s']
    """
    if value and size_of(value, digits or 2) < 0:
        return f"{significant(value, digits or 2, 3)} ms"
    return f"{significant(value, digits or 2)} s"


def minutes(value: float, digits: int | None) -> str:
    return f"{count(value, digits)} minutes"


def hours(value: float, digits: int | None) -> str:
    return f"{count(value, digits)} hours"


def duration(value: float, digits: int | None) -> str:
    """Return a time given in hours, in the largest of minutes, hours, days and years that it fills twice.

    >>> [duration(value, 3) for value in (0.5, 30, 1624.6, 1e6)]
    ['30.0 minutes', '30.0 hours', '67.7 days', '114 years']
    """
    for size, word in ((8766, "years"), (24, "days"), (1, "hours")):
        if value >= 2 * size:
            return f"{count(value / size, digits or 3)} {word}"
    return f"{count(value * 60, digits or 3)} minutes"


def percent(value: float, digits: int | None) -> str:
    """Return a share as a percentage. Only a whole reads 100%, and only nothing reads 0%.

    >>> [percent(value, None) for value in (1, 0.9996, 0.998, 0.5, 0.0004, 0)]
    ['100%', 'over 99.9%', '99.8%', '50%', 'under 0.1%', '0%']
    >>> [percent(value, 2) for value in (0.996, 1.0004, 1.003, 1.098)]
    ['99.6%', 'over 100%', '100.3%', '110%']
    """
    if 0 < value < 0.001:
        return "under 0.1%"
    if abs(value - 1) < 1e-9:  # but for rounding
        return "100%"
    if 0.999 < value < 1.001:
        return "over 99.9%" if value < 1 else "over 100%"
    for enough in (digits or 3, 3, 4):  # as many as it takes to tell it from the whole
        text = significant(value * 100, enough)
        text = text[:-2] if text.endswith(".0") else text
        if text != "100":
            break
    return text + "%"


def error(value: float, digits: int | None) -> str:
    """Return by how much a figure is too large or too small, as a percentage.

    >>> [error(value, None) for value in (0.0213, -0.158, 0.0001, 0)]
    ['+2.1%', '−16%', 'under 0.1%', 'none']
    """
    if abs(value) < 1e-9:
        return "none"
    if abs(value) < 0.001:
        return "under 0.1%"
    return f"{'+' if value > 0 else '−'}{significant(abs(value) * 100, digits or 2)}%"


def dollars(value: float, digits: int | None) -> str:
    """Return an amount of money: to the cent where it is small and no digits are asked for, in words from a million on.

    >>> [dollars(value, d) for value, d in ((0.2, None), (2.95, None), (48, None), (43_000, 2), (5.576e6, 4))]
    ['$0.20', '$2.95', '$48', '$43,000', '$5.576 million']
    """
    if value >= 1e6 or digits is not None:
        return f"${count(value, digits or 3)}"
    return "$" + fixed(value, 0 if is_whole(value) else 2)


def per_million_tokens(value: float, digits: int | None) -> str:
    return f"{dollars(value, digits)} per million tokens"


def text(value: object, digits: int | None) -> str:
    return str(value)


def ratio(value: float, digits: int | None) -> str:
    return plain(value, digits or 2)


WRITERS = {
    "count": count,
    "plain": plain,
    "flops": flops,
    "seconds": seconds,
    "minutes": minutes,
    "hours": hours,
    "duration": duration,
    "percent": percent,
    "error": error,
    "dollars": dollars,
    "per_million_tokens": per_million_tokens,
    "text": text,
    "ratio": ratio,
}


def writer(name: str) -> object:
    """Return the writer of a name that can stand in JSON: of ``WRITERS``, or a symbol to scale, as ``scaled B``."""
    return Scaled(name[7:]) if name.startswith("scaled ") else WRITERS[name]


def name_of(write: object) -> str:
    """Return the name by which ``writer`` finds a writer again."""
    if isinstance(write, Scaled):
        return "scaled " + write.symbol
    return next(name for name, each in WRITERS.items() if each is write)
