"""The calculators in use: the browser computes what Python does, and a reader can change, share, copy and print."""

import math
import random
import re
import subprocess
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from scripts.calculator_html import CalculatorHtml
from scripts.common import ROOT, read
from scripts.numbers import Numbers
from scripts.pages import load_pages

pytestmark = pytest.mark.browser

NUMBERS = Numbers()
CALCULATORS = {name: CalculatorHtml(name, NUMBERS) for name in NUMBERS.calculators.specs}
USES = [(page.name.removesuffix(".md"), kind, name) for page in load_pages() for _, kind, name in page.blocks]
PAGES = {name: page.removesuffix("index") + "/" for page, kind, name in USES if kind == "calculator"}
TRAINING, INFERENCE, EVEN = "training-cost", "inference-cost", "break-even"
ANSWERS = 50  # to compare of each calculator; what is refused on the way is compared, too
NOTHING = ("–", "")  # what a result shows where there is none


class Used:
    """A calculator on its page, and the same calculator in Python."""

    def __init__(self, visit, name):
        self.name, self.visit, self.page, self.python = name, visit, visit.page, CALCULATORS[name]
        self.inputs = self.python.described["inputs"]
        self.first = next(each["name"] for each in self.inputs if not each["whole"])
        self.labelled = [each for each in self.python.described["outputs"] if each["label"]]
        self.part = self.page.locator("cost-calculator").locator
        self.evaluate = self.page.locator("cost-calculator").evaluate
        self.unfold()

    def unfold(self):
        self.evaluate("one => one.querySelectorAll('.inputs, .steps').forEach(each => { each.open = true })")

    def field(self, name):
        return self.part(f"[data-input='{name}'] input[type=text]")

    def headline(self):
        return self.part(".say").inner_text().strip()

    def settle(self):
        """Wait until the last change is computed, drawn and written into the address."""
        look = "const look = () => (one.ariaBusy ? setTimeout(look, 10) : go())"
        self.evaluate(f"(one) => new Promise((go) => {{ {look}; look() }})")  # Playwright looks twice a second

    def change(self, **typed):
        """Type into some fields, all at once."""
        script = """(one, typed) => Object.entries(typed).forEach(([name, text]) => {
            const box = one.querySelector(`[data-input="${name}"] input[type=text]`)
            box.value = text
            box.dispatchEvent(new Event("input", {bubbles: true}))
        })"""
        self.evaluate(script, typed)
        self.settle()

    def press(self, name):
        self.page.get_by_role("button", name=name).click()

    def shown(self):
        """Return the headline, and the text and the formula of each result, as the reader sees them."""
        script = """one => [...one.querySelectorAll("[data-output]")].map(row => [
            row.dataset.output, row.querySelector("data").textContent, row.querySelector(".formula").textContent])"""
        return self.headline(), {name: (text, formula) for name, text, formula in self.evaluate(script)}

    def expected(self, **typed):
        """Return what should be shown."""
        answer = self.python.ask(typed)
        rows = {each["name"]: answer.get("outputs", {}).get(each["name"]) for each in self.labelled}
        said = answer.get("problem") or f"{answer['headline']} {answer['verdict']}".strip()
        return said, {key: (row["text"], row["formula"]) if row else NOTHING for key, row in rows.items()}

    def random_inputs(self, rng):
        """Return texts for all fields: what their sliders can give, or what they start with."""
        typed = {}
        for each in self.inputs:
            low, high = self.python.spec.inputs[each["name"]].slider
            value = low * (high / low) ** rng.random() if low > 0 else rng.uniform(low, high)
            text = str(math.ceil(value)) if each["whole"] else f"{min(high, max(low, value)):.{rng.randint(2, 9)}g}"
            typed[each["name"]] = rng.choice([text, each["default"]])
        return typed


@pytest.fixture(scope="module")
def opened(request, open_page):
    """Open a calculator's page once for many tests."""
    with open_page(PAGES[request.param]) as visit:
        visit.page.wait_for_load_state("networkidle")
        visit.untouched = set(visit.bytes)
        yield Used(visit, request.param)
        assert visit.problems == []


@pytest.fixture
def used(opened):
    """Return an opened calculator, and leave it as it was."""
    yield opened
    opened.press("Reset")
    opened.settle()


