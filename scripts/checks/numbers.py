"""Every number on a page has a contract, every contract is used, and every formula fits its units."""

import html
import re
from collections.abc import Iterable, Iterator

from scripts.bench_table import SHOWN
from scripts.calculators import load_calculators
from scripts.checks import View, check
from scripts.contracts import Contract, contract_line
from scripts.dimensions import constant_unit, mismatch
from scripts.entries import entry_line
from scripts.errors import SiteError, at, line_of
from scripts.figures import numbers_drawn
from scripts.notation import BLOCK, NO_DATE, REFERENCE, paragraphs, prose_lines
from scripts.numbers import Numbers
from scripts.paths import CALCULATORS, CLAIMS, NOTEBOOKS, NUMBERS, SNIPPETS
from scripts.reading import MINUTES_ID
from scripts.units import fills
from scripts.wording import FIGURE, QUANTITY, load_exceptions

# What may stand around a number: space, or brackets and quotes that open before it, and punctuation that closes behind
# it. A sign changes it across a space, too, unless it stands between two numbers; so does what multiplies it, or gives
# it another unit than the one that it brings with it.
SIGNS = "~∼≈$€£¥±−+<>≤≥×÷"
STANDS_BEFORE = re.compile(rf"(?:^\s*|\|\s*|[^{SIGNS}\s]\s+|\}}\}}\s+[{SIGNS}]\s+)[(\[\"'“‘]*$")
SHARES = r"[%‰‱]|(?:percent|per\s+cent|pct|pp|ppm|ppb)\b"
UNIT = r"[€£¥]|(?:(?:USD|EUR|[kKMGTPE]i?(?:[Bb]|bit)|[kKMGTPEmµn]?(?:[Bb]|W|Wh|J|Hz|FLOPS?|FLOPs|s|h|g|t|m))(?:/s)?)\b"
SIZE = r"(?:[kKMGTP]|bn|mn|tn)\b|(?:kilo|mega|giga|tera|peta)(?:byte|bit|watt)"
CHANGES_BEHIND = rf"\s+(?:{SHARES}|{UNIT}|{SIZE})"
STANDS_BEHIND = re.compile(rf"(?!{CHANGES_BEHIND})(?:[.,;:!?…)\]\"'”’]*(?:$|[\s|])|\](?=[(\[]))")
EMPHASIS = re.compile(r"[*_]")  # of Markdown: what stands in or outside of it touches the number all the same
CONSTANT = re.compile(r"^([A-Z][A-Z0-9_]+) = ", re.MULTILINE)


@check("sources")
def every_number_is_known(view: View) -> Iterator[str]:
    """Each id on a page names a number, a fact or a claim, and a claim alone has words of its own."""
    claims = {f"claims.{name}": claim for name, claim in view.numbers.claims.items()}
    known = {*view.numbers.ids(), *claims, MINUTES_ID}
    for claim_id, claim in claims.items():
        for number_id in claim.condition.ids:
            if number_id not in known:
                where = entry_line(CLAIMS, claim_id.partition(".")[2])
                yield at(CLAIMS, where, f"{claim_id}: {view.numbers.unknown(number_id)}")
    for use in view.uses:
        is_claim = use.id.startswith("claims.")
        if use.when and not use.id.startswith("facts."):
            yield at(use.page, use.line, f"{use.id}: {NO_DATE}")
        if use.id not in known:
            yield at(use.page, use.line, view.numbers.unknown(use.id))
            continue
        if is_claim != bool(use.words):
            remedy = f"write {{{{ {use.id} | the words }}}}" if is_claim else "only a claim has words after a bar"
            yield at(use.page, use.line, f"{use.id}: {remedy}")


@check("sources")
def every_notation_is_read(view: View) -> Iterator[str]:
    """Nothing in braces is left for the reader: a slip such as `{{ train steps }}` would be shown as it stands."""
    for page in view.sources:
        for number, line in prose_lines(page):
            for braces in re.findall(r"\{\{.*?(?:\}\}|$)", line):
                if not REFERENCE.fullmatch(braces) and not BLOCK.match(line.strip()):
                    yield at(
                        page, number, f"{braces} is neither a number nor a block; write {{{{ snippet.variable }}}}"
                    )


@check("sources")
def numbers_stand_alone(view: View) -> Iterator[str]:
    """Nothing that changes a number stands next to it: no digit, letter, sign, percent or unit of another size."""
    for page in view.sources:
        for number, lines in paragraphs(page):
            text = html.unescape(lines)
            for found in re.finditer(r"\{\{[^{}]*\}\}", text):
                before, behind = (EMPHASIS.sub("", part) for part in (text[: found.start()], text[found.end() :]))
                near = [] if STANDS_BEFORE.search(before) else before.split()[-1:]
                near += [] if STANDS_BEHIND.match(behind) else behind.split()[:1]
                for each in near:
                    message = f"{each!r} changes {found[0]}; write words around it, with a space between"
                    yield at(page, number + before.count("\n"), message)


