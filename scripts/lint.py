"""What an honest colleague in a hurry gets wrong on a page, found in its source, without a build."""

import ast
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.common import SiteError, at, line_of
from scripts.numbers import Numbers
from scripts.pages import BLOCK, CODE, REFERENCE, Fence, Page, Use, load_concept
from scripts.schema import load_tables

# --- Typed figures ---

FIGURE = re.compile(r"\d[\d.,]*|[½⅓⅔¼¾²³]")
COUNTS = """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? billions?
    trillions? dozens? half halves halved thirds? quarters? fifths? tenths? twice thrice doubles? doubled tripled?
    quadrupled percent majority minority fewer"""
COMPARED = """more less fewer larger smaller faster slower cheaper dearer higher lower longer shorter better worse
    bigger greater"""
QUANTITY = re.compile(
    rf"""\b(?:{"|".join(COUNTS.split())}|\w+fold|per\ cent|orders?[ -]of[ -]magnitude|(?:many|several|few)\ times
    |(?:much|far|slightly|somewhat|vastly|a\ lot|many\ times)\ (?:{"|".join(COMPARED.split())}))\b
    (?!-(?:party|precision|life|way|baked|trained))""",
    re.IGNORECASE | re.VERBOSE,
)
CODE_LIKE = re.compile(r"[A-Za-z]\w*[_.(\[=]|[=(\[]")  # a code span that is more than a name
# What changes a number that it touches: a digit, a letter or a sign before it; a letter or another unit behind it.
TOUCHES = re.compile(
    r"(?:[\w-]|[$€£~≈±<>×]\s?)\{\{(?! *claims)[^{}]*\}\}"
    r"|\}\}(?:[\w%€£]|\s+(?:%|[kKMGTP]i?B?\b|percent\b|per cent\b|bn\b))"
)


