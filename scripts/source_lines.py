"""From a number to its line of code: where a snippet gives a variable its value, and a link that marks that line.

The link ends in a text fragment (https://wicg.github.io/scroll-to-text-fragment/). The browser scrolls to the line and
marks it, so the page that shows the code carries no line numbers and no anchors. A browser without text fragments opens
the section.
"""

import ast
import io
import re
import tokenize
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from scripts.benches import GROUPS, bench_address
from scripts.elements import element
from scripts.errors import SiteError, at
from scripts.paths import DOCS, NOTEBOOKS, SNIPPETS
from scripts.snippets import source_path

INCLUDE = re.compile(r'^[ \t]*--8<--[ \t]+"(?P<file>[^":]+)"[ \t]*$', re.MULTILINE)
GROW_A_LIST = {"append", "extend", "insert"}


class SourceLine(NamedTuple):
    """One line of a snippet: its file, its number from 1 on, and its text without indentation."""

    path: Path
    line: int
    text: str


class Bindings(ast.NodeVisitor):
    """Collect, for each global of a module, the last line that gives it its value."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.lines[node.id] = node.lineno

    def visit_alias(self, node: ast.alias) -> None:
        name = node.asname or node.name.partition(".")[0]
        self.lines[name] = node.lineno

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:  # `x: int` alone declares, and binds nothing
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store):
            self._changed(node.value, node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        """Take what fills a list for what gives it its value: it often starts empty."""
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in GROW_A_LIST:
            self._changed(call.func.value, node)
        self.generic_visit(node)

    def _changed(self, owner: ast.expr, node: ast.AST) -> None:
        if isinstance(owner, ast.Name) and owner.id in self.lines:
            self.lines[owner.id] = node.lineno

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.lines[node.name] = node.lineno

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def _names_of_its_own(self, node: ast.AST) -> None:
        """Leave out what lies inside: it binds no global."""

    visit_Lambda = visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _names_of_its_own


@cache  # by the code itself, so that a file that changes is read anew
def bound_lines(source: str) -> dict[str, int]:
    """Return, for each global of some code, the last line that gives it its value."""
    bindings = Bindings()
    bindings.visit(ast.parse(source))
    return bindings.lines


@cache
def named_lines(source: str) -> dict[str, int]:
    """Return, for each name that a dictionary of some code gives a value, its line: how a bench names its numbers."""
    keys = (key for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Dict) for key in node.keys)
    return {key.value: key.lineno for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def assignment_line(snippet: str, name: str) -> SourceLine:
    """Return the line on which a snippet or notebook gives a global its final value, or defines a function.

    Raises:
        SiteError: the file does not parse, or no line of it gives the name a value.

    """
    path = source_path(snippet)
    source = path.read_text(encoding="utf-8")
    try:
        lines = named_lines(source) if snippet in GROUPS else bound_lines(source)
    except SyntaxError as error:
        raise SiteError(at(path, error.lineno or 1, f"this is not valid Python: {error.msg}")) from None
    if name not in lines:
        raise SiteError(at(path, 1, f"no line outside a function gives {name} its value; the site links to it"))
    line = lines[name]
    return SourceLine(path, line, source.splitlines()[line - 1].strip())


def shown_on(snippet: str) -> Path:
    """Return the page that shows a snippet in full: a page of a concept before one of the reference.

    Raises:
        SiteError: no page shows it.

    """
    path = source_path(snippet)
    if path.parent == NOTEBOOKS:
        return path
    found = [page for page in DOCS.rglob("*.md") if any(m["file"] == path.name for m in includes(page))]
    if not found:
        message = f'no page shows it, and numbers come from it; add --8<-- "{path.name}" to a page'
        raise SiteError(at(path, 1, message))
    return min(found, key=lambda page: (page.parent in (DOCS, DOCS / "reference"), page))


def includes(page: Path) -> list[re.Match]:
    return list(INCLUDE.finditer(page.read_text(encoding="utf-8")))


def page_text(page: Path) -> str:
    """Return a page's source as the browser searches it: with the files it includes."""
    files = {path.name: path for path in SNIPPETS.rglob("*.py")}
    text = page.read_text(encoding="utf-8")
    return INCLUDE.sub(lambda m: files[m["file"]].read_text(encoding="utf-8") if m["file"] in files else m[0], text)


