"""Every page as a reader meets it: private, light, readable, and usable without a mouse or JavaScript."""

import re
from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from scripts.common import ROOT, read
from scripts.pages import load_pages

pytestmark = pytest.mark.browser

NOTEBOOKS = [f"notebooks/{path.stem}/" for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))]
EVERY = [re.sub(r"(^|/)index/$", r"\1", f"{page.name.removesuffix('.md')}/") for page in load_pages()] + NOTEBOOKS
CONCEPT, CALCULATOR, CLIENTS = "training-vs-inference/training/", "costs/training-cost/", "costs/client-questions/"
NUMBERS, HOME = "reference/numbers/", ""
KINDS = [HOME, CONCEPT, CALCULATOR, CLIENTS, NUMBERS, *NOTEBOOKS]
THEMES = {"light": "default", "dark": "slate"}
VISITS = [(path, each) for n, path in enumerate(EVERY) for each in (THEMES if path in KINDS else [list(THEMES)[n % 2]])]
PHONE = {"width": 390, "height": 844}
# Compressed bytes of all that a page loads, and of the search's index and worker, which follow it once a visit.
BUDGET = {"any": 100_000, NUMBERS: 130_000} | dict.fromkeys(NOTEBOOKS, 260_000)
SEARCH = 150_000
# All details open; of what is long and of one kind, so much: axe looks at the contrast of each word.
READY = """() => {
    document.querySelectorAll("details:not(.ran)").forEach((one) => (one.open = true))
    document.querySelectorAll("pre code").forEach((one) => [...one.children].slice(10).forEach((line) => line.remove()))
    document.querySelectorAll("[data-table=numbers] tbody tr:nth-child(n + 40)").forEach((row) => row.remove())
}"""


@pytest.fixture(scope="module")
def opened(request, open_page):
    """Open a page in a theme once, for all tests that only look."""
    path, theme = request.param
    with open_page(path, theme=theme) as opened:
        yield opened


@pytest.fixture(scope="module")
def concept(open_page):
    """Open a page with code, numbers and folded answers, to use it."""
    with open_page(CONCEPT) as opened:
        yield opened


each_visit = pytest.mark.parametrize("opened", VISITS, ids="-".join, indirect=True)


@each_visit
def test_accessible_in_the_reader_s_theme(opened):
    assert opened.page.locator("body").get_attribute("data-md-color-scheme") == THEMES[opened.theme]
    check_accessibility(opened)


@each_visit
def test_private_and_light(opened, url):
    opened.page.wait_for_load_state("networkidle")
    assert [request for request in opened.requests if not request.startswith((url, "data:"))] == []
    assert opened.problems == []
    search = {place: size for place, size in opened.bytes.items() if "search" in place.rpartition("/")[2]}
    assert 0 < sum(search.values()) <= SEARCH, search
    rest = sum(opened.bytes.values()) - sum(search.values())
    assert 0 < rest <= BUDGET.get(opened.path, BUDGET["any"]), opened.bytes


@each_visit
def test_it_fits_a_phone(opened):
    """The last to look at a page, since it makes the window narrow."""
    opened.page.set_viewport_size(PHONE)
    assert opened.width() <= PHONE["width"]


@pytest.mark.parametrize("path", [HOME, CONCEPT, CALCULATOR])
def test_accessible_on_a_phone(open_page, path):
    with open_page(path, theme="dark", **PHONE) as opened:
        check_accessibility(opened)


def check_accessibility(opened):
    opened.page.evaluate(READY)
    results = Axe().run(opened.page, options={"resultTypes": ["violations"], "preload": False})
    assert results.violations_count == 0, results.generate_report()


# --- Without JavaScript, and on paper ---


@pytest.mark.parametrize(
    ("path", "holds"), [(CONCEPT, "loss.backward()"), (CALCULATOR, "16,384"), (NUMBERS, "train.loss_after")]
)
def test_readable_without_javascript(open_page, path, holds):
    with open_page(path, javascript=False) as opened:
        text = opened.page.locator("article").inner_text()
        assert holds in text and len(text) > 2000
        idle = opened.page.locator(
            "article :is(input, select, button):not(.seg input, .steps input, .quiz input, .pause input):visible"
        )
        assert idle.count() == 0, "one that does nothing"


@pytest.mark.parametrize("javascript", [True, False])
def test_code_can_be_switched_off_and_stays_off_where_a_script_remembers(open_page, javascript):
    with open_page(CONCEPT, javascript=javascript) as opened:
        code, words = opened.page.locator(".language-python"), opened.page.locator("article p").filter(has_text="loss")
        assert code.first.is_visible() or code.nth(1).is_visible()
        before = words.first.inner_text()
        opened.page.get_by_text("Without", exact=True).click()
        assert not any(block.is_visible() for block in code.all())
        assert words.first.inner_text() == before
        opened.page.goto(opened.page.url.replace(CONCEPT, "training-vs-inference/memory/"))
        assert opened.page.locator(".code-off").is_checked() is javascript


