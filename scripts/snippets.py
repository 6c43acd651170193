"""Snippets: what each one needs beside it, and how one is run as a reader would run it, in an empty folder."""

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scripts.benches import GROUPS, bench_address, bench_files, bench_path
from scripts.calculations import calculator_path
from scripts.paths import MATPLOTLIB_CACHE, NOTEBOOKS, SNIPPETS, shown
from scripts.run_snippet import STOPPED_EARLY

RUNNER = Path(__file__).with_name("run_snippet.py")
TIMEOUT_SECONDS = 300
LIBRARIES = ("tiny_gpt", "casebook", "costs")  # shared modules: imported, not run


def snippet_names() -> list[str]:
    """Return the name of everything that is run and recorded: scripts, then notebooks, each in alphabetical order."""
    scripts = sorted(path.stem for path in SNIPPETS.glob("*.py") if path.stem not in LIBRARIES)
    return scripts + sorted(path.stem for path in NOTEBOOKS.glob("*.py"))


def source_path(name: str) -> Path:
    """Return the file of a snippet, a notebook, which is a script in percent format and runs as one, or a bench."""
    if name in GROUPS:
        return bench_path(name)
    elsewhere = (NOTEBOOKS / f"{name}.py", calculator_path(name))
    return next((path for path in elsewhere if path.exists()), SNIPPETS / f"{name}.py")


@cache
def imported_modules(code: str) -> frozenset[str]:
    """Return the top-level names of the modules that ``code`` imports; none where it does not parse."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return frozenset()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def standard_library() -> set[str]:
    """Return the names of the modules that come with Python."""
    return set(sys.stdlib_module_names)


def companions(code: str) -> list[Path]:
    """Return the files of ours that ``code`` needs beside it: modules, what they import, and weights it loads."""
    found: list[Path] = []
    waiting = [code]
    while waiting:
        text = waiting.pop()
        modules = [SNIPPETS / f"{name}.py" for name in sorted(imported_modules(text))]
        weights = [SNIPPETS / name for name in re.findall(r"load_weights\([^)]*[\"']([\w.-]+)[\"']", text)]
        for path in modules + weights:
            if path.exists() and path not in found:
                found.append(path)
                if path.suffix == ".py":
                    waiting.append(path.read_text(encoding="utf-8"))
    return found


def source_hashes(name: str) -> dict[str, str]:
    """Return the SHA-256 of a snippet and of each companion, by path: what a record's figures depend on."""
    path = source_path(name)
    files = bench_files(name) if name in GROUPS else [path]
    files = [file for file in files if file.exists()]
    files += companions("\n".join(file.read_text(encoding="utf-8") for file in files))
    return {shown(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def files_to_copy(name: str) -> list[tuple[Path, str]]:
    """Return the files that a reader of a snippet or a bench copies, each with its address on the site."""
    own = bench_files(name) if name in GROUPS else [source_path(name)]
    code = "\n".join(path.read_text(encoding="utf-8") for path in own)
    return [(path, f"/{address(path)}") for path in [*own, *companions(code)]]


def address(path: Path) -> str:
    """Return where the site offers a file of ours for download."""
    return f"snippets/{path.relative_to(SNIPPETS).as_posix()}" if path.is_relative_to(SNIPPETS) else bench_address(path)


@dataclass
class Run:
    """One run of one piece of code."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    environment: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.returncode != 0

    @property
    def reason(self) -> str:
        """Return why the run failed, in a sentence."""
        if self.returncode == STOPPED_EARLY:
            return "it called sys.exit() or the like, so the lines below never ran. A block must reach its last line."
        if self.returncode < 0:
            return f"signal {-self.returncode} ended it"
        return f"it ended with exit status {self.returncode}"


def child_environment(device: str | None) -> dict[str, str]:
    """Return the environment of a snippet: nothing of ours on the path, and the GPU hidden where asked."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSTARTUP")}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    environment["MPLCONFIGDIR"] = str(MATPLOTLIB_CACHE)
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    return environment


def run_python(code: str, file_name: str = "block.py", names: tuple[str, ...] = (), device: str | None = None) -> Run:
    """Run Python code as a file in a new folder that holds only the code and its companions.

    ``names`` are the globals to read afterwards. Files that the code writes come back in ``Run.files``.
    """
    with tempfile.TemporaryDirectory(prefix="snippet-") as folder:
        here = Path(folder)
        (here / file_name).write_text(code, encoding="utf-8")
        given = {file_name}
        for path in companions(code):
            if path.name != file_name:
                shutil.copy(path, here / path.name)
                given.add(path.name)
        out = here / ".values.json"
        command = [sys.executable, str(RUNNER), file_name, str(out), *names]
        done = run_command(command, here, device)
        if not done.failed and not out.exists():
            done.returncode = STOPPED_EARLY  # os._exit(0)
        if done.failed:
            return done
        result = json.loads(out.read_text())
        out.unlink()
        done.seconds, done.values = result["seconds"], result["values"]
        done.missing, done.environment = result["missing"], result["environment"]
        done.files = {p.name: p.read_bytes() for p in here.iterdir() if p.is_file() and p.name not in given}
        return done


def run_bash(code: str) -> Run:
    """Run a bash block, stopping at the first command that fails, in a new folder that holds every snippet."""
    with tempfile.TemporaryDirectory(prefix="snippet-") as folder:
        for path in SNIPPETS.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        # The reader's `python` is the one that runs these tests.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        return run_command(["bash", "-euo", "pipefail", "-c", code], Path(folder), None, {"PATH": path})


def run_command(command: list[str], folder: Path, device: str | None, extra: dict[str, str] | None = None) -> Run:
    """Run a command in a folder and return what it printed. Whatever it leaves running is ended with it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=child_environment(device) | (extra or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        return Run(124, stdout, f"{stderr}\nstill running after {TIMEOUT_SECONDS} seconds")
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Run(process.returncode, stdout, stderr)


def run_snippet(name: str, names: tuple[str, ...] = (), device: str | None = None) -> Run:
    """Run a snippet or a notebook and read the named globals."""
    path = source_path(name)
    if not path.exists():
        raise FileNotFoundError(f"{shown(path)} does not exist; the snippets are {', '.join(snippet_names())}")
    return run_python(path.read_text(encoding="utf-8"), path.name, names, device)
