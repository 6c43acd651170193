"""The site as a whole: it builds, its links lead somewhere, and nothing comes from elsewhere."""

import ast
import csv
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
import zipfile
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from scripts.catalog import entries
from scripts.common import ROOT
from scripts.downloads import as_csv
from scripts.notebooks import as_notebook, execute, notebook_changed
from scripts.numbers import Numbers
from scripts.run import snippet_paths
from scripts.schema import load_entries
from scripts.tables import Erratum


@pytest.fixture(scope="session")
def built_pages(built_site):
    return {
        path.relative_to(built_site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in built_site.rglob("*.html")
    }


def text_of(tag) -> str:
    return " ".join(tag.get_text().split())


def test_links_lead_somewhere(built_site, built_pages):
    ids = {name: {tag["id"] for tag in page.select("[id]")} for name, page in built_pages.items()}
    dead = []
    for name, page in built_pages.items():
        for tag in page.select("[href], [src]"):
            address = tag.get("href") or tag.get("src")
            parts = urlsplit(urljoin(f"http://site/{name}", address))
            if parts.netloc != "site" or (name == "404.html" and address.startswith("/")):
                continue
            path = unquote(parts.path).lstrip("/")
            target = f"{path}index.html" if path.endswith("/") or not path else path
            fragment = unquote(parts.fragment)
            if not (built_site / target).is_file() or (fragment and target in ids and fragment not in ids[target]):
                dead.append(f"{name}: {address}")
    assert not dead


def test_nothing_is_loaded_from_elsewhere(built_pages):
    for name, page in built_pages.items():
        for tag in page.select("script[src], img[src], iframe[src], link[href]"):
            rel = tag.get("rel", ["script"])
            if {"stylesheet", "icon", "script", "preload"} & set(rel):
                assert not urlsplit(tag.get("src") or tag.get("href")).netloc, (name, tag)


def test_a_page_says_where_it_lives_what_others_see_of_it_and_where_to_change_it(built_site, built_pages):
    for name, page in built_pages.items():
        if name == "404.html":
            continue
        path = name.removesuffix("index.html")
        assert page.select_one("link[rel=canonical]")["href"] == f"https://learn.example/{path}"
        told = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
        assert told["og:url"] == f"https://learn.example/{path}" and told["og:title"], name
        assert told["og:description"] == page.select_one("meta[name=description]")["content"], name
        assert (built_site / told["og:image"].removeprefix("https://learn.example/")).is_file(), name
        edit, tell = (tag["href"] for tag in page.select(".page-links a[href^='https://git.example/']"))
        assert (ROOT / "docs" / edit.removeprefix("https://git.example/edit/docs/")).is_file(), name
        assert tell.startswith("https://git.example/new?title="), name


def test_what_ci_runs_is_pinned_by_hash():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for action in re.findall(r"uses: (.+)", path.read_text()):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), (path.name, action)


def test_no_id_stands_twice_on_a_page(built_pages):
    for name, page in built_pages.items():
        ids = [tag["id"] for tag in page.select("[id]")]
        assert len(ids) == len(set(ids)), (name, {each for each in ids if ids.count(each) > 1})


def test_links_are_relative(built_pages):
    for name, page in built_pages.items():
        if name != "404.html":
            assert not page.select('article a[href^="/"]'), name


def test_the_table_of_numbers_has_a_row_for_each(built_pages):
    rows = built_pages["reference/numbers/index.html"].select("[data-table=numbers] tbody tr")
    assert [row["id"] for row in rows] == [entry["id"] for entry in entries() if entry["device"] == "cpu"]


def test_a_client_answer_has_two_sentences_a_figure_and_what_not_to_say(built_pages):
    page = built_pages["costs/client-questions/index.html"]
    answers = page.select("article p.say")
    assert len(answers) == 10
    for say in answers:
        figure, avoid = say.find_next_sibling("div", class_="facts").find_all("div", recursive=False)
        assert say.select(".number"), "what is said aloud leans on no number"
        for note in say.select(".provenance, .cite"):
            note.decompose()
        assert len(re.findall(r"[.!?]+[\"”’)]*(?=\s|$)", text_of(say))) == 2, text_of(say)
        assert figure.select(".number") and figure.select(".pill, a[href]") and avoid.select("s")
        assert say.find_next_sibling("details", class_="more"), "it lacks the answer in two minutes"


def test_a_long_answer_takes_under_two_minutes_to_say(built_pages):
    for box in built_pages["costs/client-questions/index.html"].select("article details"):
        for left_out in box.select("summary, .provenance, .cite"):
            left_out.decompose()
        assert 0 < len(text_of(box).split()) < 240


