"""The page of numbers in use: sorted, filtered, shared, and followed to a line of code."""

import re
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup

from scripts.common import read
from scripts.numbers import Numbers

pytestmark = pytest.mark.browser

PAGE = "reference/numbers/"


@pytest.fixture(scope="module")
def opened(open_page):
    with open_page(PAGE) as opened:
        yield opened
        assert opened.problems == []


def shown(opened):
    """Return the ids of the rows that the reader sees, from top to bottom."""
    script = "rows => rows.filter(row => row.checkVisibility()).map(row => row.id)"
    return opened.page.locator("[data-table=numbers] tbody tr").evaluate_all(script)


def column(opened, place):
    script = "cells => cells.map(cell => cell.textContent)"
    return opened.page.locator(f"[data-table=numbers] tbody tr > :nth-child({place})").evaluate_all(script)


def filter_by(opened, words="", kind=""):
    opened.page.get_by_label("Filter").fill(words)
    opened.page.get_by_label("Kind").select_option(kind)


def test_a_column_sorts_up_and_down(opened):
    ids, numbers, values = shown(opened), Numbers(), {}
    for each in ids:
        value = numbers.get(each).value  # a version such as "2.9" reads as a figure
        values[each] = float(value) if re.fullmatch(r"\d+(\.\d+)?", str(value)) else value
    for direction, called in ((1, "ascending"), (-1, "descending")):
        opened.page.get_by_role("button", name="CPU").click()
        (sorted_by,) = opened.page.locator("[aria-sort]").all()
        assert (sorted_by.inner_text(), sorted_by.get_attribute("aria-sort")) == ("CPU", called)
        figures = [isinstance(values[each], int | float) for each in shown(opened)]
        assert figures == sorted(figures, reverse=True), "words stand after figures"
        ordered = [values[each] for each in shown(opened)][: sum(figures)][::direction]
        assert ordered[0] < ordered[-1]
        assert all(a <= b + abs(b) / 10 for a, b in pairwise(ordered)), "out of order by more than rounding"
    assert sorted(shown(opened)) == sorted(ids), "sorting loses no row"
    opened.page.get_by_role("button", name="What it is").focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("[aria-sort]").all_inner_texts() == ["What it is"]
    letters = [text.casefold()[0] for text in column(opened, 3)]
    assert letters == sorted(letters)


def test_words_and_kinds_filter_rows_and_the_address_keeps_them(opened):
    ids, seen, status = shown(opened), [], opened.page.get_by_role("status").filter(has_text="numbers")
    filter_by(opened, "LOSS train.py")
    assert "train.loss_after" in shown(opened) and "train.steps" not in shown(opened)
    assert status.inner_text() == f"{len(shown(opened))} of {len(ids)} numbers"
    for kind in ("measured", "computed", "quoted"):
        filter_by(opened, kind=kind)
        seen += shown(opened)
    assert sorted(seen) == sorted(ids), "each number is of one kind"
    filter_by(opened, "llama 405b", "quoted")
    found = shown(opened)
    assert 0 < len(found) < len(ids) and all(each.startswith("facts.") for each in found)
    opened.page.reload()
    assert sorted(shown(opened)) == sorted(found)
    assert opened.page.get_by_label("Filter").input_value() == "llama 405b"
    assert opened.page.get_by_label("Kind").input_value() == "quoted"
    filter_by(opened)
    assert opened.page.url.endswith(PAGE), "nothing chosen, nothing in the address"
    assert sorted(shown(opened)) == sorted(ids)


def test_the_table_fits_the_desk_and_scrolls_on_a_phone(opened):
    table = opened.page.locator("[data-table=numbers]")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, "the last columns are out of sight"
    opened.page.set_viewport_size({"width": 390, "height": 844})
    assert opened.width() <= 390 < table.evaluate("one => one.scrollWidth")


def test_the_age_is_counted_by_the_reader_s_clock(opened, built_site):
    built = BeautifulSoup(read(built_site / PAGE / "index.html"), "html.parser")
    days = {row["id"]: row.find_all("td")[-1].text for row in built.select("[data-table=numbers] tbody tr")}
    today = datetime.now(UTC).date()
    for number_id, text in zip(shown(opened), column(opened, 6), strict=True):
        if text != "-":
            ago = (today - date.fromisoformat(days[number_id])).days
            assert text == f"{days[number_id]} " + {0: "today", 1: "yesterday"}.get(ago, f"{ago:,} days ago")


def test_a_link_leads_to_a_row_that_a_filter_hides_and_on_to_its_line(open_page):
    with open_page(f"{PAGE}?filter=batching&kind=nonsense#train.loss_after") as opened:
        row = opened.page.locator("tr:target")
        assert row.get_attribute("id") == "train.loss_after"
        assert 48 <= row.bounding_box()["y"] <= 900, "in sight, below the header"
        row.get_by_role("link", name="train.py, line").click()
        opened.page.wait_for_url("**/training-vs-inference/training/#__span-*")
        line = opened.page.locator(":target")
        assert "loss_after" in line.inner_text(), "its cell is folded: the browser opens it"
        assert 48 <= line.bounding_box()["y"] <= 900
        background = line.evaluate("one => getComputedStyle(one).backgroundColor")
        assert background != "rgba(0, 0, 0, 0)", "it is not marked"
        assert opened.problems == []
