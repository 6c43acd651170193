"""Run snippets and write down what they measured.

python -m scripts.measure [SNIPPET ...] [--device cpu|cuda|NAME] [--from FOLDER] [--force]

Without a name, it measures what has no record, or whose code has changed since its record, in the order of need.
``--from`` takes the results that ``python -m scripts.run FOLDER`` wrote, here or on another machine.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scripts.common import ROOT, SiteError, at, read
from scripts.notebooks import execute, is_notebook, notebook_changed
from scripts.numbers import Numbers
from scripts.records import Record, changed_files, device_folder, load_record, record_of, record_path
from scripts.run import Run, code_hashes, run_snippet, snippet_paths

SUSPICIOUS_FACTOR = 3  # so many times as long as last time is no fair measurement


def existing(name: str, device: str, root: Path = ROOT) -> Record | None:
    """Return the record that stands, if there is a sound one."""
    try:
        return load_record(record_path(name, device, root))
    except SiteError:
        return None


def why_stale(name: str, device: str = "cpu", root: Path = ROOT) -> str | None:
    """Return why a snippet needs to be measured, or None where its record is of the code and the torch as they are."""
    record = existing(name, device, root)
    if record is None:
        return "it has no sound record"
    if missing := [each for each in Numbers(root).wanted(name) if each not in record.values]:
        return f"its record lacks {', '.join(missing)}"
    if changed := changed_files(record, root):
        return f"{' and '.join(changed)} changed since its record"
    locked = version("torch").partition("+")[0]
    if device == "cpu" and record.torch and record.torch.partition("+")[0] != locked:
        return f"its record is of torch {record.torch}, and {locked} is locked"
    if device == "cpu" and is_notebook(name, root) and notebook_changed(name, root):
        return "its .ipynb is of other code"
    return None


def write(name: str, run: Run, code: dict[str, str], force: bool = False, root: Path = ROOT) -> list[str]:
    """Write the record of a run, and return old -> new for each number.

    Raises:
        SiteError: the snippet failed, lacks a number, or was measured on a busy machine.

    """
    script, numbers = snippet_paths(root)[name], Numbers(root)
    if run.failed:
        raise SiteError(at(script, 1, f"{run.reason}\n{run.stderr}"))
    wanted = numbers.wanted(name)
    for key in wanted:
        if key not in run.values:
            raise SiteError(at(script, 1, f"it ended without a variable {key}, which docs/numbers.toml asks for"))
        if not recordable(run.values[key]):
            raise SiteError(
                at(script, 1, f"{key} = {run.values[key]!r} is not a finite number, a text, or a list of them")
            )
    record = record_of(name, run, code, wanted, root)
    old = existing(name, record.device, root)
    slow = old is not None and run.seconds > SUSPICIOUS_FACTOR * old.seconds
    if (slow or run.busy) and not force:
        said = f"it took {run.seconds:.1f} s" + (f", and {old.seconds:.1f} s when it was last recorded" if old else "")
        said += ", and other processes took the processor away" if run.busy else ""
        raise SiteError(
            at(script, 1, f"{said}; nothing is written. Measure on a quiet machine, or add --force (FORCE=1)")
        )
    lines = [f"{name} ({run.seconds:.1f} s on {record.machine})"]
    before = old.values if old else {}
    lines += [f"  {name}.{key}: {brief(before.get(key, '-'))} -> {brief(run.values[key])}" for key in wanted]
    if record.device == "cpu" and (old is None or changed_files(old, root)):
        for file, content in run.files.items():  # weights change only when the code that trains them does
            (root / "snippets" / file).write_bytes(content)
            lines.append(f"  wrote snippets/{file} ({len(content):,} bytes)")
    record.write(root)
    return lines


def brief(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)} values]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def recordable(value: Any) -> bool:
    """Return whether a value can stand in a record and be compared later."""
    if isinstance(value, list):
        return all(map(recordable, value))
    return not isinstance(value, float) or math.isfinite(value)


def measure(names: Iterable[str], device: str, force: bool, by_name: bool) -> None:
    """Run snippets on this machine, and write what they measured.

    Raises:
        SiteError: one that was asked for by name did not run on the device.

    """
    for name in names:
        run = run_snippet(name, device)
        used = device_folder(run.environment.get("gpu"))
        if not run.failed and device != used and not (device == "cuda" and used != "cpu"):
            message = f"{name} ran on {used}, not on {device}: this machine lacks it, or the snippet used none"
            if by_name:
                raise SiteError(message)
            tqdm.write(message)
            continue
        tqdm.write("\n".join(write(name, run, code_hashes(snippet_paths()[name]), force)))
        if is_notebook(name) and used == "cpu":
            execute(name)


def take(folder: Path) -> None:
    """Turn the results of another machine into records.

    Raises:
        SiteError: there are none, they are no results, or they are of other code than is here.

    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise SiteError(f"{folder} holds no results; write some with: python -m scripts.run {folder}")
    for path in paths:
        try:
            result = json.loads(read(path))
            code, run = result.pop("code"), Run(**result)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise SiteError(at(path, 1, f"it is no result of python -m scripts.run {folder}")) from None
        if path.stem not in snippet_paths() or code != code_hashes(snippet_paths()[path.stem]):
            raise SiteError(f"{path} was measured with other code than is here; check out the same commit on both")
        tqdm.write("\n".join(write(path.stem, run, code, force=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "snippets", nargs="*", metavar="SNIPPET", help="a name such as train; what is stale without one"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda for the GPU that is here, or its name, as in h100")
    parser.add_argument("--from", dest="folder", type=Path, help="take results that scripts.run wrote, and run nothing")
    parser.add_argument("--force", action="store_true", help="write times though they look disturbed")
    asked = parser.parse_args()
    known = snippet_paths()
    if unknown := [name for name in asked.snippets if name not in known]:
        parser.error(f"unknown snippet {', '.join(unknown)}; there are {', '.join(known)}")
    try:
        if asked.folder:
            take(asked.folder)
        else:
            given = sorted(asked.snippets, key=list(known).index)
            progress = tqdm(given or known, unit="snippet", leave=False, disable=None)
            # Asked one by one: a snippet that writes weights makes those stale that load them.
            # On "cuda", whose name is known after a run, all are measured.
            wanted = (name for name in progress if given or asked.device == "cuda" or why_stale(name, asked.device))
            measure(wanted, asked.device, asked.force, by_name=bool(given))
    except (SiteError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; records already written stand")
    if asked.device == "cpu" and (stale := [f"  {name}: {why}" for name in known if (why := why_stale(name))]):
        sys.exit("\n".join(["These are not up to date yet:", *stale, "Measure them: make measure"]))


if __name__ == "__main__":
    main()
