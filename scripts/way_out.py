"""Build the site with Zensical, see that its pages keep what the sources promise, and list what is lost.

    python -m scripts.way_out [FOLDER]

MkDocs may end before this site does. What is ours is a Markdown extension, and Zensical runs those. This command proves
on every page that numbers, code, output, figures and tables survive the move. It needs neither MkDocs' theme nor torch.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from pathspec import GitIgnoreSpec

from scripts.build import environment
from scripts.errors import SiteError, at
from scripts.notation import pages
from scripts.numbers import Numbers
from scripts.paths import DOCS, ROOT, SNIPPETS, shown
from scripts.promises import broken, promises, site_config

CONFIG = "way_out.yml"
CONFIG_TEXT = """\
INHERIT: mkdocs.yml
theme:
  custom_dir: ""  # Zensical's template engine stops at main.html: it knows no page.file
  variant: classic  # the look of Material
"""
# What strictness must stop: a file of the copied tree, and what is added to it. Lists in CONFIG add to mkdocs.yml's.
FAULTS = {
    "a number that does not exist": ("docs/index.md", "\n{{ no.such_number }}\n"),
    "an include of a missing file": ("docs/index.md", '\n--8<-- "no-such-file.py"\n'),
    "a link to a missing page": ("docs/index.md", "\n[gone](gone.md)\n"),
    "a link to a missing section": ("docs/index.md", "\n[gone](#gone)\n"),
    "a page that the menu leaves out": ("docs/stray.md", "# Stray\n"),
    "a menu entry without a page": (CONFIG, "nav:\n  - Gone: gone.md\n"),
    "a plugin that does not exist": (CONFIG, "plugins:\n  - no-such-plugin\n"),
}


def copy_sources(folder: Path) -> None:
    """Copy all that a build reads: Zensical writes only beside its configuration, and the tree is to stay clean."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(DOCS, folder / "docs", ignore=ignore)
    shutil.copytree(SNIPPETS, folder / "snippets", ignore=ignore)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    (folder / CONFIG).write_text(CONFIG_TEXT, encoding="utf-8")


def zensical(folder: Path) -> subprocess.CompletedProcess:
    """Build the copied sources, strictly, into the folder's ``site``."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", CONFIG]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)


def said(done: subprocess.CompletedProcess) -> str:
    """Return what a failed build says to people: its warnings and its errors, without the frames of a traceback."""
    text = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)  # it colors files and pipes too
    warnings, _, trace = text.partition("Traceback (most recent call last):\n")
    errors = [line for line in trace.splitlines() if line and not line.startswith((" ", "Traceback"))]
    return "\n".join([warnings.strip(), *errors])


def public_pages() -> list[Path]:
    """Return the sources of the pages that a reader can open."""
    left_out = GitIgnoreSpec.from_lines(site_config().get("exclude_docs", "").splitlines())
    return [page for page in pages() if not left_out.match_file(page.relative_to(DOCS))]


def built(site: Path, source: Path) -> Path:
    """Return where the page of a source is built.

    >>> str(built(Path("site"), DOCS / "index.md")), str(built(Path("site"), DOCS / "reference" / "model.md"))
    ('site/index.html', 'site/reference/model/index.html')
    """
    place = source.relative_to(DOCS).with_suffix("")
    return site / (place.parent if place.name == "index" else place) / "index.html"


def article(path: Path) -> Tag:
    """Return the part of a built page that its source wrote."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return page.article or page


def compare(site: Path, numbers: Numbers) -> tuple[list[str], list[str]]:
    """Return, page by page, what a built site holds, and a message with file and line for each thing it lacks."""
    holds, lacks = [], []
    for page in public_pages():
        path = built(site, page)
        if not path.exists():
            lacks.append(at(page, 1, f"no page was built from it; {path.relative_to(site)} is expected"))
            continue
        promised = promises(page, numbers)
        problems = broken(promised, article(path))
        lacks += [at(promise.page, promise.line, f"{promise.name} {why}") for promise, why in problems]
        kept = Counter(promise.kind for promise in promised) - Counter(promise.kind for promise, _ in problems)
        counts = [f"{count} {kind}{'s' * (count != 1)}" for kind, count in kept.items()]
        holds.append(f"{shown(page)}: {', '.join(counts) or 'prose only'}")
    return holds, lacks


