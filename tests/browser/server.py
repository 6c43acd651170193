"""Serve a built site as a careful host would: compressed, and under a content security policy without loopholes."""

import base64
import gzip
import hashlib
import http.server
import threading
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, SoupStrainer

COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg", "application/xml", "application/wasm")


def script_hashes(site: Path) -> list[str]:
    """Return the CSP hash of every inline script of the built site."""
    pages = [hashes_of(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")]
    return sorted(set().union(*pages))


@cache
def hashes_of(html: str) -> frozenset[str]:
    """Return the CSP hash of every inline script of a page. A spoiled copy of the site shares most of its pages."""
    found = set()
    for script in BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("script", src=False)).find_all("script"):
        if script.get("type", "") in ("", "module", "text/javascript"):
            digest = hashlib.sha256(script.string.encode() if script.string else b"").digest()
            found.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return frozenset(found)


@cache
def compressed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def policy(site: Path) -> str:
    """Return the policy that every page must live with: nothing from elsewhere, no script that was not built."""
    return (
        "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        # Material sets style attributes, and a style attribute cannot be hashed.
        "style-src 'self' 'unsafe-inline'; "
        f"script-src 'self' {' '.join(script_hashes(site))}"
    )


def policy_of(page: bytes, csp: str) -> str:
    """Return the policy of one page. WebAssembly is for the pages that run Python, and for no other."""
    return f"{csp} 'wasm-unsafe-eval'" if b"<cost-calculator" in page else csp


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, csp: str, **options):
        self.csp = csp
        super().__init__(*arguments, **options)

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = Path(self.directory) / unquote(urlsplit(self.path).path).lstrip("/")
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body, kind = path.read_bytes(), self.guess_type(str(path))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", policy_of(body, self.csp))
        if kind.startswith(COMPRESSED):
            body = compressed(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server:
    """A context manager: ``with Server(site) as url``."""

    def __init__(self, site: Path):
        handler = partial(Handler, directory=str(site), csp=policy(site))
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.http.server_port}"

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
