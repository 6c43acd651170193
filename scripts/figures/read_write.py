"""Reading against writing: how many tokens each takes in the same time."""

import xml.etree.ElementTree as ET

from scripts.common import element
from scripts.numbers import Numbers


def read_write(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw the tokens that are read, and the one that is written, in the time of writing one."""
    ratio = numbers.get("decoding.read_over_write").value
    rows = []
    for label, tokens in (("Reading", round(ratio)), ("Writing", 1)):
        path = "".join(f"M{14 * n + 1} 1h11v14h-11z" for n in range(tokens))
        drawn = element("path", d=path)
        box = f"0 0 {14 * round(ratio)} 16"
        shown = element("svg", None, [drawn], viewBox=box, role="img", aria_label=f"tokens: {tokens}")
        rows.extend([element("span", label), shown, element("b", str(tokens))])
    made = element("div", None, rows, class_="bars tokens inference")
    return made, "Tokens in the same time, on one core of our machine. The model has random weights."
