"""The site behind a sign-in: docs/reference/hosting.conf itself, with an identity provider beside it. Who gets in, who doesn't."""

import gzip
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import oidc_provider_mock
import pytest

from scripts.common import ROOT, read

CONF = ROOT / "docs" / "reference" / "hosting.conf"
MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
NEEDS = "needs Apache and its sign-in: apt-get install --no-install-recommends libapache2-mod-auth-openidc media-types"
if not MODULE.exists() and os.environ.get("CI"):
    raise RuntimeError(f"CI must run these tests; it {NEEDS}")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not MODULE.exists(), reason=NEEDS)]

SESSION = "mod_auth_openidc_session"
COLLEAGUE = {"email": "watson@learn.example", "email_verified": True}
STRANGERS = {
    "of another company": {"email": "moriarty@else.example", "email_verified": True},
    "of a domain that ends alike": {"email": "moriarty@evil-learn.example", "email_verified": True},
    "of a domain that looks alike": {"email": "moriarty@learnxexample", "email_verified": True},
    "of ours and more": {"email": "moriarty@learn.example.else.example", "email_verified": True},
    "whose address nobody verified": {"email": "holmes@learn.example", "email_verified": False},
    "who has no address": {},
}
CALCULATOR = "/costs/training-cost/"
SECRET = "told to nobody"
INSIDE = ["/", "/index.html", CALCULATOR, "/search/search_index.json", "/llms.txt", "/assets/stylesheets/site.css"]
DOTS = [
    "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/.%2e/secret.txt", "/assets/../../secret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt", "//../secret.txt", "/..;/secret.txt", "/../../../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/secret.txt",
]  # fmt: skip
AROUND = [
    "/callback/../index.html",
    "/callback/%2e%2e/index.html",
    "/callback%2f..%2findex.html",
    "//index.html",
    "/./index.html",
    "/assets/../index.html",
    "/404.html",
    "/nowhere",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Provider:
    """An identity provider on this machine, and people at its form."""

    def __init__(self, server, accounts) -> None:
        self.issuer = f"http://localhost:{server.server_port}"
        for name, claims in accounts.items():
            self.send("PUT", f"/users/{quote(name)}", json.dumps(claims), "application/json")

    def send(self, method, path, body, kind="application/x-www-form-urlencoded"):
        connection = http.client.HTTPConnection(self.issuer.removeprefix("http://"), timeout=10)
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status in (204, 302), (method, path, answer.status)
        return answer.headers

    def sign_in(self, name, asked):
        """Fill in the form at an address; return the path that the browser is sent to."""
        assert asked.startswith(self.issuer)
        headers = self.send("POST", asked.removeprefix(self.issuer), urlencode({"sub": name}))
        back = urlsplit(headers["Location"])
        return f"{back.path}?{back.query}"


class Server:
    """Apache with our file, run by nobody in particular."""

    def __init__(self, folder, issuer, cookies="a long random text") -> None:
        self.port = free_port()
        self.state = folder / f"state-{self.port}"
        self.state.mkdir()
        self.address = f"https://localhost:{self.port}"
        self.given = {
            "SITE": str(folder / "site"), "STATE": str(self.state), "SITE_URL": f"{self.address}/", "PORT": str(self.port),
            "CERTIFICATE": str(folder / "certificate.pem"), "CERTIFICATE_KEY": str(folder / "key.pem"),
            "OIDC_ISSUER": issuer, "OIDC_CLIENT": "site", "OIDC_SECRET": "between us", "OIDC_COOKIES": cookies,
            "EMAIL_DOMAIN": "learn.example",
        }  # fmt: skip

    def __enter__(self):
        user = {}
        if os.getuid() == 0:
            user = {"user": "www-data", "group": "www-data", "extra_groups": []}
            shutil.chown(self.state, "www-data")
        command = ["/usr/sbin/apache2", "-f", str(self.state.parent / CONF.name), "-D", "FOREGROUND"]
        self.process = subprocess.Popen(command, env=self.given, stderr=subprocess.PIPE, text=True, **user)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.__exit__()
        log = self.state / "error.log"
        pytest.fail(f"Apache did not start: {self.process.stderr.read()}{read(log) if log.exists() else ''}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def get(self, path, cookies=None, **headers):
        """Return the status, the headers and the body of one answer; no path is tidied, and no redirect followed."""
        trust = ssl.create_default_context(cafile=self.given["CERTIFICATE"])
        connection = http.client.HTTPSConnection("localhost", self.port, context=trust, timeout=10)
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.putheader("Accept", "text/html, */*")  # as a browser that goes to a page
        if cookies:
            connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def sign_in(self, provider, name):
        """Return the cookies of somebody who came for the first page, and signed in."""
        status, headers, _ = self.get("/")
        assert status == 302
        asked = cookies_of(headers)
        _, headers, _ = self.get(provider.sign_in(name, headers["Location"]), asked)
        return cookies_of(headers)

    def refuses(self, path, cookies=None):
        """Hold that a request gets nothing of the site: it is sent to the provider, or told no."""
        status, headers, body = self.get(path, cookies)
        if status == 302:
            assert headers["Location"].startswith(f"{self.given['OIDC_ISSUER']}/oauth2/authorize?"), (
                path,
                headers["Location"],
            )
        else:
            assert status in (400, 401, 403, 404), (path, status)
        assert b"Training" not in body and SECRET.encode() not in body and b"root:" not in body, path


def cookies_of(headers):
    """Return the cookies that an answer sets."""
    pairs = (line.partition(";")[0].partition("=") for line in headers.get_all("Set-Cookie", []))
    return {name: value for name, _, value in pairs if value}


@pytest.fixture(scope="module")
def folder(built_site):
    """Return a folder that the server's user may read: the site, a certificate, and a file that is nobody's business."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(built_site, folder / "site")
        shutil.copy(CONF, folder)
        (folder / "secret.txt").write_text(SECRET)
        made = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]
        made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        made += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
        subprocess.run(made, check=True, capture_output=True)
        if os.getuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                shutil.chown(path, "www-data")
        yield folder


@pytest.fixture(scope="module")
def provider():
    with oidc_provider_mock.run_server_in_thread() as server:
        yield Provider(server, {"watson": COLLEAGUE} | STRANGERS)


@pytest.fixture(scope="module")
def server(folder, provider):
    with Server(folder, provider.issuer) as server:
        yield server


@pytest.fixture(scope="module")
def session(server, provider):
    return server.sign_in(provider, "watson")


def test_it_runs_as_an_ordinary_user(server):
    status = read(Path(f"/proc/{server.process.pid}/status"))
    assert "0" not in re.search(r"Uid:(.*)", status)[1].split()


@pytest.mark.parametrize("path", [*INSIDE, *AROUND, *DOTS])
def test_nobody_gets_anything_without_a_session(server, path):
    server.refuses(path)


def test_what_a_script_asks_for_is_refused_rather_than_sent_elsewhere(server):
    assert server.get("/search/search_index.json", Sec_Fetch_Mode="cors")[0] == 401


@pytest.mark.parametrize("path", INSIDE)
def test_a_colleague_gets_in(server, session, path):
    status, _, body = server.get(path, session)
    assert status == 200 and len(body) > 1000


@pytest.mark.parametrize("path", DOTS)
def test_a_colleague_gets_nothing_from_outside_the_site(server, session, path):
    status, _, body = server.get(path, session)
    assert status in (400, 403, 404)
    assert SECRET.encode() not in body and b"root:" not in body


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_does_not_get_in(server, provider, name):
    for path in INSIDE:
        server.refuses(path, server.sign_in(provider, name))


def test_a_cookie_that_is_made_up_does_not_get_in(server, session):
    real = session[SESSION]
    middle = len(real) // 2
    changed = real[:middle] + ("A" if real[middle] != "A" else "B") + real[middle + 1 :]
    for forged in ("", "x", "a.b.c.d.e", "../../etc/passwd", real[:-1], real[:middle], changed, real.swapcase()):
        server.refuses("/", {SESSION: forged})
    assert server.get("/", {SESSION: real})[0] == 200


def test_a_cookie_of_another_server_does_not_get_in(server, folder, provider):
    with Server(folder, provider.issuer, cookies="another long random text") as other:
        session = other.sign_in(provider, "watson")
        assert other.get("/", session)[0] == 200
    server.refuses("/", session)


def test_a_session_ends_when_the_provider_says_so(folder):
    with oidc_provider_mock.run_server_in_thread(access_token_max_age=timedelta(seconds=3)) as brief:
        provider = Provider(brief, {"watson": COLLEAGUE})
        with Server(folder, provider.issuer) as server:
            session = server.sign_in(provider, "watson")
            assert server.get("/", session)[0] == 200
            time.sleep(4)
            server.refuses("/", session)


def test_the_answer_of_a_sign_in_works_once_and_only_for_the_browser_that_asked(server, provider):
    _, headers, _ = server.get("/")
    back = provider.sign_in("watson", headers["Location"])
    assert SESSION not in cookies_of(server.get(back)[1]), "without the cookie of the one who asked"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        CALCULATOR,
        "/assets/stylesheets/site.css",
        "/search/search_index.json",
        "/assets/vendor/micropython/micropython.wasm",
        "/index.html.md",
    ],
)
def test_files_come_compressed_and_are_asked_for_again_cheaply(server, session, path):
    _, _, plain = server.get(path, session)
    status, headers, body = server.get(path, session, Accept_Encoding="gzip")
    assert status == 200 and headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain and len(body) < 0.7 * len(plain)
    assert headers["Cache-Control"] == "private, no-cache"
    status, _, body = server.get(path, session, Accept_Encoding="gzip", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")


def test_only_a_name_with_a_hash_is_kept_for_ever(server, session, folder):
    (bundle,) = (folder / "site" / "assets" / "javascripts").glob("bundle.*.min.js")
    assert "immutable" in server.get(f"/assets/javascripts/{bundle.name}", session)[1]["Cache-Control"]
    assert "immutable" not in server.get("/assets/javascripts/site.js", session)[1]["Cache-Control"]


def test_every_answer_tells_the_browser_to_be_careful(server, session):
    for path, cookies in (("/", session), ("/", None), ("/nowhere", session), ("/../x", None)):
        headers = server.get(path, cookies)[1]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Strict-Transport-Security"], path
        assert headers["Server"] == "Apache", "which says its version"


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html; charset=utf-8"), ("/assets/vendor/micropython/micropython.wasm", "application/wasm"), ("/assets/vendor/micropython/micropython.mjs", "text/javascript"), ("/snippets/costs.py", "text/plain; charset=utf-8"), ("/llms.txt", "text/plain; charset=utf-8"), ("/index.html.md", "text/markdown; charset=utf-8")])  # fmt: skip
def test_the_browser_learns_what_a_file_is(server, session, path, kind):
    assert server.get(path, session)[1]["Content-Type"].startswith(kind)


@pytest.fixture(scope="module")
def signed_in(browser, server):
    """Return the page of a browser that came for a calculator, and signed in at the provider's form."""
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.problems = []
    page.goto(f"{server.address}{CALCULATOR}")
    page.locator("input[name=sub]").fill("watson")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{server.address}{CALCULATOR}")
    page.on("console", lambda line: page.problems.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.reload()
    yield page
    context.close()


def test_after_signing_in_a_reader_is_where_they_wanted_to_be_and_the_calculator_computes(signed_in):
    say = signed_in.locator("cost-calculator .say")
    before = say.inner_text()
    signed_in.locator("cost-calculator [data-input] input[type=text]").first.fill("4096")
    say.filter(has_text=before).wait_for(state="detached")
    assert "4,096" in say.inner_text()
    assert signed_in.problems == []


def test_the_live_model_answers(signed_in, server):
    signed_in.goto(f"{server.address}/")
    signed_in.get_by_role("button", name="Use it here").click()
    signed_in.locator("[data-live=use] [role=status]").filter(has_text=re.compile("Right|Wrong")).wait_for()
    assert signed_in.problems == []


def test_a_script_that_was_not_built_does_not_run_and_a_plain_page_compiles_nothing(signed_in, server):
    signed_in.goto(f"{server.address}/costs/myths/")
    planted = """() => new Promise((go) => {
        addEventListener("securitypolicyviolation", (told) => go(told.effectiveDirective), { once: true })
        document.body.append(Object.assign(document.createElement("script"), { textContent: "window.planted = 1" }))
        setTimeout(() => go("nothing"), 1000)
    })"""
    assert signed_in.evaluate(planted) == "script-src-elem"
    assert signed_in.evaluate("() => window.planted") is None
    empty = (
        "() => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(() => 'compiled', () => 'refused')"
    )
    assert signed_in.evaluate(empty) == "refused"
    signed_in.goto(f"{server.address}{CALCULATOR}")
    assert signed_in.evaluate(empty) == "compiled"


def test_an_address_that_leads_nowhere_offers_a_search_at_any_depth(signed_in, server):
    for path in ("/memry", "/costs/of/prefill/"):
        signed_in.goto(f"{server.address}{path}")
        assert signed_in.get_by_role("link", name="Learn →").get_attribute("href") == "/training-vs-inference/"
    signed_in.get_by_role("link", name="Search for “costs of prefill”").click()
    signed_in.locator(".md-search-result__link").first.click()
    signed_in.wait_for_url(lambda url: "/costs/of/" not in url)
    assert "There's no page here" not in signed_in.inner_text("h1")