@pytest.fixture
def training(open_page):
    with open_page(PAGES[TRAINING]) as visit:
        yield Used(visit, TRAINING)


def each(*names):
    return pytest.mark.parametrize("opened", names or PAGES, indirect=True)


def given(address):
    """Return the inputs that an address carries."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


# --- The two Pythons ---


def assert_same(ours, theirs):
    if "problem" in ours or "problem" in theirs:
        assert ours.get("field") == theirs.get("field")
        assert_same_words(ours["problem"], theirs["problem"])
    for key in ("said", "headline", "verdict", "band", "code"):
        assert ours.get(key) == theirs.get(key)
    assert set(ours.get("outputs", ())) == set(theirs.get("outputs", ()))
    for key, output in ours.get("outputs", {}).items():
        assert theirs["outputs"][key].pop("value") == pytest.approx(output["value"], rel=1e-9), key
        assert theirs["outputs"][key] == {"text": output["text"], "formula": output["formula"]}


def assert_same_words(ours, theirs, figure=r"\d+(?:\.\d+)?(?:e[+-]\d+)?", **tolerance):
    """Hold texts to be the same but for the last digit of their figures: on a tie, MicroPython's own format rounds up."""
    assert re.sub(figure, "#", ours) == re.sub(figure, "#", theirs)
    one, other = ([float(each) for each in re.findall(figure, text)] for text in (ours, theirs))
    assert one == pytest.approx(other, **tolerance or {"rel": 1.1e-2})


@each()
def test_the_browser_computes_what_python_does(opened):
    rng, answers = random.Random(opened.name), 0
    for _ in range(20):
        asked = [opened.random_inputs(rng) for _ in range(ANSWERS)]
        got = opened.evaluate("(one, asked) => Promise.all(asked.map((typed) => one.compute(typed)))", asked)
        for typed, theirs in zip(asked, got, strict=True):
            ours = opened.python.ask(typed)
            assert_same(ours, theirs)
            answers += "problem" not in ours
        if answers >= ANSWERS:
            break
    assert answers >= ANSWERS
    ours, theirs = opened.python.answer, opened.evaluate("one => one.compute(one.typed, true)")
    assert theirs.get("caption") == ours.get("caption")
    assert_same_words(ours.get("chart", ""), theirs.get("chart", ""), figure=r"\d+\.\d(?=%)", abs=0.11)


@each()
def test_what_is_typed_is_what_is_shown(used):
    """Through the real fields, as the reader sees it, and into the address."""
    rng = random.Random(used.name)
    for typed in [used.random_inputs(rng) for _ in range(3)]:
        used.change(**typed)
        (ours, expected), (theirs, shown) = used.expected(**typed), used.shown()
        assert_same_words(ours, theirs)
        assert shown == expected
        changed = [each["name"] for each in used.inputs if typed[each["name"]] != each["default"]]
        assert given(used.page.url) == {f"{used.name}.{key}": typed[key] for key in changed}
    used.press("Reset")
    used.settle()
    assert used.shown() == used.expected()
    assert used.page.url.endswith(PAGES[used.name])


# --- What is wrong ---


@each()
def test_a_slip_is_said_beside_its_field(used):
    slips = ["abc", "", "-3", "0", "1e999", "1,00", "nan", "5 5"]
    script = """one => [...one.querySelectorAll("[aria-invalid]")].map(box => [
        box.closest("[data-input]").dataset.input,
        document.getElementById(box.getAttribute("aria-describedby").split(" ").at(-1)).innerText])"""
    for place, key in enumerate([used.first] * len(slips) + [each["name"] for each in used.inputs[1::3]]):
        ours = used.python.ask({key: slips[place % len(slips)]})
        if "problem" not in ours:
            continue  # some may be had for nothing, as an API's price
        before = used.field(key).input_value()
        used.field(key).fill(slips[place % len(slips)])
        used.part(".say", has_text=ours["problem"]).wait_for()
        assert used.evaluate(script) == ([[ours["field"], ours["problem"]]] if ours["field"] else [])
        assert not used.part("figure").is_visible(), "the old chart is no answer"
        used.field(key).fill(before)
    used.settle()
    assert used.evaluate(script) == []
    assert used.part("figure").is_visible() == bool(used.python.spec.chart)


