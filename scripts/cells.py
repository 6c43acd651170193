"""A Markdown extension: pymdownx.snippets, with the cells of a snippet as sections.

A snippet in percent format has cells, which VS Code, Jupyter and Spyder run one by one: ``# %% loop`` starts the cell
*loop*. A page includes one by its name: ``--8<-- "train.py:loop"``.
"""

import re

from markdown import Markdown
from markdown.postprocessors import Postprocessor
from pymdownx.snippets import SnippetExtension, SnippetMissingError, SnippetPreprocessor

from scripts.common import SiteError

MARKER = re.compile(r"# %% *(\w*)")
FOLDED = '<details class="example"'
UNSTYLED = re.compile(r'<span class="(?!(?:k|kn|kc|ow|c1|sd)")[a-z][a-z0-9]?">([^<]*)</span>')


def cells(lines: list[str]) -> dict[str, list[str]]:
    r"""Return the lines of each named cell, without its marker and the empty lines around it.

    >>> cells(["# %% one", "a = 1", "", "# %% two", "b = 2"])
    {'one': ['a = 1'], 'two': ['b = 2']}
    """
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if marker := MARKER.match(line):
            name = marker[1]
        else:
            found.setdefault(name, []).append(line)
    stripped = {name: "\n".join(inside).strip("\n") for name, inside in found.items()}
    return {name: inside.split("\n") for name, inside in stripped.items() if inside}


class CellPreprocessor(SnippetPreprocessor):
    """Includes files, and parts of files."""

    def extract_section(self, section: str, lines: list[str]) -> list[str]:
        """Return a cell, or what stands between pymdownx's own marks."""
        found = cells(lines)
        return found[section] if section in found else super().extract_section(section, lines)

    def run(self, lines: list[str]) -> list[str]:
        """Return a page's lines with its includes expanded.

        Raises:
            SiteError: a file or a cell is missing.

        """
        try:
            return super().run(lines)
        except SnippetMissingError as error:
            raise SiteError(str(error)) from None


class LighterCode(Postprocessor):
    """Takes out tokens without a style in site.css, half of a page's elements; leaves folded code out of the search."""

    def run(self, text: str) -> str:
        return UNSTYLED.sub(r"\1", text).replace(FOLDED, f'{FOLDED} data-search-exclude=""')


class CellsExtension(SnippetExtension):
    """Takes the place of pymdownx.snippets, with the same options."""

    def extendMarkdown(self, md: Markdown) -> None:
        super().extendMarkdown(md)
        md.preprocessors.register(CellPreprocessor(self.getConfigs(), md), "snippet", 32)
        md.postprocessors.register(LighterCode(md), "lighter-code", 20)  # after raw_html has put the code in its place


def makeExtension(**options: object) -> CellsExtension:
    """Return the extension, by the name that Markdown looks for."""
    return CellsExtension(**options)
