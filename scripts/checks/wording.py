"""No figure and no quantity is typed: each on a built page is a checked number, a claim, or a named exception."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from pymdownx.snippets import SnippetPreprocessor

from scripts.checks import View, check
from scripts.entries import entry_line
from scripts.errors import at
from scripts.notation import Fenced, body, parts, prose_lines
from scripts.paths import EXCEPTIONS
from scripts.wording import load_exceptions

# The raw HTML that pages may hold, the classes that they may give to a paragraph, and the boxes that they may draw. All
# other markup is written by our own code, so that a class such as "number" always means what it says.
HTML = {"div class=table-scroll", "ul class=doors", "li"}
PARAGRAPH_CLASSES = {".claim", ".meta"}
ADMONITIONS = {"note", "question", "quote", "warning"}
AUTOLINK = re.compile(r"<(?:https?|ftp)://[^<>\s]*>")
ATTRIBUTES = re.compile(r"(?<!\{)\{:?\s*([^{}]+)\}")
ADMONITION = re.compile(r"(?:\s|[>:*+-]|\d+[.)])*(?:!!!|\?\?\?\+?) ?([\w -]*)")
HEADER = re.compile(r"(?P<language>[a-z]+)?(?: title=\"(?P<title>[^\"]+)\")?")  # of a fence
INCLUDED = re.compile(r"\s*--8<-- \"(?P<file>[^\"]+)\"")
# What Python-Markdown reads otherwise than these checks do: nobody needs it, and it could hide a figure.
UNREAD = {"\\`": "an escaped backtick", "<![": "a section of XML", "<?": "an instruction of XML"}


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
        lines = dict(prose_lines(page))
        tags = Tags()
        tags.feed(AUTOLINK.sub("", "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))))
        for number, tag in tags.found:
            if tag not in HTML:
                yield at(page, number, f"<{tag}> is not among the HTML that pages may hold")
        for number, part in parts(body(page)):
            if isinstance(part, Fenced):
                yield from (at(page, number, problem) for problem in fence_problems(part))
            else:
                hidden = (f"{what} is not read alike by all" for sign, what in UNREAD.items() if sign in part)
                yield from (at(page, number, f"{problem}; say it without") for problem in hidden)
        for number, line in lines.items():
            if SnippetPreprocessor.RE_ALL_SNIPPETS.match(line) or "--8<--" in line:
                yield at(page, number, "an include outside a block of code brings in words that no check has read")
            for attributes in ATTRIBUTES.findall(line):
                odd = [each for each in attributes.split() if each not in PARAGRAPH_CLASSES]
                if odd:
                    yield at(page, number, f"the attributes {' '.join(odd)} are not among those that pages may give")
            admonition = ADMONITION.match(line)
            for odd in [each for each in admonition[1].split() if each not in ADMONITIONS] if admonition else ():
                yield at(page, number, f"{odd} is not among the boxes that pages may hold")


def fence_problems(block: Fenced) -> Iterator[str]:
    """Yield why a fence could show what no check has read: in its title, by its classes, or as it is no fence."""
    header = HEADER.fullmatch(block.header)
    if not block.closed:
        yield "this block of code does not end; close its fence"
    elif header is None:
        yield f'the fence header {block.header!r} is more than a language and title="..."; shorten it'
    elif header["title"]:
        files = [included["file"] for line in block.lines if (included := INCLUDED.fullmatch(line))]
        if files != [header["title"]]:
            yield f"the title {header['title']!r} is not the file that the block includes; name that file alone"


class Tags(HTMLParser):
    """Collects the tags of a text with their lines, each as ``tag name=value`` without what Markdown itself takes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = [f"{name}={value or ''}" for name, value in attrs if name != "markdown"]
        self.found.append((self.getpos()[0], " ".join([tag, *kept])))