EXTREMES = ["1e-300", "1e300", "0", "-1e300", "1e30", "1" * 30, "0." + "1" * 28, "", "NaN" + "x" * 300, "9" * 2000]
LONGEST = [EXTREMES[0], "1" * 30]  # of what is shown of them
LOOK = r"""async (one, [key, texts]) => {
    const page = document.documentElement, found = []
    for (const text of texts) {
        if (key) one.fill([...one.calculator.inputs.map((each) => [each.name, each.default]), [key, text]])
        while (one.ariaBusy) await new Promise((go) => setTimeout(go, 5))
        const say = (what) => found.push(`${key} ${text.slice(0, 12)}: ${what}`)
        if (page.scrollWidth > page.clientWidth) say(`the page is ${page.scrollWidth} wide`)
        const kept = one.querySelectorAll("input, .ran *") // what the reader typed
        const words = [...one.querySelectorAll(".say, .likely, data, .formula, figcaption, .compare, .problem, .status")]
        for (const { textContent } of words)
            if (/\b(NaN|nan|inf|Infinity|undefined)\b|\d{31}|0{9}/.test(textContent)) say(textContent.slice(0, 80))
        for (const shape of one.querySelectorAll("*"))
            for (const { name, value } of shape.attributes)
                if (/\b(NaN|nan|inf|Infinity|undefined)\b/.test(value) && ![...kept].includes(shape)) say(`${name}=${value}`)
        for (const shape of one.querySelectorAll("svg *"))
            for (const { name, value } of shape.attributes)
                if (/^([xy]|width|height)$/.test(name) && !/^\d{1,3}(\.\d%)?$/.test(value))
                    say(`${name}=${value.slice(0, 80)}`)
    }
    return found
}"""


@pytest.mark.parametrize("name", PAGES)
def test_no_value_breaks_the_page_or_its_picture(open_page, name):
    """A thousands mark in a coordinate once broke the drawing, and 300 zeros the page. The first comes by the address."""
    first, *others = [each["name"] for each in CALCULATORS[name].described["inputs"]]
    with open_page(f"{PAGES[name]}?{urlencode({f'{name}.{first}': EXTREMES[0]})}", width=390) as visit:
        used = Used(visit, name)
        used.settle()
        assert used.field(first).input_value() == EXTREMES[0]
        found = used.evaluate(LOOK, ["", [EXTREMES[0]]])
        # No pauses as for one who types.
        used.evaluate("() => { const wait = setTimeout; window.setTimeout = (go, ms) => wait(go, Math.min(ms, 1)) }")
        for place, key in enumerate(others):  # in plain Python, a test tries all in each field
            found += used.evaluate(LOOK, [key, [LONGEST[place % 2]]])
        found += used.evaluate(LOOK, [first, EXTREMES])
        assert given(visit.page.url) == {f"{name}.{first}": EXTREMES[-1]}
        visit.page.set_viewport_size({"width": 1280, "height": 900})
        visit.page.wait_for_timeout(500)  # the theme's drawer slides away
        found += used.evaluate(LOOK, [first, LONGEST])
        assert found == []
        assert visit.problems == []


def test_a_browser_that_cannot_run_python_says_so_and_tries_again(training):
    training.visit.context.route("**/*.wasm", lambda route: route.abort())
    training.change(gpus="8")
    assert "Python did not start here" in training.headline()
    assert set(training.shown()[1].values()) == {NOTHING}
    training.visit.context.unroute("**/*.wasm")
    training.change(gpus="9")
    assert training.shown() == training.expected(gpus="9")


def test_a_mistake_of_ours_is_called_ours(training):
    training.evaluate("one => { one.compute = () => { throw new Error('Traceback: MemoryError') } }")
    training.change(gpus="8")
    assert "This is our mistake" in training.headline()
    assert "Traceback" not in training.page.locator("article").inner_text()
    assert ["MemoryError" in each for each in training.visit.problems] == [True], "the console has the rest"


# --- While Python is on its way ---


