"""The plugin runs blocks as their reader would, and a failure says where."""

import os
import subprocess
import sys

import pytest

from scripts.paths import ROOT


@pytest.fixture
def report(tmp_path):
    """Return a function that runs the blocks of a page and returns pytest's exit status and report."""

    def run(text):
        (tmp_path / "page.md").write_text(text)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--codeblocks"]
        done = subprocess.run(
            [*command, "-p", "scripts.codeblocks", "page.md"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_sound_block(report):
    status, text = report("```python\nassert __name__ == '__main__'\n```\n")
    assert status == 0, text
    assert "1 passed" in text


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        ("x = 1\n\nraise KeyError('the key')", 5, "KeyError: 'the key'"),
        ("def main():\n    raise OSError\n\n\nif __name__ == '__main__':\n    main()", 4, "OSError"),
        ("import sys\nsys.exit(0)\nx = 1", 4, "called sys.exit()"),
        ("import os\nos._exit(0)\nx = 1", None, "called sys.exit() or the like"),
        ("x = (1,\nprint(", 4, "SyntaxError"),
        ("import os\nos._exit(3)", None, "ended with exit status 3"),
    ],
)
def test_a_failing_block_is_named_with_its_line(report, code, line, says):
    status, text = report(f'\n```python title="a.py"\n{code}\n```\n')
    assert status == 1, text
    assert "page.md:2: this python block fails" in text
    assert says in text
    assert line is None or f"page.md:{line}" in text


def test_nothing_leaks_from_block_to_block(report):
    leak = "import os, sys\nos.environ['LEAK'] = '1'\nsys.setrecursionlimit(50)\nopen('leak', 'w').close()\nleak = 1"
    check = "import os, sys\nassert 'LEAK' not in os.environ and sys.getrecursionlimit() > 50\n"
    check += "assert not os.path.exists('leak') and 'leak' not in globals()"
    status, text = report(f"```python\n{leak}\n```\n\n```python\n{check}\n```\n")
    assert status == 0, text
    assert "2 passed" in text


def test_companions_are_there_and_nothing_else_of_ours(report):
    code = "import casebook, os, tiny_gpt\nassert sorted(n for n in os.listdir() if n.endswith('.py')) == "
    code += "['block.py', 'casebook.py', 'tiny_gpt.py']\n"
    code += (
        "try:\n    import scripts\nexcept ImportError:\n    pass\nelse:\n    raise RuntimeError('the harness leaks')"
    )
    status, text = report(f"```python\n{code}\n```\n")
    assert status == 0, text


def test_what_needs_a_real_main_module_works(report):
    code = "import inspect, pickle\n\n\nclass Case:\n    pass\n\n\n"
    code += "pickle.loads(pickle.dumps(Case()))\ninspect.getsource(Case)"
    status, text = report(f"```python\n{code}\n```\n")
    assert status == 0, text


@pytest.mark.parametrize(
    ("code", "says"),
    [("false\necho on", "exit status 1"), ("echo $NO_SUCH_NAME", "NO_SUCH_NAME"), ("false | true", "exit status 1")],
)
def test_a_failing_bash_block(report, code, says):
    status, text = report(f"```bash\n{code}\n```\n")
    assert status == 1, text
    assert "page.md:1: this bash block fails" in text
    assert says in text


def test_expected_output(report):
    page = "```python\nprint(1)\n```\n\n<!--pytest-codeblocks:expected-output-->\n\n```\n{}\n```\n"
    assert report(page.format("1"))[0] == 0
    status, text = report(page.format("2"))
    assert status == 1
    assert "but it printed:\n1" in text