def test_the_answers_to_clients_print_on_two_sheets(open_page):
    """The card's four on the first: the second begins with the fifth, and there is no third."""
    with open_page(CLIENTS) as opened:
        for paper in ("A4", "Letter"):
            assert len(re.findall(rb"/Type\s*/Page\b", opened.page.pdf(format=paper))) == 2, paper
        opened.page.emulate_media(media="print")
        parts = opened.page.locator("article :is(.say, .facts > div)").all()
        assert len(parts) == 30 and all(part.is_visible() for part in parts)
        headings = opened.page.locator("article h2:has(+ .say)")
        breaks = headings.evaluate_all("found => found.map(each => getComputedStyle(each).breakBefore)")
        assert [place for place, each in enumerate(breaks) if each == "page"] == [4]


def test_folded_answers_are_printed(concept):
    answer = concept.page.locator("article details p:not(.admonition-title)").last
    assert not answer.is_visible()
    concept.page.emulate_media(media="print")
    assert answer.is_visible()
    concept.page.emulate_media(media="screen")


# --- The theme's own parts, as we set them up ---


def test_search_finds_a_word_and_no_provenance(open_page, built_site):
    with open_page(HOME) as opened:
        opened.page.locator(".md-search__input").click()
        opened.page.keyboard.type("prefill")
        opened.page.locator(".md-search-result__link[href*='training-vs-inference/inference/']").first.wait_for()
        assert opened.problems == []
    assert "all about it" not in read(built_site / "search" / "search_index.json"), "a page would answer to each note"


def test_the_copy_button_gives_exactly_the_block(concept):
    for block in concept.page.locator(".highlight.language-python:visible").all()[:2]:
        block.hover()
        block.locator("button").first.click()
        copied = concept.clipboard().strip()
        assert copied == block.locator("code").text_content().strip()
        assert copied in read(ROOT / "snippets" / "train.py")


# --- A number, its note, its row and its line ---


def first_number(opened):
    """Return a measured number of a page and its note, which is not shown yet."""
    number = opened.page.locator("article p .number", has=opened.page.locator("a[href*='#train.']")).first
    assert not number.locator(".provenance").is_visible()
    return number.locator("data"), number.locator(".provenance")


def test_a_number_tells_its_origin_to_mouse_and_keyboard(concept):
    """The last to use the page, since it follows a link."""
    number, note = first_number(concept)
    number.hover()
    assert note.is_visible()
    concept.page.mouse.move(0, 0)
    assert not note.is_visible()
    number.focus()
    assert "measured" in note.inner_text()
    concept.page.keyboard.press("Tab")
    concept.page.keyboard.press("Enter")
    concept.page.wait_for_url(f"**/{NUMBERS}#train.*")
    assert concept.page.locator("tr:target").get_attribute("id") == concept.page.url.partition("#")[2]


def test_a_number_tells_its_origin_to_a_finger(open_page):
    with open_page(CONCEPT, **PHONE) as opened:
        number, note = first_number(opened)
        number.click()
        assert note.is_visible()


CORNERS = """numbers => numbers.filter(number => {
    number.scrollIntoView({block: "center"})
    number.firstElementChild.focus()
    const note = number.querySelector(".provenance"), {left, right, top, bottom} = note.getBoundingClientRect()
    const corners = [[left + 3, top + 3], [right - 3, top + 3], [left + 3, bottom - 3], [right - 3, bottom - 3]]
    return !corners.every(([x, y]) => note.contains(document.elementFromPoint(x, y)))
}).map(number => number.textContent)"""


@pytest.mark.parametrize("path", ["training-vs-inference/", "costs/are-the-formulas-right/"])
def test_every_origin_can_be_read(open_page, path):
    """Nothing clips the note or lies over it, wherever the number stands."""
    with open_page(path) as opened:
        opened.page.evaluate(READY)
        numbers = opened.page.locator("article .number")
        assert numbers.count() > 10
        for width in (1280, 900, 390):
            opened.page.set_viewport_size({"width": width, "height": 844})
            assert numbers.evaluate_all(CORNERS) == [], f"cut off or covered at {width} pixels"


def test_links_lead_to_the_lines_that_give_the_numbers_their_values(built_site):
    """These links are computed, so each is followed: the line is the one of the file, and names what it gives.

    What a bench measures in a loop no line names; then it's the function that does.
    """

    @cache
    def parsed(path):
        return BeautifulSoup(read(path), "html.parser")

    page, wrong, followed = built_site / NUMBERS / "index.html", [], 0
    for link in parsed(page).select("[data-table=numbers] tbody a"):
        named = re.fullmatch(r"([\w.-]+)\.(py|toml), line (\d+)", link.text)
        if not named:
            continue  # to the source of a public figure
        name, suffix, line = named.groups()
        path, _, place = link["href"].partition("#")
        target = (page.parent / path).resolve()
        span = parsed(target / "index.html").find(id=place) if place else None
        text = span.text.rstrip("\n") if span else "" if place else read(target).split("\n")[int(line) - 1]
        folders = [ROOT / folder for folder in ("snippets", "scripts/bench", "docs")]
        (source,) = {found.resolve() for folder in folders for found in folder.rglob(f"{name}.{suffix}")}
        number_id, formula = link.find_parent("tr")["id"], link.find_parent("td").text.partition(": ")[2]
        gives = re.findall(rf"\b{name}\.(\w+)", formula) or [number_id.partition(".")[2], "def measure"]
        if text != read(source).split("\n")[int(line) - 1] or not re.search(rf"\b({'|'.join(gives)})\b", text):
            wrong.append((number_id, link["href"], gives, text))
        followed += 1
    assert wrong == []
    assert followed > 300