@check("sources")
def labels_hold_no_figures(view: View) -> Iterator[str]:
    """No label of a number holds a figure or a word of quantity outside a name: it is prose like any other."""
    names = [each.words for each in load_exceptions().values() if each.kind == "name"]
    for number_id in view.contracts.ids():
        label = view.contracts.get(number_id).label
        for name in names:
            label = label.replace(name, "")
        found = FIGURE.search(label) or QUANTITY.search(label)
        if found:
            yield at(
                NUMBERS,
                contract_line(number_id),
                f"the label of {number_id} holds {found[0]!r}; say it without",
            )


@check("sources")
def every_contract_is_used(view: View) -> Iterator[str]:
    """Each contract's number is shown, drawn, claimed, computed with, or printed by a notebook."""
    contracts = view.contracts
    used = {use.id for use in view.uses} | numbers_drawn(view.numbers) | SHOWN
    for number_id in contracts.ids():
        used |= set(contracts.get(number_id).sources.values())
    for claim in view.numbers.claims.values():
        used |= set(claim.condition.ids)
    notebooks = {path.stem for path in NOTEBOOKS.glob("*.py")}
    for number_id in contracts.ids():
        if number_id not in used and number_id.partition(".")[0] not in notebooks:
            yield at(NUMBERS, contract_line(number_id), f"{number_id} is on no page; use it or remove it")


@check("sources")
def every_number_can_be_had(view: View) -> Iterator[str]:
    """Each contract has its value on the CPU, and each formula accepts its inputs."""
    for number_id in view.numbers.ids():
        try:
            view.numbers.get(number_id)
        except SiteError as error:
            yield str(error)


def can_be_had(view: View, number_id: str) -> bool:
    """Return whether a number has a value."""
    try:
        view.numbers.get(number_id)
    except SiteError:
        return False
    return True


@check("sources")
def formulas_fit_their_units(view: View) -> Iterator[str]:
    """Each derived number's formula, called with units, gives the unit of its contract; so does its calculator."""
    contracts = {each: view.contracts.get(each) for each in view.contracts.ids()}
    derived = {each: contract for each, contract in contracts.items() if contract.check == "derived"}
    formulas = {each: contract for each, contract in derived.items() if not contract.calculated}
    for number_id, contract in derived.items():
        if contract.calculated and can_be_had(view, number_id):  # where it cannot, another check says so
            for why in other_units(contract, view.numbers):
                yield at(NUMBERS, contract_line(number_id), f"{number_id}: {why}")
    constants = {contract.constant for contract in contracts.values() if contract.check == "constant"}
    for path in {SNIPPETS / f"{contract.function.partition('.')[0]}.py" for contract in formulas.values()}:
        if path.is_file():
            constants |= {f"{path.stem}.{name}" for name in CONSTANT.findall(path.read_text(encoding="utf-8"))}
    unnamed = list(constants_without_unit(constants))
    yield from unnamed
    if unnamed:
        return  # no formula of their module can be called with units
    for number_id, contract in formulas.items():
        if not can_be_had(view, number_id):
            continue  # another check says so
        why = mismatch(number_id, contract, view.numbers)
        if why:
            yield at(NUMBERS, contract_line(number_id), f"{number_id}: {why}; mend the formula or the unit")


def other_units(contract: Contract, numbers: Numbers) -> Iterator[str]:
    """Yield where a calculator, whose script is run without units, gives or is given another than its own."""
    script, _, variable = contract.function.partition(".")
    for calculator in [each for each in load_calculators().values() if each.script == script]:
        known = {key: each.unit for key, each in (calculator.inputs | calculator.outputs).items()}
        if contract.unit != known.get(variable):
            said = f"is in {known[variable]}" if variable in known else "has no unit"
            yield f"{contract.function} {said} in {CALCULATORS.name}, and the contract says {contract.unit}; mend one"
        for key, source in contract.sources.items():
            unit = numbers.get(source).spec.unit
            if key in known and not fills(unit, known[key]):
                yield f"{source} is in {unit}, and {script}.{key} in {known[key]}; name another number"


def constants_without_unit(constants: Iterable[str]) -> Iterator[str]:
    for constant in sorted(constants):
        module, _, name = constant.partition(".")
        try:
            constant_unit(name)
        except ValueError as error:
            path = SNIPPETS / f"{module}.py"
            yield at(path, line_of(path, f"{name} = "), str(error))
