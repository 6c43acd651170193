"""Checks run in their stages, an error is a message, and a message leads to file and line."""

import sys
from subprocess import CompletedProcess

import pytest
from bs4 import BeautifulSoup

from scripts import check as command
from scripts import checks, notation, records
from scripts.checks import STAGES, Check, load_checks, run_checks, view
from scripts.checks.view import View, line_near, placed
from scripts.errors import SiteError
from scripts.paths import DOCS, RECORDS, ROOT


def finding(*messages):
    return lambda view: iter(messages)


@pytest.fixture
def staged(monkeypatch):
    """Return a function that runs one check a stage, each red where its name is given, and returns what they found."""

    def run(*red):
        def each(stage):
            return Check(stage, stage, finding("wrong") if stage in red else finding())

        monkeypatch.setattr(checks, "load_checks", lambda: {stage: each(stage) for stage in STAGES})
        return run_checks(None)

    return run


@pytest.mark.parametrize(
    ("red", "not_run"),
    [
        ((), ()),
        (("data",), ("sources", "build", "pages")),
        (("sources",), ()),
        (("build",), ("pages",)),
        (("pages",), ()),
        (("sources", "build"), ("build", "pages")),
        (("sources", "pages"), ()),
        (STAGES, ("sources", "build", "pages")),
    ],
)
def test_what_a_fault_hides_is_reported_as_not_run(staged, red, not_run):
    assert staged(*red) == {stage: None if stage in not_run else ["wrong"] if stage in red else [] for stage in STAGES}


def test_all_checks_of_a_stage_run_even_where_one_is_red(monkeypatch):
    pair = {name: Check(name, "data", finding(name)) for name in ("a", "b")}
    monkeypatch.setattr(checks, "load_checks", lambda: pair)
    assert run_checks(None) == {"a": ["a"], "b": ["b"]}


def test_an_error_that_stops_a_check_is_what_it_says():
    def stopped(view):
        yield "so far"
        raise SiteError("docs/a.md:1: one\ndocs/a.md:2: two")

    assert Check("a", "data", stopped).problems(None) == ["docs/a.md:1: one", "docs/a.md:2: two"]


def test_a_check_that_breaks_says_so_and_stops_no_other():
    def broken(view):
        return [1 // 0]

    (message,) = Check("a", "data", broken).problems(None)
    line = broken.__code__.co_firstlineno
    assert message.startswith(f"tests/test_check_run.py:{line}: the check 'a' itself failed: ZeroDivisionError: ")


def test_a_function_becomes_a_check_by_its_name(monkeypatch):
    monkeypatch.setattr(checks, "CHECKS", {})

    def all_is_well(view):
        """Say so.

        More of it.
        """

    assert checks.check("pages")(all_is_well) is all_is_well
    (made,) = checks.CHECKS.values()
    assert (made.name, made.stage, made.promise) == ("all is well", "pages", "Say so.")
    assert Check("a", "data", finding()).promise == ""


def test_checks_come_in_the_order_of_their_stages_and_names():
    found = list(load_checks().values())
    assert [STAGES.index(each.stage) for each in found] == sorted(STAGES.index(each.stage) for each in found)
    data = [each.name for each in found if each.stage == "data"]
    assert data == sorted(data)
    assert "records are sound" in data


@pytest.mark.parametrize(
    ("found", "status", "out", "err"),
    [
        ({"a": [], "b": []}, 0, "2 of 2 checks passed\n", ""),
        (
            {"a": ["f:1: x", "f:2: y"], "b": []},
            1,
            "1 of 2 checks passed\n",
            "f:1: x\n  (check: a)\nf:2: y\n  (check: a)\n",
        ),
        (
            {"a": ["x"], "b": None, "c": []},
            1,
            "1 of 3 checks passed\n",
            "x\n  (check: a)\n1 checks were not run, because they need what failed\n",
        ),
    ],
)
def test_the_command_says_what_is_wrong_and_how_many_passed(monkeypatch, capsys, found, status, out, err):
    monkeypatch.setattr(command, "run_checks", lambda view: found)
    monkeypatch.setattr(sys, "argv", ["check"])
    with pytest.raises(SystemExit) as stop:
        command.main()
    assert (stop.value.code, *capsys.readouterr()) == (status, out, err)


def test_the_command_lists_what_each_check_is_for(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["check", "--list"])
    monkeypatch.setattr(command, "run_checks", lambda view: pytest.fail("checks were run"))
    command.main()
    assert "the site builds: Built strictly: a warning of MkDocs is an error.\n" in capsys.readouterr().out


# --- the view ---


def test_a_site_that_was_built_is_not_built_again(tmp_path, monkeypatch):
    monkeypatch.setattr(view, "build", lambda folder: pytest.fail("built again"))
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "index.html").write_text("<p>One</p>")
    (tmp_path / "a" / "b" / "index.html").write_text("<p>Two</p>")
    (tmp_path / "a" / "b.txt").write_text("no page")
    site = View(tmp_path)
    assert site.built == tmp_path
    assert {name: page.get_text() for name, page in site.pages.items()} == {
        "a/b/index.html": "Two",
        "index.html": "One",
    }


