"""Typed figures: what the lint of prose refuses, and what it lets pass."""

import pytest

from scripts import lint
from scripts.pages import Page

REFUSED = [
    "It takes 3 steps.",
    "It takes three steps.",
    "Half of the cost.",
    "It is twice as fast.",
    "A tenfold rise.",
    "It is much faster.",
    "Slightly more memory.",
    "About 20 % of it.",
    "A ½ of it.",
    "An order of magnitude more.",
    "Many times the cost.",
    "| cell | 12 |",
    '??? question "Are there 4?"',
    "The *3* of them.",
    "$5 an hour.",
    "`12` of them.",
    "It is ~{{ a.b }} long.",
    "{{ a.b }}% of it.",
    "{{ a.b }} percent of it.",
    "{{ a.b }}k of it.",
    "-{{ a.b }} of it.",
]
PASSES = [
    "It takes {{ a.b }} steps.",
    "{{ claims.x | twice as fast }} here.",
    "A {{ a.b }}-step run.",
    "Much power is needed.",
    "A third-party tool in half-precision.",
    "[Chapter](page-2.md) of <https://example.org/3>",
    "1. First\n2. Then",
    "`x[0]` and `f(2)` and `train_2.py` in code.",
    "**Bold** words, no figures.",
    "Use the H100 for it.",
    "($ {{ a.b }}).".replace("$ ", ""),
    "From {{ a.b }} to {{ c.d }}, or {{ a.b }} – {{ c.d }}.",
]


def found(tmp_path, text, kind=lint.typed_figures):
    path = tmp_path / "page.md"
    path.write_text(text + "\n", encoding="utf-8")
    return list(kind(Page(path, tmp_path), {"anywhere": {"H100": "a name"}} if kind is lint.typed_figures else None))


@pytest.mark.parametrize("text", REFUSED)
def test_a_figure_or_a_quantity_is_refused(tmp_path, text):
    assert found(tmp_path, text)


@pytest.mark.parametrize("text", PASSES)
def test_prose_without_figures_passes(tmp_path, text):
    assert not found(tmp_path, text)


def test_a_figure_in_a_description_is_refused(tmp_path):
    assert found(tmp_path, "---\ndescription: It takes 3 steps.\n---\nText.")


@pytest.mark.parametrize(
    ("fence", "problem"),
    [
        ("```text\n>>> import nope\n```", "code under another name"),
        ("```console\n>>> import nope\n```", "code under another name"),
        ("```text\n%timeit nope()\n```", "code under another name"),
        ("```text\nx = f(1)\n```", "code under another name"),
        ("```rust\nfn main() {}\n```", "neither run nor known"),
        ("```\nx\n```", "neither run nor known"),
        ("```python\nx = 1", "does not end"),
        ('```python title="a.py"\n--8<-- "b.py"\n```', 'bears its name: title="b.py"'),
        ('```python title="b.py"\n--8<-- "b.py"\nx = 1\n```', "holds nothing else"),
    ],
)
def test_code_that_would_not_run_is_refused(tmp_path, fence, problem):
    path = tmp_path / "page.md"
    path.write_text(fence + "\n")
    assert any(problem in message for message in lint.fences(Page(path, tmp_path)))


@pytest.mark.parametrize(
    "fence", ["```text\nWatson: ink on the cuff.\n```", '```py title="b.py · loop"\n--8<-- "b.py:loop"\n```']
)
def test_a_sample_and_a_cell_pass(tmp_path, fence):
    path = tmp_path / "page.md"
    path.write_text(fence + "\n")
    assert not list(lint.fences(Page(path, tmp_path)))


def test_a_comment_that_skips_a_block_is_refused(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("<!--pytest-codeblocks:skip-->\n")
    assert any("must run" in message for message in lint.notation(Page(path, tmp_path)))
