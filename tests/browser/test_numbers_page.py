"""The page of numbers in use: sorted, filtered, shared, downloaded, and followed from a sentence to a line of code."""

import csv
import html
import io
import json
import re
from datetime import date
from itertools import pairwise
from urllib.parse import urljoin

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from scripts import source_lines
from scripts.benches import GROUPS
from scripts.contracts import load_contracts
from scripts.numbers import Numbers
from scripts.origins import code
from scripts.source_lines import assignment_line
from tests.browser.conftest import Visit
from tests.browser.server import Server

pytestmark = pytest.mark.browser

PAGE = "reference/numbers/"
NUMBERS = Numbers()
IDS = NUMBERS.ids()
MARK = (255, 0, 254)


def shown(opened):
    """Return the ids of the rows that the reader sees, from top to bottom."""
    script = "rows => rows.filter(row => row.checkVisibility()).map(row => row.id)"
    return opened.page.locator(".numbers-table tbody tr").evaluate_all(script)


def column(opened, head):
    heads = opened.page.locator(".numbers-table thead th").evaluate_all("all => all.map(one => one.innerText.trim())")
    return opened.page.locator(f".numbers-table tbody tr > :nth-child({heads.index(head) + 1})").all_inner_texts()


def address(opened):
    return opened.page.evaluate("location.href")


def status(opened):
    return opened.page.get_by_role("status").filter(has_text="numbers").inner_text()


def head(opened, name):
    return opened.page.locator(".numbers-table th", has=opened.page.get_by_role("button", name=name))


def in_order(values):
    """Return whether numbers rise, but for rounding: 1.449 reads 1.4, and may stand before 1.35, which does as well."""
    return all(a <= b + abs(b) / 10 for a, b in pairwise(values))


def test_a_column_sorts_up_and_down(visit):
    numbers = Numbers()
    values = {i: numbers.get(i).value for i in IDS}
    values = {i: float(v) if isinstance(v, str) and re.fullmatch(r"\d+(\.\d+)?", v) else v for i, v in values.items()}
    with visit(PAGE) as opened:
        assert shown(opened) == IDS
        head(opened, "CPU").get_by_role("button").click()
        assert head(opened, "CPU").get_attribute("aria-sort") == "ascending"
        up = [values[i] for i in shown(opened) if isinstance(values[i], int | float)]
        assert in_order(up), "out of order by more than rounding"
        assert up[0] < up[-1]
        words = [isinstance(values[i], int | float) for i in shown(opened)]
        assert words == sorted(words, reverse=True), "words stand after the numbers"
        head(opened, "CPU").get_by_role("button").click()
        assert head(opened, "CPU").get_attribute("aria-sort") == "descending"
        down = [values[i] for i in shown(opened) if isinstance(values[i], int | float)]
        assert in_order(down[::-1])
        assert sorted(shown(opened)) == sorted(IDS), "sorting loses no row"


def test_only_the_sorted_column_says_so(visit):
    with visit(PAGE) as opened:
        assert opened.page.locator("[aria-sort]").count() == 0
        for name in ("Number", "What it is", "Measured, or looked up"):
            head(opened, name).get_by_role("button").click()
            assert opened.page.locator("[aria-sort]").all_inner_texts() == [name]
            texts = column(opened, name)
            assert [text.casefold()[0] for text in texts] == sorted(text.casefold()[0] for text in texts)


def test_sorting_by_keyboard(visit):
    with visit(PAGE) as opened:
        opened.page.get_by_label("Kind").focus()
        for _ in range(2):  # past the table's scroll region, to its first button
            opened.page.keyboard.press("Tab")
        opened.page.keyboard.press("Enter")
        assert head(opened, "Number").get_attribute("aria-sort") == "ascending"
        assert shown(opened) == opened.page.evaluate("ids => ids.sort((a, b) => a.localeCompare(b))", IDS)
        opened.page.keyboard.press("Space")
        assert head(opened, "Number").get_attribute("aria-sort") == "descending"
        assert shown(opened) == opened.page.evaluate("ids => ids.sort((a, b) => b.localeCompare(a))", IDS)


def test_words_filter_rows(visit):
    with visit(PAGE) as opened:
        assert status(opened) == f"{len(IDS)} of {len(IDS)} numbers"
        opened.page.get_by_label("Filter").fill("LOSS train.py")
        found = shown(opened)
        assert "train.loss_after" in found
        assert "train.steps" not in found
        assert status(opened) == f"{len(found)} of {len(IDS)} numbers"
        opened.page.get_by_label("Filter").fill("no such word")
        assert shown(opened) == []
        assert status(opened) == f"0 of {len(IDS)} numbers"
        opened.page.get_by_label("Filter").fill("")
        assert shown(opened) == IDS


