"""Numbers: from an id such as ``train.final_loss`` to its value, its text and where it comes from."""

import difflib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.contracts import Contract, Contracts, contract_line, load_contracts
from scripts.errors import SiteError, at, line_of
from scripts.facts import Fact, load_facts
from scripts.paths import DOCS, NUMBERS, SNIPPETS, shown
from scripts.records import Record, load_records, record_path
from scripts.units import UNITS

REFERENCE = re.compile(r"\{\{\s*(?P<id>[\w-]+\.[\w-]+)\s*\}\}")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True)
class Number:
    """One number on one device."""

    id: str
    spec: Contract | Fact
    value: Any
    provenance: str

    @property
    def text(self) -> str:
        """Return the value as a sentence shows it."""
        return UNITS[self.spec.unit].write(self.value, self.spec.digits)

    @property
    def label(self) -> str:
        return self.spec.label

    @property
    def rule(self) -> str:
        """Return, in words, how the number is checked."""
        return self.spec.rule if isinstance(self.spec, Contract) else f"figure last checked on {self.spec.checked}"


class Numbers:
    """Every number of one device."""

    def __init__(self, device: str = "cpu", contracts: Contracts | None = None) -> None:
        self.device = device
        self.contracts = contracts or load_contracts()

    @cached_property
    def records(self) -> dict[str, Record]:
        return load_records(self.device)

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return load_facts()

    def ids(self) -> list[str]:
        """Return the id of every number and fact."""
        return [*self.contracts.ids(), *(f"facts.{name}" for name in self.facts)]

    def record(self, snippet: str) -> Record:
        if snippet not in self.records:
            path = record_path(snippet, self.device)
            raise SiteError(at(path, 1, f"there is no record; write it with: make measure SNIPPETS={snippet}"))
        return self.records[snippet]

    def get(self, number_id: str) -> Number:
        """Return a number.

        Raises:
            SiteError: no contract has this id, or its record lacks it; the message says where and what to do.

        """
        group, _, name = number_id.partition(".")
        if group == "facts" and name in self.facts:
            fact = self.facts[name]
            return Number(number_id, fact, fact.value, fact.provenance)
        contract = self.contracts.get(number_id)
        if contract is None:
            close = difflib.get_close_matches(number_id, self.ids(), 1)
            hint = f"; did you mean {close[0]}?" if close else f"; add it to {shown(NUMBERS)}"
            uses = [at(path, line, f"no number is called {number_id}{hint}") for path, line in find_uses(number_id)]
            raise SiteError("\n".join(uses) or f"no number is called {number_id}{hint}")
        return self._derive(number_id, contract) if contract.check == "derived" else self._measured(number_id, contract)

    def _measured(self, number_id: str, contract: Contract) -> Number:
        group, _, name = number_id.partition(".")
        record = self.record(group)
        if name not in record.values:
            message = f"it has no {name}; measure again: make measure SNIPPETS={group}"
            raise SiteError(at(record.path, line_of(record.path, '"values"'), message))
        return Number(number_id, contract, record.values[name], measured_provenance(record, contract))

    def _derive(self, number_id: str, contract: Contract) -> Number:
        where = contract_line(number_id)
        inputs = {key: self.get(source) for key, source in contract.arguments.items()}
        function = load_function(contract.function, where)
        try:
            value = function(**{key: number.value for key, number in inputs.items()})
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise SiteError(
                at(NUMBERS, where, f"{number_id}: {contract.function} refused its inputs: {error}")
            ) from None
        sources = " and ".join(f"{number.id} ({number.text})" for number in inputs.values())
        return Number(number_id, contract, value, f"computed at every build by {contract.function} from {sources}")


def measured_provenance(record: Record, contract: Contract) -> str:
    """Return, in one sentence, where a measured number comes from and how it is checked."""
    checked = "" if contract.check == "recorded" else "checked "
    return (
        f"measured by {record.snippet}.py on {record.machine}, {record.date}, commit {record.commit[:7]}; "
        f"{checked}{contract.rule}"
    )


def load_function(name: str, contract_line_number: int) -> Any:
    """Return ``module.function`` of snippets/.

    Raises:
        SiteError: there is no such module or function.

    """
    module_name, _, function_name = name.partition(".")
    path = SNIPPETS / f"{module_name}.py"
    if not path.exists():
        raise SiteError(at(NUMBERS, contract_line_number, f"function {name}: snippets/{module_name}.py does not exist"))
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, function_name, None)):
        raise SiteError(at(path, 1, f"it has no function {function_name}, which {NUMBERS.name} asks for"))
    return getattr(module, function_name)


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def references(page: Path) -> Iterator[tuple[str, int]]:
    """Yield each number id that a page's prose uses, with its line. Code is not prose."""
    fence = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        marks = re.match(r"\s*(`{3,}|~{3,})", line)
        if marks and fence is None:
            fence = marks[1]
        elif marks and marks[1].startswith(fence):
            fence = None
        elif fence is None:
            for match in REFERENCE.finditer(CODE.sub("", line)):
                yield match["id"], number


def find_uses(number_id: str) -> list[tuple[Path, int]]:
    """Return every place that uses a number."""
    return [(page, line) for page in pages() for used, line in references(page) if used == number_id]


def find_text(text: str) -> list[tuple[Path, int]]:
    """Return every place in the pages' sources that holds a text."""
    return [
        (page, number)
        for page in pages()
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if text in line
    ]
