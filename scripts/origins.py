"""What kind of number a number is, what it is made of, and how old that is."""

from typing import Literal

from scripts.facts import Fact
from scripts.numbers import Number, Numbers

Kind = Literal["measured", "computed", "quoted"]


def kind(number: Number) -> Kind:
    """Return which of the site's promises covers a number."""
    if isinstance(number.spec, Fact):
        return "quoted"
    return "measured" if number.spec.measured else "computed"


def roots(numbers: Numbers, number_id: str) -> list[Number]:
    """Return the measured and quoted numbers that a number is computed from; of those, the number itself.

    A constant of a formula is computed from none.

    Raises:
        SiteError: there is no such number, or this device has no record of it.

    """
    number = numbers.get(number_id)
    if kind(number) != "computed":
        return [number]
    return [root for source in number.spec.sources.values() for root in roots(numbers, source)]


def same_everywhere(numbers: Numbers, number_id: str) -> bool:
    """Return whether a number is the same on every device: a quoted one, or one computed from such."""
    return all(kind(root) == "quoted" for root in roots(numbers, number_id))


def day(numbers: Numbers, number_id: str) -> str | None:
    """Return the day, as YYYY-MM-DD, from which the oldest figure behind a number is: measured or checked then.

    A constant has none.
    """
    days = [
        str(root.spec.checked) if isinstance(root.spec, Fact) else numbers.record(group(root.id)).date
        for root in roots(numbers, number_id)
    ]
    return min(days, default=None)


def code(number: Number) -> tuple[str, str] | None:
    """Return the snippet and its variable, constant or function that give a number, or None for a quoted one."""
    if isinstance(number.spec, Fact):
        return None
    module, _, name = (number.spec.function or number.spec.constant or number.id).partition(".")
    return module, name


def group(number_id: str) -> str:
    """Return what stands before the dot: a snippet, for a measured number."""
    return number_id.partition(".")[0]
