"""Give each built page its own content security policy: its own scripts and no others, whoever hosts it."""

import base64
import hashlib
import re
from pathlib import Path

from scripts.common import SiteError, at, read

POLICY = (
    "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; "
    "style-src 'self' 'unsafe-inline'; "  # Material sets style attributes, and these cannot be hashed
    "script-src 'self'"
)
FIRST = '<meta charset="utf-8">'
SCRIPT = re.compile(r"<script(?P<head>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
DATA = re.compile(r"\bsrc=|\btype=.?(?!module|text/javascript)\w+/")  # from a file, or not run
PYTHON = "<cost-calculator"  # runs under WebAssembly


def hashes(page: str) -> list[str]:
    """Return the hash of each script that stands in a page.

    >>> hashes("<script>alert()</script><script type='application/json'>{}</script><script src='a.js'></script>")
    ["'sha256-S8S/VNmXuUuoIR6OhqBqwIiIkuCxXq31hCCHAHnicV8='"]
    """
    codes = {found["code"] for found in SCRIPT.finditer(page) if not DATA.search(found["head"])}
    digests = (base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in codes)
    return sorted(f"'sha256-{digest}'" for digest in digests)


def policy(page: str) -> str:
    """Return the element that allows what a page needs."""
    wasm = ["'wasm-unsafe-eval'"] if PYTHON in page else []
    return f'<meta http-equiv="content-security-policy" content="{" ".join([POLICY, *hashes(page), *wasm])}">'


def write(site: Path) -> None:
    """Write into each page what its browser may run.

    Raises:
        SiteError: a page has no place for it.

    """
    for path in site.rglob("*.html"):
        page = read(path)
        if FIRST not in page:
            raise SiteError(at(path, 1, f"lacks {FIRST}, after which its content security policy belongs"))
        path.write_text(page.replace(FIRST, FIRST + policy(page), 1), encoding="utf-8")
