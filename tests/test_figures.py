"""A picture is drawn from the records, in the page's colors, small enough to stand inside a page, and told in words."""

import re

import pytest
from bs4 import BeautifulSoup

from scripts import figures
from scripts.errors import SiteError
from scripts.figures import draw, in_words, numbers_drawn
from scripts.figures.svg import COLORS, INK, LINE, QUIET, tidy
from scripts.paths import DOCS
from tests.small import SmallNumbers, contract, fact, record

LOSSES = {
    "train": {
        "losses": contract("approx", "nat/character", rel=0.1),
        "log_every": contract(),
        "floor": contract("approx", "nat/character", rel=0.1),
        "loss_before": contract("approx", "nat/character", rel=0.1),
    }
}
VALUES = {"losses": [3.0, 1.0, 0.4], "log_every": 24, "floor": 0.0849, "loss_before": 3.912}


@pytest.fixture(scope="module")
def drawn():
    return draw("loss-curve", SmallNumbers(LOSSES, [record(values=VALUES)]))


@pytest.fixture(scope="module")
def svg(drawn):
    return BeautifulSoup(drawn[0], "html.parser")


def test_the_picture_names_its_numbers(svg):
    (group,) = svg.select("[data-number]")
    assert (group["data-number"], group.get_text().strip()) == ("train.floor", "floor 0.0849")


def test_the_picture_is_read_aloud_in_words_with_its_figures(svg, drawn):
    assert svg.svg["role"] == "img"
    assert svg.svg["aria-labelledby"] == svg.title["id"] == "loss-curve-words"
    assert "each point the mean of 24 steps. It starts near the 3.91 nats" in svg.title.get_text()
    assert "{{ train.log_every }}" in drawn[1], "the caption keeps the notation, for the page to fill in"


def test_the_picture_takes_the_page_s_colors_and_scales(svg, drawn):
    sheet = (DOCS / "assets" / "stylesheets" / "site.css").read_text()
    for color in COLORS.values():
        assert f"{color.removeprefix('var(').removesuffix(')')}:" in sheet, "the style sheet does not know it"
    assert {color for color in COLORS.values() if color in drawn[0]} >= {COLORS[INK], COLORS[LINE], COLORS[QUIET]}
    assert not any(placeholder in drawn[0] for placeholder in COLORS)
    assert "viewbox" in svg.svg.attrs
    assert not {"width", "height"} & set(svg.svg.attrs)
    assert not svg.select("style, metadata")
    assert "font-family" not in drawn[0]


def test_the_axis_reaches_from_nothing_to_the_last_step(svg):
    ticks = [group.get_text(" ", strip=True) for group in svg.select("g.axis")]
    assert ticks[0] == "0"
    assert "70" in ticks, ticks
    assert "75" not in ticks, "three points of 24 steps end at 72"
    assert ticks[-6:] == ["0.1", "0.2", "0.5", "1", "2", "4"]


def test_what_is_written_beside_an_axis_is_no_scale(svg):
    """A figure in it would be typed, and is to be found."""
    label = svg.find(string="training step")
    assert label
    assert label.find_parent("g", class_="axis") is None


def test_every_reference_inside_the_picture_finds_its_target(svg, drawn):
    ids = {tag["id"] for tag in svg.select("[id]")}
    wanted = set(re.findall(r'(?:url\(#|href="#)([^")]+)', drawn[0]))
    assert wanted
    assert wanted <= ids
    assert all(each.startswith("loss-curve-") for each in ids)


def test_the_same_numbers_give_the_same_bytes(drawn):
    assert draw("loss-curve", SmallNumbers(LOSSES, [record(values=VALUES)])) == drawn


def test_pictures_of_two_devices_share_no_id(svg):
    other, _ = draw("loss-curve", SmallNumbers(LOSSES, [record(device="h100", values=VALUES)], device="h100"))
    ids = {tag["id"] for tag in svg.select("[id]")}
    assert not ids & {tag["id"] for tag in BeautifulSoup(other, "html.parser").select("[id]")}
    assert 'id="loss-curve-h100-words"' in other


def test_an_unknown_picture_is_named():
    with pytest.raises(SiteError, match=r"^no figure is called other; there are loss-curve, "):
        draw("other", SmallNumbers())


def test_what_pictures_show_is_known(monkeypatch):
    monkeypatch.setattr(figures, "FIGURES", {"loss-curve": figures.FIGURES["loss-curve"]})
    site = SmallNumbers(LOSSES, [record(values=VALUES)])
    assert numbers_drawn(site) == {f"train.{name}" for name in VALUES}


def test_words_take_the_place_of_notation():
    site = SmallNumbers(facts={"read": fact(digits=3)})
    text = "{{ train.steps }} steps of {{facts.read}}: {{ claims.any | many }}."
    assert in_words(text, site) == "2,592 steps of 1.00 billion: many."


NUMBER = """
  <g id="number:train.floor"><text style="font: 10px; font-family: Sans, serif; fill: #010203" x="1.25678" y="-0.04">
   9.8765 &amp; more</text></g>
"""
AXIS = """
  <g id="xtick_12"><use xlink:href="#m1" transform="rotate(-0 1.5 2.5)" x="12.345"/>
   <path id="m1" d="M 1.000 2.3456 L -3.25001 4"/></g>
"""
SVG = f"""<?xml version="1.0"?>
<!DOCTYPE svg>
<svg xmlns="x" width="5pt" height="5pt" viewBox="0 0 5 5" version="1.1">
 <metadata>
  about it
 </metadata>
 <g id="figure_1">
  <g id="patch_1">
   <path d="M 0 0 z" style="fill: none"/>
  </g>{NUMBER}{AXIS} </g>
</svg>
"""


def test_a_picture_is_made_small_and_given_its_name():
    assert tidy(SVG, "curve", 'rises "fast" & far') == (
        '<svg viewBox="0 0 5 5" role="img" aria-labelledby="curve-words">'
        '<title id="curve-words" class="in-words">rises &quot;fast&quot; &amp; far</title>'
        '<g><g data-number="train.floor">'
        '<text style="font: 10px; fill: var(--figure-ink)" x="1.3" y="-0.0"> 9.8765 &amp; more</text></g>'
        '<g class="axis"><use xlink:href="#curve-m1" x="12.3"/>'
        '<path id="curve-m1" d="M 1.0 2.3 L -3.3 4"/></g></g></svg>'
    )
