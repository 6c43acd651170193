"""No figure and no quantity is typed: each on a built page is a checked number, a claim, or a named exception."""

import re
from collections.abc import Iterator

from scripts.checks import View, check
from scripts.entries import entry_line
from scripts.errors import at
from scripts.notation import prose_lines
from scripts.paths import EXCEPTIONS
from scripts.wording import load_exceptions

# The raw HTML that pages may hold, as tag.class, and the classes that they may give to a paragraph. All other markup is
# written by our own code, so that a class such as "number" always means what it says.
HTML = {"div.table-scroll", "ul.doors", "li"}
PARAGRAPH_CLASSES = {".claim", ".meta"}


@check("pages")
def no_figure_is_naked(view: View) -> Iterator[str]:
    """Each figure on a page is a checked number, or of a kind that is checked in another way."""
    for name, found in view.figures:
        if found.is_figure and found.kind is None:
            yield (
                f"{view.place(name, found.before)}the figure {found.text!r} is typed, in {found.sentence!r}. "
                "Measure it in a snippet, compute it, or quote it in docs/facts.toml, and write {{ its.id }}; if it is "
                "part of a name, add the name to docs/exceptions.toml"
            )


@check("pages")
def no_quantity_is_unbound(view: View) -> Iterator[str]:
    """Each word of quantity is bound to figures by a claim."""
    for name, found in view.figures:
        if not found.is_figure and found.kind is None:
            yield (
                f"{view.place(name, found.before)}nothing binds {found.text!r} to a figure, in {found.sentence!r}. "
                "Add a claim to docs/claims.toml and write {{ claims.its_name | the words }}, or say it without one"
            )


@check("pages")
def every_exception_is_needed(view: View) -> Iterator[str]:
    """Each exception is used on some page: an unused one would let a later figure through."""
    used = {found.kind for _, found in view.figures}
    for name, exception in load_exceptions().items():
        if f"exception {name}" not in used:
            yield at(EXCEPTIONS, entry_line(EXCEPTIONS, name), f"no page holds {exception.words!r}; remove {name}")


@check("sources")
def markup_is_plain(view: View) -> Iterator[str]:
    """Pages hold no markup that could pass a typed figure off as a checked one."""
    for page in view.sources:
        for number, line in prose_lines(page):
            tags = {f"{tag}.{cls}" if cls else tag for tag, cls in _tags(line)}
            for tag in sorted(tags - HTML):
                yield at(page, number, f"<{tag.replace('.', ' class=')}> is not among the HTML that pages may hold")
            for attributes in re.findall(r"\{:?\s*([.#][^}]*)\}", line):
                odd = [each for each in attributes.split() if each not in PARAGRAPH_CLASSES]
                if odd:
                    yield at(page, number, f"the attributes {' '.join(odd)} are not among those that pages may give")


def _tags(line: str) -> Iterator[tuple[str, str]]:
    for tag, attributes in re.findall(r"<([a-zA-Z][\w-]*)((?:\s[^<>]*)?)>", line):
        found = re.search(r"class\s*=\s*[\"']?([^\"'>]*)", attributes)
        yield tag.lower(), found[1].strip() if found else ""
