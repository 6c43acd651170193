"""Run snippets and write down what they measured, or check that they still measure the same.

python -m scripts.measure [SNIPPET ...] [--check] [--device cpu|cuda]
"""

import argparse
import hashlib
import math
import sys
from datetime import UTC, datetime

from tqdm import tqdm

from scripts.compare import differences, table
from scripts.contracts import Contracts, load_contracts
from scripts.errors import SiteError
from scripts.paths import ROOT, SNIPPETS, shown
from scripts.records import Record, commit_of, cpu_name, device_folder, load_record, stale_sources
from scripts.snippets import Run, run_snippet, snippet_names, source_hashes, source_path


class SnippetFailedError(SiteError):
    """A snippet that did not reach its end."""


def run(name: str, contracts: Contracts, device: str | None) -> Run:
    """Run one snippet and return what it measured.

    Raises:
        SnippetFailedError: it raised, stopped early, or asked for a GPU that is not there.

    """
    done = run_snippet(name, contracts.measured(name), device)
    if done.failed:
        raise SnippetFailedError(f"{shown(source_path(name))}: {done.reason}\n{done.stderr}")
    if device == "cuda" and not done.environment.get("gpu"):
        raise SnippetFailedError(
            f"{shown(source_path(name))} ran on the CPU: there is no CUDA device here, or it used none"
        )
    return done


def record_of(name: str, done: Run) -> Record:
    """Return the record of a run, with all that its figures depend on."""
    sources = source_hashes(name)
    commit, dirty = commit_of([ROOT / source for source in sources])
    environment = dict(done.environment)
    gpu = environment.pop("gpu", None)
    return Record(
        snippet=name,
        device=device_folder(gpu),
        device_name=gpu or cpu_name(),
        measured_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=commit,
        dirty=dirty,
        sources=sources,
        seconds=round(done.seconds, 3),
        values=done.values,
        files={f"snippets/{file}": hashlib.sha256(content).hexdigest() for file, content in done.files.items()},
        stdout=done.stdout.splitlines(),
        checksum="",
        **environment,
    ).sealed()


def recordable(value: object) -> bool:
    """Return whether a value can stand in a record and be compared later."""
    if isinstance(value, list):
        return all(recordable(item) and not isinstance(item, list) for item in value)
    return isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))


def existing(name: str, device: str) -> Record | None:
    """Return the record that stands, if one does and is sound."""
    try:
        return load_record(name, device)
    except SiteError:
        return None


def write(name: str, contracts: Contracts, device: str | None) -> list[str]:
    """Measure one snippet, write its record and the files it makes, and return old -> new for each number."""
    done = run(name, contracts, device)
    if done.missing:
        raise SnippetFailedError(
            f"{shown(source_path(name))} ended without {', '.join(done.missing)}, which docs/numbers.toml asks for"
        )
    for key, value in done.values.items():
        if not recordable(value):
            raise SnippetFailedError(
                f"{shown(source_path(name))}: {key} = {value!r} cannot be recorded; "
                "a number is a finite number, a text, true or false, or a list of these"
            )
    record = record_of(name, done)
    rows = table(existing(name, record.device), done, contracts, name)
    if record.device == "cpu":  # one checkpoint serves every device
        for file_name, content in done.files.items():
            (SNIPPETS / file_name).write_bytes(content)
            rows.append(f"  wrote snippets/{file_name} ({len(content):,} bytes)")
    record.write()
    return [f"{shown(record.path)} ({record.seconds:.1f} s{', uncommitted sources' if record.dirty else ''})", *rows]


def check(name: str, contracts: Contracts, device: str | None) -> list[str]:
    """Run one snippet again and return every way in which it disagrees with its record."""
    record = load_record(name, "cpu" if device != "cuda" else device_folder(gpu_name()))
    old = stale_sources(record)
    return old or differences(record, run(name, contracts, device), contracts)


def gpu_name() -> str | None:
    import torch  # slow to import, and needed only where a GPU is asked for

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def order(names: list[str]) -> list[str]:
    """Return the names with ``train`` first: it writes the weights that the others load."""
    return sorted(names, key=lambda name: (name != "train", name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("snippets", nargs="*", metavar="SNIPPET", help="a name such as train; all where none is given")
    parser.add_argument("--check", action="store_true", help="compare with the records and write nothing")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    arguments = parser.parse_args()
    known = snippet_names()
    unknown = [name for name in arguments.snippets if name not in known]
    if unknown:
        parser.error(f"no snippet is called {', '.join(unknown)}; there are {', '.join(known)}")
    bad = 0
    try:
        contracts = load_contracts()
        with tqdm(order(arguments.snippets or known), unit="snippet", leave=False, disable=None) as progress:
            for name in progress:
                progress.set_postfix_str(name)
                if arguments.check:
                    found = check(name, contracts, arguments.device)
                    bad += bool(found)
                    lines = found or [f"{name}: as recorded"]
                else:
                    lines = write(name, contracts, arguments.device)
                tqdm.write("\n".join(lines))
    except SiteError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; records already written stand")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
