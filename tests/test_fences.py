"""Blocks are found as the reader sees them, and each line is traced to where it was written."""

import pytest

from scripts.errors import SiteError
from scripts.fences import blocks
from scripts.paths import SNIPPETS


def only(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    (block,) = blocks(page)
    return block


HEADERS = [
    "python",
    "py",
    "python3",
    'python title="a.py"',
    'python hl_lines="1" linenums="1"',
    "{.python}",
    '{ .python .annotate title="a.py" }',
    "{python}",
    " python",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_any_header(tmp_path, fence, header):
    block = only(tmp_path, f"Text.\n\n{fence}{header}\nx = 1\n{fence}\n")
    assert (block.syntax, block.code, block.shown_at.line) == ("python", "x = 1\n", 3)


@pytest.mark.parametrize(
    "text",
    [
        '=== "One"\n\n    ```python title="a"\n    if True:\n        x = 1\n    ```\n',
        "!!! note\n\n    ```py\n    if True:\n        x = 1\n    ```\n",
        '??? question "Why?"\n\n    === "Tab"\n\n        ~~~python\n        if True:\n            x = 1\n        ~~~\n',
        "1. Item\n\n    ```python\n    if True:\n        x = 1\n    ```\n",
        "> ```python\n> if True:\n>     x = 1\n> ```\n",
    ],
)
def test_any_place(tmp_path, text):
    assert only(tmp_path, text).code == "if True:\n    x = 1\n"


def test_a_fence_in_a_fence_is_text(tmp_path):
    block = only(tmp_path, "````markdown\n```python\nx = 1\n```\n````\n")
    assert block.syntax == "markdown"


def test_inline_code_is_no_fence(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Text with ``` in it, and ```a span```.\n\n```python\nx = 1\n```\n")
    assert [block.code for block in blocks(page)] == ["x = 1\n"]


def test_a_fence_of_tildes_may_hold_a_backtick_in_its_title(tmp_path):
    assert only(tmp_path, '~~~python title="`a`"\nx = 1\n~~~\n').code == "x = 1\n"


def test_an_include_is_expanded_and_traced(tmp_path):
    block = only(tmp_path, '```python title="costs.py"\n--8<-- "costs.py"\n```\n')
    source = (SNIPPETS / "costs.py").read_text()
    assert block.code.rstrip() == source.rstrip()
    assert block.origins[0].path == SNIPPETS / "costs.py"
    assert [origin.line for origin in block.origins] == list(range(1, len(block.origins) + 1))


def test_lines_around_an_include_keep_their_own_place(tmp_path):
    block = only(tmp_path, 'Text.\n\n```python\nx = 1\n--8<-- "costs.py:1:2"\ny = 2\n```\n')
    places = [(origin.path.name, origin.line) for origin in block.origins]
    assert places == [("page.md", 4), ("costs.py", 1), ("costs.py", 2), ("page.md", 6)]


@pytest.mark.parametrize(
    "command",
    [
        "<!--pytest.mark.skip-->",
        "<!-- pytest.mark.xfail -->",
        "<!--pytest-codeblocks:skip-->",
        "<!--pytest-codeblocks:cont-->",
        "<!--pytest-codeblocks:importorskip(nothing)-->",
    ],
)
def test_no_block_can_be_kept_from_running(tmp_path, command):
    with pytest.raises(SiteError, match=r"page\.md:5: every block must run"):
        only(tmp_path, f"```python\nx = 1\n```\n\n{command}\n\n```python\ny = x\n```\n")


def test_a_block_of_includes_is_refused(tmp_path):
    with pytest.raises(SiteError, match=r"page\.md:2: write each include on one line"):
        only(tmp_path, "```python\n--8<--\ncosts.py\n--8<--\n```\n")


def test_a_fence_inside_code_does_not_end_the_block(tmp_path):
    block = only(tmp_path, '```python\n"""\n    ```\n"""\nx = 1\n```\n')
    assert block.code.endswith("x = 1\n")


def test_the_output_that_a_page_expects_is_read_with_its_block(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nprint(1)\n```\n\n<!--pytest-codeblocks:expected-output-->\n\n```\n1\n 2\n```\n\n```py\n```\n"
    )
    first, second = blocks(page)
    assert (first.code, first.expected_output, second.expected_output) == ("print(1)\n", "1\n 2\n", None)
    assert second.shown_at.line == 12


def test_an_empty_page_has_no_blocks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("")
    assert blocks(page) == []


def test_a_missing_include_is_an_error(tmp_path):
    with pytest.raises(Exception, match=r"no_such_file\.py"):
        only(tmp_path, '```python\n--8<-- "no_such_file.py"\n```\n')
