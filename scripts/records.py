"""Records: what one snippet measured on one device, with all that the figures depend on (``docs/records/``).

Only ``scripts.measure`` writes a record. Each carries a checksum of itself, so that an edit by hand is seen at once.
"""

import hashlib
import json
import platform
import re
import subprocess
from pathlib import Path

from pydantic import Field, ValidationError

from scripts.benches import GROUPS
from scripts.entries import Strict
from scripts.errors import SiteError, at, line_of
from scripts.paths import RECORDS, ROOT, shown
from scripts.snippets import source_hashes, source_path

Value = bool | int | float | str


class Record(Strict):
    """One run of one snippet on one device.

    ``sources`` and ``files`` hold the SHA-256 of what the snippet read and of what it wrote, by path; ``lock`` is that
    of the locked dependencies. ``samples`` are the single timings behind a time, in seconds.
    """

    snippet: str
    device: str
    device_name: str
    python: str
    torch: str | None = None
    cuda: str | None = None
    driver: str | None = None
    threads: int | None = None
    dtype: str | None = None
    seed: int | None = None
    measured_utc: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    commit: str
    dirty: bool
    sources: dict[str, str]
    lock: str
    seconds: float
    values: dict[str, Value | list[Value]]
    samples: dict[str, list[float] | list[list[float]]] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    stdout: list[str]
    checksum: str

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
    def caption(self) -> str:
        """Return what stands under the recorded output."""
        return f"Recorded on {self.date} on {self.machine}. Your times will differ."

    @property
    def path(self) -> Path:
        return record_path(self.snippet, self.device)

    @property
    def command(self) -> str:
        """Return the command that measures it again."""
        return command(self.snippet, self.device)

    def sealed(self) -> "Record":
        """Return the record with the checksum of its contents."""
        return self.model_copy(update={"checksum": self.expected_checksum()})

    def expected_checksum(self) -> str:
        content = self.model_dump(exclude={"checksum"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.model_dump(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def command(snippet: str, device: str) -> str:
    """Return the command that writes a record."""
    if snippet in GROUPS:
        return "make bench" + (' BENCH="--preset gpt2 --device cuda"' if device != "cpu" else "")
    return f"make measure SNIPPETS={snippet}" + (f" DEVICE={device}" if device != "cpu" else "")


def record_path(snippet: str, device: str) -> Path:
    return RECORDS / device / f"{snippet}.json"


def devices() -> list[str]:
    """Return the devices that have records, the CPU first."""
    return sorted((path.name for path in RECORDS.iterdir() if path.is_dir()), key=lambda name: (name != "cpu", name))


def load_record(snippet: str, device: str) -> Record:
    """Read one record.

    Raises:
        SiteError: it is missing, breaks the schema, or was edited by hand.

    """
    path = record_path(snippet, device)
    if not path.exists():
        raise SiteError(at(path, 1, f"there is no record; write it with: {command(snippet, device)}"))
    try:
        record = Record.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"])) or "the file"
        lines = (line_of(path, f'"{part}"') for part in reversed(problem["loc"]))
        line = next((line for line in lines if line > 1), 1)
        raise SiteError(at(path, line, f"{key}: {problem['msg']}")) from None
    if (record.snippet, record.device) != (snippet, device):
        message = f"this is the record of {record.snippet} on {record.device}, in the place of {snippet} on {device}"
        raise SiteError(at(path, line_of(path, '"snippet"'), message))
    if record.checksum != record.expected_checksum():
        raise SiteError(
            at(
                path,
                line_of(path, '"checksum"'),
                "the checksum does not fit the contents: the record was edited by hand, and only a measurement may "
                f"write one. Undo the edit, or measure again: {record.command}",
            )
        )
    return record


def load_records(device: str) -> dict[str, Record]:
    """Return the device's records by snippet."""
    return {path.stem: load_record(path.stem, device) for path in sorted((RECORDS / device).glob("*.json"))}


def stale_sources(record: Record) -> list[str]:
    """Return, for each source that changed since the record was measured, ``file:line: what to do``."""
    now = source_hashes(record.snippet)
    if not now:
        return [at(record.path, 1, f"{shown(source_path(record.snippet))} is gone; remove this record")]
    messages = []
    for name in sorted(set(now) | set(record.sources)):
        if now.get(name) != record.sources.get(name):
            path = ROOT / name
            line = first_changed_line(path, record.commit) if path.exists() else 1
            why = f"changed since {shown(record.path)} was measured on {record.device_name}"
            messages.append(at(path, line, f"{why}; measure again: {record.command}"))
    return messages


def first_changed_line(path: Path, commit: str) -> int:
    """Return the first line of ``path`` that differs from the commit's version; 1 where git cannot tell."""
    name = f"{commit}:{path.relative_to(ROOT)}"
    old = subprocess.run(["git", "show", name], cwd=ROOT, capture_output=True, text=True, errors="replace")
    if old.returncode or path.suffix != ".py":
        return 1
    before, after = old.stdout.splitlines(), path.read_text(encoding="utf-8").splitlines()
    pairs = enumerate(zip(before, after), 1)
    return next((number for number, (old, new) in pairs if old != new), min(len(before), len(after)) + 1)


def commit_of(paths: list[Path]) -> tuple[str, bool]:
    """Return the current commit, and whether any of the paths differs from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "HEAD")
    return commit or "none", bool(not commit or git("status", "--porcelain", "--", *map(str, paths)))


def cpu_name() -> str:
    """Return the processor's name as the system gives it.

    A rented machine may say no more than ``AMD EPYC``, which is many processors; then its family and model follow.
    """
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = re.findall(r"^([\w ]+?)\s*:\s*(.+)$", info.read_text(), re.MULTILINE)
        said = dict(reversed(lines))  # of the first of several
        name = said.get("model name")
        if name and not re.search(r"\d", name) and {"cpu family", "model"} <= set(said):
            return f"{name} (family {said['cpu family']}, model {said['model']})"
        if name:
            return name
    if platform.system() == "Darwin":
        done = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        if done.stdout.strip():
            return done.stdout.strip()
    return platform.processor() or platform.machine()


def device_folder(gpu: str | None) -> str:
    """Return the folder of a device's records: ``cpu``, or the GPU's model (``NVIDIA H100 80GB HBM3``: ``h100``)."""
    if gpu is None:
        return "cpu"
    words = [word.lower() for word in re.findall(r"[A-Za-z0-9]+", gpu)]
    return next((word for word in words if re.search(r"\d", word)), "-".join(words))
