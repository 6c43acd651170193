"""The records describe the code as it is, on the device that they name."""

import hashlib
import subprocess
from collections.abc import Iterator
from importlib.metadata import version

from scripts.benches import GROUPS, pins_hash
from scripts.checks import View, check
from scripts.contracts import contract_line
from scripts.errors import at, line_of
from scripts.paths import NUMBERS, ROOT
from scripts.records import Record, command, device_folder, record_path, stale_sources
from scripts.snippets import snippet_names, source_path


@check("sources")
def every_snippet_is_measured(view: View) -> Iterator[str]:
    """Each snippet has a record on the CPU."""
    for name in [*snippet_names(), *GROUPS]:
        if not record_path(name, "cpu").exists():
            yield at(source_path(name), 1, f"it has no record; write it with: {command(name, 'cpu')}")


@check("sources")
def records_are_fresh(view: View) -> Iterator[str]:
    """Each record is of the code as it is, on every device, also on those that are not here."""
    for record in view.records:
        yield from stale_sources(record)


@check("sources")
def records_are_of_the_locked_torch(view: View) -> Iterator[str]:
    """Each record was measured on the torch that is locked."""
    installed = version("torch").partition("+")[0]
    for record in view.records:
        if record.torch and record.torch.partition("+")[0] != installed:
            message = f"measured on torch {record.torch}, locked is {installed}; run: {record.command}"
            yield at(record.path, line_of(record.path, '"torch"'), message)


@check("sources")
def benches_are_of_the_pinned_libraries(view: View) -> Iterator[str]:
    """Each bench was measured on the libraries that its group in pyproject.toml pins."""
    for record in view.records:
        if record.snippet in GROUPS and record.lock != pins_hash(GROUPS[record.snippet]):
            group = GROUPS[record.snippet]
            message = f"the group {group} in pyproject.toml changed since it was measured; {record.command}"
            yield at(record.path, line_of(record.path, '"lock"'), message)


@check("sources")
def times_compared_are_of_one_machine(view: View) -> Iterator[str]:
    """Each number that is computed from times of several records takes them from one machine, and one torch."""
    for device, numbers in view.devices.items():
        for number_id in view.contracts.ids():
            snippets = sorted(timed_snippets(view, number_id))
            records = [numbers.records[each] for each in snippets if each in numbers.records]
            machines = sorted({f"{record.device_name}, torch {record.torch}" for record in records})
            if len(machines) > 1:
                names = " ".join(snippets)
                again = command(f'"{names}"', device)
                message = f"{number_id} compares times of {' and of '.join(machines)}; measure on one: {again}"
                yield at(NUMBERS, contract_line(number_id), message)


def timed_snippets(view: View, number_id: str) -> set[str]:
    """Return the snippets whose times a number is computed from, itself or through others."""
    contract = view.contracts.get(number_id)
    if contract is None:  # a fact
        return set()
    if contract.check == "recorded":
        return {number_id.partition(".")[0]}
    return set().union(*(timed_snippets(view, source) for source in contract.sources.values()))


@check("sources")
def timings_are_kept(view: View) -> Iterator[str]:
    """Each record with a ratio of times keeps the single timings behind it, so that their spread can be seen."""
    for name, contracts in view.contracts.numbers.items():
        banded = [f"{name}.{each}" for each, contract in contracts.items() if contract.check == "band"]
        if banded and not view.contracts.kept(name).samples:
            message = f"nothing keeps the timings behind it; name them: [snippets.{name}] samples = [...]"
            yield at(NUMBERS, contract_line(banded[0]), f"{banded[0]}: {message}")
    for record in view.records:
        for lost in sorted(set(view.contracts.kept(record.snippet).samples) - set(record.samples)):
            yield at(record.path, line_of(record.path, '"samples"'), f"it has no {lost}; {record.command}")


@check("sources")
def records_name_their_commit(view: View) -> Iterator[str]:
    """Each record names a commit that holds the very sources it was measured on."""
    for record in view.records:
        remedy = f"commit, then {record.command}"
        where = line_of(record.path, '"commit"')
        if record.dirty:
            yield at(record.path, where, f"it was measured on sources that no commit holds; {remedy}")
            continue
        for source, expected in record.sources.items():
            old = subprocess.run(["git", "show", f"{record.commit}:{source}"], cwd=ROOT, capture_output=True)
            if old.returncode and not _is_here(record.commit):
                message = (
                    f"commit {record.commit[:7]} is not in this clone. If it is shallow: git fetch --unshallow; else"
                )
                yield at(record.path, where, f"{message} {remedy}")
                break
            if hashlib.sha256(old.stdout).hexdigest() != expected:
                yield at(record.path, where, f"commit {record.commit[:7]} holds another {source}; {remedy}")


def _is_here(commit: str) -> bool:
    done = subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=ROOT, capture_output=True)
    return done.returncode == 0


@check("sources")
def files_are_those_of_the_record(view: View) -> Iterator[str]:
    """Each file that a snippet writes, such as the weights, is the one whose figures are shown."""
    for record in view.records:
        if record.device == "cpu":
            yield from _other_files(record)


def _other_files(record: Record) -> Iterator[str]:
    for name, expected in record.files.items():
        path = ROOT / name
        if not path.exists():
            yield at(path, 1, f"it is missing; write it with: {record.command}")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            message = f"it is not the file that {record.snippet}.py wrote when it was recorded; {record.command}"
            yield at(path, 1, message)


@check("sources")
def records_are_of_their_device(view: View) -> Iterator[str]:
    """Each record lies with the device that it was measured on, and a GPU's record bears that GPU's marks."""
    for record in view.records:
        where = line_of(record.path, '"device_name"')
        if record.device == "cpu":
            if record.cuda or record.driver:
                message = "a record of the CPU cannot have used CUDA; measure it again on the CPU"
                yield at(record.path, where, message)
        elif device_folder(record.device_name) != record.device:
            message = (
                f"{record.device_name} is no {record.device}; its records belong to {device_folder(record.device_name)}"
            )
            yield at(record.path, where, message)
        elif not (record.cuda and record.driver):
            yield at(record.path, where, "a record of a GPU names its CUDA and its driver; measure it again on the GPU")
