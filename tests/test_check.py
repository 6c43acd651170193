"""Each promise of the site, broken by one fault that an honest colleague in a hurry might make."""

import re

import pytest

from scripts import check
from tests.small import FILES, make_site, record_snippet


def test_the_site_is_sound():
    assert check.problems() == []


def test_a_small_site_is_sound(small):
    assert check.problems(small) == []


# File, what stands there, what is written in its place, and how the one message must go.
FAULTS = {
    # 1. A number on a page is measured, computed or quoted.
    "an id mistyped": (
        "docs/eggs/counting.md", "{{ counting.eggs }}", "{{ counting.egs }}",
        r"counting.md:7: unknown number counting.egs; did you mean counting.eggs\?",
    ),
    "a number without a record": (
        "docs/numbers.toml", "eggs = {", 'hens = { label = "Hens", unit = "count" }\neggs = {',
        r"counting.json:\d+: .*lacks hens|counting.json:\d+: no hens",
    ),
    "braces that name nothing": (
        "docs/index.md", "of {{ facts.hens }}", "of {{ facts hens }}", r"index.md:7: .*neither a number nor a block",
    ),
    "a block in the middle of a paragraph": (
        "docs/eggs/counting.md", "Did you?", "Did you?\n{{ output counting }}",
        r"counting.md:\d+: {{ output counting }} needs an empty line before it and after it",
    ),
    "words on a number": (
        "docs/eggs/counting.md", "{{ counting.eggs }}", "{{ counting.eggs | twelve }}", r"counting.md:7: .*and only a claim",
    ),
    "a claim without words": ("docs/eggs/counting.md", "| many }}", "}}", r"counting.md:7: claims.many: a claim is written"),
    "a part that a number lacks": (
        "docs/index.md", "{{ facts.hens }}", "{{ facts.hens }}, {{ facts.hens.period }},", r"index.md:7: facts.hens has no period",
    ),
    "a block that names nothing": (
        "docs/eggs/counting.md", "{{ output counting }}", "{{ output conting }}", r"counting.md:20: unknown output conting",
    ),
    "a formula that needs itself": (
        "docs/numbers.toml", "costs.doubled(counting.eggs)", "boxes.eggs / 2",
        r"numbers.toml:8: boxes.eggs: .*it needs itself: boxes.eggs -> boxes.eggs",
    ),
    "a value that does not fit its unit": (
        "docs/numbers.toml", "costs.doubled(counting.eggs)", "costs.doubled", r"numbers.toml:8: boxes.eggs is <function",
    ),
    "a text in the place of a count": (
        "docs/records/cpu/counting.json", '"eggs": 12', '"eggs": "a dozen"', r"numbers.toml:2: counting.eggs is 'a dozen', which is no count",
    ),
    "a formula that is not Python": ("snippets/costs.py", "2 * number", "2 * * number", r"costs.py:6: this is not Python"),
    "a condition that is not Python": (
        "docs/claims.toml", "counting.eggs > 10", "counting.eggs > 10 +", r"claims.toml:1: claims.many: .*cannot be read",
    ),
    "a number that nothing shows": (
        "docs/eggs/counting.md", "and counting {{ counting.seconds }}", "and counting little",
        r"numbers.toml:5: counting.seconds is on no page",
    ),
    "a unit that does not exist": (
        "docs/numbers.toml", 'label = "Eggs", unit = "count"', 'label = "Eggs", unit = "dozen"',
        r"numbers.toml:2: counting.eggs.unit: unknown unit 'dozen'",
    ),
    "a formula of unknown numbers": (
        "docs/numbers.toml", "costs.doubled(counting.eggs)", "costs.doubled(counting.hens)",
        r"numbers.toml:8: boxes.eggs: .*unknown number counting.hens",
    ),
    # 3. What is shown is what runs.
    "a cell left out": (
        "docs/eggs/counting.md", '```python title="counting.py"\n--8<-- "counting.py:show"\n```\n', "",
        r"counting.py:1: no page shows all of it in its order, count, show; eggs/counting.md shows count",
    ),
    "code called text": (
        "docs/eggs/counting.md", "Did you?", "```text\n>>> import nope\n```",
        r"counting.md:\d+: this is code under another name",
    ),
    # 4. A record goes stale when the code that it ran changes.
    "code that changed": (
        "snippets/counting.py", "eggs = 12  #", "eggs = 13  #", r"counting.json:1: counting.py changed since its record",
    ),
    # 5. A figure typed in prose is red.
    "a figure typed": ("docs/index.md", "about {{", "about 3 times {{", r"index.md:7: the figure '3' is typed"),
    "a quantity spelled out": ("docs/eggs/counting.md", "Did you?", "Twice.", r"counting.md:\d+: the quantity 'Twice'"),
    "a sign before a number": ("docs/index.md", "of {{ facts", "of ~{{ facts", r"index.md:7: '~.*' changes a number"),
    "an exception that nobody needs": (
        "docs/index.md", "an Egg-3000", "a pan", r"exceptions.toml:2: 'Egg-3000' stands on no page",
    ),
    # 6. Words that lean on figures are bound to a condition.
    "words that no longer hold": (
        "docs/claims.toml", "counting.eggs > 10", "counting.eggs > 20",
        r"claims.toml:1: claims.many: counting.eggs > 20 does not hold: counting.eggs is 12",
    ),
    "a claim in other words": (
        "docs/eggs/counting.md", "| many }}", "| lots }}", r"counting.md:7: claims.many is for the words 'many', not for 'lots'",
    ),
    # 8. A public figure has source, date, boundary and grade.
    "a figure without its boundary": (
        "docs/facts.toml", ', boundary = "all hens"', "", r"facts.toml:10: farm.figures.hens.boundary: Field required",
    ),
    "a reported figure passed off as seen": (
        "docs/facts.toml", 'boundary = "all hens"', 'boundary = "all hens", grade = "B"',
        r"index.md:7: facts.hens is of grade B: say in its paragraph that it is reported",
    ),
    "a closed period that is not named": (
        "docs/index.md", "In {{ facts.visitors.period }} there", "There", r"index.md:\d+: facts.visitors is of a closed period",
    ),
    "a date to come": ("docs/facts.toml", "checked = 2026-11-02", "checked = 2126-11-02", r"facts.toml:\d+: farm.* fix the dates"),
    "a forecast without its year": (
        "docs/facts.toml", 'kind = "history", period = "2024"', 'kind = "forecast", period = "soon"',
        r"facts.toml:11: farm.figures.visitors: the period of a forecast names its year",
    ),
    "a figure that is a bare value": (
        "docs/facts.toml", '{ value = 40, unit = "count", label = "Hens", boundary = "all hens" }', "40",
        r"facts.toml:10: farm.figures.hens: ",
    ),
    "a line above the first table": (
        "docs/numbers.toml", "[counting]", "eggs = 3\n[counting]", r"numbers.toml:1: eggs stands in no table",
    ),
    # The form of a page.
    "a key of a concept mistyped": (
        "docs/eggs/concept.toml", "sections =", "section =", r"concept.toml:1: concept.section: Extra inputs",
    ),
    "a section left out": (
        "docs/eggs/counting.md", "## Check yourself", "## Quiz", r"counting.md:1: it lacks the section 'Check yourself'",
    ),
    "a concept without its resources": (
        "docs/eggs/index.md", "{{ table eggs/resources }}", "Read a book.", r"eggs/index.md:1: it lacks its resources",
    ),
    "a page that says nothing of itself": (
        "docs/index.md", "description: A small site about eggs, which exists to have faults planted in it.", "title: Eggs",
        r"index.md:1: its description has 0 characters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_place(small, name):
    file, right, wrong, message = FAULTS[name]
    path = small / file
    assert path.read_text().count(right) >= 1
    path.write_text(path.read_text().replace(right, wrong, 1))
    found = check.problems(small)
    assert found, "nothing is red"
    assert any(re.search(message, each) for each in found), found
    assert all(re.match(r"\S+:\d+: ", each) for each in found), found


def test_a_docstring_and_a_comment_may_change(small):
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text().replace('"""Count."""', '"""Count eggs."""').replace("# a dozen", "# as many"))
    assert check.problems(small) == []


def test_a_second_concept_needs_its_own_sections_and_resources(small):
    folder = small / "docs" / "hens"
    folder.mkdir()
    index = FILES["docs/eggs/index.md"].replace("eggs/resources", "hens/resources").replace("egg", "hen")
    (folder / "index.md").write_text(index)
    (folder / "laying.md").write_text(
        "---\ndescription: How a hen lays, which is a page without any section at all.\n---\n\n# Laying\n"
    )
    assert any("hens/concept.toml:1: is missing" in each for each in check.problems(small))
    (folder / "concept.toml").write_text(FILES["docs/eggs/concept.toml"])
    (only,) = check.problems(small)
    assert "hens/laying.md:1: it lacks the section 'Run it'" in only


ANSWER = """---
description: An answer for clients, said aloud, with its figure below it.
---

# Answers
{: .one-sheet }

## Why so many hens?

In {{ facts.visitors.period }}, {{ facts.visitors }} came.
{: .say }

FIGURE

??? more "The long version"

    Many of them were reported to come again.
"""


@pytest.mark.parametrize(("figure", "sound"), [("As the farm reported it.", True), ("As the farm says.", False)])
def test_what_is_said_aloud_leaves_its_standing_to_the_figure_below_it(small, figure, sound):
    path = small / "docs" / "facts.toml"
    path.write_text(path.read_text().replace('grade = "A"', 'grade = "B"'))
    index = small / "docs" / "index.md"
    index.write_text(index.read_text().replace("Boil", "So it is reported. Boil"))
    (small / "docs" / "answers.md").write_text(ANSWER.replace("FIGURE", figure))
    found = check.problems(small)
    assert any("answers.md:10: facts.visitors is of grade B" in each for each in found) is not sound


def test_a_bar_of_unknown_numbers_is_named(small):
    path = small / "docs" / "index.md"
    path.write_text(path.read_text() + "\n{{ shares facts.hens/counting.egs }}\n")
    assert any("unknown number counting.egs; did you mean counting.eggs?" in each for each in check.problems(small))


def test_one_broken_file_is_said_alone(small):
    (small / "docs" / "facts.toml").write_text("[farm\n")
    (only,) = check.problems(small)
    assert re.search(r"facts.toml:1: this is not valid TOML", only)


@pytest.mark.parametrize(
    ("snippet", "message"),
    [("gone", r"gone.json:1: no snippet is called gone"), ("counting", r"gone.json:2: it is of counting")],
)
def test_a_record_without_its_snippet_is_named(small, snippet, message):
    folder = small / "docs" / "records" / "cpu"
    text = (folder / "counting.json").read_text()
    (folder / "gone.json").write_text(text.replace('"snippet": "counting"', f'"snippet": "{snippet}"'))
    (only,) = check.problems(small)
    assert re.search(message, only)


def test_a_record_of_a_gpu_goes_stale_too(small):
    text = (small / "docs" / "records" / "cpu" / "counting.json").read_text()
    folder = small / "docs" / "records" / "h100"
    folder.mkdir()
    (folder / "counting.json").write_text(text.replace('"device": "cpu"', '"device": "h100"'))
    assert check.problems(small) == []
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text().replace("weight = 0.5", "weight = 0.25 * 2"))
    record_snippet(small)
    (only,) = check.problems(small)
    assert re.search(r"h100/counting.json:1: counting.py changed since its record; measure: .* DEVICE=h100", only)


def test_a_site_without_git_is_sound_too(tmp_path):
    assert not (tmp_path / ".git").exists()
    assert check.problems(make_site(tmp_path)) == []
