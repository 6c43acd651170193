"""A pytest plugin: pytest-codeblocks runs what the reader sees, as the reader would run it.

Load it with ``-p scripts.codeblocks`` beside ``--codeblocks``. Each block runs in a process and a folder of its own,
so nothing leaks from one to the next, and a failure names the file and the line where the code was written.
"""

import re
from datetime import date
from pathlib import Path

import pytest
import pytest_codeblocks.plugin as stock

from scripts import unchanged
from scripts.fences import blocks
from scripts.paths import SNIPPETS, shown
from scripts.snippets import RUNNER, Run, companions, run_bash, run_python


class BlockFailedError(Exception):
    """A block that did not do what its page shows."""


def block_key(syntax: str, code: str, expected_output: str = "") -> str:
    """Return what the run of a block depends on: the block, the files it may read, and the code that runs it."""
    files = sorted(SNIPPETS.iterdir()) if syntax == "bash" else companions(code)
    runners = [Path(__file__), Path(__file__).with_name("snippets.py"), RUNNER]
    contents = [path.read_bytes() for path in (*files, *runners) if path.is_file()]
    return unchanged.key(syntax, code.rstrip("\n"), expected_output, *contents)


class PageBlock(stock.TestBlock):
    """One block of one page."""

    def runtest(self) -> None:
        block = self.obj
        run_key = block_key(block.syntax, block.code, block.expected_output or "")
        before = unchanged.passed_before(run_key)
        if before:
            pytest.skip(f"ran {before}; the block and all it needs are unchanged. CI runs it.")
        self.run_block()
        unchanged.passed(run_key, str(date.today()))

    def run_block(self) -> None:
        block = self.obj
        run = run_python(block.code, self.file_name()) if block.syntax == "python" else run_bash(block.code)
        if run.failed:
            raise BlockFailedError(self.describe(run))
        self.compare(run.stdout)

    def file_name(self) -> str:
        """Return the name of the snippet that the block shows, so that tracebacks and spawned processes find it."""
        first = self.obj.origins[0] if self.obj.origins else None
        return first.path.name if first and first.path.suffix == ".py" else "block.py"

    def compare(self, printed: str) -> None:
        expected = self.obj.expected_output
        if expected is None:
            return
        if self.obj.expected_output_ignore_whitespace:
            same = "".join(expected.split()) == "".join(printed.split())
        else:
            same = expected.rstrip("\n") == printed.rstrip("\n")
        if not same:
            raise BlockFailedError(f"{self.head()}\nexpected output:\n{expected}\nbut it printed:\n{printed}")

    def head(self) -> str:
        return f"{shown(self.path)}:{self.obj.shown_at.line}: this {self.obj.syntax} block fails"

    def describe(self, run: Run) -> str:
        name = self.file_name()

        def home(match: re.Match) -> str:
            number = int(match["line"])
            origin = self.obj.origins[number - 1] if 0 < number <= len(self.obj.origins) else None
            return f"{shown(origin.path)}:{origin.line}" if origin else match[0]

        own = re.compile(rf'File "(?:[^"\n]*[/\\])?{re.escape(name)}", line (?P<line>\d+)')
        return f"{self.head()}: {run.reason}\n" + own.sub(home, run.stderr)

    def repr_failure(self, excinfo: pytest.ExceptionInfo) -> str:
        return str(excinfo.value) if isinstance(excinfo.value, BlockFailedError) else str(excinfo.getrepr())

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.obj.shown_at.line - 1, f"{shown(self.path)}:{self.obj.shown_at.line}"


stock.extract_from_file = blocks
stock.TestBlock = PageBlock
