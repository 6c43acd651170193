"""Records: what one snippet measured on one device, and all that its figures depend on (``docs/records/``)."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from scripts.common import ROOT, SiteError, at, line_of, read
from scripts.run import Run, code_hashes, snippet_paths
from scripts.schema import Strict

Value = bool | int | float | str
BENCHES = {  # what compares us with others: its script, and the command that writes its record
    "bench_peers": (Path("scripts/bench/bench_peers.py"), "make bench"),
    "bench_browser": (Path("scripts/bench/browser/bench_browser.py"), "make bench-browser"),
    "bench_serving": (Path("scripts/bench/serving/bench_serving.py"), "make bench-serving"),
}


class Record(Strict):
    """One run of one snippet on one device.

    ``code`` is a hash of each file that it depends on, comments and docstrings aside. ``commit`` is null where no
    commit held that code, or where there was no repository.
    """

    snippet: str
    device: str
    device_name: str
    python: str
    torch: str | None = None
    threads: int | None = None
    instructions: str | None = None
    cuda: str | None = None
    driver: str | None = None
    measured_utc: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    commit: str | None
    code: dict[str, str]
    seconds: float
    values: dict[str, Value | list[Any]]
    stdout: list[str]

    @property
    def date(self) -> str:
        return self.measured_utc[:10]

    @property
    def machine(self) -> str:
        """Return what it ran on, as ``AMD EPYC, 1 thread, torch 2.13.0``."""
        parts = [self.device_name]
        if self.threads and not self.cuda:
            parts.append("1 thread" if self.threads == 1 else f"{self.threads} threads")
        if self.torch:
            parts.append(f"torch {self.torch.partition('+')[0]}")
        return ", ".join(parts)

    @property
    def provenance(self) -> str:
        """Return, in one sentence, who measured its numbers, where and when."""
        of = f", commit {self.commit[:7]}" if self.commit else ""
        return f"measured by {self.snippet}.py on {self.machine}, {self.date}{of}"

    def write(self, root: Path = ROOT) -> Path:
        """Write the record in its place and return that.

        Raises:
            SiteError: the file cannot be written.

        """
        path = record_path(self.snippet, self.device, root)
        text = json.dumps(self.model_dump(exclude_none=True) | {"commit": self.commit}, indent=1, ensure_ascii=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Lists of numbers stand on one line: a record is read by people, too.
            path.write_text(re.sub(r"\[[^][{}\"]*\]", lambda m: " ".join(m[0].split()), text) + "\n", encoding="utf-8")
        except OSError as error:
            raise SiteError(at(path, 1, f"cannot be written: {error.strerror}")) from None
        return path


def record_of(name: str, run: Run, code: dict[str, str], wanted: list[str], root: Path = ROOT) -> Record:
    """Return the record of a run, with those of its values that are wanted."""
    kept = ("python", "torch", "threads", "instructions", "cuda", "driver")
    gpu = run.environment.get("gpu")
    return Record(
        snippet=name,
        device=device_folder(gpu),
        device_name=gpu or run.environment["cpu"],
        measured_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=commit_of(root / "pyproject.toml" if name in BENCHES else snippet_paths(root)[name], root),
        code=code,
        seconds=round(run.seconds, 3),
        values={key: run.values[key] for key in wanted},
        stdout=run.stdout.splitlines(),
        **{key: run.environment.get(key) for key in kept},
    )


def device_folder(gpu: str | None) -> str:
    """Return the folder of a device's records: ``cpu``, or the GPU's model (``NVIDIA H100 80GB HBM3``: ``h100``)."""
    words = re.findall(r"[a-z0-9]+", (gpu or "cpu").lower())
    return next((word for word in words if re.search(r"[a-z]\d", word)), "-".join(words))


def commit_of(path: Path, root: Path) -> str | None:
    """Return the commit that holds a script as it is, if there is one: provenance, shown where it can be."""
    done = []
    for arguments in (("status", "--porcelain", "--", str(path.parent)), ("rev-parse", "HEAD")):
        try:
            done.append(subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True))
        except OSError:
            return None  # no git
    clean = not any(each.returncode for each in done) and not done[0].stdout.strip()
    return done[1].stdout.strip() if clean else None


def record_path(snippet: str, device: str, root: Path = ROOT) -> Path:
    return root / "docs" / "records" / device / f"{snippet}.json"


def command(snippet: str, device: str = "cpu") -> str:
    """Return the command that writes a record."""
    if snippet in BENCHES:
        return BENCHES[snippet][1]
    return f"make measure SNIPPETS={snippet}" + (f" DEVICE={device}" if device != "cpu" else "")


def devices(root: Path = ROOT) -> list[str]:
    """Return the devices that have records, the CPU first."""
    found = {path.parent.name for path in (root / "docs" / "records").glob("*/*.json")}
    return ["cpu", *sorted(found - {"cpu"})]


def load_records(device: str, root: Path = ROOT) -> dict[str, Record]:
    """Return the records of a device, by snippet.

    Raises:
        SiteError: one breaks the schema.

    """
    return {path.stem: load_record(path) for path in sorted(record_path("", device, root).parent.glob("*.json"))}


def load_record(path: Path) -> Record:
    """Read one record.

    Raises:
        SiteError: it breaks the schema, or is of another snippet than its name says.

    """
    try:
        record = Record.model_validate_json(read(path))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"])) or "the file"
        where = line_of(path, f'"{problem["loc"][-1]}"') if problem["loc"] else 1
        raise SiteError(at(path, where, f"{key}: {problem['msg']}; measure again")) from None
    if record.snippet != path.stem:
        raise SiteError(at(path, line_of(path, '"snippet"'), f"it is of {record.snippet}; rename it, or measure again"))
    return record


def changed_files(record: Record, root: Path = ROOT) -> list[str]:
    """Return the files whose code has changed since a record was measured, comments and docstrings aside."""
    now = code_hashes(snippet_paths(root)[record.snippet], root)
    return [name for name in sorted({*now, *record.code}) if now.get(name) != record.code.get(name)]
