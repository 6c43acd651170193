"""The built pages: what they show is what runs, and they are whole."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from scripts.fences import blocks
from scripts.numbers import pages
from scripts.paths import DOCS, ROOT
from tests.browser.server import Server

PYTHON_CLASSES = {f"language-{name}" for name in ("python", "py", "python3", "py3", "pycon", "python-repl")}
BONES = [
    "Predict",
    "Run it",
    "What happened",
    "At frontier scale",
    "Check yourself",
    "Copy this",
]


def shown_blocks(built_pages):
    """Yield page and text of every Python block that a reader sees. Notebook cells are executed by the build."""
    for name, page in built_pages.items():
        for box in page.select(".highlight"):
            if PYTHON_CLASSES & set(box.get("class", [])) and not box.find_parent(class_="highlight"):
                # With line numbers the code is the last <code>; the numbers come first.
                yield name, box.find_all("code")[-1].get_text().rstrip("\n")


def run_blocks():
    return Counter(block.code.rstrip("\n") for page in pages() for block in blocks(page) if block.syntax == "python")


def test_every_python_block_shown_is_run(built_pages):
    run, shown = run_blocks(), list(shown_blocks(built_pages))
    assert shown, "the audit found no block at all"
    missing = [f"{name}: this block is shown but not run:\n{code}" for name, code in shown if code not in run]
    assert not missing, "\n".join(missing)
    assert sum(run.values()) == len(shown)


def test_a_block_that_is_not_run_would_be_seen(built_pages):
    """Guard the audit: with one block taken from those that run, it must miss it."""
    run = run_blocks()
    gone = next(iter(run))
    assert any(code == gone for _, code in shown_blocks(built_pages))


def test_no_code_hides_its_language(built_pages):
    """A Python block under another name would be shown and never run."""
    for name, page in built_pages.items():
        for box in page.select(".highlight"):
            if {"language-text", "language-"} & set(box.get("class", [])):
                code = box.find_all("code")[-1].get_text()
                assert not re.search(r"^(import |from \w+ import |def \w+\()", code, re.MULTILINE), f"{name}: {code}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(DOCS)))
def test_every_page_describes_itself(page):
    if page.name == "abbreviations.md":
        pytest.skip("a list that is appended to every page, not a page")
    text = page.read_text(encoding="utf-8")
    description = re.search(r"^description: (.{40,160})$", text, re.MULTILINE)
    assert description, f"{page.relative_to(ROOT)}:1: front matter needs a description of 40 to 160 characters"


@pytest.mark.parametrize("name", ["training", "inference"])
def test_a_concept_page_has_its_bones(built_pages, name):
    page = built_pages[f"training-vs-inference/{name}/index.html"]
    headings = [heading.find(string=True) for heading in page.select("article h2")]
    assert headings == BONES
    assert page.select_one("article .claim"), "a page starts with its claim"
    assert page.select_one("article .admonition.quote"), "a page has a line to say to a client"
    check = page.find("h2", id="check-yourself")
    questions = [d for d in check.find_next_siblings("details")]
    assert 2 <= len(questions) <= 4


def test_the_card_has_its_five_resources(built_pages):
    card = built_pages["training-vs-inference/index.html"]
    rows = card.find("h2", id="resources").find_next("table").select("tbody tr")
    assert len(rows) == 5
    for row in rows:
        assert row.find("a")["href"].startswith("https://")
        assert re.search(r"\d+ min", row.get_text())


def test_every_number_on_a_page_tells_where_it_comes_from(built_pages):
    seen = 0
    for name, page in built_pages.items():
        for number in page.select(".number"):
            data, note, link = number.find("data"), number.find(class_="provenance"), number.find("a")
            assert data["aria-describedby"] == note["id"], name
            assert re.search(": (measured|computed|quoted|reported) ", note.get_text()), name
            assert "numbers/#" in link["href"] or link["href"].startswith("#"), (name, link)
            assert data["value"]
            seen += 1
        assert len(ids := [e["id"] for e in page.select("[id]")]) == len(set(ids)), f"{name}: an id stands twice"
    assert seen > 40


def test_every_link_leads_somewhere(site):
    with Server(site) as url:
        command = [sys.executable, "-m", "linkcheck", "--no-status", "--no-warnings", "--output", "text", f"{url}/"]
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    checked = int(re.search(r"(\d+) links? in \d+ URLs? checked|That's it\. (\d+)", done.stdout)[2] or 0)
    assert checked > 50, done.stdout
