"""The site as its readers see it: in Chromium, in both themes, on a desk and on a phone, compressed.

Each page is held to its own content security policy, which the build wrote into it.
"""

import gzip
import http.server
import shutil
import threading
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
compressed = cache(partial(gzip.compress, compresslevel=9, mtime=0))


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = Path(self.directory) / unquote(urlsplit(self.path).path).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        found, kind = path.is_file(), self.guess_type(str(path))
        body = path.read_bytes() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        if kind.startswith(("text/", "application/", "image/svg")):
            body = compressed(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="session")
def url(built_site):
    handler = partial(Handler, directory=str(built_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Visit:
    """One page, opened once, with all that the browser had to say."""

    def __init__(self, browser, url, path, *, theme="light", width=1280, height=900, javascript=True):
        self.context = browser.new_context(
            color_scheme=theme, viewport={"width": width, "height": height}, java_script_enabled=javascript
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.context.set_default_timeout(15_000)
        self.path, self.theme, self.page = path, theme, self.context.new_page()
        self.requests, self.problems, self.bytes = [], [], {}
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("response", self.weigh)
        self.page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(f"{url}/{path}")

    def weigh(self, response):
        """Note how much a file weighs on its way, by its address within the site."""
        self.bytes["/".join(response.url.split("/")[3:])] = int(response.headers.get("content-length", 0))

    def width(self):
        """Return how wide the page is, what can be scrolled to included."""
        return self.page.evaluate("document.documentElement.scrollWidth")

    def clipboard(self):
        return self.page.evaluate("navigator.clipboard.readText()")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture(scope="session")
def launch():
    """Return a function that starts a browser, with arguments of its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # Without a system browser, Playwright looks for its own, which `make test` installed.
        yield lambda arguments: playwright.chromium.launch(executable_path=found, args=arguments)


@pytest.fixture(scope="session")
def browser(launch):
    browser = launch(ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def visit(browser):
    """Return a function that opens a page of any site."""
    return partial(Visit, browser)


@pytest.fixture(scope="session")
def open_page(url, visit):
    """Return a function that opens a page of the built site."""
    return partial(visit, url)


@pytest.fixture(scope="module")
def open_page_with_gpu(url, launch):
    """Return the same in a browser that has a GPU: one that is computed on the CPU, so every machine has it."""
    software = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    browser = launch([*(each for each in ARGUMENTS if each != "--disable-gpu"), *software])
    yield lambda path, **options: Visit(browser, url, path, **options)
    browser.close()
