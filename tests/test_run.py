"""A snippet is run as a reader would run it, and bounded whatever it does."""

import subprocess
import sys
import time

import pytest

from scripts.common import ROOT
from scripts.run import bare, code_hashes, companions, run_code, run_file, run_snippet, snippet_paths


def script(folder, text, name="script.py"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_globals_that_json_can_hold_are_the_numbers():
    run = run_code("import math\nx = 2.5\nname = 'Moran'\nmany = [1, (2, 3)]\n_hidden = 1\ndef f(): pass\n")
    assert run.values == {"x": 2.5, "name": "Moran", "many": [1, [2, 3]]}
    assert run.environment["python"].startswith("3.")


@pytest.mark.parametrize(
    "odd",
    [
        "from array import array\nodd = array('i', [1])",
        "import torch\nodd = torch.empty(3, device='meta')",
        "odd = []\nodd.append(odd)",
        "odd = 10**5000",
    ],
)
def test_a_global_of_another_kind_is_no_number_and_no_error(odd):
    assert run_code(f"{odd}\nx = 1\n").values == {"x": 1}


def test_tensors_become_numbers():
    run = run_code("import torch\nx = torch.tensor(2.0)\nrow = torch.arange(3)\nlarge = torch.zeros(10**6)\n")
    assert run.values == {"x": 2.0, "row": [0, 1, 2]}
    assert run.environment["torch"].startswith("2.")


def test_it_runs_in_a_folder_with_nothing_but_what_it_needs():
    run = run_code("import os, casebook\nprint(sorted(name for name in os.listdir() if name.endswith('.py')))")
    assert run.stdout == "['block.py', 'casebook.py']\n"


def test_a_snippet_finds_nothing_of_ours():
    assert "No module named 'scripts'" in run_code("import scripts").stderr


def test_files_that_it_writes_come_back():
    assert run_code("open('out.bin', 'wb').write(b'123')").files == {"out.bin": b"123"}


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError('no')",
        "import sys\nsys.exit()\nprint('never')",
        "import os\nos._exit(0)",
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()",
        "def f(:",
    ],
)
def test_what_does_not_reach_its_end_has_failed(code):
    assert run_code(code).failed


def test_a_traceback_starts_in_the_snippet():
    stderr = run_code("x = 1\ny = x / 0\n").stderr
    assert 'File "block.py", line 2' in stderr or 'block.py", line 2' in stderr
    assert "run_child" not in stderr and "runpy" not in stderr


@pytest.mark.parametrize("own_session", [True, False])
def test_a_process_that_it_starts_does_not_hold_up_the_limit(tmp_path, own_session):
    seconds = 60
    child = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep({seconds})'], start_new_session={own_session}).wait()"
    )
    start = time.monotonic()
    run = run_file(script(tmp_path, child), timeout=3)
    assert run.failed and "still running after 3 seconds" in run.stderr
    assert time.monotonic() - start < seconds / 2


def test_endless_output_is_bounded_and_fails():
    run = run_code("while True: print('x' * 1000)")
    assert run.failed and len(run.stdout) <= 100_000


def test_modules_are_not_snippets_and_those_that_load_weights_come_last():
    names = list(snippet_paths())
    assert {"train", "train_and_infer"} <= set(names)
    assert not {"tiny_gpt", "engine", "casebook", "costs"} & set(names)
    assert names.index("train") < names.index("inference")


def test_an_unknown_snippet_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no snippet is called nope; there are .*train"):
        run_snippet("nope")


def test_companions_are_modules_and_loaded_files_and_what_they_need():
    names = [path.name for path in companions(ROOT / "snippets" / "inference.py")]
    assert set(names) == {"casebook.py", "engine.py", "tiny_gpt.py", "casebook.safetensors"}


def test_a_hash_is_of_the_code_alone(small):
    path = small / "snippets" / "counting.py"
    before = code_hashes(path, small)
    assert set(before) == {"counting.py", "costs.py"}
    path.write_text(path.read_text().replace("# a dozen", "# as many as fit") + "\n\n")
    assert code_hashes(path, small) == before
    path.write_text(path.read_text().replace("0.5", "0.6"))
    assert code_hashes(path, small) != before


def test_an_empty_line_in_a_text_is_code():
    assert bare('x = """a\n\nb  \n"""\n\ny = 1  # one\n') == 'x = """a\n\nb  \n"""\ny = 1'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_a_script_saved_by_another_editor_is_read(small, encoding):
    path = small / "snippets" / "counting.py"
    path.write_text(path.read_text().replace("a dozen", "a dözen"), encoding=encoding)
    assert set(code_hashes(path, small)) == {"counting.py", "costs.py"}
    assert list(snippet_paths(small)) == ["counting"]


def test_results_are_written_by_a_python_that_has_nothing_of_ours(small, tmp_path):
    (small / "scripts").mkdir()
    for name in ("__init__.py", "run.py", "run_child.py"):
        (small / "scripts" / name).write_text((ROOT / "scripts" / name).read_text())
    (small / "snippets" / "broken.py").write_text("import torchao_of_another_machine\n")
    command = [sys.executable, "-S", "-m", "scripts.run", str(tmp_path / "results")]  # -S: no site-packages
    done = subprocess.run(command, cwd=small, capture_output=True, text=True)
    assert done.returncode == 1 and "These failed: broken. All others are in" in done.stderr
    assert '"eggs": 12' in (tmp_path / "results" / "counting.json").read_text()
