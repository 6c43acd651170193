"""Plant faults and run every check on what they spoil, two at a time: ``python -m tests.faults.workers SITE NAME...``.

The libraries are imported once; each fault then gets a fork, which imports our own code from its own copy of the tree.
SITE is the built site that nothing spoils: a page that a fault leaves as it is need not be parsed again.
Prints one line of JSON for each fault, in their order: where it was planted, and what each check found.
"""

import gc
import importlib
import io
import json
import logging
import multiprocessing
import os
import sys
import tempfile
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

WORKERS = 2
PARSED = {}  # the pages of the site that nothing spoils, by their HTML


def forget_our_code() -> None:
    """Drop every module of ours, so that the next import finds the copy's."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("scripts", "tests")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def build_here(folder: Path) -> CompletedProcess:
    """Build the site in this process, and return what MkDocs said. A process of its own would import all anew."""
    from click.exceptions import ClickException
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        importlib.import_module("scripts.export").write()
        config = load_config("mkdocs.yml", site_dir=str(folder), strict=True)
        with redirect_stdout(said), redirect_stderr(said):
            config.plugins.run_event("startup", command="build", dirty=False)
            build(config)
    except ClickException as error:
        return CompletedProcess([], 1, "", f"{said.getvalue()}{error.format_message()}")
    finally:
        logger.removeHandler(handler)
    return CompletedProcess([], 0, "", said.getvalue())


def outcome(name: str) -> dict:
    """Plant one fault in a copy of the tree, and return where, and what each check found."""
    from tests.faults.planted import FAULTS
    from tests.faults.tree import Tree

    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        try:
            tree = Tree(Path(folder) / "tree")
            place = FAULTS[name].plant(tree)
            os.chdir(tree.root)
            os.environ |= {"NOTEBOOK_CACHE": "true", "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(tree.root)}
            sys.path[:0] = [str(tree.root), str(tree.root / "snippets")]
            forget_our_code()
            view = importlib.import_module("scripts.checks.view")
            view.build = build_here
            parsed = view.parsed
            view.parsed = lambda html: PARSED.get(html) or parsed(html)
            found = importlib.import_module("scripts.checks").run_checks(view.View(Path(folder) / "site"))
            return {"name": name, "place": place, "found": found}
        except BaseException:
            return {"name": name, "error": traceback.format_exc()}


def import_libraries() -> None:
    """Import what every fork will need, but nothing of ours that stays."""
    for name in ("bs4", "matplotlib.figure", "mkdocs.commands.build", "mkdocs_jupyter.plugin", "pint", "pydantic"):
        importlib.import_module(name)
    for name in ("material.plugins.search.plugin", "pymdownx.superfences", "pymdownx.snippets", "pytest_codeblocks"):
        importlib.import_module(name)


def look_at(site: Path) -> None:
    """Parse each page of the site, and run the checks, so that each fork finds what they looked for on its pages."""
    checks = importlib.import_module("scripts.checks")
    view = checks.View(site)
    checks.run_checks(view)
    PARSED.update({(site / name).read_text(encoding="utf-8"): page for name, page in view.pages.items()})
    forget_our_code()


def main() -> None:
    site, *names = sys.argv[1:]
    os.nice(10)  # the tests beside them come first
    import_libraries()
    look_at(Path(site))
    gc.freeze()  # else each fork's first collection would copy all that it shares
    with multiprocessing.get_context("fork").Pool(WORKERS, maxtasksperchild=1) as pool:
        for result in pool.imap(outcome, names, chunksize=1):
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
