"""The checks: each looks at one thing that the site promises, and says what is wrong with file, line and remedy.

A check is a function from a ``View`` of the site to messages. They run in stages, because nothing can be said of broken
data, and a page that was not built cannot be read: what cannot be looked at is reported as not run.
``make check`` runs them all; ``tests/test_checks.py`` does too; ``tests/faults/`` plants a fault for each of them.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.checks.view import View
from scripts.errors import SiteError, at

Finder = Callable[[View], Iterable[str]]
STAGES = ("data", "sources", "build", "pages")


@dataclass(frozen=True)
class Check:
    """One check. ``stage`` says what it looks at: ``data``, ``sources``, the ``build``, the ``pages``."""

    name: str
    stage: str
    find: Finder

    @property
    def promise(self) -> str:
        """Return, in a sentence, what the check holds the site to."""
        return (self.find.__doc__ or "").strip().partition("\n")[0]

    def problems(self, view: View) -> list[str]:
        """Return what is wrong. An error that stops the check is what is wrong, too."""
        try:
            return list(self.find(view))
        except SiteError as error:
            return str(error).splitlines()
        except Exception as error:  # one broken check must not silence the others
            code = self.find.__code__
            where = at(Path(code.co_filename), code.co_firstlineno, f"the check {self.name!r} itself failed")
            return [f"{where}: {type(error).__name__}: {error}; mend the check"]


CHECKS: dict[str, Check] = {}


def check(stage: str) -> Callable[[Finder], Finder]:
    """Register a function as a check of this stage. ``claims_hold`` in claims.py becomes ``claims hold``."""

    def register(find: Finder) -> Finder:
        name = find.__name__.replace("_", " ")
        CHECKS[name] = Check(name, stage, find)
        return find

    return register


def load_checks() -> dict[str, Check]:
    """Return every check by name, in the order of the stages."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {name: each for stage in STAGES for name, each in sorted(CHECKS.items()) if each.stage == stage}


def run_checks(view: View) -> dict[str, list[str] | None]:
    """Return what each check found: messages, or None where an earlier fault kept it from running."""
    found: dict[str, list[str] | None] = {}
    red: set[str] = set()
    said: set[str] = set()
    for name, each in load_checks().items():
        if red & {"data", "build"} - {each.stage}:
            found[name] = None
            continue
        found[name] = each.problems(view)
        if found[name]:
            red.add(each.stage)
            if each.stage == "build" and set(found[name]) <= said:
                found[name] = None  # the sources' own checks have said it all
            said |= set(found[name] or ())
    return found
