"""Every claim's words fit the figures, stand on some page, and could turn out wrong."""

import re
from collections.abc import Iterator

from scripts.checks import View, check
from scripts.entries import entry_line
from scripts.errors import SiteError, at
from scripts.notation import REFERENCE, Use, prose_lines
from scripts.paths import CLAIMS
from scripts.wording import FIGURE


@check("sources")
def every_claim_holds(view: View) -> Iterator[str]:
    """Each claim's words fit the figures, on every device they are claimed of."""
    for use in view.uses:
        if not use.id.startswith("claims.") or use.id.partition(".")[2] not in view.numbers.claims:
            continue
        for device, numbers in view.devices.items():
            try:
                stated = numbers.claim(use.id)
            except SiteError:
                continue  # no figures of this device; where the CPU lacks them, another check says so
            claimed = stated.claim.devices is None or device in stated.claim.devices
            if claimed and not stated.holds:
                figures = ", ".join(f"{each.id} = {each.value}" for each in stated.numbers.values())
                yield at(
                    use.page,
                    use.line,
                    f"{sentence_with(use)!r} no longer fits the figures on {device}: {use.id} needs "
                    f"{stated.claim.holds}, and {figures}. Change the words, or the condition and "
                    "its reason in docs/claims.toml; where a time moved on a busy machine, measure again first",
                )


def sentence_with(use: Use) -> str:
    """Return the sentence of a page's source that holds a claim, the claim's words in place of its notation."""
    lines = dict(prose_lines(use.page))
    first = last = use.line
    while lines.get(first - 1, "").strip():
        first -= 1
    while lines.get(last + 1, "").strip():
        last += 1
    paragraph = " ".join(lines[number].strip() for number in range(first, last + 1))
    notation = next(m for m in REFERENCE.finditer(paragraph) if (m["id"], m["words"] or "") == (use.id, use.words))
    before = re.split(r"(?<=[.?!:])\s", paragraph[: notation.start()])[-1]
    after = re.split(r"(?<=[.?!])(?:\s|$)", paragraph[notation.end() :])[0]
    return REFERENCE.sub(lambda match: match["words"] or match[0], before + notation[0] + after).strip()


@check("sources")
def claims_are_made_in_their_words(view: View) -> Iterator[str]:
    """Each claim on a page is made in words that stand beside its condition, and those hold no figures."""
    for use in view.uses:
        claim = view.numbers.claims.get(use.id.partition(".")[2]) if use.id.startswith("claims.") else None
        if claim and use.words and use.words not in claim.words:
            known = " or ".join(map(repr, claim.words))
            message = f"{use.id} is made in the words {use.words!r}, and its condition is for {known}"
            yield at(use.page, use.line, f"{message}; add them to docs/claims.toml, if the condition fits them")
    for name, claim in view.numbers.claims.items():
        for words in claim.words:
            if FIGURE.search(words):
                message = f"claims.{name}: the words {words!r} hold a figure; name a number instead"
                yield at(CLAIMS, entry_line(CLAIMS, name), message)


@check("sources")
def every_claim_is_used(view: View) -> Iterator[str]:
    """Each claim stands on some page, in each of its words."""
    used = {(use.id, use.words) for use in view.uses}
    for name, claim in view.numbers.claims.items():
        for words in claim.words:
            if (f"claims.{name}", words) not in used:
                message = f"claims.{name} is on no page in the words {words!r}; use it or remove it"
                yield at(CLAIMS, entry_line(CLAIMS, name), message)


@check("sources")
def every_claim_can_fail(view: View) -> Iterator[str]:
    """Each claim's condition is broken by some figures: one that always holds says nothing."""
    for name in view.numbers.claims:
        try:
            stated = view.numbers.claim(f"claims.{name}")
        except SiteError:
            continue  # another check says what it lacks
        if not stated.claim.condition.can_fail(stated.figures):
            message = f"claims.{name}: {stated.claim.holds} holds whatever the figures; write a condition that can fail"
            yield at(CLAIMS, entry_line(CLAIMS, name), message)
