"""Numbers: from an id such as ``train.final_loss`` to its value, its text and where it comes from."""

import difflib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from scripts.benches import GROUPS
from scripts.calculations import calculation, calculator_path
from scripts.claims import NO_VALUE, Claim, load_claims
from scripts.contracts import Contract, Contracts, contract_line, load_contracts
from scripts.entries import entry_line
from scripts.errors import SiteError, at, line_of
from scripts.facts import Fact, load_facts
from scripts.notation import find_uses
from scripts.paths import CLAIMS, FACTS, NUMBERS, SNIPPETS, shown
from scripts.records import Record, command, load_records, record_path
from scripts.units import UNITS


@dataclass(frozen=True)
class Number:
    """One number on one device.

    ``measured`` says whether it depends on the device: a fact does not, nor does what is computed from facts alone.
    ``facts`` are the names of the facts that it stands on; it is ``expired`` if one of them is.
    """

    id: str
    spec: Contract | Fact
    value: Any
    provenance: str
    measured: bool = False
    facts: tuple[str, ...] = ()
    expired: bool = False

    @property
    def text(self) -> str:
        """Return the value as a sentence shows it."""
        return UNITS[self.spec.unit].write(self.value, self.spec.digits)

    @property
    def brief(self) -> str:
        """Return the text, or how many values there are where the number is a list."""
        return f"{len(self.value)} values" if isinstance(self.value, list) else self.text

    @property
    def label(self) -> str:
        return self.spec.label

    @property
    def rule(self) -> str:
        """Return, in words, how the number is checked."""
        return self.spec.rule if isinstance(self.spec, Contract) else f"figure last checked on {self.spec.checked}"


@dataclass(frozen=True)
class Stated:
    """A claim on one device: its condition, with the figures of that device filled in."""

    id: str
    claim: Claim
    numbers: dict[str, Number]

    @property
    def figures(self) -> dict[str, Any]:
        return {number_id: number.value for number_id, number in self.numbers.items()}

    @property
    def holds(self) -> bool:
        """Return whether the condition is met. One that cannot be evaluated is not."""
        try:
            return bool(self.claim.condition.value(self.figures))
        except NO_VALUE:
            return False

    @property
    def measured(self) -> bool:
        return any(number.measured for number in self.numbers.values())

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for number in self.numbers.values() for name in number.facts))

    @property
    def provenance(self) -> str:
        """Return, in one sentence, on what condition the words stand."""
        now = ", ".join(f"{number_id} is {number.brief}" for number_id, number in self.numbers.items())
        return f"these words stand while {self.claim.holds}; {now}"