def test_what_is_of_other_numbers_is_dimmed(training):
    """On a slow line the fields change at once, and the results after seconds. A look at the code changes nothing."""
    held, opacity = [], "one => +getComputedStyle(one).opacity"
    headline, results = training.part(".say"), training.part("dl").first
    training.visit.context.route("**/*.wasm", lambda route: held.append(route))
    training.part("summary", has_text="The Python that ran").click()
    training.page.wait_for_timeout(400)  # longer than results of other numbers stand undimmed
    assert headline.evaluate(opacity) == 1
    training.field("gpus").fill("8")
    training.page.locator("cost-calculator.waiting").wait_for()
    assert headline.evaluate(opacity) < 0.5 and results.evaluate(opacity) < 0.5
    while not held:
        training.page.wait_for_timeout(50)
    held[0].continue_()
    training.settle()
    assert headline.evaluate(opacity) == results.evaluate(opacity) == 1
    assert training.shown() == training.expected(gpus="8")


@each()
def test_python_is_sent_to_those_who_touch_a_control(used):
    untouched = used.visit.untouched
    assert not [place for place in untouched if re.search(r"micropython|\.py$", place)]
    used.change(**{used.first: "1.5"})
    fetched = set(used.visit.bytes) - untouched
    files = {f"browser/{part}.py" for part in ("__init__", "answer", "chart", "units")}
    files |= {"snippets/costs.py", f"snippets/calculators/{used.name.replace('-', '_')}.py"}
    assert {place for place in fetched if place.endswith(".py")} == files
    assert sum(used.visit.bytes[place] for place in fetched) < 260_000


# --- Share, copy, fill in ---