def test_the_kind_filters_rows(visit):
    with visit(PAGE) as opened:
        seen = []
        for kind in ("measured", "computed", "quoted"):
            opened.page.get_by_label("Kind").select_option(kind)
            seen += shown(opened)
            assert status(opened) == f"{len(shown(opened))} of {len(IDS)} numbers"
        assert all(i.startswith("facts.") for i in shown(opened))
        assert sorted(seen) == sorted(IDS), "each number is of one kind"


def test_a_filtered_table_can_be_shared(visit):
    with visit(PAGE) as opened:
        opened.page.get_by_label("Filter").fill("llama 405b")
        opened.page.get_by_label("Kind").select_option("quoted")
        shared, found = address(opened), shown(opened)
        assert 0 < len(found) < len(IDS)
    with visit(PAGE + shared.partition(PAGE)[2]) as opened:
        assert shown(opened) == found
        assert opened.page.get_by_label("Filter").input_value() == "llama 405b"
        assert opened.page.get_by_label("Kind").input_value() == "quoted"
        opened.page.get_by_label("Filter").fill("")
        opened.page.get_by_label("Kind").select_option("")
        assert address(opened).endswith(PAGE), "nothing chosen, nothing in the address"


@pytest.mark.parametrize("query", ["?kind=nonsense", "?filter=%3Cscript%3E", "?filter=%00"])
def test_a_nonsense_address_breaks_nothing(visit, query):
    with visit(PAGE + query) as opened:
        assert opened.problems == []
        assert opened.page.get_by_label("Kind").input_value() == ""
        assert shown(opened) == (IDS if "kind" in query else [])


def test_a_link_to_a_row_finds_it_in_spite_of_the_filter(visit):
    with visit(PAGE + "?filter=parameters#train.steps") as opened:
        assert "train.steps" in shown(opened)
        assert opened.page.locator("tr:target").get_attribute("id") == "train.steps"
    with visit(PAGE) as opened:
        opened.page.get_by_label("Filter").fill("costs.py, train.parameters train.tokens")
        assert shown(opened) == ["train.flops"]
        opened.page.locator("[id='train.flops'] a", has_text="train.tokens").click()
        row = opened.page.locator("tr:target")
        assert row.get_attribute("id") == "train.tokens"
        assert row.is_visible()


def test_without_javascript_the_page_is_whole(visit):
    with visit(PAGE, javascript=False) as opened:
        assert shown(opened) == IDS
        assert opened.page.locator("article :is(input, select, button)").count() == 0, "a control that does nothing"
        days = [text.strip() for text in column(opened, "Measured, or looked up")]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d|-", day) for day in days)
        contracts = load_contracts()
        checks = {getattr(contracts.get(i), "check", "fact") for i, day in zip(IDS, days) if day == "-"}
        assert checks <= {"constant", "derived"}, "only a constant of a formula, and what follows from it, has no day"


