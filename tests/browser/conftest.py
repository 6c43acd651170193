"""The site as its readers see it: in Chromium, under a strict policy, in both themes, on a desk and on a phone."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.server import Server

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # Without a system browser, Playwright looks for its own, which `make test` installed.
        running = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def url(site):
    with Server(site) as address:
        yield address


class Visit:
    """One page, opened once, with all that the browser had to say."""

    def __init__(self, browser, url, path, *, theme="light", width=1280, height=900, javascript=True):
        self.context = browser.new_context(
            color_scheme=theme, viewport={"width": width, "height": height}, java_script_enabled=javascript
        )
        self.path, self.page = path, self.context.new_page()
        self.requests, self.problems, self.bytes = [], [], {}
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("response", self.weigh)
        self.page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(f"{url}/{path}")

    def settle(self):
        """Wait until the page asks for nothing more: half a second of silence, so only where requests are looked at."""
        self.page.wait_for_load_state("networkidle")

    def weigh(self, response):
        kind = response.headers.get("content-type", "").partition(";")[0]
        size = int(response.headers.get("content-length", 0))
        self.bytes[kind] = self.bytes.get(kind, 0) + size

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture
def visit(browser, url):
    """Return a function that opens a page of the built site."""
    return lambda path, **options: Visit(browser, url, path, **options)