def typed_figures(page: Page, allowed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield each figure and each word of quantity that stands in prose, and neither names nor is bound to a number.

    ``allowed``: by page, and under ``anywhere``, the words that may stand, with the reason.
    """
    said = [*page.paragraphs, (1, page.description)]
    words = sorted({*allowed.get("anywhere", {}), *allowed.get(page.name, {})}, key=len, reverse=True)
    for number, paragraph in said:
        text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"<[^>]*>", "", html.unescape(" ".join(paragraph.split()))))
        text = CODE.sub(lambda span: "" if CODE_LIKE.search(span["text"]) else span["text"], text)
        bare = re.sub(r"[*_]", "", REFERENCE.sub(lambda match: match[0].replace("_", "\0"), text)).replace("\0", "_")
        if touched := TOUCHES.search(bare):
            yield page.at(number, f"{touched[0]!r} changes a number; write words around it, with a space between")
        bare = re.sub(r"\{\{[^{}]*\}\}", "\0", bare)
        for each in words:
            bare = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "\0", bare)
        bare = re.sub(r"(?:^| )\d+\. ", " ", bare)  # the numbers of a list
        for pattern, what in ((FIGURE, "figure"), (QUANTITY, "quantity")):
            for found in pattern.finditer(bare):
                near = bare[max(0, found.start() - 30) : found.end() + 20].replace("\0", "…").strip()
                yield page.at(
                    number,
                    f"the {what} {found[0]!r} is typed, in {near!r}. Name a number as {{{{ its.id }}}}, bind the words "
                    "to a claim, or, if it is part of a name, add that to docs/exceptions.toml",
                )


def unused_exceptions(pages: list[Page], docs: Path) -> Iterator[str]:
    """Yield each exception that no page needs: it would let a later figure through."""
    path = docs / "exceptions.toml"
    for name, words in load_tables(path).items():
        texts = [" ".join(page.text.split()) for page in pages if name in ("anywhere", page.name)]
        for each in [each for each in words if not any(each in text for text in texts)]:
            place = line_of(path, f"[{name}]" if name == "anywhere" else f'["{name}"]', f'"{each}"')
            yield at(path, place, f"{each!r} stands on no page that it is for; remove it")


# --- Notation and fences ---

SHOWN = {"python", "javascript", "text", "toml", "markdown", "console"}  # Python runs, JavaScript in a browser


def notation(page: Page) -> Iterator[str]:
    """Yield what stands in braces and is neither a number nor a block: a reader would see it as it stands."""
    for number, line in page.prose:
        for braces in re.findall(r"\{\{.*?(?:\}\}|$)", line):
            if not REFERENCE.fullmatch(braces) and not BLOCK.fullmatch(line.strip()):
                yield page.at(number, f"{braces} is neither a number nor a block; write {{{{ snippet.variable }}}}")
        if re.match(r"\s*<!--[-\s]*(?:pytest-codeblocks:|pytest\.mark)", line):
            yield page.at(number, "every block must run as it is shown; remove this comment")
    for number, text in page.paragraphs:
        for place, line in enumerate(lines := text.split("\n")):
            if BLOCK.fullmatch(line.strip()) and len(lines) > 1:
                yield page.at(number + place, f"{line.strip()} needs an empty line before it and after it")


def fences(page: Page) -> Iterator[str]:
    """Yield each fence that would show code that nobody runs."""
    for fence in page.fences:
        for problem in fence_problems(fence):
            yield page.at(fence.line, problem)


def fence_problems(fence: Fence) -> Iterator[str]:
    if not fence.closed:
        yield "this block of code does not end; close its fence"
    if fence.language not in SHOWN:
        yield f"the language {fence.language!r} is neither run nor known; the languages are {', '.join(sorted(SHOWN))}"
    if fence.language in ("text", "console") and looks_like_code(fence.code):
        yield "this is code under another name, so it is shown and not run; call it python"
    if fence.includes and len(fence.includes) != len(fence.lines):
        yield "a block that includes a file holds nothing else; put the other lines into a block of their own"
    files = {file for file, _ in fence.includes}
    if fence.includes and fence.language == "python" and files != {fence.title.partition(" ")[0]}:
        yield f'a block of {", ".join(files)} bears its name: title="{next(iter(files))}"'


def looks_like_code(text: str) -> bool:
    """Return whether a text is a program, a console session, or a cell of a notebook.

    >>> looks_like_code("print(1)"), looks_like_code(">>> import x"), looks_like_code("%timeit f()")
    (True, True, True)
    >>> looks_like_code("Watson: Adair has ink on the cuff.")
    False
    """
    if re.search(r"^\s*(?:>>> |In \[\d*\]:|%\w+ |!\w+ )", text, re.MULTILINE):
        return True
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    doing = (ast.Import, ast.ImportFrom, ast.Call, ast.Assign, ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, doing) for node in ast.walk(tree))


def fences_in_notebook(page: Page) -> Iterator[str]:
    """Yield each fence in a text cell of a notebook: its code would be shown and not run."""
    for fence in page.fences:
        yield page.at(fence.line, "code in a text cell is shown and not run; put it into a cell of code")


# --- Sources ---

SAID_BY_GRADE = {"A": ("",), "B": ("report", "estimate", "expect", "said"), "C": ("disput", "unclear")}


def grades(page: Page, numbers: Numbers) -> Iterator[str]:
    """Yield where a figure's standing is not said: reported ones are called so, disputed ones are not for clients."""
    in_line_for_clients = False
    for number, paragraph in page.paragraphs:
        if not paragraph.startswith(" "):
            in_line_for_clients = paragraph.startswith("!!! quote")
        text = CODE.sub("", paragraph)
        rows = text.split("\n") if text.lstrip().startswith("|") else [text]
        answer = page.answers.get(number, "")  # what is said aloud leaves its standing to the figure below it
        for row in [f"{rows[0]}\n{row}" for row in rows[1:]] or rows:  # a table's header speaks for each of its rows
            for reference in REFERENCE.finditer(row):
                use = Use(reference["id"], page, number, reference["words"] or "", reference["part"] or "")
                yield from standing(use, answer or row, numbers, in_line_for_clients or ".one-sheet" in page.text)


def standing(use: Use, words: str, numbers: Numbers, for_clients: bool) -> Iterator[str]:
    """Yield what a paragraph must say of a figure, and does not."""
    if use.id.startswith(("claims.", "reading.")) or use.part:
        return
    try:
        facts = numbers.get(use.id).facts
    except SiteError:
        return  # another rule says so
    grade = max((fact.grade for fact in facts), default="A")  # the weakest of what it stands on
    if not any(word in words.lower() for word in SAID_BY_GRADE[grade]):
        how = "reported" if grade == "B" else "disputed"
        yield use.at(f"{use.id} is of grade {grade}: say in its paragraph that it is {how}")
    if grade == "C" and for_clients:
        yield use.at(f"{use.id} is disputed (grade C); it may not stand in a line for clients")
    for fact in {fact for fact in facts if fact.kind == "history"}:
        if fact.period not in words and ".period" not in words and ".as_of" not in words:
            yield use.at(f"{use.id} is of a closed period: name it, as in {{{{ {use.id}.period }}}}")


# --- The form of a page ---


def descriptions(pages: list[Page]) -> Iterator[str]:
    """Yield each page that does not say of itself, in 40 to 160 characters of its own, what a reader finds there."""
    seen: dict[str, str] = {}
    for page in pages:
        said = page.description
        if not 40 <= len(said) <= 160:
            yield page.at(1, f"its description has {len(said)} characters; say in 40 to 160 what a reader finds there")
        elif said in seen:
            yield page.at(1, f"its description is that of {seen[said]}; give it one of its own")
        seen[said] = page.name


def sections(page: Page, numbers: Numbers) -> Iterator[str]:
    """Yield where a page of a concept lacks a required section. A folder with an ``index.md`` is a concept."""
    folder, _, file = page.name.rpartition("/")
    if not folder or not (numbers.docs / folder / "index.md").exists():
        return
    try:
        concept = load_concept(numbers.docs / folder)
    except SiteError as error:
        yield str(error)
        return
    if file == "index.md":
        if ("table", f"{folder}/resources") not in [(kind, name) for _, kind, name in page.blocks]:
            yield page.at(1, f"it lacks its resources; write {{{{ table {folder}/resources }}}}")
        if not concept.resources:
            yield at(numbers.docs / folder / "concept.toml", 1, "it lists no resources for the concept")
        return
    if missing := [section for section in concept.sections if section not in page.headings]:
        yield page.at(
            1, f"it lacks the section {missing[0]!r}; the required sections are {', '.join(concept.sections)}"
        )
    elif [each for each in page.headings if each in concept.sections] != list(concept.sections):
        yield page.at(1, f"its sections should stand in this order: {', '.join(concept.sections)}")
