"""The site as a folder: unpacked from `make offline`, and opened without a server."""

import re
import zipfile

import pytest

from scripts import offline
from scripts.common import SiteError, read

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(built_site, tmp_path_factory):
    made = tmp_path_factory.mktemp("offline")
    offline.pack(built_site, made / "copy.zip")
    with zipfile.ZipFile(made / "copy.zip") as archive:
        archive.extractall(made)
    return made / "copy"


@pytest.fixture
def open_file(visit, folder):
    return lambda path: visit(folder.as_uri(), path)


def test_a_calculator_computes_and_looks_from_a_folder_as_on_the_site(open_file, open_page):
    shown = []
    for open_it, path in ((open_page, "costs/training-cost/"), (open_file, "costs/training-cost/index.html")):
        with open_it(path) as opened:
            part = opened.page.locator("cost-calculator").locator
            before = part(".say").inner_text()
            part("[data-input] input[type=text]").first.fill("4096")
            part(".say").filter(has_text=before).wait_for(state="detached")
            opened.page.locator("cost-calculator:not([aria-busy])").wait_for()
            shown.append([part(".say").inner_text(), *part("[data-output] data").all_inner_texts()])
            assert opened.problems == []
    assert shown[0] == shown[1]


def test_search_finds_a_page_and_leads_there(open_file):
    with open_file("costs/myths/index.html") as opened:
        opened.page.locator(".md-search__input").click()
        opened.page.keyboard.type("prefill")
        opened.page.locator(".md-search-result__link[href*='training-vs-inference/inference/index.html']").first.click()
        opened.page.wait_for_url("file:///**/training-vs-inference/inference/index.html*")
        assert opened.page.locator("h1").inner_text()
        assert opened.problems == []


@pytest.mark.parametrize(
    "path", ["index.html", "training-vs-inference/training/index.html", "reference/numbers/index.html"]
)
def test_a_page_opens_without_complaint_and_the_live_model_says_why_it_does_not_run(open_file, path):
    with open_file(path) as opened:
        opened.page.locator(".touch, .numbers-tools").first.wait_for()
        assert opened.problems == []
        assert [request for request in opened.requests if not request.startswith(("file:", "data:", "blob:"))] == []
        if "numbers" in path:
            assert "numbers" in opened.page.locator(".numbers-tools [role=status]").inner_text()
        else:
            assert opened.page.get_by_text("This runs on the site").count()
            assert opened.page.get_by_role("button", name="here").count() == 0


def test_every_link_leads_to_a_file(folder):
    dead = []
    for path in folder.rglob("*.html"):
        for address in set(re.findall(r' (?:href|src)="([^"#?]+)', read(path))):
            if ":" not in address and not (path.parent / address).resolve().is_file():
                dead.append((path.name, address))
    assert not dead


def test_a_page_without_the_site_s_script_is_named(tmp_path):
    (tmp_path / "page.html").write_text("<head></head>")
    with pytest.raises(SiteError, match=r"page.html:1: does not load assets/javascripts/site.js"):
        offline.page(tmp_path / "page.html")