def test_every_download_is_there(built_site):
    names = {path.name for path in (built_site / "downloads").iterdir()}
    assert {"numbers.json", "numbers.csv", "train.ipynb", "costs.ipynb"} <= names
    for path in (built_site / "downloads").glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    with zipfile.ZipFile(built_site / "downloads" / "snippets.zip") as archive:
        assert archive.read("train.py") == (ROOT / "snippets" / "train.py").read_bytes()


def test_numbers_as_csv_hold_what_numbers_as_json_do():
    rows = list(csv.DictReader(io.StringIO(as_csv(entries()), newline="")))  # a text may hold a line break
    assert len(rows) == len(entries())
    for row, entry in zip(rows, entries(), strict=True):
        value = json.loads(row["value"]) if isinstance(entry["value"], list) else type(entry["value"])(row["value"])
        assert value == entry["value"] or isinstance(entry["value"], bool)


def test_a_snippet_as_a_notebook_is_the_same_program():
    for path in (ROOT / "snippets").glob("*.py"):
        code = "\n".join(cell.source for cell in as_notebook(path).cells if cell.cell_type == "code")
        assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(path.read_text())), path.name


def test_the_notebook_shows_the_outputs_of_its_own_code():
    assert not notebook_changed("train_and_infer")
    notebook = nbformat.read(snippet_paths()["train_and_infer"].with_suffix(".ipynb"), as_version=4)
    assert any(output.output_type == "display_data" for cell in notebook.cells for output in cell.get("outputs", []))


def test_a_notebook_is_stale_when_a_module_that_it_imports_changes(tmp_path):
    for folder in ("snippets", "docs/notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "snippets" / "eggs.py").write_text("dozen = 12\n")
    (tmp_path / "docs" / "notebooks" / "cook.py").write_text("# %%\nimport eggs\n\nprint(eggs.dozen)\n")
    execute("cook", tmp_path)
    assert not notebook_changed("cook", tmp_path)
    (tmp_path / "snippets" / "eggs.py").write_text("dozen = 13\n")
    assert notebook_changed("cook", tmp_path)


def test_what_others_made_is_the_version_that_is_listed():
    vendored = tomllib.loads((ROOT / "docs" / "vendored.toml").read_text())
    listed = {f"{work}/{file}": digest for work, entry in vendored.items() for file, digest in entry["files"].items()}
    folder = ROOT / "docs" / "assets" / "vendor"
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()} == listed


def test_an_erratum_names_a_test_that_exists():
    for erratum in load_entries(ROOT / "docs" / "errata.toml", Erratum).values():
        file, _, function = erratum.test.partition("::")
        assert f"def {function.partition('[')[0]}(" in (ROOT / file).read_text(), erratum.test


def test_the_result_in_the_readme_is_the_recorded_one():
    numbers, readme = Numbers(), (ROOT / "README.md").read_text()
    ids = ("train.parameters", "train.steps", "train.accuracy_after", "train.held_out_cases")
    assert [numbers.get(each).text for each in ids if numbers.get(each).text not in readme] == []
    assert numbers.get("inference.weights_changed").value == 0


def run_build(*arguments, **options):
    command = [sys.executable, "-m", "scripts.build", *arguments]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": "."}, capture_output=True, text=True, **options)


def test_a_port_that_is_taken_is_said_in_words():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run_build("--serve", str(other.getsockname()[1]), cwd=ROOT)
    assert done.returncode and "Address already in use. Choose another one: make serve PORT=8080" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_not_allowed_is_said_as_such(small):
    """As nobody, port 80 is refused for another reason than that it is taken."""
    code = "import errno, scripts.build as b; b.cli = lambda *a, **k: (_ for _ in ()).throw(PermissionError(errno.EACCES, 'Permission denied')); b.downloads.write = lambda: None; b.main()"
    done = subprocess.run([sys.executable, "-c", code, "--serve", "80"], cwd=ROOT, capture_output=True, text=True)
    assert "Port 80: Permission denied." in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_id_stops_the_build_with_its_place(tmp_path):
    page = ROOT / "docs" / "zz-planted.md"
    try:
        page.write_text("---\ndescription: x\n---\n\nThere are {{ train.stepz }}.\n")
        done = run_build("--site-dir", str(tmp_path / "site"), cwd=ROOT)
    finally:
        page.unlink()
    assert done.returncode
    assert "docs/zz-planted.md:5: unknown number train.stepz; did you mean train.steps?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