@each()
def test_links_and_python_are_copied(used, tmp_path):
    """A link carries every number; the Python runs and prints the same."""
    typed = {used.first: "1.5"}
    used.change(**typed)
    used.press("Copy link")
    used.part(".status", has_text="The link holds all these numbers").wait_for()
    link = used.visit.clipboard()
    everything = {each["name"]: each["default"] for each in used.inputs} | typed
    assert given(link) == {f"{used.name}.{key}": text for key, text in everything.items()}
    used.press("Copy as Python")
    used.part(".status", has_text="Save it beside costs.py").wait_for()
    code = used.visit.clipboard()
    assert used.part(".ran code").text_content() == code
    addresses = used.part(".code a").evaluate_all("all => all.map(one => one.href)")
    scripts = [used.visit.context.request.get(address).text() for address in addresses]
    assert scripts == [used.python.source, read(ROOT / "snippets" / "costs.py")]
    used.page.goto(link)
    used.settle()
    assert used.shown() == used.expected(**typed)
    (tmp_path / "copied.py").write_text(code)
    (tmp_path / "costs.py").write_text(scripts[1])
    done = subprocess.run([sys.executable, "copied.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    printed = {label: float(value) for label, value in (line.rsplit(": ", 1) for line in done.stdout.splitlines())}
    outputs = used.python.ask(typed)["outputs"]
    assert printed == {each["label"]: pytest.approx(outputs[each["name"]]["value"]) for each in used.labelled}


def test_refused_numbers_are_not_copied(training):
    training.page.evaluate("navigator.clipboard.writeText('as before')")
    training.change(gpus="-4")
    training.press("Copy as Python")
    training.part(".status:not(.unseen)", has_text="How many GPUs? -4: give a number above 0").wait_for()
    assert training.visit.clipboard() == "as before"


@each()
def test_a_preset_fills_its_fields_and_says_where_from(used):
    used.unfold()
    script = """one => [...one.querySelectorAll("[data-input]")].map(item => [
        item.dataset.input, [item.querySelector("input").value, item.querySelector(".origin").innerText]])"""
    for group, presets in used.python.chosen.items():
        select, chosen = used.part(f"[data-group='{group}'] select"), presets[-1]
        select.select_option(chosen["id"])
        used.settle()
        typed = {key: value["text"] for key, value in chosen["values"].items()}
        assert used.shown() == used.expected(**typed), "the choice is all that it takes"
        fields = dict(used.evaluate(script))
        for key, value in chosen["values"].items():
            assert fields[key] == [value["text"], f"{chosen['label']}: {value['origin']}"]
        key = next(iter(chosen["values"]))
        used.change(**{key: "12"})
        assert dict(used.evaluate(script))[key] == ["12", "your number"]
        assert select.locator("option:checked").inner_text() == "other numbers"
        used.press("Reset")


@pytest.mark.parametrize("name", PAGES)
def test_three_questions_are_seen_and_no_other_field(open_page, name):
    with open_page(PAGES[name]) as visit:
        seen = "all => all.filter(each => each.checkVisibility()).length"
        asked = visit.page.locator("cost-calculator .asks label").evaluate_all(seen)
        texts = visit.page.locator("cost-calculator :is(select, input[type=text])").evaluate_all(seen)
        assert asked == texts == len(CALCULATORS[name].spec.asks)


@each(INFERENCE)
def test_a_slider_moves_its_field(used):
    slider = used.part("[data-input=people] input[type=range]")
    before = float(used.field("people").input_value())
    slider.focus()
    used.page.keyboard.press("ArrowRight")
    used.settle()
    after = used.field("people").input_value()
    assert before < int(after) < 1.2 * before, "there is no part of one"
    assert used.shown() == used.expected(people=after)
    assert slider.get_attribute("aria-valuetext") == after


# --- Every reader ---


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_right_without_javascript(built_site, name):
    """What the build wrote: a test of pages looks at one of them in a browser without JavaScript."""
    built = BeautifulSoup(read(built_site / PAGES[name] / "index.html"), "html.parser").find("cost-calculator")
    answer = CALCULATORS[name].answer
    assert built.select_one(".say").text.strip() == f"{answer['headline']} {answer['verdict']}".strip()
    assert built.select_one(".likely").text == answer["band"]
    for row in built.select("[data-output]"):
        output = answer["outputs"][row["data-output"]]
        assert (row.data.text, row.select_one(".formula").text) == (output["text"], output["formula"])
    for field in built.select("[data-input]"):
        assert field.select_one(".value").text == answer["said"][field["data-input"]]
    assert built.select("input, select, button") == []
    assert bool(built.select("figure svg")) == bool(CALCULATORS[name].spec.chart)


@each()
def test_each_field_is_read_with_its_name_its_unit_and_its_help(opened):
    opened.unfold()
    script = """one => (one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)
        .map(id => document.getElementById(id).textContent)"""
    for each in opened.inputs:
        for role in ("textbox", "slider") if each["name"] in opened.python.spec.asks else ("textbox",):
            assert opened.page.get_by_role(role, name=each["label"], exact=True).count() == 1
        told = [each["prefix"], each["suffix"], opened.python.spec.inputs[each["name"]].help]
        assert opened.field(each["name"]).evaluate(script) == [text for text in told if text]


@each(TRAINING)
def test_one_sentence_is_spoken_for_many_changes(used):
    used.page.evaluate("""() => {
        window.spoken = []
        const status = document.querySelector("cost-calculator [role=status]")
        new MutationObserver(() => spoken.push(status.textContent)).observe(status, {childList: true})
    }""")
    used.field("gpus").press_sequentially("123", delay=20)
    used.settle()
    assert used.page.evaluate("spoken") == [used.expected(gpus=used.field("gpus").input_value())[0]]


@pytest.mark.parametrize(("theme", "text"), [("light", "3"), ("dark", "-3")])
def test_in_use_it_is_accessible(open_page, theme, text):
    with open_page(PAGES[EVEN], theme=theme) as visit:
        Used(visit, EVEN).change(requests=text)
        results = Axe().run(visit.page, "cost-calculator", {"resultTypes": ["violations"], "preload": False})
        assert results.violations_count == 0, results.generate_report()


@each()
def test_it_fits_a_narrow_phone_and_its_headline_stays_in_sight(used):
    used.page.set_viewport_size({"width": 320, "height": 640})
    used.change(**{used.first: "-123456.789"})
    assert used.visit.width() <= 320
    script = """one => [...one.querySelectorAll("input, select, button")].filter(each => each.checkVisibility())
        .map(each => each.getBoundingClientRect()).filter(({left, right}) => left < 0 || right > 320).length"""
    assert used.evaluate(script) == 0
    used.field(used.first).scroll_into_view_if_needed()
    box = used.part(".say").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 640
    used.page.set_viewport_size({"width": 1280, "height": 900})


@each(TRAINING)
def test_the_reader_s_own_numbers_are_printed(used):
    used.change(parameters="7", gpus="64")
    used.page.emulate_media(media="print")
    assert used.part("[data-input=parameters] .value").inner_text() == "7\u00a0billion"
    assert used.part("[data-input=gpus] .value").inner_text() == "64"
    assert used.part(".say").is_visible()
    assert not any(control.is_visible() for control in used.part("input, select, button").all())
    used.page.emulate_media(media="screen")
