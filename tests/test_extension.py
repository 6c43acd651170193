"""What a page names becomes HTML that says where it comes from."""

import re

import markdown
import pytest
from bs4 import BeautifulSoup

from scripts import extension
from scripts.common import SiteError
from tests.small import FILES


@pytest.fixture
def page(small, monkeypatch):
    """Return a function that makes HTML of Markdown, as if it stood on the page eggs/counting.md of the small site."""
    monkeypatch.setattr(extension, "ROOT", small)
    monkeypatch.setattr(extension, "page_name", lambda md: "eggs/counting.md")

    def made(text):
        (small / "docs" / "eggs" / "counting.md").write_text(text)
        html = markdown.markdown(
            text, extensions=["attr_list", "def_list", "md_in_html", "tables", extension.NumbersExtension()]
        )
        return BeautifulSoup(html, "html.parser")

    return made


def test_a_number_has_its_text_its_value_and_a_note(page):
    soup = page("It weighs {{ counting.weight }}.")
    shown = soup.find("data")
    assert (shown.text, shown["value"], shown["tabindex"]) == ("0.50", "0.5", "0")
    note = soup.find(id=shown["aria-describedby"])
    assert note.text.startswith("Weight of an egg: measured by counting.py on A hen")
    assert note.a["href"] == "../reference/numbers.md#counting.weight"


def test_notes_are_numbered_in_the_order_of_the_page(page):
    soup = page("{{ counting.eggs }} and {{ counting.weight }}\n\n# A {{ boxes.eggs }}\n")
    assert [note["id"] for note in soup.select(".provenance")] == ["note-1", "note-2", "note-3"]


def test_a_public_figure_is_cited_and_its_source_listed_once(page):
    soup = page("{{ facts.hens }} hens, {{ facts.hens }} again, {{ facts.visitors }} in {{ facts.visitors.period }}.")
    assert [mark.text for mark in soup.select(".cite")] == ["1", "1", "1"]
    (item,) = soup.select(".sources > li")
    assert item["id"] == "source-1"
    assert item.text == (
        "The Farm, Annual report. Hens: all hens. Visitors: all of them."
        " As of 2026-11-01; seen at its source, checked 2026-11-02."
    )
    assert soup.find("time").text == "2024"


def test_a_source_is_named_once_with_its_year_and_leads_to_the_list(page):
    soup = page("Some hens. {{ facts.hens.source }}")
    pill = soup.find("a", class_="pill")
    assert (pill.text, pill["href"]) == ("The Farm, 2026", "#sources")
    assert soup.find(id="sources") and soup.select_one(".sources > li").text.startswith("The Farm, Annual report")


def test_the_parts_of_a_bar_are_as_long_as_their_numbers_are_large(page):
    parts = page("{{ shares facts.hens/counting.eggs }}").select(".shares > i")
    assert [part["style"] for part in parts] == ["--v: 76.92%", "--v: 23.08%"]


def test_a_date_is_the_month_of_the_fact(page):
    assert page("In {{ facts.hens.as_of }}.").find("time").text == "November 2026"


def test_a_figure_past_its_date_says_so(page, small):
    path = small / "docs" / "facts.toml"
    path.write_text(
        path.read_text().replace('boundary = "all hens"', 'boundary = "all hens", kind = "price", as_of = 2020-01-01')
    )
    soup = page("{{ facts.hens }}")
    assert "may be out of date" in soup.find(class_="provenance").text
    assert soup.find(class_="expired")


def test_words_of_a_claim_carry_their_condition(page):
    soup = page("So {{ claims.many | many }}.")
    assert soup.find(class_="claimed").text == "many"
    assert "counting.eggs > 10; now counting.eggs is 12" in soup.find(class_="provenance").text


def test_reading_time_is_computed_from_the_words_of_the_page(page):
    soup = page("{{ reading.minutes }} " + "word " * 300)
    assert soup.find("data").text == "2 minutes"


