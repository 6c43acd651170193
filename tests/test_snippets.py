"""A snippet is run as its reader would run it: in an empty folder, with its companions, and nothing of ours."""

import hashlib
import os
import re
import time

import pytest

from scripts import snippets
from scripts.paths import DOCS, MATPLOTLIB_CACHE, SNIPPETS
from scripts.snippets import (
    STOPPED_EARLY,
    Run,
    child_environment,
    companions,
    imported_modules,
    run_bash,
    run_python,
    run_snippet,
    snippet_names,
    source_hashes,
    source_path,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of snippets, beside an empty one of notebooks, in the place of the real ones."""
    here, notebooks = tmp_path / "snippets", tmp_path / "notebooks"
    here.mkdir()
    notebooks.mkdir()
    monkeypatch.setattr(snippets, "SNIPPETS", here)
    monkeypatch.setattr(snippets, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(snippets, "shown", lambda path: str(path.relative_to(tmp_path)))
    return here


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import a.b, c as d", {"a", "c"}),
        ("from a.b import c", {"a"}),
        ("def f():\n    import a", {"a"}),
        ("from . import a\nfrom .b import c", set()),
        ("importing = 'import a'", set()),
        ("import (", set()),
    ],
)
def test_imports_are_found_by_their_first_name(code, modules):
    assert imported_modules(code) == modules


def test_companions_are_ours_each_once_with_what_they_need_in_turn(folder):
    (folder / "a.py").write_text("import b, json\nload_weights(model, 'a.bin')\n")
    (folder / "b.py").write_text("import a\nload_weights(\n    model, \"b.bin\")\nload_weights(model, 'gone.bin')\n")
    for name in ("a.bin", "b.bin", "other.bin", "other.py"):
        (folder / name).write_bytes(b"")
    names = [path.name for path in companions("import a, b, torch")]
    assert sorted(names) == ["a.bin", "a.py", "b.bin", "b.py"]
    assert companions("x = 1") == []


def test_a_record_depends_on_the_snippet_and_its_companions(folder):
    (folder / "train.py").write_text("import costs\n")
    (folder / "costs.py").write_text("x = 1\n")
    assert source_hashes("train") == {
        "snippets/train.py": hashlib.sha256(b"import costs\n").hexdigest(),
        "snippets/costs.py": hashlib.sha256(b"x = 1\n").hexdigest(),
    }
    assert source_hashes("gone") == {}


def test_scripts_and_notebooks_are_run_and_shared_modules_are_not(folder):
    for name in ("b.py", "a.py", "costs.py", "tiny_gpt.py", "casebook.py", "w.bin"):
        (folder / name).write_text("")
    (snippets.NOTEBOOKS / "0.py").write_text("")
    assert snippet_names() == ["a", "b", "0"]
    assert source_path("0") == snippets.NOTEBOOKS / "0.py"
    assert source_path("a") == source_path("a").parent / "a.py" == folder / "a.py"


# --- running ---


def test_the_named_globals_and_the_new_files_come_back(folder):
    (folder / "costs.py").write_text("x = (1, 2)\n")
    code = "import costs\nprint('so', end='')\npair, gone = costs.x, {1: 2.5}\nopen('new.bin', 'wb').write(b'new')\n"
    done = run_python(code, "try_it.py", ("pair", "gone", "none"))
    assert (done.failed, done.stdout, done.files) == (False, "so", {"new.bin": b"new"})
    assert done.values == {"pair": [1, 2], "gone": {"1": 2.5}}
    assert done.missing == ["none"]
    assert list(done.environment) == ["python"], "torch was not imported, so nothing depends on it"
    assert 0 < done.seconds < 5


def test_a_snippet_sees_its_companions_and_nothing_else_of_ours(folder):
    (folder / "costs.py").write_text("")
    (folder / "other.py").write_text("")
    code = "import costs, os, sys\nfiles, name = sorted(os.listdir()), sys.argv\n"
    code += "try:\n    import scripts\nexcept ImportError:\n    alone = True\n"
    done = run_python(code, "try_it.py", ("files", "name", "alone"))
    assert [name for name in done.values["files"] if name.endswith(".py")] == ["costs.py", "try_it.py"]
    assert (done.values["name"], done.values["alone"]) == (["try_it.py"], True)


def test_a_snippet_may_have_the_name_of_one_of_ours(folder):
    (folder / "costs.py").write_text("raise SystemExit\n")
    done = run_python("x = 1\nif __name__ != '__main__':\n    y = 1\nimport costs\n", "costs.py", ("x",))
    assert done.values == {"x": 1}


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("raise KeyError('the key')", 1, "KeyError: 'the key'"),
        ("import sys\nsys.exit(0)", STOPPED_EARLY, "SystemExit: 0"),
        ("import os\nos._exit(0)", STOPPED_EARLY, ""),
        ("import os\nos._exit(3)", 3, ""),
        ("x = (", 1, "SyntaxError"),
    ],
)
def test_a_snippet_that_does_not_reach_its_end_has_failed(folder, code, status, says):
    done = run_python(code)
    assert done.failed
    assert done.returncode == status
    assert says in done.stderr
    assert "run_snippet" not in done.stderr, "the reader's traceback, not ours"
    assert done.values == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (2, "it ended with exit status 2"),
        (-9, "signal 9 ended it"),
        (STOPPED_EARLY, "it called sys.exit() or the like, so the lines below never ran"),
    ],
)
def test_a_failed_run_says_why(status, reason):
    assert Run(status, "", "").reason.startswith(reason)
    assert not Run(0, "", "").failed


def test_what_hangs_is_ended_with_all_that_it_started(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(snippets, "TIMEOUT_SECONDS", 1)
    mark = tmp_path / "mark"
    done = run_bash(f"(sleep 1.5; touch {mark}) & echo so far; sleep 60")
    assert (done.returncode, done.stdout) == (124, "so far\n")
    assert done.stderr.endswith("still running after 1 seconds")
    time.sleep(1)
    assert not mark.exists()


def test_bash_has_every_snippet_and_stops_at_the_first_failure(folder):
    (folder / "train.py").write_text("print('trained')\n")
    (folder / "cache").mkdir()
    assert run_bash("ls\npython train.py").stdout == "train.py\ntrained\n"
    for code in ("false\necho on", "echo $NO_SUCH_NAME\necho on", "false | true\necho on"):
        done = run_bash(code)
        assert done.failed
        assert "on\n" not in done.stdout


def test_the_environment_of_a_snippet_is_its_reader_s(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "ours")
    monkeypatch.setenv("PYTHONSTARTUP", "ours")
    monkeypatch.setenv("KEPT", "theirs")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    here = child_environment(None)
    assert not {"PYTHONPATH", "PYTHONSTARTUP"} & set(here)
    assert here["PYTHONDONTWRITEBYTECODE"] == "1"
    assert here["MPLCONFIGDIR"] == str(MATPLOTLIB_CACHE)
    assert (here["KEPT"], here["PYTHONIOENCODING"], here["MPLBACKEND"]) == ("theirs", "utf-8", "Agg")
    assert child_environment("cuda") == here == {**here, **{key: os.environ[key] for key in ("KEPT",)}}
    assert child_environment("cpu") == here | {"CUDA_VISIBLE_DEVICES": ""}


def test_a_snippet_is_run_under_its_own_name(folder):
    (folder / "a.py").write_text("import sys\nname = sys.argv[0]\n")
    assert run_snippet("a", ("name",)).values == {"name": "a.py"}
    with pytest.raises(FileNotFoundError, match=r"snippets/gone\.py does not exist; the snippets are a$"):
        run_snippet("gone")


def test_the_page_of_the_code_lists_each_file_once():
    listed = re.findall(r"^\| `(\w+\.py)` \|", (DOCS / "reference" / "snippets.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in SNIPPETS.glob("*.py"))
