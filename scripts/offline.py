"""Pack the built site so that it opens from a folder, without a server: its pages, the search and the calculators.

python -m scripts.offline SITE ZIP
"""

import base64
import json
import re
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from scripts.common import ROOT, SiteError, at, read

# What the calculators and the table of numbers fetch or import.
NEEDED = ("assets/javascripts/*.js", "assets/vendor/micropython/micropython.*", "browser/*.py", "snippets/**/*.py")
THEME = re.compile(r"\.[0-9a-f]{8}\.min\.js$")
SHIM = "assets/vendor/iframe-worker/shim.js"  # what the search runs in, where a page may start no worker
LINK = re.compile(r'(?<=href=")[^"]*')
POLICY = re.compile(r'<meta http-equiv="content-security-policy"[^>]*>')
MODULE = re.compile(r'<script src="([^"]*)assets/javascripts/site\.js" type="module"></script>')


def to_file(address: str) -> str:
    """Return a link to a folder as one to its page.

    >>> [to_file(each) for each in ("../costs/#rent", ".", "..", "#top", "https://example.org/", "a.css")]
    ['../costs/index.html#rent', './index.html', '../index.html', '#top', 'https://example.org/', 'a.css']
    """
    parts = urlsplit(address)
    last = parts.path.rpartition("/")[2]
    if parts.scheme or parts.netloc or not parts.path or last not in ("", ".", ".."):
        return address
    return parts._replace(path=f"{parts.path.rstrip('/')}/index.html").geturl()


def script(site: Path) -> str:
    """Return the script that stands in for a server."""
    paths = [path for pattern in NEEDED for path in sorted(site.glob(pattern)) if not THEME.search(path.name)]
    files = {path.relative_to(site).as_posix(): base64.b64encode(path.read_bytes()).decode() for path in paths}
    return read(ROOT / "scripts" / "offline.js").replace("const files = {};", f"const files = {json.dumps(files)};")


def page(path: Path) -> str:
    """Return a page as it works from a folder: no policy, as it would forbid files, and our script for the site's own.

    Raises:
        SiteError: it lacks the site's own script.

    """
    text = LINK.sub(lambda found: to_file(found[0]), POLICY.sub("", read(path)))
    text, count = MODULE.subn(r'<script src="\1offline.js"></script>', text)
    if not count:
        raise SiteError(at(path, 1, "does not load assets/javascripts/site.js as a module; see scripts/offline.py"))
    base = re.search(r'<script src="([^"]*)assets/javascripts/bundle\.', text)[1]
    return text.replace("</head>", f'<script src="{base}{SHIM}"></script></head>', 1)


def pack(site: Path, target: Path) -> None:
    """Write the archive; all of it lies in one folder, so that unpacking it makes no mess."""
    index = json.loads(read(site / "search" / "search_index.json"))
    for entry in index["docs"]:
        entry["location"] = to_file(f"./{entry['location']}")
    made = {"search/search_index.js": f"var __index = {json.dumps(index)}", "offline.js": script(site)}
    for path in site.rglob("*.html"):
        if path.name != "404.html":
            made[path.relative_to(site).as_posix()] = page(path)
    left_out = {"404.html", "sitemap.xml", "sitemap.xml.gz", "search/search_index.json"}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            name = path.relative_to(site).as_posix()
            if name not in made and name not in left_out and not name.endswith(".map"):
                archive.write(path, f"{target.stem}/{name}")
        for name, text in made.items():
            archive.writestr(f"{target.stem}/{name}", text)


def main() -> None:
    site, target = map(Path, sys.argv[1:])
    try:
        pack(site, target)
    except SiteError as error:
        sys.exit(str(error))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB. Unpack it and open {target.stem}/index.html.")


if __name__ == "__main__":
    main()
