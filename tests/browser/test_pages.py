"""Every page, in both themes: private, light, readable, and usable without a mouse or JavaScript."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from scripts.notation import pages
from scripts.paths import DOCS, NOTEBOOKS
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def address(path):
    name = path.relative_to(DOCS).with_suffix("").as_posix()
    return "" if name == "index" else name.removesuffix("/index") + "/"


PLAIN = [address(page) for page in pages() if page.name != "abbreviations.md"]
HEAVY = [address(page) for page in sorted(NOTEBOOKS.glob("*.py"))]
EVERY = PLAIN + HEAVY

# Compressed bytes of everything that opening the page loads, by type.
BUDGET = {"text/html": 16_300, "text/css": 28_000, "text/javascript": 37_000, "total": 77_000}
# The page of numbers grows with the site: each number is a row of it.
TABLE_BUDGET = BUDGET | {"text/html": 36_000, "total": 98_000}
# A page with a calculator: its fields without JavaScript, its style and its script. Its Python comes when it is used.
CALCULATOR_BUDGET = {"text/html": 20_000, "text/css": 30_000, "text/javascript": 41_000, "total": 85_500}
NOTEBOOK_BUDGET = BUDGET | {"text/html": 170_000, "total": 240_000}


@pytest.fixture(scope="module")
def opened(request, browser, url):
    """Open a page in a theme, once for all tests that only look."""
    path, theme = request.param
    with Visit(browser, url, path, theme=theme) as opened:
        yield opened


each_page_in_each_theme = pytest.mark.parametrize(
    "opened",
    [(path, theme) for path in EVERY for theme in ("light", "dark")],
    ids=lambda param: "-".join(param),
    indirect=True,
)


@each_page_in_each_theme
def test_nothing_leaves_localhost_and_no_rule_is_broken(opened, url):
    opened.settle()
    assert [request for request in opened.requests if not request.startswith((url, "data:"))] == []
    assert opened.problems == []
    assert len(opened.requests) > 1, "the page loaded nothing: the test looked at nothing"


@each_page_in_each_theme
def test_weight(opened):
    opened.settle()
    path = opened.path
    budget = NOTEBOOK_BUDGET if path in HEAVY else TABLE_BUDGET if path == "reference/numbers/" else BUDGET
    if opened.page.locator("cost-calculator").count():
        budget = CALCULATOR_BUDGET
    weight = opened.bytes | {"total": sum(opened.bytes.values())}
    over = {kind: (size, budget[kind]) for kind, size in weight.items() if size > budget.get(kind, size)}
    assert not over, f"over budget, as (bytes, budget): {over}; all: {weight}"


@each_page_in_each_theme
def test_accessible(opened):
    opened.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    results = Axe().run(opened.page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("path", EVERY)
def test_readable_on_a_narrow_phone(visit, path):
    with visit(path, width=320, height=640) as opened:
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"the page is {wide} pixels wide"


@pytest.mark.parametrize("path", EVERY)
def test_readable_without_javascript(visit, path):
    with visit(path, javascript=False) as opened:
        article = opened.page.locator("article")
        assert article.is_visible()
        assert len(article.inner_text()) > 400


MEASURED = ".provenance:text('measured by')"  # a number that a snippet gave


def test_a_number_tells_its_origin_to_the_keyboard(visit):
    with visit("training-vs-inference/") as opened:
        measured = opened.page.locator(".number").filter(has=opened.page.locator(MEASURED)).first
        number, note = measured.locator("data"), measured.locator(".provenance")
        assert not note.is_visible()
        number.focus()
        assert note.is_visible()
        assert "measured by" in note.inner_text()
        opened.page.keyboard.press("Tab")
        assert note.is_visible()
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url("**/reference/numbers/#*")
        row = opened.page.locator("tr:target")
        assert row.count() == 1


def test_a_number_tells_its_origin_on_a_phone(visit):
    with visit("training-vs-inference/", width=320, height=640) as opened:
        number = opened.page.locator("article p .number").filter(has=opened.page.locator(MEASURED)).first
        assert not number.locator(".provenance").is_visible()
        number.locator("data").click()
        assert number.locator(".provenance").is_visible()
        assert "measured by" in number.locator(".provenance").inner_text()


@pytest.mark.parametrize("width", [320, 900, 1280])
@pytest.mark.parametrize("path", ["training-vs-inference/", "training-vs-inference/training/"])
def test_every_origin_can_be_read(visit, path, width):
    """Nothing clips the note or lies over it, wherever the number stands."""
    corners = """note => {
        const box = note.getBoundingClientRect(), inset = 3
        const points = [[box.left, box.top], [box.right, box.top], [box.left, box.bottom], [box.right, box.bottom]]
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
        return points.every(([a, b]) => {
            const hit = document.elementFromPoint(a + Math.sign(x - a) * inset, b + Math.sign(y - b) * inset)
            return note.contains(hit)
        })
    }"""
    with visit(path, width=width) as opened:
        opened.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        numbers = opened.page.locator("article .number").all()
        assert len(numbers) > 10
        for number in numbers:
            shown = number.locator("> [tabindex]")  # a number, or the words of a claim
            shown.evaluate("shown => shown.scrollIntoView({block: 'center'})")
            shown.focus()
            note = number.locator(".provenance")
            assert note.evaluate(corners), f"hidden in part at {width} pixels: {number.inner_text()!r}"


def test_search_finds_a_page(visit):
    with visit("") as opened:
        opened.page.locator(".md-search__input").click()
        opened.page.keyboard.type("prefill")
        opened.page.locator(".md-search-result__link[href*='inference/']").first.wait_for()


def test_search_does_not_find_provenance(visit):
    """Else every page that holds a number would answer to `commit`."""
    with visit("") as opened:
        opened.page.locator(".md-search__input").click()
        opened.page.keyboard.type("commit")
        opened.page.locator(".md-search-result__link[href*='contributing/']").first.wait_for()
        assert opened.page.locator(".md-search-result__link[href*='training-vs-inference/']").count() == 0


def test_search_loads_only_when_wanted(visit):
    with visit("") as opened:
        opened.settle()
        wanted = [request for request in opened.requests if "search_index" in request or "worker" in request]
        assert wanted == []
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("glossary")
        opened.page.locator(".md-search-result__link").first.wait_for()
        assert any("search_index" in request for request in opened.requests)
        assert opened.problems == []


def test_the_copy_button_gives_the_block(visit):
    with visit("training-vs-inference/training/") as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        block = opened.page.locator(".highlight.language-python").first
        block.hover()
        block.locator("button").first.click()
        copied = opened.page.evaluate("navigator.clipboard.readText()")
        source = (DOCS.parent / "snippets" / "train.py").read_text()
        assert copied.strip() == source.strip()


def test_the_theme_follows_the_reader(visit):
    def background(opened):
        return opened.page.evaluate("getComputedStyle(document.body).backgroundColor")

    with visit("", theme="light") as light, visit("", theme="dark") as dark:
        assert background(light) != background(dark)
        light.page.locator("label[title='Switch to dark mode']").click()
        assert background(light) == background(dark)


def test_answers_are_printed(visit):
    """A question's answer is folded on the screen and open on paper."""
    with visit("training-vs-inference/training/") as opened:
        answer = opened.page.locator("article details").last.locator("p").last
        assert not answer.is_visible()
        opened.page.emulate_media(media="print")
        assert answer.is_visible()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_answers_to_clients_print_on_one_page(visit, paper):
    with visit("costs/client-questions/") as opened:
        printed = opened.page.pdf(format=paper)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        opened.page.emulate_media(media="print")
        answers = opened.page.locator("article dd").all()
        assert len(answers) >= 12
        assert all(answer.is_visible() for answer in answers)