class Numbers:
    """Every number of one device, as the files were when each was first asked for."""

    def __init__(self, device: str = "cpu", contracts: Contracts | None = None) -> None:
        self.device = device
        self.contracts = contracts or load_contracts()
        self._found: dict[str, Number] = {}

    @cached_property
    def records(self) -> dict[str, Record]:
        return load_records(self.device)

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return load_facts()

    @cached_property
    def claims(self) -> dict[str, Claim]:
        return load_claims()

    def claim(self, claim_id: str) -> Stated:
        """Return a claim with its figures.

        Raises:
            SiteError: no claim has this id, or its condition names a number that there is not.

        """
        name = claim_id.partition(".")[2]
        if name not in self.claims:
            raise self._refused(claim_id)
        claim = self.claims[name]
        try:
            return Stated(claim_id, claim, {each: self.get(each) for each in claim.condition.ids})
        except SiteError as error:
            raise SiteError(at(CLAIMS, entry_line(CLAIMS, name), f"{claim_id}: {error}")) from None

    def ids(self) -> list[str]:
        """Return the id of every number and fact."""
        return [*self.contracts.ids(), *(f"facts.{name}" for name in self.facts)]

    def record(self, snippet: str) -> Record:
        if snippet not in self.records:
            path = record_path(snippet, self.device)
            raise SiteError(at(path, 1, f"there is no record; write it with: {command(snippet, self.device)}"))
        return self.records[snippet]

    def get(self, number_id: str) -> Number:
        """Return a number.

        Raises:
            SiteError: no contract has this id, or its record lacks it; the message says where and what to do.

        """
        if number_id not in self._found:
            self._found[number_id] = self._find(number_id)
        return self._found[number_id]

    def _find(self, number_id: str) -> Number:
        group, _, name = number_id.partition(".")
        if group == "facts" and name in self.facts:
            fact = self.facts[name]
            return Number(number_id, fact, fact.value, fact.provenance, facts=(name,), expired=fact.expired)
        contract = self.contracts.get(number_id)
        if contract is None:
            raise self._refused(number_id)
        if contract.check == "derived":
            return self._derive(number_id, contract)
        if contract.check == "constant":
            value = load_from_snippets(contract.constant, contract_line(number_id))
            return Number(number_id, contract, value, f"read at every build from {contract.constant}")
        return self._measured(number_id, contract)

    def unknown(self, used_id: str) -> str:
        """Return what to say of an id that there is not: the nearest one, or where to add it."""
        group = used_id.partition(".")[0]
        noun, where = {"facts": ("fact", FACTS), "claims": ("claim", CLAIMS)}.get(group, ("number", NUMBERS))
        known = [f"claims.{name}" for name in self.claims] if group == "claims" else self.ids()
        close = difflib.get_close_matches(used_id, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"add it to {shown(where)}"
        return f"no {noun} is called {used_id}; {hint}"

    def _refused(self, used_id: str) -> SiteError:
        message = self.unknown(used_id)
        return SiteError("\n".join(at(path, line, message) for path, line in find_uses(used_id)) or message)

    def _measured(self, number_id: str, contract: Contract) -> Number:
        group, _, name = number_id.partition(".")
        record = self.record(group)
        if name not in record.values:
            message = f"it has no {name}; measure again: {record.command}"
            raise SiteError(at(record.path, line_of(record.path, '"values"'), message))
        return Number(number_id, contract, record.values[name], measured_provenance(record, contract), measured=True)

    def _derive(self, number_id: str, contract: Contract) -> Number:
        where = contract_line(number_id)
        inputs = {key: self.get(source) for key, source in contract.sources.items()}
        function = load_from_snippets(contract.function, where)
        try:
            value = function(**{key: number.value for key, number in inputs.items()} | contract.assumed)
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise SiteError(
                at(NUMBERS, where, f"{number_id}: {contract.function} refused its inputs: {error}")
            ) from None
        sources = [f"{number.id} ({number.text})" for number in inputs.values()]
        sources += [f"{key} = {value:g}, assumed" for key, value in contract.assumed.items()]
        sources += ["the inputs that it is shown with"] if contract.calculated else []
        return Number(
            number_id,
            contract,
            value,
            f"computed at every build by {contract.function} from {' and '.join(sources)}",
            measured=any(number.measured for number in inputs.values()),
            facts=tuple(dict.fromkeys(name for number in inputs.values() for name in number.facts)),
            expired=any(number.expired for number in inputs.values()),
        )


def measured_provenance(record: Record, contract: Contract) -> str:
    """Return, in one sentence, where a measured number comes from and how it is checked."""
    checked = "" if contract.check == "recorded" else "checked "
    rule = contract.rule
    if record.snippet in GROUPS:
        rule = "not measured again by the tests, which lack the other libraries"
    return (
        f"measured by {record.snippet}.py on {record.machine}, {record.date}, commit {record.commit[:7]}; "
        f"{checked}{rule}"
    )


def load_from_snippets(name: str, contract_line_number: int) -> Any:
    """Return ``module.name`` of snippets/: a function or a constant.

    Raises:
        SiteError: there is no such module or name.

    """
    module_name, _, attribute = name.partition(".")
    if calculator_path(module_name).exists():
        return calculation(module_name, attribute)
    path = SNIPPETS / f"{module_name}.py"
    if not path.exists():
        raise SiteError(at(NUMBERS, contract_line_number, f"{name}: snippets/{module_name}.py does not exist"))
    module = ModuleType(module_name)  # a new one each time: its constants may be changed
    exec(compiled(path, path.read_bytes()), module.__dict__)
    if not hasattr(module, attribute):
        raise SiteError(at(path, 1, f"it has no {attribute}, which {shown(NUMBERS)}:{contract_line_number} asks for"))
    return getattr(module, attribute)


@cache
def compiled(path: Path, source: bytes) -> CodeType:
    """Return a module's code: formulas are called for hundreds of numbers."""
    return compile(source, str(path), "exec")