def test_the_age_counts_whole_days(visit):
    with visit(PAGE) as opened:
        today = date.fromisoformat(opened.page.evaluate("new Date().toISOString().slice(0, 10)"))
        for text in column(opened, "Measured, or looked up"):
            day, _, age = text.replace("\n", " ").strip().partition(" ")
            if day == "-":
                continue
            days = (today - date.fromisoformat(day)).days
            assert age == {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_use_it_is_accessible_and_fits_a_phone(visit, theme):
    with visit(PAGE, theme=theme, width=320, height=640) as opened:
        opened.page.get_by_label("Filter").fill("train")
        head(opened, "CPU").get_by_role("button").click()
        opened.page.get_by_label("Kind").focus()
        results = Axe().run(opened.page)
        assert results.violations_count == 0, results.generate_report()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert opened.problems == []


def test_only_this_page_loads_its_script(visit):
    with visit("reference/glossary/") as other, visit(PAGE) as opened:
        assert any(request.endswith("/numbers.js") for request in opened.requests)
        assert not any("/numbers." in request for request in other.requests)


def test_the_downloads_are_the_registry(visit, url):
    numbers = Numbers()
    with visit(PAGE) as opened:
        links = opened.page.locator("article a", has_text=re.compile("^(JSON|CSV)$"))
        files = [opened.page.request.get(urljoin(opened.page.url, link.get_attribute("href"))) for link in links.all()]
        assert [file.status for file in files] == [200, 200]
        entries = {entry["id"]: entry for entry in json.loads(files[0].text())["numbers"]}
        lines = list(csv.DictReader(io.StringIO(files[1].body().decode(), newline="")))
    assert list(entries) == IDS
    assert {line["id"] for line in lines} == set(IDS)
    for number_id, entry in entries.items():
        assert numbers.get(number_id).value in entry["values"].values()
    for line in lines:
        value = numbers.get(line["id"]).value
        assert line["device"] not in ("cpu", "any") or line["value"] == (
            json.dumps(value) if not isinstance(value, str) else value
        )


# Top and bottom of one line of a block of code. A notebook's cells carry no file name: there the text tells the line.
PLACE = """([file, number, text]) => {
    const named = [...document.querySelectorAll("article .highlight")].filter(
        box => box.querySelector(".filename")?.textContent === file)
    const blocks = named.length ? named.map(box => box.querySelector("code"))
        : [...document.querySelectorAll(".highlight-ipynb pre")]
    for (const block of blocks) {
        const lines = block.textContent.split("\\n")
        const index = named.length ? number - 1 : lines.findIndex(line => line.trim() === text)
        if (lines[index]?.trim() !== text) continue
        const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), range = new Range()
        let node, start = lines.slice(0, index).join("\\n").length + (index > 0)
        while ((node = walker.nextNode()) && start >= node.length) start -= node.length
        range.setStart(node, start)
        range.setEnd(node, start + 1)
        const { top, bottom } = range.getBoundingClientRect()
        return [top, bottom]
    }
    return null
}"""


def marked_rows(page):
    """Return the first and last row of pixels that the browser has marked as found, or None."""
    page.add_style_tag(content=f"::target-text {{ background: rgb{MARK} !important }}")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    rows = (np.asarray(image) == MARK).all(axis=2).any(axis=1).nonzero()[0]
    return (rows[0], rows[-1]) if rows.size else None


def check_the_mark(page, line):
    """Fail unless the browser has marked this line of code and no other."""
    place = page.evaluate(PLACE, [line.path.name, line.line, line.text])
    assert place, f"{line} is not on this page"
    marked = marked_rows(page)
    assert marked, f"nothing is marked for {line.path.name}, line {line.line}"
    assert place[0] - 4 <= marked[0] <= marked[1] <= place[1] + 4, f"marked {marked}, and {line} is at {place}"


# The lines of code behind numbers, each with one of its numbers, by snippet. A bench is offered as a file, not shown.
LINES = {}
for each in IDS:
    if (place := code(NUMBERS.get(each))) and place[0] not in GROUPS:
        LINES.setdefault(place[0], {}).setdefault(place, each)


@pytest.mark.parametrize("snippet", sorted(LINES))
def test_links_mark_their_lines_of_code(visit, built_pages, url, snippet):
    """By clicks, because a browser follows a text fragment only where a reader asked for it: up to six a snippet.

    The links are moved to a page of their own, which opens at once; the next test clicks in the table itself.
    """
    places = list(LINES[snippet].items())
    table = built_pages[f"{PAGE}index.html"]
    with visit("records/cpu/train.json") as opened:
        for place, number_id in places[:: -(-len(places) // 6)]:
            line = assignment_line(*place)
            name = f"{line.path.name}, line {line.line}"
            (link,) = [each for each in table.find(id=number_id).find_all("a") if name in each.text]
            opened.page.goto(f"{url}/records/cpu/train.json")
            opened.page.set_content(f'<a href="{html.escape(urljoin(f"{url}/{PAGE}", link["href"]))}">{name}</a>')
            opened.page.locator("a").click()
            opened.page.wait_for_url(lambda address: "records/" not in address)
            opened.page.wait_for_load_state()
            check_the_mark(opened.page, line)


def test_a_reader_follows_a_number_from_the_sentence_to_the_line(visit):
    with visit("training-vs-inference/training/") as opened:
        page = opened.page
        number = page.locator("article .number", has=page.locator("a[href$='#train.loss_after']")).first
        value = number.locator("data").inner_text()
        number.locator("data").focus()
        number.get_by_role("link").click()
        row = page.locator("tr:target")
        row.wait_for()
        assert row.locator("code").inner_text() == "train.loss_after"
        assert value in row.inner_text()
        row.get_by_role("link", name="train.py, line").click()
        page.wait_for_url(lambda address: PAGE not in address)
        page.wait_for_load_state()
        check_the_mark(page, assignment_line("train", "loss_after"))


def test_a_line_that_stands_twice_is_marked_where_it_is_meant(browser, tmp_path, monkeypatch):
    """No number of today needs a prefix of several lines; one of tomorrow may."""
    code = "x = 1\ny = 2\n\nfor x in y:\n    y = 2  # not this, and not here\n\nx = 1\ny = 2\n\nz = 3\nx = 1\ny = 2\n"
    page = tmp_path / "page.md"
    (tmp_path / "twice.py").write_text(code)
    page.write_text('--8<-- "twice.py"\n')
    monkeypatch.setattr(source_lines, "SNIPPETS", tmp_path)
    line = source_lines.SourceLine(tmp_path / "twice.py", 12, "y = 2")
    fragment = source_lines.text_fragment(line, "y", page)
    block = f'<div class="highlight"><span class="filename">twice.py</span><pre><code>{code}</code></pre></div>'
    (tmp_path / "page.html").write_text(f"<!doctype html><article>{block}</article>")
    (tmp_path / "index.html").write_text(f'<!doctype html><a href="page.html#:~:text={fragment}">the line</a>')
    with Server(tmp_path) as address, Visit(browser, address, "") as opened:
        opened.page.get_by_role("link").click()
        opened.page.wait_for_url("**/page.html*")
        check_the_mark(opened.page, line)
