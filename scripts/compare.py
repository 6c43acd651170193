"""Compare a new run with what is recorded: the numbers, each by its own rule, and the words that lean on them.

What belongs to everyone (counts, bytes, operations, results of training) must agree on every machine. A ratio of times
belongs to its machine: it is held to the record only on the same processor, and only where nothing disturbed the run.
Elsewhere the words are held against what this machine measured.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from scripts.common import ROOT, SiteError, at, line_of
from scripts.numbers import Numbers
from scripts.records import Record, changed_files, command, record_path
from scripts.run import Run
from scripts.schema import Spec

RECORDED_FACTOR = 2  # how far a time that is only shown may be off where words lean on it


def moved(spec: Spec, old: Any, new: Any) -> str | None:
    """Return why ``new`` breaks the rule of a number, or None where it keeps it. Lists are compared item by item."""
    if spec.recorded:
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"{len(old)} values -> {len(new)} (allowed: as many as before)"
        found = (f"value {i}: {why}" for i, pair in enumerate(zip(old, new)) if (why := moved(spec, *pair)))
        return next(found, None)
    if not (is_figure(old) and is_figure(new)):
        same = type(old) is type(new) and old == new
    elif spec.factor:
        same = old > 0 and 1 / spec.factor <= new / old <= spec.factor
    else:
        same = old == new or abs(new - old) <= max(spec.abs or 0, (spec.rel or 0) * abs(old))
    return None if same else f"{old} -> {new} (allowed: {spec.rule})"


def is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_processor(record: Record, run: Run) -> bool:
    """Return whether a run had the processor of a record, and PyTorch used the same instructions of it."""
    name = run.environment.get("gpu") or run.environment["cpu"]
    return (record.device_name, record.instructions) == (name, run.environment.get("instructions"))


def differences(record: Record, run: Run, numbers: Numbers) -> list[str]:
    """Return every way in which a new run disagrees with a record.

    Each message says where, what moved, old -> new, what was allowed, the likely cause, and the command to run.
    """
    path = record_path(record.snippet, record.device, numbers.root)
    messages = []
    for name in numbers.wanted(record.snippet):
        spec = numbers.specs[f"{record.snippet}.{name}"]
        if name not in run.values:
            messages.append(numbers.at_spec(f"{record.snippet}.{name}", f"{record.snippet}.py ended without {name}"))
        elif name not in record.values:
            message = f"{record.snippet}.{name} has never been measured: {command(record.snippet, record.device)}"
            messages.append(at(path, 1, message))
        elif spec.factor and (run.busy or not same_processor(record, run)):
            continue
        elif why := moved(spec, record.values[name], run.values[name]):
            cause = likely_cause(record, run, numbers)
            message = f"{record.snippet}.{name} moved: {why}. Likely cause: {cause}. If the change is meant: "
            messages.append(at(path, line_of(path, f'"{name}"'), message + command(record.snippet, record.device)))
    return messages


def likely_cause(record: Record, run: Run, numbers: Numbers) -> str:
    """Return what differs between the record's circumstances and the run's, most telling first."""
    if changed := changed_files(record, numbers.root):
        return f"{' and '.join(changed)} changed since the record"
    now = run.environment | {"device_name": run.environment.get("gpu") or run.environment["cpu"]}
    causes = [
        f"{name} {getattr(record, name)} -> {now.get(name)}"
        for name in ("torch", "cuda", "driver", "python", "threads", "instructions", "device_name")
        if getattr(record, name) != now.get(name)
    ]
    return ", ".join(causes) or "a snippet that is not seeded, or a busy machine"


def ratios(record: Record, run: Run, numbers: Numbers) -> Iterator[str]:
    """Yield each ratio of times as it is here, beside the recorded one."""
    for name in numbers.wanted(record.snippet):
        old, new = record.values.get(name), run.values.get(name)
        if numbers.specs[f"{record.snippet}.{name}"].factor and is_figure(old) and is_figure(new):
            yield f"{record.snippet}.{name}: {new:.3g} here, {old:.3g} recorded"


def failing_claims(measured: Mapping[str, Mapping[str, Any]], root: Path = ROOT) -> list[str]:
    """Return the claims whose words a machine's own measurements contradict by a wide margin.

    A claim fails only if no figures within the rules of its numbers fulfil it. measured: values by snippet.
    """
    here = Numbers(root, measured=measured)
    held = [f"claims.{name}" for name, claim in here.claims.items() if not claim.recorded]
    return [claim for claim in held if not can_stand(claim, here)]


def can_stand(claim: str, here: Numbers) -> bool:
    """Return whether some figures, each within its rule of what was measured here, fulfil a claim."""
    stated = here.claim(claim)
    if stated.stands:
        return True
    roots = {root for number in stated.numbers for root in number.roots if root.kind == "measured"}
    ranges = {root.id: around(root.spec, root.value) for root in roots}
    free = {name: ends for name, ends in ranges.items() if ends[0] != ends[1]}
    for values in product(*free.values()):
        changed: dict[str, dict[str, Any]] = {group: dict(values) for group, values in here.given.items()}
        for number_id, value in zip(free, values):
            group, _, name = number_id.partition(".")
            changed.setdefault(group, {})[name] = value
        try:
            if Numbers(here.root, here.device, changed).claim(claim).stands:
                return True
        except SiteError:
            continue
    return False


def around(spec: Spec, value: Any) -> tuple[Any, Any]:
    """Return the ends of what counts as the same value."""
    if isinstance(value, list):
        ends = [around(spec, each) for each in value]
        return [low for low, _ in ends], [high for _, high in ends]
    if not is_figure(value) or not math.isfinite(value):
        return value, value
    factor = spec.factor or (RECORDED_FACTOR if spec.recorded else 1)
    slack = max(spec.abs or 0, (spec.rel or 0) * abs(value))
    return value / factor - slack, value * factor + slack
