"""Each page is whole: built, described, with its bones and its resources, and with links that lead somewhere."""

import re
from collections.abc import Iterator
from itertools import takewhile
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import Tag

from scripts.checks import View, check
from scripts.checks.shown import text_of
from scripts.checks.view import line_near
from scripts.errors import at
from scripts.paths import DOCS
from scripts.promises import site_config
from scripts.reading import words

WANTED = "write 40 to 160 characters that say what a reader finds there"
BONES = ["Predict", "Run it", "What happened", "At frontier scale", "Check yourself", "Copy this"]
ANSWER = ["Say:", "The figure:", "Do not say:"]
QUESTIONS, SENTENCES = 4, 2  # the page's own words: so many questions, and so many sentences to say to each
# A fast talker says 160 words a minute, a reader takes in 200 or more. Who explains figures and lets them sink in is
# slower than either, and a figure is one word here and several when it is said.
SPOKEN_WORDS_PER_MINUTE = 120
LONG_ANSWER_MINUTES = 2
END = re.compile(r"[.!?]+[\"”')]*(?=\s|$)")  # of a sentence: the dot of 3.1 has a figure after it
NOTES = ".provenance, .cite"  # what stands with a number and is not said
COST_BONES = ["Predict", "Calculate", "What it shows", "Check yourself", "Copy this"]
LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}


@check("pages")
def every_page_describes_itself(view: View) -> Iterator[str]:
    """Each page has a description of its own for search engines."""
    seen = {site_config()["site_description"]: "the whole site"}
    for name, page in view.pages.items():
        if name == "404.html":
            continue  # no search engine shows it
        tag = page.select_one("head meta[name=description]")
        said, where = tag["content"] if tag else "", at(view.source_of(name), 1, "")
        if said in seen:
            yield f"{where}it describes {seen[said]}; its front matter needs a description of its own: {WANTED}"
        elif not 40 <= len(said) <= 160:
            yield f"{where}its front matter needs a description; this has {len(said)} characters: {WANTED}"
        seen[said] = name


@check("build")
def the_site_builds(view: View) -> Iterator[str]:
    """Built strictly: a warning of MkDocs is an error."""
    _ = view.built
    yield from ()


@check("pages")
def concept_pages_have_their_bones(view: View) -> Iterator[str]:
    """Each page of the concept, and each with a calculator, has the parts that a reader expects, in their order."""
    for name, page in view.pages.items():
        source = view.source_of(name)
        if name.startswith("training-vs-inference/") and source.name != "index.md":
            bones = BONES
        elif name.startswith("costs/") and page.select_one("cost-calculator"):
            bones = COST_BONES
        else:
            continue
        headings = [heading.find(string=True) for heading in page.select("article h2")]
        if [each for each in headings if each != "Sources"] != bones:
            yield at(source, 1, f"its parts are {', '.join(headings)}; they should be {', '.join(bones)}")
        for selector, what in ((".claim", "its claim"), (".admonition.quote", "a line to say to a client")):
            if not page.select_one(f"article {selector}"):
                yield at(source, 1, f"it lacks {what}")
        check_yourself = page.find("h2", id="check-yourself")
        questions = check_yourself.find_next_siblings("details") if check_yourself else []
        if not 2 <= len(questions) <= 4:
            yield at(source, 1, f"it asks {len(questions)} questions under Check yourself; two to four are right")


@check("pages")
def client_answers_are_whole(view: View) -> Iterator[str]:
    """Each question of a client has two sentences to say, a figure, what not to say, and an answer in two minutes."""
    page = view.pages.get("costs/client-questions/index.html")
    if page is None:
        yield at(DOCS / "costs" / "client-questions.md", 1, "this page is missing")
        return
    source = view.source_of("costs/client-questions/index.html")
    questions = [each for each in page.select("article h2") if each.find(string=True) != "Sources"]
    if len(questions) != QUESTIONS:
        yield at(source, 1, f"it asks {len(questions)} questions, and says that they are {QUESTIONS}; mend one of both")
    for heading in questions:
        question = heading.find(string=True) or ""
        for problem in answer_problems(heading):
            yield at(source, line_near(source, question), f"{question!r} {problem}")


def answer_problems(heading: Tag) -> Iterator[str]:
    """Yield what is wrong with the answer below a question."""
    parts = list(takewhile(lambda each: each.name != "h2", heading.find_next_siblings()))
    answers = {term.get_text(): term.find_next_sibling("dd") for part in parts for term in part.select("dt")}
    boxes = [part for part in parts if part.name == "details"]
    if list(answers) != ANSWER or not boxes:
        yield f"needs {', '.join(ANSWER)} and a box to open"
        return
    if not answers[ANSWER[1]].select_one(".number"):
        yield "has no figure behind it; name a number"
    sentences = len(END.findall(text_of(answers[ANSWER[0]], NOTES)))
    if sentences != SENTENCES:
        yield f"has {sentences} sentences to say; the page promises {SENTENCES}: join or cut them"
    for box in boxes:
        count, most = words([text_of(box, f"{NOTES}, summary")]), LONG_ANSWER_MINUTES * SPOKEN_WORDS_PER_MINUTE
        if not 0 < count < most:
            yield (
                f"has a long answer of {count} words; said slowly, fewer than {most} take under "
                f"{LONG_ANSWER_MINUTES} minutes: cut it"
            )


@check("pages")
def nothing_is_loaded_from_elsewhere(view: View) -> Iterator[str]:
    """No page loads anything from a third party: every script, style, picture and frame is the site's own."""
    for name, page in view.pages.items():
        for tag in page.find_all(list(LOADED)):
            address = tag.get(LOADED[tag.name], "")
            if tag.name == "link" and not set(tag.get("rel", [])) & {"stylesheet", "icon", "preload", "modulepreload"}:
                continue
            if urlsplit(address).netloc:
                yield f"{view.place(name, address)}{name} loads {address}; keep a copy of it in docs/assets/"


@check("pages")
def links_lead_somewhere(view: View) -> Iterator[str]:
    """Each link and each file that a page loads exists on the site, and so does the place on the page it points to."""
    for name, page in view.pages.items():
        for tag in page.select("[href], [src]"):
            address = tag.get("href") or tag.get("src") or ""
            parts = urlsplit(urljoin(f"http://site/{name}", address))
            if parts.netloc != "site" or (name == "404.html" and address.startswith("/")):
                continue
            path = unquote(parts.path).lstrip("/")
            target = f"{path}index.html" if path.endswith("/") or not path else path
            fragment = unquote(parts.fragment).partition(":~:")[0]
            if not (view.built / target).is_file():
                yield f"{view.place(name, tag.get_text())}the link to {address} leads nowhere"
            elif fragment and target in view.pages and fragment not in ids_of(view, target):
                yield f"{view.place(name, tag.get_text())}the link to {address} leads to a place that {target} lacks"


def ids_of(view: View, name: str) -> set[str]:
    if name not in view.ids:
        view.ids[name] = {tag["id"] for tag in view.pages[name].select("[id]")}
    return view.ids[name]


@check("pages")
def the_card_has_its_resources(view: View) -> Iterator[str]:
    """Resources are listed on the first page; another check compares the list with docs/resources.toml."""
    card = view.pages.get("training-vs-inference/index.html")
    if card is None or card.select_one("[data-table=resources]") is None:
        yield at(DOCS / "training-vs-inference" / "index.md", 1, "it lacks its resources; write {{ table resources }}")
