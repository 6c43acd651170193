"""Pictures made of HTML, for a reader to step through: words keep their size on a phone, and no script is needed."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from scripts.browser.units import written
from scripts.common import element


def steps(name: str, question: str, panels: Mapping[str, ET.Element], first: str) -> ET.Element:
    """Return a row of choices, of which each shows its own panel; the arrow keys move from one to the next."""
    made = element("fieldset", None, [element("legend", question)], class_="steps")
    for label, panel in panels.items():
        choice = element("input", type="radio", name=name)
        if label == first:
            choice.set("checked", "checked")
        choice.tail = label
        made.extend([element("label", None, [choice]), panel])
    return made


def bar(label: str, text: str, parts: Mapping[str, float]) -> list[ET.Element]:
    """Return a bar between its label and its value; ``parts`` are percent of the room, by class."""
    filled = [element("i", class_=kind, style=f"--v:{share:.4g}") for kind, share in parts.items()]
    return [element("span", label), element("span", None, filled, class_="bar"), element("b", text)]


def key(parts: Mapping[str, tuple[str, float]], unit: str) -> ET.Element:
    """Return what the parts of a bar are, in its order; ``parts`` are label and value, by class."""
    named = [element("span", f"{label} {written(value, unit)}", class_=kind) for kind, (label, value) in parts.items()]
    return element("p", None, named, class_="key")
