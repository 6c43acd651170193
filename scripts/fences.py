"""Find the code blocks of a page as its reader sees them: includes expanded, any fence header, each line traced home.

pytest-codeblocks reads a page's source. A reader sees the built page. Between the two lie `--8<--` includes and
fence headers with attributes, which stock pytest-codeblocks runs literally or skips without a word.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import markdown
from mkdocs.config import load_config
from pymdownx.snippets import SnippetExtension, SnippetPreprocessor
from pytest_codeblocks import CodeBlock, extract_from_buffer

from scripts.errors import SiteError, at
from scripts.paths import ROOT

PYTHON_NAMES = {"python", "py", "python3", "py3"}
SHELL_NAMES = {"bash", "sh"}
FENCE = re.compile(r"^(?P<quote>(?:\s*>\s?)*)(?P<space>\s*)(?P<marks>`{3,}|~{3,})(?P<header>.*)$")
WIDE_FENCE = "`" * 16  # wider than any fence that a block might contain
ORIGIN = re.compile("\x1f(?P<path>[^\x1f]*)\x1f(?P<line>\\d+)$")


@dataclass(frozen=True)
class Origin:
    """Where a line was written."""

    path: Path
    line: int


class TracedSnippets(SnippetPreprocessor):
    """pymdownx's own include machinery; each line it reads carries a mark that says where it was written."""

    def read_lines(self, path: str) -> list[str]:
        return mark_lines(super().read_lines(path), Path(path))


def mark_lines(lines: list[str], path: Path) -> list[str]:
    """Append to each line its file and number. Include lines stay bare, so that they are still recognized."""
    marked = []
    for number, line in enumerate(lines, 1):
        include = SnippetPreprocessor.RE_ALL_SNIPPETS.match(line)
        if include and include["block_marker"] and not include["escape"]:
            raise SiteError(at(path, number, 'write each include on one line, as in --8<-- "train.py"'))
        marked.append(line if include else f"{line.expandtabs(4)}\x1f{path}\x1f{number}")
    return marked


def refuse_commands(line: str, origin: Origin | None) -> None:
    """Refuse the comments by which pytest-codeblocks would skip a block or join it to another.

    Raises:
        SiteError: the line holds one. What a reader sees must run, each block as the copy button gives it.

    """
    command = re.match(r"\s*<!--[-\s]*(pytest-codeblocks:\s*(?!expected-output)|pytest\.mark)", line)
    if command and origin:
        raise SiteError(at(origin.path, origin.line, "every block must run, and run alone; remove this comment"))


@cache
def snippet_options() -> dict:
    """Return the options that mkdocs.yml gives to pymdownx.snippets, defaults filled in."""
    defaults = {key: value for key, (value, _) in SnippetExtension().config.items()}
    config = load_config(str(ROOT / "mkdocs.yml"))
    return defaults | dict(config.mdx_configs["pymdownx.snippets"]) | {"auto_append": []}


def expand(page: Path) -> list[str]:
    """Return the page's lines after its includes are expanded, each with its origin mark."""
    preprocessor = TracedSnippets(snippet_options(), markdown.Markdown())
    preprocessor.seen = set()
    return preprocessor.parse_snippets(mark_lines(page.read_text(encoding="utf-8").splitlines(), page))


def language_of(header: str) -> str:
    """Return the language of a fence header in any form that superfences accepts, or an empty string.

    >>> [language_of(h) for h in ('py title="a.py"', ' {.python .annotate hl_lines="1"}', "{ .text }", "")]
    ['python', 'python', 'text', '']
    """
    found = re.match(r"\s*(?:\{\s*\.?|\.?)([\w#.+-]*)", header)
    name = found[1].lower() if found else ""
    if name in PYTHON_NAMES:
        return "python"
    return "bash" if name in SHELL_NAMES else name


def normalize(lines: list[str]) -> Iterator[tuple[str, Origin | None]]:
    """Yield the lines with every fence rewritten to the one form that pytest-codeblocks understands."""
    closing, prefix = None, 0
    for marked in lines:
        trace = ORIGIN.search(marked)
        origin = Origin(Path(trace["path"]), int(trace["line"])) if trace else None
        line = marked[: trace.start()] if trace else marked
        if closing is None:
            fence = FENCE.match(line)
            if fence and not (fence["marks"][0] == "`" and "`" in fence["header"]):
                closing = re.compile(rf"^{fence['space']}{re.escape(fence['marks'])}\s*$")
                prefix = len(fence["quote"])
                yield f"{fence['space']}{WIDE_FENCE}{language_of(fence['header'])}", origin
            else:
                refuse_commands(line, origin)
                yield line, origin
        elif closing.match(line[prefix:]):
            closing = None
            yield WIDE_FENCE, origin
        else:
            # The mark travels inside the block, so that joined blocks keep the origin of each line.
            yield (line[prefix:] or "") + (marked[trace.start() :] if trace else ""), origin
    if closing is not None:
        yield WIDE_FENCE, None


def blocks(page: Path) -> list[CodeBlock]:
    """Return the page's code blocks, each with ``shown_at`` (page and line) and ``origins`` (one for each line)."""
    lines, origins = zip(*normalize(expand(page))) if page.read_text(encoding="utf-8") else ((), ())
    found = extract_from_buffer(io.StringIO("\n".join(lines) + "\n"))
    for block in found:
        code = block.code.splitlines()
        traces = [ORIGIN.search(line) for line in code]
        block.origins = [Origin(Path(t["path"]), int(t["line"])) if t else None for t in traces]
        block.code = "".join(ORIGIN.sub("", line) + "\n" for line in code)
        if block.expected_output is not None:
            block.expected_output = "".join(ORIGIN.sub("", line) + "\n" for line in block.expected_output.splitlines())
        header = origins[block.lineno - 1]
        block.shown_at = header or Origin(page, block.lineno)
        block.lineno = block.shown_at.line
    return found
