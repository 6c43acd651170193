"""What is shown is what runs: every block on a built page is among those that the tests run, text for text."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup

from scripts.checks import View, check
from scripts.errors import SiteError, at
from scripts.fences import language_of
from scripts.paths import SNIPPETS
from scripts.snippets import LIBRARIES, imported_modules, standard_library

# What a reader may see in a <pre>: code that is run, and text that is no Python under another name.
RUN = {"python", "bash"}
NOT_RUN = {"text", "toml", "markdown"}
# Figures in these two are taken for code, so they stand where contributors learn to write them, and nowhere else.
TAUGHT, TEACHES = {"toml", "markdown"}, "reference/contributing/index.html"

# What a snippet may import besides, and must say on its page. torchao: PyTorch's library for quantization.
MORE_IMPORTS = {"quantization": {"torchao"}}


@check("sources")
def every_block_is_found(view: View) -> Iterator[str]:
    """Each page's blocks can be read, none is kept from running, and each include exists."""
    for page in view.sources:
        try:
            view.blocks(page)
        except SiteError as error:
            yield str(error)
        except Exception as error:
            yield at(page, 1, f"its blocks cannot be read: {error}")


@check("pages")
def blocks_shown_are_run(view: View) -> Iterator[str]:
    """Each block that a reader sees is run exactly as shown, and each that is run is seen."""
    try:
        every = [block for page in view.sources for block in view.blocks(page) if block.syntax in RUN]
    except Exception:
        return  # another check says which page's blocks cannot be read, and why
    written = {block.code.rstrip("\n"): block.shown_at for block in every}
    run = Counter((block.syntax, block.code.rstrip("\n")) for block in every)
    for name, message, text in audit(shown_blocks(view.pages), run):
        where = view.place(name, first_line(text)) if name else at(written[text].path, written[text].line, "")
        yield f"{where}{message}:\n{text}"


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def shown_blocks(pages: dict[str, BeautifulSoup]) -> Iterator[tuple[str, str, str]]:
    """Yield page, language and text of every <pre> that a reader sees.

    Left out: recorded output, which another check compares, and notebooks, whose cells the build executes.
    """
    for name, page in pages.items():
        for pre in page.select("article pre"):
            if (
                pre.find_parent(class_="jupyter-wrapper")
                or pre.find_parent("figure", attrs={"data-record": True})
                or pre.find_parent("td", class_="linenos")
            ):
                continue
            box = pre.find_parent(class_="highlight")
            classes = [*(box.get("class", []) if box else []), *(pre.code.get("class", []) if pre.code else [])]
            language = next((each.removeprefix("language-") for each in classes if each.startswith("language-")), "")
            yield name, language_of(language), pre.get_text().rstrip("\n")


def looks_like_python(text: str) -> bool:
    """Return whether a text parses as Python that does something.

    >>> looks_like_python("print(1)"), looks_like_python("Watson: Adair has ink on the cuff.")
    (True, False)
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    doing = (ast.Import, ast.ImportFrom, ast.Call, ast.Assign, ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, doing) for node in ast.walk(tree))


def audit(seen: Iterable[tuple[str, str, str]], run: Counter) -> Iterator[tuple[str, str, str]]:
    """Yield page, message and text for each block that is shown and not run as it stands, or run and not shown."""
    left = Counter(run)
    for name, language, text in seen:
        if language in RUN:
            if left[language, text] == 0:
                yield name, f"this {language} block is shown but not run", text
            left[language, text] -= 1
        elif language not in NOT_RUN:
            yield name, f"the language {language!r} is neither run nor known to be harmless", text
        elif language in TAUGHT and name != TEACHES:
            yield name, f"a block of {language} may stand on {TEACHES} only; make it prose, or text", text
        elif language == "text" and looks_like_python(text):
            yield name, "this is Python under another name, so it is shown but not run", text
    for (_, text), count in left.items():
        if count > 0:
            yield "", "this block is run but shown on no page; build again, or mend what drops it", text


@check("sources")
def snippets_need_only_torch(view: View) -> Iterator[str]:
    """Each snippet needs PyTorch, the standard library and our shared modules, and what MORE_IMPORTS adds."""
    known = standard_library() | set(LIBRARIES) | {"torch"}
    for path in sorted(SNIPPETS.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                foreign = imported_modules(ast.unparse(node)) - known - MORE_IMPORTS.get(path.stem, set())
                if foreign:
                    names = ", ".join(sorted(foreign))
                    yield at(path, node.lineno, f"{path.name} imports {names}, and its reader has torch only")
