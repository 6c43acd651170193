"""Compare a new measurement with the record, each number by its own contract."""

import math
import re
from itertools import zip_longest
from typing import Any

from scripts.contracts import Contract, Contracts
from scripts.errors import at, line_of
from scripts.records import Record, cpu_name
from scripts.snippets import Run, source_hashes, source_path


def moved(contract: Contract, old: Any, new: Any) -> str | None:
    """Return why ``new`` breaks the contract, or None where it keeps it. Lists are compared item by item."""
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"{len(old)} values became {len(new)} (allowed: as many as before, each {contract.rule})"
        return next(
            (f"value {i}: {why}" for i, (a, b) in enumerate(zip(old, new)) if (why := moved(contract, a, b))), None
        )
    if not (is_figure(old) and is_figure(new)):
        same = type(old) is type(new) and (old == new or contract.check == "recorded")
    elif not (math.isfinite(old) and math.isfinite(new)):
        same = False
    elif contract.check == "exact":
        same = old == new
    elif contract.check == "approx":
        same = abs(new - old) <= max(contract.abs or 0, (contract.rel or 0) * abs(old))
    elif contract.check == "band":
        same = old > 0 and 1 / contract.factor <= new / old <= contract.factor
    else:
        same = True
    return None if same else f"{old} -> {new} (allowed: {contract.rule})"


def is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def differences(record: Record, run: Run, contracts: Contracts) -> list[str]:
    """Return every way in which a new run disagrees with a record.

    Each message says where, what moved, old -> new, what was allowed, the likely cause, and the command to run.
    """
    messages = []
    again = f"Likely cause: {likely_cause(record, run)}. If the change is meant: {record.command}"
    for name in contracts.measured(record.snippet):
        where = line_of(record.path, f'"{name}"')
        if name in run.missing:
            script = source_path(record.snippet)
            messages.append(at(script, 1, f"it ended without a variable {name}, which docs/numbers.toml asks for"))
        elif name not in record.values:
            message = f"{record.snippet}.{name} has never been measured. Measure it: {record.command}"
            messages.append(at(record.path, 1, message))
        else:
            contract = contracts.get(f"{record.snippet}.{name}")
            why = moved(contract, record.values[name], run.values[name])
            if why:
                messages.append(at(record.path, where, f"{record.snippet}.{name} moved: {why}. {again}"))
    if contracts.kept(record.snippet).stdout == "shape":
        pairs = zip_longest(record.stdout, run.stdout.splitlines(), fillvalue="(nothing)")
        for old, new in pairs:
            if shape(old) != shape(new):
                message = f"the text shown on the page moved: {old!r} -> {new!r}. {again}"
                messages.append(at(record.path, line_of(record.path, '"stdout"'), message))
                break
    return messages


def likely_cause(record: Record, run: Run) -> str:
    """Return what differs between the record's circumstances and the run's, most telling first."""
    sources = source_hashes(record.snippet)
    changed = sorted(name for name in sources if sources[name] != record.sources.get(name))
    if changed:
        return f"{' and '.join(changed)} changed since the record"
    causes = [
        f"{name} {old} -> {new}"
        for name, old, new in (
            ("torch", record.torch, run.environment.get("torch")),
            ("CUDA", record.cuda, run.environment.get("cuda")),
            ("driver", record.driver, run.environment.get("driver")),
            ("Python", record.python, run.environment.get("python")),
            ("threads", record.threads, run.environment.get("threads")),
            ("dtype", record.dtype, run.environment.get("dtype")),
            ("device", record.device_name, run.environment.get("gpu") or cpu_name()),
        )
        if old != new
    ]
    if causes:
        return ", ".join(causes)
    return "nothing that the record knows of: a snippet that is not seeded, or a machine that is busy"


def shape(line: str) -> str:
    """Return a printed line without its figures and spacing: the words alone.

    >>> shape("loss 0.0881 after  9.2 s") == shape("loss 0.0880 after 10.1 s")
    True
    """
    return " ".join(re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", line).split())


def table(record: Record | None, run: Run, contracts: Contracts, snippet: str) -> list[str]:
    """Return ``name: old -> new`` for each number, for a person to read."""
    rows = []
    for name in contracts.measured(snippet):
        old = record.values.get(name, "-") if record else "-"
        new = run.values.get(name, "missing")
        rows.append(
            f"  {snippet}.{name}: {brief(old)} -> {brief(new)}" if old != new else f"  {snippet}.{name}: {brief(new)}"
        )
    return rows


def brief(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)} values, last {brief(value[-1]) if value else '-'}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
