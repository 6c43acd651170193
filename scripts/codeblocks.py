"""A pytest plugin: pytest-codeblocks runs what the reader sees, as the reader would run it.

Load it with ``-p scripts.codeblocks`` beside ``--codeblocks``. The blocks of a page that include a snippet, put
together in their order, are that snippet: it runs as one program, once in a test run, and its record is compared with
that very run. Any other block runs by itself, in a process and a folder of its own.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_codeblocks.plugin as stock
from pytest_codeblocks import CodeBlock

from scripts.common import ROOT
from scripts.pages import Page
from scripts.run import Run, run_code, run_file, run_snippet, snippet_paths

_one_at_a_time = ThreadPoolExecutor(1)
_runs: dict[str, Future] = {}


class BlockFailedError(Exception):
    """A block that did not do what its page shows."""


def snippet_run(name: str) -> Run:
    """Return the run of a snippet in this test run; the first who asks starts it."""
    if name not in _runs:
        _runs[name] = _one_at_a_time.submit(run_snippet, name, "cpu")
    return _runs[name].result()


def run_again(name: str) -> Run:
    """Return a new run, when all others have ended, so that nothing of ours disturbs its times."""
    return _one_at_a_time.submit(run_snippet, name, "cpu").result()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the snippets that pages show: they run one by one while other tests look at pages, and come last."""
    names = {item.snippet for item in session.items if isinstance(item, PageBlock)}
    for name in [name for name in snippet_paths() if name in names]:
        _runs[name] = _one_at_a_time.submit(run_snippet, name, "cpu")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits for snippets at the end."""
    items.sort(key=lambda item: isinstance(item, PageBlock) or "test_snippets.py" in item.nodeid)


def pytest_sessionfinish() -> None:
    _one_at_a_time.shutdown(wait=False, cancel_futures=True)


def blocks(path: Path) -> list[CodeBlock]:
    """Return what a page runs: each file that its blocks include, once, and each block that holds code of its own."""
    page = Page(path, ROOT / "docs") if path.is_relative_to(ROOT / "docs") else Page(path, path.parent)
    found, seen = [], set()
    for fence in page.fences:
        if fence.language != "python":
            continue
        files = {file for file, _ in fence.includes}
        if not files:
            found.append(CodeBlock(fence.code, fence.line, fence.language))
        elif not files <= seen:
            seen |= files
            found.append(CodeBlock("", fence.line, fence.language))
            found[-1].file = next(iter(files))
    return found


class PageBlock(stock.TestBlock):
    """What one block, or the blocks of one file, do."""

    @property
    def snippet(self) -> str | None:
        """Return the name of the snippet that the blocks show, if they show one."""
        path = self.file
        return next((name for name, known in snippet_paths().items() if known == path), None)

    @property
    def file(self) -> Path | None:
        name = getattr(self.obj, "file", None)
        return next((path for path in (ROOT / "snippets").rglob(name)), None) if name else None

    def runtest(self) -> None:
        if self.snippet:
            run = snippet_run(self.snippet)
        elif self.file:
            run = run_file(self.file)
        else:
            run = run_code(self.obj.code)
        if run.failed:
            home = f"{self.path.relative_to(ROOT)}:{self.obj.lineno}"
            # A line of the block is a line of the page.
            stderr = re.sub(
                r'File "[^"\n]*block\.py", line (\d+)',
                lambda m: f'File "{self.path.relative_to(ROOT)}", line {self.obj.lineno + int(m[1])}',
                run.stderr,
            )
            raise BlockFailedError(f"{home}: this block fails: {run.reason}\n{stderr}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo) -> str:
        return str(excinfo.value) if isinstance(excinfo.value, BlockFailedError) else str(excinfo.getrepr())

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.obj.lineno - 1, f"{self.path.name}:{self.obj.lineno}"


stock.extract_from_file = blocks
stock.TestBlock = PageBlock
