"""HTML elements, made in a line."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable


def element(tag: str, text: str | None = None, children: Iterable[ET.Element] = (), **attributes: str) -> ET.Element:
    """Return an element; ``class_`` stands for ``class``, and underscores for hyphens."""
    made = ET.Element(tag, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    made.text = text
    made.extend(children)
    return made
