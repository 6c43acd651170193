"""Spoil a copy of the built site in one way for each test of a page in the browser: that test must notice."""

import base64
import inspect
import json
import random

import pytest

from tests.browser import test_pages
from tests.browser.spoiled import in_file, must_fail

CARD, TRAINING = "training-vs-inference/", "training-vs-inference/training/"
NOISE = base64.b64encode(random.Random(1887).randbytes(60_000)).decode()


def in_style(rule):
    """Return a fault: a rule at the end of the style sheet."""
    last = "@media print {"
    return in_file("assets/stylesheets/site.css", last, f"{rule}\n{last}")


def in_article(markup):
    """Return a fault: markup at the start of the home page's article."""
    return in_file("index.html", "</h1>", f"</h1>{markup}")


def notes_in_the_index(site):
    """Write into the search index what a note says, as if notes were searched."""
    path = site / "search" / "search_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for page in index["docs"]:
        if page["location"].startswith(CARD):
            page["text"] += " commit"
    path.write_text(json.dumps(index), encoding="utf-8")


# How the test is called, and the fault.
FAULTS = {
    "an image from elsewhere": (
        lambda visit, url: test_pages.test_nothing_leaves_localhost_and_no_rule_is_broken(visit(""), url),
        in_article('<img src="http://192.0.2.1/x.png" alt="">'),
    ),
    "a script of the page's own": (
        lambda visit, url: test_pages.test_nothing_leaves_localhost_and_no_rule_is_broken(visit(""), url),
        in_article('<img src="assets/images/favicon.svg" alt="" onload="console.log(1)">'),
    ),
    "a picture without words": (
        lambda visit, url: test_pages.test_accessible(visit("")),
        in_article('<img src="assets/images/favicon.svg">'),
    ),
    "grey on grey": (
        lambda visit, url: test_pages.test_accessible(visit("", theme="dark")),
        in_style(".md-typeset p { color: #777; background: #888; }"),
    ),
    "a heavy style sheet": (
        lambda visit, url: test_pages.test_weight(visit("")),
        in_style(f"/* {NOISE} */"),
    ),
    "a wide box": (
        lambda visit, url: test_pages.test_readable_on_a_narrow_phone(visit, ""),
        in_article('<div style="width: 900px">wide</div>'),
    ),
    "words that wait for JavaScript": (
        lambda visit, url: test_pages.test_readable_without_javascript(visit, ""),
        in_style(".no-js article { display: none; }"),
    ),
    "a note that the keyboard cannot reach": (
        lambda visit, url: test_pages.test_a_number_tells_its_origin_to_the_keyboard(visit),
        in_style(".number:focus-within .provenance { display: none !important; }"),
    ),
    "a note that a finger cannot reach": (
        lambda visit, url: test_pages.test_a_number_tells_its_origin_on_a_phone(visit),
        in_style(".provenance { display: none !important; }"),
    ),
    "a note that is cut off": (
        lambda visit, url: test_pages.test_every_origin_can_be_read(visit, CARD, 1280),
        in_style(".provenance { clip-path: inset(0 0 50% 0); }"),
    ),
    "an empty index": (
        lambda visit, url: test_pages.test_search_finds_a_page(visit),
        lambda site: (site / "search" / "search_index.json").write_text('{"config": {"lang": ["en"]}, "docs": []}'),
    ),
    "notes in the index": (
        lambda visit, url: test_pages.test_search_does_not_find_provenance(visit),
        notes_in_the_index,
    ),
    "a search that starts at once": (
        lambda visit, url: test_pages.test_search_loads_only_when_wanted(visit),
        lambda site: (site / "assets" / "javascripts" / "theme.js").write_text(""),
    ),
    "a block that was touched up": (
        lambda visit, url: test_pages.test_the_copy_button_gives_the_block(visit),
        in_file(f"{TRAINING}index.html", "Train a small GPT", "Train a large GPT"),
    ),
    "a theme that does not follow": (
        lambda visit, url: test_pages.test_the_theme_follows_the_reader(visit),
        in_style("body { background: #fff !important; }"),
    ),
    "answers that take a second page": (
        lambda visit, url: test_pages.test_the_answers_to_clients_print_on_one_page(visit, "A4"),
        in_file("assets/stylesheets/client-questions.css", "font-size: 12.5px", "font-size: 22px"),
    ),
    "answers that stay folded on paper": (
        lambda visit, url: test_pages.test_answers_are_printed(visit),
        in_style("@media print { .md-typeset details p { display: none; } }"),
    ),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, browser, site, tmp_path):
    test, spoil = FAULTS[name]
    with must_fail(browser, site, tmp_path, spoil) as (visit, url):
        test(visit, url)


def test_every_test_in_the_browser_has_a_fault():
    called = "".join(inspect.getsource(test) for test, _ in FAULTS.values())
    names = [name for name in vars(test_pages) if name.startswith("test_")]
    assert len(names) > 10
    assert [name for name in names if f"test_pages.{name}(" not in called] == []
