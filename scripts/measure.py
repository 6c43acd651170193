"""Run snippets and write down what they measured, or check that they still measure the same.

python -m scripts.measure [SNIPPET ...] [--check] [--dirty] [--device cpu|cuda|NAME]
"""

import argparse
import hashlib
import math
import sys
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from scripts.compare import differences, table
from scripts.contracts import Contracts, load_contracts
from scripts.errors import SiteError
from scripts.paths import LOCK, ROOT, SNIPPETS, shown
from scripts.records import Record, commit_of, cpu_name, device_folder, load_record, stale_sources
from scripts.snippets import Run, run_snippet, snippet_names, source_hashes, source_path


class SnippetFailedError(SiteError):
    """A snippet that did not reach its end."""


def run(name: str, contracts: Contracts, device: str | None) -> Run:
    """Run one snippet and return what it measured.

    Raises:
        SnippetFailedError: it raised, stopped early, or ran on another device than the one asked for.

    """
    done = run_snippet(name, contracts.measured(name) + contracts.kept(name).samples, device)
    if done.failed:
        raise SnippetFailedError(f"{shown(source_path(name))}: {done.reason}\n{done.stderr}")
    used = device_folder(done.environment.get("gpu"))
    if device not in (None, "cuda", used) or (device == "cuda" and used == "cpu"):
        raise SnippetFailedError(
            f"{shown(source_path(name))} ran on {used}, not on {device}: there is no such device here, or it used "
            "none. A record is written only on the device that it names"
        )
    return done


def record_of(name: str, done: Run, sample_names: tuple[str, ...] = ()) -> Record:
    """Return the record of a run, with all that its figures depend on."""
    commit, dirty = commit_of(measured_paths(name))
    environment = dict(done.environment)
    gpu = environment.pop("gpu", None)
    return Record(
        snippet=name,
        device=device_folder(gpu),
        device_name=gpu or cpu_name(),
        measured_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=commit,
        dirty=dirty,
        sources=source_hashes(name),
        lock=hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        seconds=round(done.seconds, 3),
        values={key: value for key, value in done.values.items() if key not in sample_names},
        samples={key: done.values[key] for key in sample_names if key in done.values},
        files={f"snippets/{file}": hashlib.sha256(content).hexdigest() for file, content in done.files.items()},
        stdout=done.stdout.splitlines(),
        checksum="",
        **environment,
    ).sealed()


def measured_paths(name: str) -> list[Path]:
    """Return the files that a record's commit must hold as they are: the sources and the locked dependencies."""
    return [*(ROOT / source for source in source_hashes(name)), LOCK]


def refuse_uncommitted(names: list[str]) -> None:
    """Refuse to measure what no commit holds: nobody could find the code behind the figures.

    Raises:
        SiteError: a source differs from the current commit.

    """
    changed = [name for name in names if commit_of(measured_paths(name))[1]]
    if changed:
        raise SiteError(
            f"{', '.join(changed)}: the sources or requirements.lock differ from the current commit, so the record "
            "would name a commit that does not hold them. Commit first; or, to try something out, add --dirty "
            "(the tests refuse such a record)"
        )


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
    samples = contracts.kept(name).samples
    for key, value in done.values.items():
        if key not in samples and not recordable(value):
            raise SnippetFailedError(
                f"{shown(source_path(name))}: {key} = {value!r} cannot be recorded; "
                "a number is a finite number, a text, true or false, or a list of these"
            )
    record = record_of(name, done, samples)
    rows = table(existing(name, record.device), done, contracts, name)
    if record.device == "cpu":  # one checkpoint serves every device
        for file_name, content in done.files.items():
            (SNIPPETS / file_name).write_bytes(content)
            rows.append(f"  wrote snippets/{file_name} ({len(content):,} bytes)")
    record.write()
    return [f"{shown(record.path)} ({record.seconds:.1f} s{', uncommitted sources' if record.dirty else ''})", *rows]


def check(name: str, contracts: Contracts, device: str | None) -> list[str]:
    """Run one snippet again and return every way in which it disagrees with its record."""
    record = load_record(name, device_folder(gpu_name()) if device == "cuda" else device or "cpu")
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
    parser.add_argument("--dirty", action="store_true", help="measure though the sources are not committed")
    parser.add_argument("--device", default="cpu", help="cpu, cuda for the GPU that is here, or its name, as in h100")
    arguments = parser.parse_args()
    known = snippet_names()
    unknown = [name for name in arguments.snippets if name not in known]
    if unknown:
        parser.error(f"no snippet is called {', '.join(unknown)}; there are {', '.join(known)}")
    bad = 0
    try:
        contracts = load_contracts()
        names = order(arguments.snippets or known)
        if not (arguments.check or arguments.dirty):
            refuse_uncommitted(names)
        with tqdm(names, unit="snippet", leave=False, disable=None) as progress:
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
