"""The plugin runs blocks as their reader would, and a failure says where."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

from scripts.paths import ROOT

PYTHON = '\n```python title="a.py"\n{}\n```\n'
BASH = "```bash\n{}\n```\n"
EXPECTED = "```python\nprint(1)\n```\n\n<!--pytest-codeblocks:expected-output{}-->\n\n```\n{}\n```\n"

LEAK = "import os, sys\nos.environ['LEAK'] = '1'\nsys.setrecursionlimit(50)\nopen('leak', 'w').close()\nleak = 1"
NO_LEAK = """import os, sys
assert 'LEAK' not in os.environ and sys.getrecursionlimit() > 50
assert not os.path.exists('leak') and 'leak' not in globals()"""
COMPANIONS = """import casebook, os, tiny_gpt
assert sorted(n for n in os.listdir() if n.endswith('.py')) == ['block.py', 'casebook.py', 'tiny_gpt.py']
try:
    import scripts
except ImportError:
    pass
else:
    raise RuntimeError('the harness leaks')"""
REAL_MAIN = """import inspect, pickle


class Case:
    pass


pickle.loads(pickle.dumps(Case()))
inspect.getsource(Case)"""

SOUND = {
    "main": "```python\nassert __name__ == '__main__'\n```\n",
    "leak": f"```python\n{LEAK}\n```\n\n```python\n{NO_LEAK}\n```\n",
    "companions": f"```python\n{COMPANIONS}\n```\n",
    "real-main": f"```python\n{REAL_MAIN}\n```\n",
    "expected": EXPECTED.format("", "1"),
    "expected-spaces": EXPECTED.format("-ignore-whitespace", "  1  "),
    "bash": BASH.format("python -c 'print(1)'"),
}
# Each with the line where its block starts, the line of the fault if it can be told, and what is said.
FAILING = {
    "raises": (PYTHON.format("x = 1\n\nraise KeyError('the key')"), 2, 5, "KeyError: 'the key'"),
    "deep": (PYTHON.format("def f():\n    raise OSError\n\n\nif __name__ == '__main__':\n    f()"), 2, 4, "OSError"),
    "exits": (PYTHON.format("import sys\nsys.exit(0)\nx = 1"), 2, 4, "called sys.exit()"),
    "vanishes": (PYTHON.format("import os\nos._exit(0)\nx = 1"), 2, None, "called sys.exit() or the like"),
    "does-not-parse": (PYTHON.format("x = (1,\nprint("), 2, 4, "SyntaxError"),
    "status": (PYTHON.format("import os\nos._exit(3)"), 2, None, "ended with exit status 3"),
    "bash-false": (BASH.format("false\necho on"), 1, None, "exit status 1"),
    "bash-name": (BASH.format("echo $NO_SUCH_NAME"), 1, None, "NO_SUCH_NAME"),
    "bash-pipe": (BASH.format("false | true"), 1, None, "exit status 1"),
    "unexpected": (EXPECTED.format("", "2"), 1, None, "expected output:\n2\n\nbut it printed:\n1"),
    "unexpected-spaces": (EXPECTED.format("", "1 "), 1, None, "but it printed:\n1"),
}


@dataclass
class Outcome:
    """What became of the blocks of one page, and what the failing one said."""

    blocks: int
    failure: str


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, Outcome]:
    """Run every page at once, and return what became of each."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in (SOUND | {name: case[0] for name, case in FAILING.items()}).items():
        (folder / f"{name}.md").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--codeblocks", "-p", "scripts.codeblocks"]
    done = subprocess.run(
        [*command, "--junitxml=out.xml", "."],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {}
    for case in ET.parse(folder / "out.xml").iter("testcase"):
        name = case.get("name").partition(".md")[0].rpartition("/")[2]
        name = name if name in SOUND or name in FAILING else case.get("classname").removesuffix(".md")
        each = found.setdefault(name, Outcome(0, ""))
        each.blocks += 1
        each.failure += "".join(failure.text for failure in case.iter("failure"))
    return found


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_block_passes(outcomes, name):
    assert outcomes[name] == Outcome(SOUND[name].count("```python") + SOUND[name].count("```bash"), "")


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_block_is_named_with_its_line(outcomes, name):
    text, start, line, says = FAILING[name]
    failure = outcomes[name].failure
    language = "bash" if "```bash" in text else "python"
    assert f"{name}.md:{start}: this {language} block fails" in failure
    assert says in failure
    assert line is None or f"{name}.md:{line}" in failure
