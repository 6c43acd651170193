"""How a value reads, by its unit. MicroPython runs this file too, so that a calculator in the browser writes alike.

MicroPython has no ``dataclasses`` and no ``typing``, and its ``{:,}`` drops the commas without a word.
"""

UP = 1 + 1e-15  # CPython rounds a tie to the even digit, MicroPython upward: with this, both round upward
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
WORDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
MOST_OF_ALL = 1e304  # of what is shown: its hundredfold is still a float, and so is a hundredth of its inverse
LEAST, MOST = -7, 15  # powers of ten: from MOST on, and below LEAST, a row of zeros tells nobody anything


def fits(value: float) -> bool:
    """Return whether a value can be drawn and written with no float on the way that is infinite or has lost digits."""
    return value == 0 or 1 / MOST_OF_ALL <= abs(value) <= MOST_OF_ALL


def grouped(digits: str) -> str:
    """Return a number's digits with a comma after each third one before the point.

    >>> grouped("1234567.125"), grouped("123")
    ('1,234,567.125', '123')
    """
    whole, point, rest = digits.partition(".")
    first = len(whole) % 3 or 3
    return ",".join([whole[:first]] + [whole[i : i + 3] for i in range(first, len(whole), 3)]) + point + rest


def parts(value: float, digits: int) -> tuple:
    """Return the significant digits of a value above 0 as text, and the power of ten of the first.

    >>> parts(9996, 3), parts(0.5, 2)
    (('100', 4), ('50', -1))
    """
    mantissa, _, power = f"{value * UP:.{digits - 1}e}".partition("e")
    return mantissa.replace(".", ""), int(power)


def raised(text: str, power: int) -> str:
    """Return significant digits times a power of ten: a number of any size in few letters.

    >>> raised("38", 25), raised("100", -300)
    ('3.8 × 10²⁵', '1.00 × 10⁻³⁰⁰')
    """
    digits = "".join([SUPERSCRIPTS[int(digit)] for digit in str(abs(power))])
    return text[:1] + ("." if text[1:] else "") + text[1:] + " × 10" + ("⁻" if power < 0 else "") + digits


def significant(value: float, digits: int, shift: int = 0) -> str:
    """Return a value rounded to so many significant digits, its point moved by ``shift`` places.

    >>> [significant(v, 3) for v in (12345.678, 3.14159, 0, 0.08489, 9.996, -999.6, 2e-300)]
    ['12,300', '3.14', '0', '0.0849', '10.0', '-1,000', '2.00 × 10⁻³⁰⁰']
    """
    if value == 0:
        return "0"
    text, power = parts(abs(value), digits)
    whole = power + shift + 1  # digits before the point
    if not LEAST <= whole - 1 < MOST:
        text = raised(text, whole - 1)
    elif whole <= 0:
        text = "0." + "0" * -whole + text
    else:
        text = grouped(text + "0" * (whole - digits)) if whole >= digits else grouped(text[:whole] + "." + text[whole:])
    return ("-" if value < 0 else "") + text


def fixed(value: float, places: int) -> str:
    """Return a value with so many digits after the point, and commas before it."""
    if abs(value) >= 10**MOST:
        return significant(value, 3)
    return ("-" if value < 0 else "") + grouped(f"{abs(value) * UP:.{places}f}")


def count(value: float, digits: int | None = None) -> str:
    """Return a whole number in full; where digits are asked for, rounded, and in words from a million on.

    >>> [count(v, d) for v, d in ((2592, None), (12345, 2), (15.6e12, 3), (1e30, 3), (1e30, None))]
    ['2,592', '12,000', '15.6 trillion', '1.00 × 10³⁰', '1.00 × 10³⁰']
    """
    if digits is None:
        exact = abs(value) < 10**MOST and value == int(value)
        return ("-" if value < 0 else "") + grouped(str(abs(int(value)))) if exact else fixed(value, 0)
    for size, word in WORDS:
        if size <= value < 1e18:
            return f"{significant(value / size, digits)} {word}"
    return significant(value, digits)


def plain(value: float, digits: int | None = None) -> str:
    return count(value, digits or 3)


def ratio(value: float, digits: int | None = None) -> str:
    return count(value, digits or 2)


def scaled(symbol: str) -> object:
    """Return a writer in powers of 1,000 of a symbol's unit.

    >>> [scaled("B")(value) for value in (12, 427264, 999_960, 1e30)]
    ['12 bytes', '427 kB', '1.00 MB', '1.00 × 10³⁰ B']
    """

    def write(value: float, digits: int | None = None) -> str:
        if abs(value) < 1000 and value == int(value):
            return f"{int(value)} {symbol if symbol != 'B' else 'byte' if abs(value) == 1 else 'bytes'}"
        power = parts(abs(value), digits or 3)[1] // 3
        power = max(power, 0) if power < len(PREFIXES) else 0
        return f"{significant(value, digits or 3, -3 * power)} {PREFIXES[power]}{symbol}"

    return write