@pytest.mark.parametrize(
    ("stderr", "stdout"), [("WARNING -  one\n\nError: two\n", "x"), ("", "WARNING -  one\nError: two\n")]
)
def test_a_build_that_fails_says_what_it_said(tmp_path, monkeypatch, stderr, stdout):
    monkeypatch.setattr(view, "build", lambda folder: CompletedProcess([], 1, stdout, stderr))
    with pytest.raises(SiteError) as error:
        _ = View(tmp_path).built
    assert str(error.value) == "one\ntwo"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("WARNING -  A page is left out.", "A page is left out."),
        ("Error: docs/a.md:3: no number", "docs/a.md:3: no number"),
        ("plain words", "plain words"),
    ],
)
def test_a_line_of_mkdocs_loses_its_level(said, expected):
    assert placed(said) == expected


@pytest.mark.parametrize("kind", ["a link", "an unrecognized relative link", "an absolute link"])
def test_a_link_that_mkdocs_names_is_placed(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(view, "DOCS", tmp_path)
    (tmp_path / "a.md").write_text("Text.\n\n[more](no.md)\n")
    said = f"Doc file 'a.md' contains {kind} 'no.md', but"
    assert placed(f"WARNING -  {said}") == f"{tmp_path}/a.md:3: {said}"
    gone = f"Doc file 'gone.md' contains {kind} 'no.md', but"
    assert placed(gone) == f"{tmp_path}/gone.md:1: {gone}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("It takes two  hours", 3),
        ("Read on: It takes two hours", 3),
        ("**bold** and then hours", 4),
        ("so", 5),
        ("quite other words", 1),
        ("", 1),
    ],
)
def test_a_text_is_found_by_its_last_words(tmp_path, text, line):
    page = tmp_path / "a.md"
    page.write_text("# Title\n\nIt  takes two hours\nthen hours\nso\nhours\n")
    assert line_near(page, text) == line


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("index.html", DOCS / "index.md"),
        ("reference/model/index.html", DOCS / "reference" / "model.md"),
        ("training-vs-inference/index.html", DOCS / "training-vs-inference" / "index.md"),
        ("notebooks/train-and-infer/index.html", DOCS / "notebooks" / "train-and-infer.py"),
        ("404.html", ROOT / "mkdocs.yml"),
    ],
)
def test_a_built_page_leads_to_its_source(tmp_path, name, source):
    assert View(tmp_path).source_of(name) == source


def test_a_place_is_the_form_that_editors_open(tmp_path):
    assert View(tmp_path).place("index.html", "xyzzy") == "docs/index.md:1: "


def test_a_view_reads_the_whole_site(tmp_path):
    site = View(tmp_path)
    assert site.uses == notation.uses() != []
    assert {(each.device, each.snippet) for each in site.records} == {
        (path.parent.name, path.stem) for path in RECORDS.glob("*/*.json")
    }
    assert list(site.devices) == records.devices()
    assert site.devices["cpu"] is site.numbers
    assert {each.device: name for name, each in site.devices.items()} == {name: name for name in site.devices}
    assert site.contracts is site.numbers.contracts


def test_figures_are_those_of_every_page(tmp_path):
    site = View(tmp_path)
    site.pages = {
        name: BeautifulSoup(f"<p>{text}</p>", "html.parser") for name, text in (("a", "7 hours"), ("b", "half"))
    }
    assert [(name, found.text) for name, found in site.figures] == [("a", "7"), ("b", "half")]


def test_the_blocks_of_a_page_are_read_once(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\n```\n")
    site = View(tmp_path)
    assert [block.code for block in site.blocks(page)] == ["x = 1\n"]
    page.unlink()
    assert len(site.blocks(page)) == 1


def test_the_abbreviations_are_no_page(tmp_path):
    names = {path.name for path in View(tmp_path).sources}
    assert "index.md" in names
    assert "abbreviations.md" not in names