def heading_above(snippet: str, page: Path) -> str:
    """Return the id of the heading under which a page shows a snippet, as the page itself will number its headings."""
    text = page.read_text(encoding="utf-8")
    match = next(m for m in includes(page) if m["file"] == f"{snippet}.py")
    return last_heading(text[: match.start()])


def notebook_heading_above(line: SourceLine) -> str:
    """Return the id of the heading above a line of a percent-format notebook, whose text cells are comments."""
    above = line.path.read_text(encoding="utf-8").splitlines()[: line.line]
    return last_heading("\n\n".join(text.removeprefix("# ") for text in above if text.startswith("# #")))


@cache
def last_heading(text: str) -> str:
    r"""Return the id of the last heading of a Markdown text, or an empty string.

    >>> last_heading("# One\n\n## Two, at last\n\n~~~\n# no heading\n~~~\n")
    'two-at-last'
    """
    markdown = Markdown(extensions=["attr_list", "fenced_code", "meta", "toc"])
    markdown.convert(text)
    tokens, found = markdown.toc_tokens, ""
    while tokens:
        found, tokens = tokens[-1]["id"], tokens[-1]["children"]
    return found


def text_fragment(line: SourceLine, name: str, page: Path) -> str:
    """Return the text fragment that finds a line on the page that shows it, and marks the name on it.

    The browser marks the first place that fits, whole words only. So the text is the start of the line, up to the name
    or as far as it takes to stand nowhere else on the page. Where the whole line does stand elsewhere, the lines above
    it go along as a prefix, which the browser looks for and does not mark.
    """
    source = line.path.read_text(encoding="utf-8")
    lines, everything = source.splitlines(), page_text(page)
    row = line.line - 1
    code = lines[row][: comment_columns(source).get(line.line)].strip()
    first = re.search(rf"\b{name}\b", code).end()
    for end in (word.end() for word in re.finditer(r"\S+", code) if word.end() >= first):
        if places(code[:end], everything) == 1:
            return encode(code[:end])
    above = row - 1
    while above > 0 and places("\n".join([*lines[above:row], code]).strip(), everything) > 1:
        above -= 1
    prefix = "\n".join(lines[max(above, 0) : row]).strip()
    return (f"{encode(prefix)}-," if prefix else "") + encode(code)


@cache
def comment_columns(source: str) -> dict[int, int]:
    """Return where the comment of each line starts, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.start[1] for token in tokens if token.type == tokenize.COMMENT}


def places(text: str, page: str) -> int:
    """Return how often a text stands on a page as a browser looks for it: whole words, in upper or lower case.

    >>> places("x = 1", "max = 1; X = 1; x = 10")
    1
    """
    start, end = (r"\b" if re.match(r"\w", edge) else "" for edge in (text[0], text[-1]))
    return len(re.findall(start + re.escape(text) + end, page, re.IGNORECASE))


def encode(text: str) -> str:
    """Return a text percent-encoded for a fragment; a hyphen, a comma and an ampersand would end its parts.

    >>> encode("a, b = f(x)[0] - 1")
    'a%2C%20b%20=%20f(x)%5B0%5D%20%2D%201'
    """
    return quote(text, safe="=()*/+:;!'@?$").replace("-", "%2D")


def line_link(snippet: str, name: str) -> ET.Element:
    """Return a link, ``train.py, line 105``, to the line that gives a global its value or defines a function.

    Raises:
        SiteError: no such line, or no page shows the file.

    """
    line = assignment_line(snippet, name)
    if snippet in GROUPS:  # too long for a page: the file itself is offered
        return element("a", f"{line.path.name}, line {line.line}", href=f"/{bench_address(line.path)}")
    page = shown_on(snippet)
    heading = notebook_heading_above(line) if page.parent == NOTEBOOKS else heading_above(snippet, page)
    address = f"/{page.relative_to(DOCS).as_posix()}#{heading}"
    return element("a", f"{line.path.name}, line {line.line}", href=address, data_text=text_fragment(line, name, page))


class TextFragments(Treeprocessor):
    """Append each link's text fragment once MkDocs has resolved and checked the link.

    MkDocs would take it for a part of the anchor's name and find no such anchor.
    """

    def run(self, root: ET.Element) -> None:
        for link in root.iter("a"):
            text = link.attrib.pop("data-text", None)
            if text:
                link.set("href", f"{link.get('href')}:~:text={text}")
