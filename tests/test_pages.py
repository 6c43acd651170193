"""The built pages, looked at with other eyes than those of ``scripts/checks/``: second opinions on its audits."""

import re
import subprocess
import sys
from collections import Counter

from bs4 import BeautifulSoup

from scripts.checks.code import RUN, audit, shown_blocks
from tests.browser.server import Server


def test_the_audit_misses_no_block(view):
    """Take each block in turn from those that run: the audit must miss it."""
    every = [block for page in view.sources for block in view.blocks(page) if block.syntax in RUN]
    run = Counter((block.syntax, block.code.rstrip("\n")) for block in every)
    shown = list(shown_blocks(view.pages))
    assert len(run) > 5, "the audit found next to nothing"
    for gone in run:
        found = audit(shown, run - Counter([gone]))
        assert any("shown but not run" in message for _, message, _ in found), gone


def test_no_braces_reach_the_reader(built_pages):
    """Also from raw HTML and notebooks, where the notation is not read."""
    for name, page in built_pages.items():
        article = BeautifulSoup(str(page.select_one("article") or ""), "html.parser")
        for code in article.select("pre, code"):
            code.decompose()
        assert "{{" not in article.get_text(), f"{name}: a number's notation is shown to the reader as it stands"


def test_every_link_leads_somewhere(site):
    with Server(site) as url:
        command = [sys.executable, "-m", "linkcheck", "--no-status", "--no-warnings", "--output", "text", f"{url}/"]
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    checked = int(re.search(r"(\d+) links? in \d+ URLs? checked|That's it\. (\d+)", done.stdout)[2] or 0)
    assert checked > 50, done.stdout
