"""Run a snippet as a reader would: in an empty folder, in its own process, its time and its output bounded.

python -m scripts.run FOLDER [SNIPPET ...]

measures snippets on any machine that has torch and safetensors, one JSON file each in FOLDER, and
``make measure FROM=FOLDER`` turns them into records, here or elsewhere. So this module needs nothing but the standard
library. A snippet that cannot run there, for want of torchao for instance, is named, and the others go on.
"""

import argparse
import ast
import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tokenize
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHILD = Path(__file__).with_name("run_child.py")
TIMEOUT_SECONDS = 600
SHOWN_CHARACTERS = 100_000  # of what it prints
STOPPED_EARLY = 97  # as run_child.py has it
BUSY_PREEMPTIONS_PER_SECOND = 100  # one busy neighbor costs about 75, two about 160


@dataclass
class Run:
    """One run of one piece of code. ``files`` are those that it wrote, with their contents."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.returncode != 0

    @property
    def busy(self) -> bool:
        """Return whether other processes kept taking the processor away, so that times say little."""
        return self.environment.get("preemptions_per_second", 0) > BUSY_PREEMPTIONS_PER_SECOND

    @property
    def reason(self) -> str:
        """Return why the run failed, in a sentence."""
        if self.returncode == STOPPED_EARLY:
            return "it called sys.exit() or the like; the lines below were shown, and never ran"
        if self.returncode < 0:
            return f"signal {-self.returncode} ended it"
        return f"it ended with exit status {self.returncode}"


def parsed(source: str) -> ast.Module:
    """Return a script's tree; an empty one where it is not Python, which a run of it will say best."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def text_of(path: Path) -> str:
    """Return a script's text, whatever an editor put at its start: what is wrong with it, a run of it will say best."""
    return path.read_text(encoding="utf-8-sig", errors="replace")


@cache
def names_files(source: str) -> tuple[str, ...]:
    """Return the files that code may need: a module for each import, and what it loads.

    A file is loaded by a call such as ``load_model(model, "casebook.safetensors")``: its name starts with ``load``.
    """
    found = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            found += [f"{alias.name}.py" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(f"{node.module}.py")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].startswith("load"):
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            found += [text for text in texts if isinstance(text, str)]
    return tuple(found)


def companions(path: Path, root: Path = ROOT) -> list[Path]:
    """Return the files of ours that a script needs beside it, and those that they need."""
    found: list[Path] = []
    waiting = [path]
    while waiting:
        for name in names_files(text_of(waiting.pop())):
            other = root / "snippets" / name
            if other.is_file() and other not in found:
                found.append(other)
                waiting += [other] if other.suffix == ".py" else []
    return found


def snippet_paths(root: Path = ROOT) -> dict[str, Path]:
    """Return what is run and recorded, by name, those that load files of others last.

    These are the scripts of snippets/ that no other one imports, and the notebooks. A name is a Python name: hyphens
    become underscores.
    """
    scripts = sorted((root / "snippets").glob("*.py"))
    notebooks = sorted((root / "docs" / "notebooks").glob("*.py"))
    everything = [*scripts, *notebooks, *(root / "snippets" / "calculators").glob("*.py")]
    imported = {name for path in everything for name in names_files(text_of(path))}
    paths = [path for path in [*scripts, *notebooks] if path.name not in imported]
    paths.sort(key=lambda path: any(file.suffix != ".py" for file in companions(path, root)))
    return {path.stem.replace("-", "_"): path for path in paths}


def bare(source: str) -> str:
    r"""Return code without its comments, docstrings and empty lines: what a run can depend on.

    >>> bare("def f(x):  # doubles\n    'Return 2x.'\n\n    return 2 * x")
    'def f(x):\n    return 2 * x'
    """
    left_out: set[int] = set()
    tree = parsed(source)
    if not tree.body:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            left_out |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    comments = {token.start[0]: token.start[1] for token in tokens if token.type == tokenize.COMMENT}
    in_text = {number for token in tokens for number in range(token.start[0], token.end[0])}  # its end is in a string
    kept = []
    for number, line in enumerate(source.split("\n"), 1):
        code = line if number in in_text else line[: comments.get(number)].rstrip()
        if number not in left_out and (code or number in in_text):
            kept.append(code)
    return "\n".join(kept)


def code_hashes(path: Path, root: Path = ROOT) -> dict[str, str]:
    """Return a hash of the code of a snippet and of each companion, by file name: what its figures depend on."""
    hashes = {}
    for file in [path, *companions(path, root)]:
        content = bare(text_of(file)).encode() if file.suffix == ".py" else file.read_bytes()
        hashes[file.name] = hashlib.sha256(content).hexdigest()[:16]
    return hashes


def run_file(path: Path, device: str | None = None, root: Path = ROOT, timeout: float = TIMEOUT_SECONDS) -> Run:
    """Run a script in a new folder that holds only the script and its companions.

    ``device="cpu"`` hides the GPU from it.
    """
    with tempfile.TemporaryDirectory(prefix="snippet-") as folder:
        here = Path(folder)
        given = [path, *companions(path, root)]
        for file in given:
            shutil.copy(file, here / file.name)
        result = here / ".result.json"
        run = run_command([sys.executable, str(CHILD), path.name, str(result)], here, device, timeout)
        if not run.failed and not result.exists():
            run.returncode = STOPPED_EARLY  # os._exit(0)
        if not run.failed:
            vars(run).update(json.loads(result.read_text()))
        names = {".result.json", *(file.name for file in given)}
        run.files = {
            file.name: file.read_bytes() for file in here.iterdir() if file.is_file() and file.name not in names
        }
        return run


def run_code(code: str, root: Path = ROOT) -> Run:
    """Run Python code that stands in no file of its own, with the companions that it imports."""
    with tempfile.TemporaryDirectory(prefix="block-") as folder:
        path = Path(folder) / "block.py"
        path.write_text(code, encoding="utf-8")
        return run_file(path, root=root)


def run_command(command: list[str], folder: Path, device: str | None, timeout: float) -> Run:
    """Run a command in a folder and return what it printed. What it leaves running in its session is ended."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSTARTUP")}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    environment["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that wait must not spin beside a busy process
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    # Into files: a pipe would stay open as long as any process that the command started.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as err,
    ):
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err, start_new_session=True)
        late = ""
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            late = f"\nstill running after {timeout:g} seconds"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it left nothing running
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read(SHOWN_CHARACTERS))
        return Run(124 if late else child.returncode, texts[0], texts[1] + late)


def run_snippet(name: str, device: str | None = None, root: Path = ROOT) -> Run:
    """Run a snippet or a notebook.

    Raises:
        ValueError: there is none of this name.

    """
    paths = snippet_paths(root)
    if name not in paths:
        raise ValueError(f"no snippet is called {name}; there are {', '.join(paths)}")
    return run_file(paths[name], device, root)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the results go")
    parser.add_argument("snippets", nargs="*", metavar="SNIPPET", help="a name such as train; all where none is given")
    arguments = parser.parse_args()
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        failed = []
        for name in arguments.snippets or snippet_paths():
            print(name, end=" ", flush=True)
            run = run_snippet(name)
            if run.failed:
                print(f"\n{run.reason}\n{run.stderr}", file=sys.stderr)
                failed.append(name)
                continue
            result = asdict(run) | {"files": {}, "code": code_hashes(snippet_paths()[name])}
            (arguments.folder / f"{name}.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
            print(f"{run.seconds:.1f} s", flush=True)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    if failed:
        sys.exit(f"These failed: {', '.join(failed)}. All others are in {arguments.folder}")


if __name__ == "__main__":
    main()
