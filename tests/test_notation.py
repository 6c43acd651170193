"""The notation is found in prose and nowhere else, each use with its line; code and front matter are no prose."""

import pytest

from scripts import notation
from scripts.notation import BLOCK, REFERENCE, Use, find_text, find_uses, prose, prose_lines, references, uses
from scripts.reading import MINUTES_ID, minutes, minutes_for, words
from tests.small import SmallNumbers, fact

RATE = SmallNumbers(facts={"reading_words_per_minute": fact(value=200, unit="word/minute")})


@pytest.fixture
def docs(tmp_path, monkeypatch):
    """Return a folder of pages in the place of docs/."""
    monkeypatch.setattr(notation, "DOCS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{{ a.b }}", ("a.b", None, None)),
        ("{{a-b.c_d}}", ("a-b.c_d", None, None)),
        ("{{ facts.a.as_of }}", ("facts.a", ".as_of", None)),
        ("{{ claims.a | much  more }}", ("claims.a", None, "much  more")),
        ("{{ claims.a|more }}", ("claims.a", None, "more")),
    ],
)
def test_a_reference_is_read_in_its_parts(text, parts):
    assert REFERENCE.fullmatch(text).group("id", "when", "words") == parts


@pytest.mark.parametrize(
    "text", ["{{ a }}", "{{ a b }}", "{ a.b }", "{{ a.b.c }}", "{{ a.b | }}", "{{ a.b | c | d }}", "{{ a.b | {c} }}"]
)
def test_what_is_no_reference(text):
    assert not REFERENCE.fullmatch(text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [("{{ output train }}", "output", "train"), ("{{figure loss-curve}}", "figure", "loss-curve")],
)
def test_a_block_is_read_in_its_parts(text, kind, name):
    assert BLOCK.match(text).group("kind", "name") == (kind, name)


@pytest.mark.parametrize("text", ["{{ chart train }}", "see {{ output train }}", "{{ output train }}.", "{{ output }}"])
def test_what_is_no_block(text):
    assert not BLOCK.match(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\n```\ncode\n```\nb", [(1, "a"), (5, "b")]),
        ("~~~python\ncode\n```\ncode\n~~~\nb", [(6, "b")]),
        ("````\n```\ncode\n````\nb", [(5, "b")]),
        ("```text\n```python\ncode\n```\nb", [(5, "b")]),
        ("    ```\n    code\n    ```\nb", [(4, "b")]),
        ("```\ncode never closed", []),
        ("```a span``` and b", [(1, " and b")]),
        ("a `span` b ``x ` y`` c ` d", [(1, "a  b  c ` d")]),
    ],
)
def test_code_is_no_prose(text, kept):
    assert list(prose(text.splitlines())) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("---\ntitle: 9\n---\na\n", [(4, "a")]),
        ("---\n---\na\n", [(3, "a")]),
        ("---\n---\na\n---\n", [(3, "a"), (4, "---")]),
        ("---\na\n", [(1, "---"), (2, "a")]),
        ("a\n---\nb\n---\n", [(1, "a"), (2, "---"), (3, "b"), (4, "---")]),
        ("", []),
    ],
)
def test_front_matter_is_no_prose(tmp_path, text, kept):
    page = tmp_path / "page.md"
    page.write_text(text)
    assert [(number, line) for number, line in prose_lines(page) if line] == kept


def test_each_use_is_found_with_its_line(docs):
    page = docs / "folder" / "page.md"
    page.parent.mkdir()
    page.write_text("{{ a.b }} and {{ claims.c | more }}\n\n`{{ a.b }}`\n\n{{ facts.d.as_of }} {{ a.b }}\n")
    (docs / "z.md").write_text("None.\n")
    expected = [
        Use("a.b", page, 1, ""),
        Use("claims.c", page, 1, "more"),
        Use("facts.d", page, 5, "", when=True),
        Use("a.b", page, 5, ""),
    ]
    assert list(references(page)) == uses() == expected
    assert find_uses("a.b") == [(page, 1), (page, 5)]
    assert find_text("{{ a.b") == [(page, 1), (page, 3), (page, 5)]
    assert find_text("nowhere") == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("It took {{ train.steps }} steps.", 4),
        ("Don't re-run tiny_gpt.py; it’s done.", 5),
        ("| a | --- | b |", 2),
        ("{{ claims.a | much more }} memory", 2),
        ("", 0),
    ],
)
def test_words_are_counted_as_they_are_read(line, count):
    assert words([line]) == count
    assert words([line, "two more", line]) == 2 * count + 2


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (200, 1), (201, 2), (2000, 10)])
def test_a_page_takes_whole_minutes_rounded_up(count, expected):
    number = minutes_for(count, RATE)
    assert (number.id, number.value, number.spec.unit) == (MINUTES_ID, expected, "minute")
    assert f"from the {count:,} words of this page, code not counted, at 200 a minute" in number.provenance


def test_code_takes_no_time(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("---\ntitle: A page\n---\n" + "word " * 200 + "`one more`\n\n```\nand more\n```\n")
    assert minutes(page, RATE).value == 1
