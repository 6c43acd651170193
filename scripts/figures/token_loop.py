"""The loop of inference: the question in one pass, then what was written goes back in, a token at a time."""

import xml.etree.ElementTree as ET

from scripts.common import element
from scripts.numbers import Numbers

SHOWN = 5, 2  # passes at the start and at the end


def token_loop(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a row for each pass: what the model reads, what it has notes on, what it writes."""
    prompt = numbers.get("inference.prompt_tokens")
    tokens = [*numbers.get("inference.answer_text").value, "\n"]
    question = numbers.records["inference"].stdout[0]
    reads = [f"{question} Holmes:", *tokens[:-1]]
    most = prompt.value + len(tokens) - 1
    rows = []
    for number, (read, wrote) in enumerate(zip(reads, tokens, strict=True)):
        if SHOWN[0] <= number < len(tokens) - SHOWN[1]:
            if number == SHOWN[0]:
                rows.append(element("li", "… one pass for each character …", class_="rest"))
            continue
        notes = element("i", style=f"--v:{100 * (prompt.value + number) / most:.4g}")
        rows.append(
            element(
                "li",
                None,
                [
                    element("span", f"Pass {number + 1}"),
                    element("span", spelled(read), class_="model read"),
                    element("span", None, [notes], class_="bar", role="img", aria_label="notes on the text so far"),
                    element("span", spelled(wrote), class_="model wrote"),
                ],
                style=f"--n:{len(rows)}",
            )
        )
    pause = element("label", None, [element("input", type="checkbox")])
    pause[0].tail = " pause"
    head = ["", "reads", "keeps notes", "writes"]
    heads = element("li", None, [element("span", word) for word in head], class_="head", aria_hidden="true")
    made = element("div", None, [element("div", None, [pause], class_="pause"), element("ol", None, [heads, *rows])])
    made.set("class", "loop")
    return made, "Our small model answers a case that it never saw. ↵ is the end."


def spelled(token: str) -> str:
    """Return a token as it can be seen."""
    return {" ": "␣", "\n": "↵"}.get(token, token)
