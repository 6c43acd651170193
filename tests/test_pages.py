"""The one reader of pages: prose, fences, and what stands in braces."""

from pathlib import Path

import pytest

from scripts.cells import cells
from scripts.pages import NotebookPage, Page


def page(tmp_path: Path, text: str, kind=Page) -> Page:
    path = tmp_path / "page.md"
    path.write_bytes(text.encode())
    return kind(path, tmp_path)


def test_prose_has_no_front_matter_no_fences_and_no_code_spans(tmp_path):
    made = page(
        tmp_path, "---\ndescription: Of eggs.\n---\nOne `{{ a.b }}` egg.\n\n```text\n{{ c.d }}\n```\n{{ e.f }}\n"
    )
    assert made.description == "Of eggs."
    assert [use.id for use in made.uses] == ["e.f"]
    assert made.uses[0].line == 9


@pytest.mark.parametrize("marks", ["```", "~~~", "````"])
def test_a_fence_ends_where_its_own_marks_do(tmp_path, marks):
    (fence,) = page(tmp_path, f'{marks}py title="a.py"\nx = "``"\n  y = 1\n{marks}\nprose\n').fences
    assert (fence.language, fence.title, fence.closed) == ("python", "a.py", True)
    assert fence.code == 'x = "``"\n  y = 1\n'


def test_a_fence_in_a_box_loses_its_indentation(tmp_path):
    (fence,) = page(tmp_path, '??? example "x"\n\n    ```python\n    if x:\n        y()\n    ```\n').fences
    assert fence.code == "if x:\n    y()\n"


def test_a_fence_without_an_end_says_so(tmp_path):
    (fence,) = page(tmp_path, "```python\nx = 1\n").fences
    assert not fence.closed


@pytest.mark.parametrize("odd", ["\u2028", "\x0c", "\x85"])
def test_lines_are_those_that_python_and_the_browser_count(tmp_path, odd):
    (fence,) = page(tmp_path, f'```python\nx = "a{odd}b"\n```\n').fences
    assert fence.lines == (f'x = "a{odd}b"',)
    compile(fence.code, "fence", "exec")


def test_a_page_may_begin_with_a_byte_order_mark(tmp_path):
    (fence,) = page(tmp_path, "\ufeff```python\nx = 1\n```\n").fences
    assert fence.code == "x = 1\n"


def test_includes_name_a_file_and_a_cell(tmp_path):
    (fence,) = page(tmp_path, '```python\n--8<-- "train.py:loop"\n--8<-- "costs.py"\n```\n').fences
    assert fence.includes == [("train.py", "loop"), ("costs.py", "")]


def test_a_reference_may_have_words_or_a_part(tmp_path):
    made = page(tmp_path, "{{ claims.a | the words }} {{ facts.b.as_of }} {{ facts.c.period }} {{d.e}}\n")
    assert [(use.id, use.words, use.part) for use in made.uses] == [
        ("claims.a", "the words", ""),
        ("facts.b", "", "as_of"),
        ("facts.c", "", "period"),
        ("d.e", "", ""),
    ]


def test_words_are_counted_in_prose_alone(tmp_path):
    assert page(tmp_path, "It took {{ train.steps }} steps.\n\n```text\nno words here\n```\n").words() == 4
    assert page(tmp_path, 'Two words.\n\n??? more "None"\n\n    folded\n\n    away\n\nAnd three more.\n').words() == 5


def test_a_notebook_is_read_by_its_text_cells(tmp_path):
    made = page(
        tmp_path, "# %% [markdown]\n# Three eggs.\n#\n# ```\n# x\n# ```\n\n# %%\n# no prose\nx = 1\n", NotebookPage
    )
    assert [text for _, text in made.paragraphs] == ["Three eggs."]
    assert made.fences[0].line == 4


def test_cells_are_named_and_what_stands_before_them_is_not():
    assert cells(["import x", "# %% one", "", "a", "", "# %% two", "b"]) == {
        "": ["import x"],
        "one": ["a"],
        "two": ["b"],
    }
