"""The built pages: what they show is what runs, and they are whole."""

import ast
import re
import subprocess
import sys
from collections import Counter
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup

from scripts.fences import blocks, language_of
from scripts.numbers import pages
from scripts.paths import DOCS, ROOT
from tests.browser.server import Server

BONES = [
    "Predict",
    "Run it",
    "What happened",
    "At frontier scale",
    "Check yourself",
    "Copy this",
]


# What a reader may see in a <pre>: code that is run, and text that is no Python under another name.
RUN = {"python", "bash"}
NOT_RUN = {"text", "toml", "markdown"}


def shown_blocks(built_pages):
    """Yield page, language and text of every <pre> that a reader sees.

    Left out: recorded output, which the records' tests check, and notebooks, whose cells the build executes.
    """
    for name, page in built_pages.items():
        for pre in page.select("article pre"):
            if pre.find_parent(class_=["jupyter-wrapper", "recorded"]) or pre.find_parent("td", class_="linenos"):
                continue
            box = pre.find_parent(class_="highlight")
            classes = [*(box.get("class", []) if box else []), *(pre.code.get("class", []) if pre.code else [])]
            language = next((each.removeprefix("language-") for each in classes if each.startswith("language-")), "")
            yield name, language_of(language), pre.get_text().rstrip("\n")


def looks_like_python(text):
    """Return whether a text parses as Python that does something."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    doing = (ast.Import, ast.ImportFrom, ast.Call, ast.Assign, ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, doing) for node in ast.walk(tree))


def audit(shown, run):
    """Return a message for each block that is shown and not run as it stands."""
    messages, left = [], Counter(run)
    for name, language, text in shown:
        if language in RUN:
            if left[language, text] == 0:
                messages.append(f"{name}: this {language} block is shown but not run:\n{text}")
            left[language, text] -= 1
        elif language not in NOT_RUN:
            messages.append(f"{name}: the language {language!r} is neither run nor known to be harmless:\n{text}")
        elif language == "text" and looks_like_python(text):
            messages.append(f"{name}: this is Python under another name, so it is shown but not run:\n{text}")
    unseen = [f"run but shown on no page: {text}" for (_, text), count in left.items() if count > 0]
    return messages + unseen


@pytest.fixture(scope="module")
def run_blocks():
    every = [block for page in pages() for block in blocks(page) if block.syntax in RUN]
    return Counter((block.syntax, block.code.rstrip("\n")) for block in every)


def test_every_block_shown_is_run(built_pages, run_blocks):
    shown = list(shown_blocks(built_pages))
    assert len(shown) > 5, "the audit found next to nothing"
    messages = audit(shown, run_blocks)
    assert not messages, "\n".join(messages)


def test_the_audit_misses_no_block(built_pages, run_blocks):
    """Take each block in turn from those that run: the audit must miss it."""
    for gone in run_blocks:
        found = audit(shown_blocks(built_pages), run_blocks - Counter([gone]))
        assert [message for message in found if "shown but not run" in message], gone


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        ('<div class="language-ipython highlight"><pre><code>x = 1</code></pre></div>', "'ipython' is neither run"),
        ('<div class="language-console highlight"><pre><code>$ ls</code></pre></div>', "'console' is neither run"),
        ('<pre><code class="language-python">x = 1</code></pre>', "python block is shown but not run"),
        ("<pre><code>x = 1</code></pre>", "'' is neither run"),
        ('<div class="language-text highlight"><pre><code>print(1)</code></pre></div>', "under another name"),
        ('<div class="language-bash highlight"><pre><code>true</code></pre></div>', "bash block is shown but not run"),
    ],
)
def test_the_audit_sees_through_disguises(markup, says):
    page = BeautifulSoup(f"<article>{markup}</article>", "html.parser")
    (message,) = audit(shown_blocks({"page": page}), Counter())
    assert says in message


def test_no_braces_reach_the_reader(built_pages):
    """Also from raw HTML and notebooks, where the notation is not read."""
    for name, page in built_pages.items():
        article = BeautifulSoup(str(page.select_one("article") or ""), "html.parser")
        for code in article.select("pre, code"):
            code.decompose()
        assert "{{" not in article.get_text(), f"{name}: a number's notation is shown to the reader as it stands"


PAGES = [page for page in pages() if page.name != "abbreviations.md"]  # which is appended to each of the others


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_page_describes_itself(page):
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
    rows = {row["id"] for row in built_pages["reference/numbers/index.html"].select("tr[id]")}
    for name, page in built_pages.items():
        for number in page.select(".number"):
            data, note, link = number.find("data"), number.find(class_="provenance"), number.find("a")
            assert data["aria-describedby"] == note["id"], name
            assert re.search(": (measured|computed|quoted|reported) ", note.get_text()), name
            target = urljoin(f"http://site/{name}", link["href"])
            address, _, row = target.partition("#")
            assert address == "http://site/reference/numbers/", (name, link)
            assert row in rows, f"{name}: {row} is not in the table"
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
