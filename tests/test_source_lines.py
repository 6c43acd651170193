"""Each number leads to its line of code: the right line, on the right page, found by a text that marks no other."""

import re
from urllib.parse import unquote

import pytest

from scripts import source_lines
from scripts.errors import SiteError
from scripts.numbers import Numbers
from scripts.origins import code
from scripts.source_lines import SourceLine, assignment_line, shown_on, text_fragment

NUMBERS = Numbers()
PLACES = sorted({place for i in NUMBERS.ids() if (place := code(NUMBERS.get(i)))})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty docs folder beside an empty folder of snippets, in the place of the real ones."""
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs" / "concept").mkdir()
    (tmp_path / "snippets").mkdir()
    monkeypatch.setattr(source_lines, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(source_lines, "SNIPPETS", tmp_path / "snippets")
    monkeypatch.setattr(source_lines, "source_path", lambda name: tmp_path / "snippets" / f"{name}.py")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ny = x\n", 1),
        ("x = 1\nx = 2\n", 2),
        ("a, (x, *b) = 1, (2, 3)\n", 1),
        ("(\n    a,\n    x,\n) = 1, 2\n", 3),
        ("x: int\nx: int = 1\nx: int\n", 2),
        ("x = 0\nfor step in range(3):\n    x += step\n", 3),
        ("x = 0\nfor a, x in {}.items():\n    pass\n", 2),
        ("with open('f') as x:\n    pass\n", 1),
        ("if True:\n    x = 1\nelse:\n    x = 2\n", 4),
        ("try:\n    import x\nexcept ImportError:\n    x = None\n", 4),
        ("import a, x.y\n", 1),
        ("from a import (\n    b,\n    c as x,\n)\n", 3),
        ("if (x := 1):\n    pass\n", 1),
        ("x = []\nfor step in range(3):\n    x.append(step)\n", 3),
        ("x = [0]\nx[0] = 1\n", 2),
        ("x = [0]\ny = [x.append(1)]\n", 1),
        ("x = 1\n\n\ndef f(x):\n    x = 2\n    return [x for x in ()]\n", 1),
        ("x = 1\n\n\nclass C:\n    x = 2\n", 1),
        ("x = 1\ny = [x for x in (1, 2)]\nz = lambda x: x\n", 1),
        ("y = 1\n\n\ndef x():\n    pass\n", 4),
    ],
)
def test_the_line_is_the_last_that_gives_the_value(folder, source, line):
    (folder / "snippets" / "try_it.py").write_text(source)
    found = assignment_line("try_it", "x")
    assert found.line == line
    assert found.text == source.splitlines()[line - 1].strip()


@pytest.mark.parametrize("source", ["y = 1\n", "def f():\n    x = 1\n", "print(x)\nx.append(1)\n", "x: int\n"])
def test_a_name_without_a_line_is_an_error(folder, source):
    path = folder / "snippets" / "try_it.py"
    path.write_text(source)
    with pytest.raises(SiteError, match=rf"{path}:1: no line outside a function gives x"):
        assignment_line("try_it", "x")


def test_a_snippet_that_does_not_parse_says_where(folder):
    path = folder / "snippets" / "try_it.py"
    path.write_text("x = 1\ny = (\n")
    with pytest.raises(SiteError, match=rf"{path}:2: this is not valid Python"):
        assignment_line("try_it", "x")


@pytest.mark.parametrize(("snippet", "name"), PLACES, ids=".".join)
def test_the_line_of_every_number_names_it(snippet, name):
    line = assignment_line(snippet, name)
    assert re.search(rf"\b{name}\b", line.text)
    assert line.path.read_text().splitlines()[line.line - 1].strip() == line.text


def test_a_concept_s_page_comes_before_the_reference(folder):
    (folder / "snippets" / "try_it.py").write_text("x = 1\n")
    page = '# A\n\n```python\n--8<-- "try_it.py"\n```\n'
    (folder / "docs" / "reference" / "a.md").write_text(page)
    assert shown_on("try_it").name == "a.md"
    (folder / "docs" / "concept" / "z.md").write_text(page)
    assert shown_on("try_it").name == "z.md"


@pytest.mark.parametrize("include", [';--8<-- "try_it.py"', '--8<-- "try_it.py:part"', 'Write --8<-- "try_it.py"'])
def test_a_snippet_on_no_page_is_an_error(folder, include):
    path = folder / "snippets" / "try_it.py"
    path.write_text("x = 1\n")
    (folder / "docs" / "concept" / "a.md").write_text(f"# A\n\n{include}\n")
    with pytest.raises(SiteError, match=rf"{path}:1: no page shows it"):
        shown_on("try_it")


def test_the_section_is_the_one_above_the_code(folder):
    (folder / "snippets" / "try_it.py").write_text("# no heading\nx = 1\n")
    page = folder / "docs" / "concept" / "a.md"
    page.write_text('---\ntitle: t\n---\n# A\n\n## Run it\n\n```python\n--8<-- "try_it.py"\n```\n\n## After\n')
    assert source_lines.heading_above("try_it", page) == "run-it"


@pytest.mark.parametrize(
    ("source", "line", "fragment"),
    [
        ("x = 1\ny = 2\n", 1, "x"),
        ("y = x\nx = 1\n", 2, "x ="),
        ("X = 1\nx = 2\n", 2, "x = 2"),
        ("max = 1\nx = 1\n", 2, "x"),
        ("a, x = 1, 2\nprint(a, x)\n", 1, "a, x ="),
        ("x = 1  # one, or not\ny = x = 1\n", 2, "y = x"),
        ("y = 2\nx = '#'  # one\nz = 3\nx = '#'  # one\n", 4, "z = 3-,x = '#'"),
        ("a = b\nc = d\nx = 1\ne = f\nc = d\nx = 1\n", 6, "e = f\nc = d-,x = 1"),
        ("for a in b:\n    c = 1\n\nX = 1\nx = 1\n", 5, "X = 1-,x = 1"),
        ("prose = x\nx = prose\n", 2, "x ="),
    ],
)
def test_the_text_marks_no_other_line(folder, source, line, fragment):
    path = folder / "snippets" / "try_it.py"
    path.write_text(source)
    page = folder / "docs" / "concept" / "a.md"
    page.write_text('# A\n\nThe prose says so.\n\n```python\n--8<-- "try_it.py"\n```\n')
    found = text_fragment(SourceLine(path, line, ""), "x", page)
    assert unquote(found) == fragment
    assert not set(found) & set(' []&"<>\n')


def test_a_line_that_the_page_quotes_above_the_code_is_told_apart(folder):
    path = folder / "snippets" / "try_it.py"
    path.write_text("y = 2\nx = 1\n")
    page = folder / "docs" / "concept" / "a.md"
    page.write_text('# A\n\nLook at `x = 1`.\n\n```python\n--8<-- "try_it.py"\n```\n')
    assert unquote(text_fragment(SourceLine(path, 2, "x = 1"), "x", page)) == "y = 2-,x = 1"


def test_what_divides_the_parts_of_a_fragment_is_encoded():
    assert source_lines.encode("a-b, c & d") == "a%2Db%2C%20c%20%26%20d"