def lost(site: Path) -> Iterator[str]:
    """Yield what MkDocs gives the reader or the maintainer and this site does not."""
    yield from lost_pages(site)
    for template in sorted((ROOT / site_config()["theme"]["custom_dir"]).rglob("*.html")):
        yield f"{shown(template)} is set aside, with all that it adds to a page"
    yield from idle_assets(site)
    yield from lost_links(site)
    yield from silent_faults()


def lost_pages(site: Path) -> Iterator[str]:
    """Yield the sources in the menu that no page was built from, where they are no Markdown: a plugin's work."""
    for source in menu(site_config()["nav"]):
        if not source.endswith(".md") and not built(site, DOCS / source).exists():
            yield f"docs/{source} has no page: its plugin does not run, and the menu leads to the source"


def menu(entries: list | dict | str) -> Iterator[str]:
    """Yield the sources that the menu names.

    >>> list(menu([{"Home": "index.md"}, {"More": [{"A": "a.md"}, "b.md"]}]))
    ['index.md', 'a.md', 'b.md']
    """
    if isinstance(entries, str):
        yield entries
    else:
        for entry in entries.values() if isinstance(entries, dict) else entries:
            yield from menu(entry)


def idle_assets(site: Path) -> Iterator[str]:
    """Yield the styles and scripts of ours that are published and never loaded."""
    texts = [path.read_text(encoding="utf-8") for kind in ("html", "css", "js") for path in site.rglob(f"*.{kind}")]
    for asset in sorted(DOCS.glob("assets/**/*")):
        if asset.suffix in (".css", ".js") and not any(f'/{asset.name}"' in text for text in texts):
            yield f"{shown(asset)} is loaded by no page"


def lost_links(site: Path) -> Iterator[str]:
    """Yield where links lead nowhere, or only where the site is at the root of its domain."""
    dead, rooted = Counter(), Counter()
    for path in site.rglob("*.html"):
        for link in article(path).select("a[href]"):
            address = urlsplit(link["href"])
            if address.scheme or address.netloc:
                continue
            from_root = address.path.startswith("/")
            target = (site if from_root else path.parent) / unquote(address.path).lstrip("/")
            if not target.exists():
                dead[address.path] += 1
            elif from_root:
                rooted[address.path.rpartition("/")[0]] += 1
    for where, count in sorted(dead.items()):
        yield f"links to {where} lead nowhere: {count}"
    for where, count in sorted(rooted.items()):
        yield f"links into {where}/ work only where the site is at the root of its domain: {count}"


def silent_faults() -> Iterator[str]:
    """Yield the faults that a strict build lets pass. Each is planted in a tree of its own."""
    for fault, (name, text) in FAULTS.items():
        with tempfile.TemporaryDirectory(prefix="way-out-") as folder:
            copy_sources(Path(folder))
            with (Path(folder) / name).open("a", encoding="utf-8") as file:
                file.write(text)
            if zensical(Path(folder)).returncode == 0:
                yield f"strictness: {fault} does not stop the build"


def prove(folder: Path) -> None:
    """Build into ``folder``, and say what its pages hold, what is lost, and what is missing.

    Raises:
        SiteError: the build failed, or a page lacks what its source promises.

    """
    copy_sources(folder)
    done = zensical(folder)
    if done.returncode:
        raise SiteError(f"Zensical could not build the site:\n{said(done)}")
    holds, lacks = compare(folder / "site", Numbers())
    print(f"Zensical {version('zensical')} built the site. Each page has, as its source and the registry say:")
    print("\n".join(f"  {line}" for line in holds), flush=True)
    print("Lost, compared with MkDocs:")
    for line in lost(folder / "site"):
        print(f"  {line}", flush=True)
    if lacks:
        hint = "To look at the pages, name a folder to build into: make way-out FOLDER=..."
        raise SiteError("\n".join(["Missing from Zensical's pages:", *lacks, hint]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="a new folder to build into; without it, nothing is kept")
    folder = parser.parse_args().folder
    try:
        version("zensical")
    except PackageNotFoundError:
        sys.exit("Zensical is not installed here: it has an environment of its own. Run: make way-out")
    if folder and folder.exists():
        sys.exit(f"{folder} exists already. Name a folder that does not.")
    try:
        if folder:
            folder.mkdir(parents=True)
            prove(folder.resolve())
        else:
            with tempfile.TemporaryDirectory(prefix="way-out-") as temporary:
                prove(Path(temporary))
    except (SiteError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped")


if __name__ == "__main__":
    main()
