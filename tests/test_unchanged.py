"""What ran is not run again, as long as nothing that it depends on changed; CI runs each thing once."""

import pytest

from scripts import unchanged
from scripts.codeblocks import block_key
from scripts.fences import blocks
from scripts.paths import DOCS, SNIPPETS


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the cache of a test run that has just begun, on a desk."""
    monkeypatch.setattr(unchanged, "CACHE", tmp_path / "new" / "unchanged.json")
    monkeypatch.setattr(unchanged, "_this_run", set())
    monkeypatch.delenv("CI", raising=False)
    return unchanged.CACHE


def test_what_passed_in_an_earlier_run_is_believed_on_a_desk_but_not_in_ci(cache, monkeypatch):
    assert unchanged.passed_before("a") is None
    unchanged.passed("a", "2026-01-02")
    unchanged._this_run.clear()
    assert unchanged.passed_before("a") == "on 2026-01-02 on this machine"
    assert unchanged.passed_before("b") is None
    monkeypatch.setenv("CI", "true")
    assert unchanged.passed_before("a") is None


def test_what_passed_in_this_run_is_believed_everywhere(cache, monkeypatch):
    monkeypatch.setenv("CI", "true")
    unchanged.passed("a", "2026-01-02")
    assert unchanged.passed_before("a") == "earlier in this test run"
    assert unchanged.passed_before("b") is None


@pytest.mark.parametrize("content", ["{", "[1]", ""])
def test_a_broken_cache_is_no_cache(cache, content):
    unchanged.passed("a", "2026-01-02")
    unchanged._this_run.clear()
    cache.write_text(content)
    assert unchanged.passed_before("a") is None
    unchanged.passed("b", "2026-01-03")
    unchanged._this_run.clear()
    assert unchanged.passed_before("b") == "on 2026-01-03 on this machine"


def test_a_page_that_shows_a_whole_snippet_shows_what_was_measured():
    """So the measuring, which comes first, spares the page's own run; any other text does not."""
    snippet = (SNIPPETS / "train.py").read_text(encoding="utf-8")
    page = DOCS / "training-vs-inference" / "training.md"
    shown = next(block for block in blocks(page) if block.syntax == "python")
    assert block_key("python", shown.code) == block_key("python", snippet)
    assert block_key("python", snippet.replace("0.02", "0.03")) != block_key("python", snippet)
