"""Pictures are drawn from the records, in both themes' colors, with their numbers in words."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from scripts.common import SiteError
from scripts.figures import FIGURES, PANELS, draw, numbers_drawn
from scripts.numbers import Numbers
from scripts.pages import REFERENCE, load_pages

NUMBERS = Numbers()


@pytest.fixture(scope="module", params=FIGURES)
def drawn(request):
    svg, words = draw(request.param, NUMBERS)
    return request.param, svg, words


def test_a_picture_is_sound_svg_that_takes_its_colors_from_the_page(drawn):
    _, svg, _ = drawn
    root = ET.fromstring(svg.replace("xlink:href", "href"))
    assert root.get("role") == "img" and "var(--figure-" in svg
    assert not re.search(r"#0[1-9a-c]0", svg), "a placeholder color is left"
    assert "font-family" not in svg and "<style" not in svg


def test_a_picture_is_told_in_words_with_its_numbers(drawn):
    name, svg, words = drawn
    title = ET.fromstring(svg.replace("xlink:href", "href")).find("title")
    assert title is not None and title.get("id") == f"{name}-words" and len(title.text) > 40
    for reference in REFERENCE.finditer(words):
        if not reference["words"]:
            assert NUMBERS.get(reference["id"]).text in title.text


@pytest.mark.parametrize("scale", [1e-300, 1e9, 1e300])
def test_a_picture_of_any_records_has_plain_figures_in_its_places(scale, monkeypatch):
    """No mark of thousands, no infinity: what is far outside ends where nobody looks."""
    get = Numbers.get

    def extreme(numbers, number_id):
        number = get(numbers, number_id)
        value = number.value
        if isinstance(value, list | tuple):
            return replace(number, value=[scaled(each) for each in value])
        return replace(number, value=scaled(value))

    def scaled(value):
        return min(value * scale, 1e300) if isinstance(value, float) else value

    monkeypatch.setattr(Numbers, "get", extreme)
    places = re.compile(r' (?:d|x|y|x1|x2|y1|y2|width|height|points|transform|viewBox)="([^"]*)"')
    for name in FIGURES:
        for place in places.findall(draw(name, NUMBERS)[0]):
            assert not re.search(r"\d,\d{3}|nan|inf|\d{6}|\de[+-]?\d", place), (name, place)


def test_the_same_records_give_the_same_picture(drawn):
    name, svg, _ = drawn
    assert draw(name, NUMBERS)[0] == svg


def test_each_picture_stands_on_a_page():
    placed = {name for page in load_pages() for _, kind, name in page.blocks if kind == "figure"}
    assert placed == set(FIGURES | PANELS)


def test_a_picture_to_step_through_shows_each_recorded_run():
    batches, rates = (NUMBERS.get(f"batching.{name}").value for name in ("batches", "tokens_per_second"))
    made = PANELS["bus"](NUMBERS)[0]
    assert [label[0].tail for label in made.iter("label")] == [str(batch) for batch in batches]
    fullest = [float(bar.get("style").removeprefix("--v:")) for bar in made.iter("i") if bar.get("class") == "cool"]
    assert fullest == pytest.approx([100 * rate / max(rates) for rate in rates], rel=1e-3)


def test_the_token_loop_reads_what_it_wrote():
    made = PANELS["token-loop"](NUMBERS)[0]
    rows = [[span.text for span in row] for row in made.iter("li") if row.get("style")]
    assert rows[0][1].startswith("Watson: ")
    assert [row[1] for row in rows[1:5]] == [row[3] for row in rows[:4]]


def test_what_a_picture_shows_counts_as_used():
    assert "train.losses" in numbers_drawn(["loss-curve"], NUMBERS.root)


def test_an_unknown_picture_is_refused():
    with pytest.raises(SiteError, match="unknown figure nope; there are accuracy-by-bits"):
        draw("nope", NUMBERS)
