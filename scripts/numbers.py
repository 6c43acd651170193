"""Numbers: from an id such as ``train.loss_after`` to its value, its text and where it comes from."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.browser.units import written
from scripts.calculators import Calculators
from scripts.common import ROOT, SiteError, at, line_of
from scripts.expressions import NO_VALUE, evaluate, sources
from scripts.records import Record, command, load_records, record_path
from scripts.run import snippet_paths
from scripts.schema import Claim, Fact, Spec, load_entries, load_facts, load_specs

MOST_NAMED = 8  # of the numbers behind a computed one: of more, its note gives the count


@dataclass(frozen=True)
class Number:
    """One number on one device. ``behind``: the measured and quoted numbers that it stands on, itself or others."""

    id: str
    spec: Spec | Fact
    value: Any
    provenance: str
    behind: tuple["Number", ...] = ()

    @property
    def roots(self) -> tuple["Number", ...]:
        """Return the measured and quoted numbers that it stands on; a measured or quoted one stands on itself."""
        if self.kind != "computed":
            return (self,)
        return tuple(dict.fromkeys(root for number in self.behind for root in number.roots))

    @property
    def kind(self) -> str:
        if isinstance(self.spec, Fact):
            return "quoted"
        return "computed" if self.spec.formula else "measured"

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(dict.fromkeys(root.spec for root in self.roots if isinstance(root.spec, Fact)))

    @property
    def expired(self) -> bool:
        return any(fact.expired for fact in self.facts)

    @property
    def text(self) -> str:
        """Return the value as a sentence shows it; of a list, how many values there are."""
        if isinstance(self.value, list):
            return f"{len(self.value)} values"
        return written(self.value, self.spec.unit, self.spec.digits)

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True)
class Stated:
    """A claim on one device, with the numbers that its condition names."""

    id: str
    claim: Claim
    numbers: tuple[Number, ...]
    stands: bool

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(dict.fromkeys(fact for number in self.numbers for fact in number.facts))

    @property
    def provenance(self) -> str:
        """Return, in one sentence, on what condition the words stand."""
        now = ", ".join(f"{number.id} is {number.text}" for number in self.numbers)
        return f"we check wording like this against its numbers; it stands while {self.claim.holds}; now {now}"


class Numbers:
    """Every number of one device, as the files were when each was first asked for.

    ``measured`` are values that a run has just given, by snippet, in the place of what the records hold.
    """

    def __init__(
        self, root: Path = ROOT, device: str = "cpu", measured: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.root, self.docs, self.device = root, root / "docs", device
        self.given = measured or {}
        self._found: dict[str, Number] = {}
        self._asked: list[str] = []  # whose formulas are being computed, each for the one before it

    @cached_property
    def specs(self) -> dict[str, Spec]:
        return load_specs(self.docs / "numbers.toml")

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return load_facts(self.docs / "facts.toml")

    @cached_property
    def claims(self) -> dict[str, Claim]:
        return load_entries(self.docs / "claims.toml", Claim)

    @cached_property
    def records(self) -> dict[str, Record]:
        return load_records(self.device, self.root)

    @cached_property
    def calculators(self) -> Calculators:
        return Calculators(self.root)

    @cached_property
    def modules(self) -> set[str]:
        """Return the names of the modules of snippets/ that only define things, such as ``costs``."""
        return {path.stem for path in (self.root / "snippets").glob("*.py")} - set(snippet_paths(self.root))

    def knows(self, number_id: str) -> bool:
        """Return whether a number or a fact has this id."""
        return number_id in self.specs or (number_id.startswith("facts.") and number_id[6:] in self.facts)

    def value(self, number_id: str) -> Any:
        """Return the value of a number, as ``get`` does."""
        return self.get(number_id).value

    def ids(self) -> list[str]:
        """Return the id of every number and fact."""
        return [*self.specs, *(f"facts.{name}" for name in self.facts)]

    def wanted(self, snippet: str) -> list[str]:
        """Return the names of the globals that a record of this snippet holds."""
        named = [(each.partition("."), spec) for each, spec in self.specs.items()]
        return [name for (group, _, name), spec in named if group == snippet and not spec.formula]

    def get(self, number_id: str) -> Number:
        """Return a number.

        Raises:
            SiteError: there is none of this id, or nothing gives its value; the message says where and what to do.

        """
        if number_id in self._asked:
            raise SiteError(f"it needs itself: {' -> '.join([*self._asked, number_id])}")
        if number_id not in self._found:
            self._asked.append(number_id)
            try:
                self._found[number_id] = self._find(number_id)
            finally:
                self._asked.pop()
        return self._found[number_id]

    def _find(self, number_id: str) -> Number:
        group, _, name = number_id.partition(".")
        if group == "facts" and name in self.facts:
            fact = self.facts[name]
            return Number(number_id, fact, fact.value, fact.provenance)
        if number_id not in self.specs:
            raise SiteError(self.unknown(number_id))
        spec = self.specs[number_id]
        if not spec.formula:
            return self._measured(number_id, spec)
        try:
            behind = tuple(self.get(source) for source in sources(spec.formula, self))
            value = evaluate(spec.formula, self)
            known = "; ".join(f"{number.spec.label}, {number.text}" for number in behind)
            known = f"{len(behind)} other numbers" if len(behind) > MOST_NAMED else known
        except (SiteError, *NO_VALUE) as error:
            message = str(error) if isinstance(error, SiteError) else f"{type(error).__name__}: {error}"
            raise SiteError(self.at_spec(number_id, f"{number_id}: {spec.formula}: {message}")) from None
        return Number(number_id, spec, value, f"computed at every build from {known or spec.formula}", behind)

    def _measured(self, number_id: str, spec: Spec) -> Number:
        group, _, name = number_id.partition(".")
        if name in self.given.get(group, {}):
            return Number(number_id, spec, self.given[group][name], "measured just now")
        if group not in self.records:
            message = f"{number_id} has no record; write it with: {command(group, self.device)}"
            raise SiteError(self.at_spec(number_id, message))
        record = self.records[group]
        if name not in record.values:
            path = record_path(group, self.device, self.root)
            raise SiteError(
                at(path, line_of(path, '"values"'), f"no {name}; measure again: {command(group, self.device)}")
            )
        rule = spec.rule if spec.recorded else f"checked {spec.rule}"
        return Number(number_id, spec, record.values[name], f"{record.provenance}; {rule}")

    def at_spec(self, number_id: str, message: str) -> str:
        """Return a message at the line of a number's spec."""
        group, _, name = number_id.partition(".")
        path = self.docs / "numbers.toml"
        return at(path, line_of(path, f"[{group}]", f"{name} ="), message)

    def unknown(self, used_id: str) -> str:
        """Return what to say of an unknown id: the nearest one, or where to add it."""
        group = used_id.partition(".")[0]
        noun, where = {"facts": ("fact", "facts"), "claims": ("claim", "claims")}.get(group, ("number", "numbers"))
        known = [f"claims.{name}" for name in self.claims] if group == "claims" else self.ids()
        close = difflib.get_close_matches(used_id, known, 1)
        return f"unknown {noun} {used_id}; " + (
            f"did you mean {close[0]}?" if close else f"add it to docs/{where}.toml"
        )

    def claim(self, claim_id: str) -> Stated:
        """Return a claim with its figures.

        Raises:
            SiteError: there is none of this id, or its condition cannot be evaluated.

        """
        name = claim_id.partition(".")[2]
        if name not in self.claims:
            raise SiteError(self.unknown(claim_id))
        claim = self.claims[name]
        try:
            numbers = tuple(self.get(each) for each in sources(claim.holds, self))
            stands = bool(evaluate(claim.holds, self))
        except (SiteError, *NO_VALUE) as error:
            path = self.docs / "claims.toml"
            raise SiteError(at(path, line_of(path, f"[{name}]"), f"{claim_id}: {claim.holds}: {error}")) from None
        return Stated(claim_id, claim, numbers, stands)
