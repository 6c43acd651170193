"""Every number on a page has a contract, every contract is used, and a derived number is what its function says."""

import re

import pytest

from scripts.contracts import contract_line, load_contracts
from scripts.errors import SiteError, at, line_of
from scripts.numbers import Numbers, pages, references
from scripts.numbers_markdown import BLOCK
from scripts.paths import FACTS, NOTEBOOKS, NUMBERS, ROOT


def used() -> dict[str, list[str]]:
    """Return where each id is used in prose."""
    found: dict[str, list[str]] = {}
    for page in pages():
        for number_id, line in references(page):
            found.setdefault(number_id, []).append(f"{page.relative_to(ROOT)}:{line}")
    return found


def test_every_number_on_a_page_is_known():
    known = set(Numbers().ids())
    unknown = [
        f"{place}: no number is called {i}" for i, places in used().items() if i not in known for place in places
    ]
    assert not unknown, "\n".join(unknown)


def test_no_braces_are_left_unread():
    """A slip such as `{{ train steps }}` would be shown to the reader as it stands."""
    odd = []
    for page in pages():
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for braces in re.findall(r"\{\{[^}]*\}\}", re.sub(r"`[^`]*`", "", line)):
                if not BLOCK.match(braces.strip()) and not re.fullmatch(r"\{\{ [\w-]+\.[\w-]+ \}\}", braces):
                    odd.append(at(page, number, f"{braces} is neither a number nor a block"))
    assert not odd, "\n".join(odd)


def test_every_contract_is_used():
    """A number that nobody reads is work that nobody needs."""
    numbers = Numbers()
    drawn = {"train.losses", "train.log_every"}  # by figures
    arguments = {i for name in numbers.contracts.ids() for i in (numbers.contracts.get(name).arguments or {}).values()}
    notebooks = {path.stem for path in NOTEBOOKS.glob("*.py")}  # shown by the notebook itself
    idle = [
        at(NUMBERS, contract_line(i), f"{i} is on no page; use it or remove it")
        for i in numbers.contracts.ids()
        if i not in used() and i not in arguments | drawn and i.partition(".")[0] not in notebooks
    ]
    idle += [
        at(FACTS, line_of(FACTS, f"[{name}]"), f"facts.{name} is on no page; use it or remove it")
        for name in numbers.facts
        if f"facts.{name}" not in used() and f"facts.{name}" not in arguments
    ]
    assert not idle, "\n".join(idle)


def test_every_number_has_a_value_a_text_and_an_origin():
    numbers = Numbers()
    for number_id in numbers.ids():
        number = numbers.get(number_id)
        assert number.value is not None
        assert number.provenance.startswith(("measured by", "computed at", "quoted from", "reported from"))
        assert isinstance(number.value, list) or number.text


def test_an_unknown_number_names_the_place_and_the_likely_id():
    with pytest.raises(SiteError, match=r"no number is called train\.setps; did you mean train\.steps\?"):
        Numbers().get("train.setps")


def test_derived_numbers_are_computed_not_stored():
    numbers = Numbers()
    flops = 6 * numbers.get("train.parameters").value * numbers.get("train.tokens").value
    assert numbers.get("train.flops").value == flops
    assert "train.flops" not in numbers.record("train").values


def test_the_formula_meets_the_reported_figure():
    """6 operations for each parameter and token, against what Meta reports for its 405B run."""
    numbers = Numbers()
    assert numbers.get("llama.flops").value == pytest.approx(numbers.get("facts.llama_405b_flops").value, rel=0.02)


def test_references_skip_code(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("{{ a.b }}\n`{{ c.d }}`\n```\n{{ e.f }}\n```\n~~~~\n{{ g.h }}\n~~~\n~~~~\n{{ i.j }} {{ k.l }}\n")
    assert list(references(page)) == [("a.b", 1), ("i.j", 10), ("k.l", 10)]


def test_that_contracts_exist():
    assert len(load_contracts().ids()) > 20