def test_code_spans_are_left_alone(page):
    assert page("`{{ counting.eggs }}`").find("code").text == "{{ counting.eggs }}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("One\n\n{{ counting.egs }}", r"counting.md:3: unknown number counting.egs"),
        ("{{ claims.many }}", r"counting.md:1: claims.many: a claim is written"),
        ("{{ counting.eggs | twelve }}", r"counting.md:1: counting.eggs: a claim is written"),
        ("{{ claims.many | lots }}", r"counting.md:1: claims.many is for the words 'many'"),
        ("{{ counting.eggs.as_of }}", r"counting.md:1: counting.eggs has no as_of"),
        ("{{ facts.hens.period }}", r"counting.md:1: facts.hens has no period"),
        ("{{ output nothing }}", r"counting.md:1: no record of nothing; there are counting"),
        ("{{ figure nothing }}", r"counting.md:1: unknown figure nothing"),
        ("{{ table nothing }}", r"counting.md:1: unknown table nothing"),
        ("{{ files nothing }}", r"counting.md:1: unknown snippet nothing"),
        ("{{ calculator nothing }}", r"counting.md:1: unknown calculator nothing"),
    ],
)
def test_what_names_nothing_stops_the_build_at_its_line(page, text, message):
    with pytest.raises(SiteError, match=message):
        page(text)


def test_recorded_output_stands_under_its_date_and_machine(page):
    soup = page("{{ output counting }}")
    assert soup.find("pre").text == "12 eggs, 24"
    assert re.match(r"Recorded on \S+ on A hen. Your times will differ.", soup.find("figcaption").text)


def test_output_of_several_devices_stands_in_tabs_the_cpu_first(page, small):
    record = (small / "docs" / "records" / "cpu" / "counting.json").read_text()
    (small / "docs" / "records" / "h100").mkdir()
    (small / "docs" / "records" / "h100" / "counting.json").write_text(
        record.replace('"device": "cpu"', '"device": "h100"')
    )
    soup = page("{{ output counting }}")
    assert [label.text for label in soup.select(".tabbed-labels label")] == ["CPU", "H100"]
    assert len(soup.select(".tabbed-block pre")) == 2
    assert [label["for"] for label in soup.select("label")] == [box["id"] for box in soup.select("input")]


def test_files_to_copy_are_the_snippet_as_script_and_notebook_and_its_companions(page):
    links = page("{{ files counting }}").select("a")
    assert [link.text for link in links] == ["counting.py", "as a notebook", "costs.py"]
    assert [link["href"] for link in links] == [
        "../snippets/counting.py",
        "../downloads/counting.ipynb",
        "../snippets/costs.py",
    ]


def test_resources_are_those_of_the_concept_that_is_named(page):
    assert [cell.text for cell in page("{{ table eggs/resources }}").select("td")] == [
        "The Egg, A Hen",
        "article, 5 min",
        "It is short.",
    ]


def test_what_is_for_later_stands_apart_and_says_our_own_count(page, small):
    path = small / "docs" / "eggs" / "concept.toml"
    more = (
        path.read_text().replace("book]", "film]").replace("minutes = 5", "minutes = 211\ncounted = 200\nlater = true")
    )
    path.write_text(path.read_text() + "\n" + more.partition("\n\n")[2])
    assert [cell.text for cell in page("{{ table eggs/later }}").select("td")] == [
        "The Egg, A Hen",
        "article, 3 h 31 min (by our count, 200)",
        "It is short.",
    ]
    assert len(page("{{ table eggs/resources }}").select("tbody tr")) == 1


def test_the_table_of_claims_says_where_the_words_stand_and_why(page, small):
    page(FILES["docs/eggs/counting.md"])
    html = markdown.markdown("{{ table claims }}", extensions=[extension.NumbersExtension()])
    cells = [cell.text for cell in BeautifulSoup(html, "html.parser").select("td")]
    assert cells == ["many: Counting", "counting.eggs > 10", "counting.eggs: 12", "More than fit into one hand."]


def test_a_quiz_replies_to_each_answer_in_a_form_that_needs_no_script(page):
    text = '<div class="quiz" markdown="block">\n\nWhich?\n\nThis\n:   No.\n\nThat\n:   Yes: {{ counting.weight }}.\n\n</div>'
    quiz = page(text).find("fieldset", class_="quiz")
    assert quiz.legend.text == "Which?"
    assert [label.input["name"] for label in quiz("label")] == ["quiz-1"] * 2
    assert [label.find_next_sibling().get_text()[:4] for label in quiz("label")] == ["No.", "Yes:"]