def flops(value: float, digits: int | None = None) -> str:
    """Return a count of operations: by prefix as far as these are known, then as a power of ten.

    >>> flops(2.839e11), flops(3.8e25, 2)
    ('284 GFLOP', '3.8 × 10²⁵ FLOP')
    """
    if value < 1e18:
        return scaled("FLOP")(value, digits)
    text, power = parts(value, digits or 3)
    return f"{raised(text, power)} FLOP"


def seconds(value: float, digits: int | None = None) -> str:
    """Return a time in seconds, or in milliseconds below one.

    >>> [seconds(value) for value in (0.00058, 0.9996, 10.79)]
    ['0.58 ms', '1.0 s', '11 s']
    """
    digits = digits or 2
    if value and parts(value, digits)[1] < 0:
        return f"{significant(value, digits, 3)} ms"
    return f"{significant(value, digits)} s"


def duration(value: float, digits: int | None = None) -> str:
    """Return a time given in hours, in the largest of minutes, hours, days and years that it fills twice.

    >>> [duration(value, 3) for value in (0.5, 30, 1624.6, 1e6)]
    ['30.0 minutes', '30.0 hours', '67.7 days', '114 years']
    """
    for size, word in ((8766, "years"), (24, "days"), (1, "hours")):
        if value >= 2 * size:
            return f"{count(value / size, digits or 3)} {word}"
    return f"{count(value * 60, digits or 3)} minutes"


def percent(value: float, digits: int | None = None) -> str:
    """Return a share as a percentage. Only a whole reads 100%, and only nothing reads 0%.

    >>> [percent(value) for value in (1, 0.9996, 0.998, 0.5, 0.0004, 0)]
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
    texts = [significant(value, enough, 2) for enough in (digits or 3, 3, 4)]
    texts = [text[:-2] if text.endswith(".0") else text for text in texts]
    return next((text for text in texts if text != "100"), texts[-1]) + "%"  # as many as tell it from the whole


def error(value: float, digits: int | None = None) -> str:
    """Return by how much a figure is too large or too small, as a percentage.

    >>> [error(value) for value in (0.0213, -0.158, 0.0001, 0)]
    ['+2.1%', '−16%', 'under 0.1%', 'none']
    """
    if abs(value) < 0.001:
        return "none" if abs(value) < 1e-9 else "under 0.1%"
    return f"{'+' if value > 0 else '−'}{significant(abs(value), digits or 2, 2)}%"


def dollars(value: float, digits: int | None = None) -> str:
    """Return an amount of money: to the cent where no digits are asked for, in words from a million on.

    >>> [dollars(v, d) for v, d in ((0.2, None), (2.95, None), (48, None), (43_000, 2), (5.576e6, 4))]
    ['$0.20', '$2.95', '$48', '$43,000', '$5.576 million']
    """
    if value >= 1e6 or digits is not None:
        return f"${count(value, digits or 3)}"
    return "$" + fixed(value, 0 if value == int(value) else 2)


def text(value: object, digits: int | None = None) -> str:
    return str(value)


def noun(plural: str) -> object:
    """Return a writer that puts a noun after the number."""
    return lambda value, digits=None: f"{count(value, digits)} {plural}"


def per_million_tokens(value: float, digits: int | None = None) -> str:
    return f"{dollars(value, digits)} per million tokens"


# How a value is written, and the units that are written so. Counted nouns have no unit of their own behind the figure.
WRITERS = [
    (scaled("B"), "byte byte/GPU byte/request byte/case byte/parameter byte/token"),
    (scaled("B/s"), "byte/second byte/second/GPU"),
    (scaled("FLOP/s"), "FLOP/second FLOP/second/GPU"),
    (scaled("W"), "watt watt/GPU"),
    (scaled("Wh"), "watt-hour watt-hour/request"),
    (flops, "FLOP FLOP/case FLOP/request FLOP/step"),
    (seconds, "second second/call second/token second/request"),
    (duration, "duration"),
    (noun("minutes"), "minute"),
    (noun("hours"), "hour"),
    (dollars, "USD USD/month USD/request USD/GPU-hour"),
    (per_million_tokens, "USD/million-tokens"),
    (plain, "FLOP/byte bit/parameter bit/value GPU-hour/request nat/character"),
    (count, "bit byte/value FLOP/token FLOP/parameter/token head/layer value/head/token value/token value/layer/token"),
    (count, "layer-token/request request/user/day request/second"),
    (
        count,
        "token/case token/request token/second request/GPU request/month word/minute GPU GPU-hour tonne-CO2e month",
    ),
    (
        count,
        "parameter weight character case token step layer message user request word pass thread round row seed count",
    ),
    (percent, "fraction"),
    (ratio, "ratio ratio/year"),
    (error, "error"),
    (text, "text version"),
]
UNITS = {unit: write for write, units in WRITERS for unit in units.split(" ")}


def written(value: object, unit: str, digits: int | None = None) -> str:
    """Return a value in its unit, as a sentence shows it."""
    return UNITS[unit](value, digits)
