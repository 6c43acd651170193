"""What a reader types into a field: read as a number, as it will stand in the script, and as it reads in a sentence."""

from scripts.engine.writing import grouped

ALLOWED = "0123456789.eE+-"
LONGEST = 30  # characters: no field needs more, and each digit is kept
DIGITS_OF_A_FLOAT = 15


class Problem(ValueError):
    """Something wrong with what a reader gave: ``field`` is the input's name, or "" where it is none alone."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def number_parts(text: str) -> tuple[str, str, str, int]:
    """Return a typed number as sign, digits before the point, digits behind it, and power of ten.

    Commas may part thousands: 16,384.

    Raises:
        ValueError: it is no number.

    >>> number_parts("-16,384.50"), number_parts("1.5e3")
    (('-', '16384', '50', 0), ('', '1', '5', 3))

    """
    text = without_commas(text.strip())
    if not text or len(text) > LONGEST or any(sign not in ALLOWED for sign in text):
        raise ValueError(text)
    float(text)  # two points, or an e too many
    mantissa, _, power = text.lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, rest = mantissa.lstrip("+-").partition(".")
    return sign, whole.lstrip("0") or "0", rest, int(power or 0)


def without_commas(text: str) -> str:
    """Return a number's text without commas, where they part thousands; else as it is.

    No thousands begin with 0: whoever types 0,950 may mean 0.95.

    >>> without_commas("16,384"), without_commas("0,950")
    ('16384', '0,950')
    """
    head, *groups = text.partition(".")[0].split(",")
    head = head.lstrip("+-")
    if not groups or not 1 <= len(head) <= 3 or head.startswith("0") or any(len(group) != 3 for group in groups):
        return text
    return text.replace(",", "", len(groups))


def literal(text: str, power: int) -> str:
    """Return the Python literal for what is typed into a field that counts in 10**power.

    As a person would write it, and exactly the number that was typed.

    Raises:
        ValueError: it is no number.

    >>> [literal("405", 9), literal("40", -2), literal("2.95", 0), literal("16,384", 0), literal("2e3", 6)]
    ['405e9', '0.4', '2.95', '16384', '2e9']

    """
    sign, whole, rest, own = number_parts(text)
    if power < 0:  # a share: 40 percent is 0.4
        digits = "0" * -power + whole
        whole, rest = digits[:power].lstrip("0") or "0", (digits[power:] + rest).rstrip("0")
        power = 0
    mantissa = sign + whole + ("." + rest if rest else "")
    if power + own:
        return f"{mantissa}e{power + own}"
    # A whole number that no float holds would be computed with more digits than the rest.
    return mantissa if rest or len(whole) <= DIGITS_OF_A_FLOAT else mantissa + ".0"


def as_said(text: str, prefix: str, suffix: str) -> str:
    """Return what is typed into a field as a sentence says it.

    Raises:
        ValueError: it is no number.

    >>> as_said("16384", "", ""), as_said("40", "", "%"), as_said("2.95", "$", "")
    ('16,384', '40%', '$2.95')

    """
    sign, whole, rest, own = number_parts(text)
    number = sign + prefix + grouped(whole) + ("." + rest if rest else "") + (f"e{own}" if own else "")
    return number + ("" if suffix in ("", "%") else "\u00a0") + suffix


def read_fields(inputs: list, typed: dict) -> tuple[dict, dict]:
    """Return literals and texts by name.

    inputs: as ``scripts.calculators`` describes them. typed: what stands in each field, by the input's name.

    Raises:
        Problem: a field holds no number, or a part of what comes only whole.

    """
    literals, said = {}, {}
    for each in inputs:
        name = each["name"]
        try:
            literals[name] = literal(typed[name], each["power"])
            said[name] = as_said(typed[name], each["prefix"], each["suffix"])
        except ValueError:
            decimals = ", with a point before decimals" if "," in typed[name] else ""
            raise Problem(f"{each['label']}: give a number, such as {each['default']}{decimals}", name) from None
        if float(literals[name]) in (float("inf"), float("-inf")):
            raise Problem(f"{each['label']}: this is larger than can be computed with", name)
        if each.get("whole") and float(literals[name]) % 1:
            raise Problem(f"{each['label']}: give a whole number", name)
    return literals, said
