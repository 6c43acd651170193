"""The calculators in use: the browser computes what Python does, and a reader can change, share, copy and print."""

import math
import re
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import Phase, assume, given, settings

from scripts.calculator_page import ask, describe, files
from scripts.calculators import load_calculators, load_presets
from scripts.notation import BLOCK, pages, prose_lines
from scripts.paths import DOCS, SNIPPETS
from tests.browser.conftest import Visit
from tests.values import typed_values

pytestmark = pytest.mark.browser

CALCULATORS = load_calculators()
TOLD = {name: describe(name, calculator) for name, calculator in CALCULATORS.items()}
DEFAULTS = {name: {each["name"]: each["default"] for each in told["inputs"]} for name, told in TOLD.items()}
BLOCKS = [(page, BLOCK.match(line.strip())) for page in pages() for _, line in prose_lines(page)]
PAGES = {
    block["name"]: page.relative_to(DOCS).with_suffix("").as_posix() + "/"
    for page, block in BLOCKS
    if block and block["kind"] == "calculator"
}
# Compressed bytes of what opening such a page loads: any page's, and the calculator's own styles and script. Its Python
# comes later, and only to those who change a number.
BUDGET, OWN, PYTHON = 76_500, 9_000, 260_000
EXAMPLES = 200

each_calculator = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def opened(request, browser, url):
    """Open a calculator's page once for many inputs."""
    with Visit(browser, url, PAGES[request.param]) as opened:
        yield opened.page


def calculator(page):
    return page.locator("cost-calculator")


def field(page, name):
    return page.locator(f"[data-input='{name}'] input[type=text]")


def settled(page):
    """Wait until the last change is computed, drawn and written into the address."""
    script = "(one) => new Promise((go) => { const look = () => (one.ariaBusy ? setTimeout(look, 10) : go()); look() })"
    calculator(page).evaluate(script)  # Playwright's own waiting looks twice a second


def change(page, **typed):
    """Type into some fields, all at once."""
    calculator(page).evaluate(
        """(one, typed) => {
            for (const [name, text] of Object.entries(typed)) {
                const box = one.querySelector(`[data-input="${name}"] input[type=text]`)
                box.value = text
                box.dispatchEvent(new Event("input", {bubbles: true}))
            }
        }""",
        typed,
    )
    settled(page)


def shown(page):
    """Return the text and the formula of each result that the reader sees."""
    script = """rows => rows.map(row => [
        row.dataset.output, row.querySelector("data").textContent, row.querySelector(".formula").textContent])"""
    rows = page.locator("cost-calculator [data-output]").evaluate_all(script)
    return {name: (text, formula) for name, text, formula in rows}


def expected(name, **typed):
    return ask(TOLD[name], CALCULATORS[name].source, typed, chart=True)


def expected_rows(name, **typed):
    outputs = expected(name, **typed)["outputs"]
    return {each["name"]: tuple(outputs[each["name"]][key] for key in ("text", "formula")) for each in visible(name)}


def visible(name):
    return [each for each in TOLD[name]["outputs"] if each["label"]]


def assert_same_words(ours, theirs):
    """Hold two refusals to be the same, whose figures costs.py writes: MicroPython's own format rounds 412.5 up."""
    figure = r"\d+(?:\.\d+)?(?:e[+-]\d+)?"
    assert re.sub(figure, "#", ours) == re.sub(figure, "#", theirs)
    assert [float(each) for each in re.findall(figure, theirs)] == pytest.approx(
        [float(each) for each in re.findall(figure, ours)], rel=1.1e-2
    )


def assert_same(ours, theirs):
    assert set(ours) == set(theirs)
    if "problem" in ours:
        assert ours["field"] == theirs["field"]
        assert_same_words(ours["problem"], theirs["problem"])
        return
    for key in ("said", "headline", "code", "caption"):
        assert ours.get(key) == theirs.get(key)
    assert set(ours["outputs"]) == set(theirs["outputs"])
    for key, output in ours["outputs"].items():
        assert theirs["outputs"][key]["value"] == pytest.approx(output["value"], rel=1e-9), key
        assert theirs["outputs"][key]["text"] == output["text"], key
        assert theirs["outputs"][key]["formula"] == output["formula"], key


# --- the two Pythons ---


@pytest.mark.parametrize(("opened", "name"), [(name, name) for name in PAGES], indirect=["opened"])
def test_the_browser_computes_what_python_does(opened, name):
    """On as many random inputs that have an answer, each output to a billionth, and every text to the letter."""
    agree_on_random_inputs(opened, name)


def agree_on_random_inputs(page, name, phases=tuple(Phase)):
    @settings(max_examples=EXAMPLES, phases=phases)
    @given(typed_values(CALCULATORS[name]))
    def agree(typed):
        ours = ask(TOLD[name], CALCULATORS[name].source, typed)
        assert_same(ours, calculator(page).evaluate("(one, typed) => one.compute(typed)", typed))
        assume("problem" not in ours)  # what is refused is compared, and not counted

    agree()


@pytest.mark.parametrize(("opened", "name"), [(name, name) for name in PAGES], indirect=["opened"])
def test_a_chart_is_drawn_in_the_same_places(opened, name):
    got, ours = calculator(opened).evaluate("(one, typed) => one.compute(typed, true)", DEFAULTS[name]), expected(name)
    assert got["chart"] == ours["chart"]
    assert_same(ours, got)


@pytest.mark.parametrize(("opened", "name"), [(name, name) for name in PAGES], indirect=["opened"])
def test_what_is_typed_is_what_is_computed(opened, name):
    """Through the real fields, and as the reader sees it."""

    @settings(max_examples=10, phases=[Phase.generate])
    @given(typed_values(CALCULATORS[name]))
    def agree(typed):
        change(opened, **typed)
        ours = expected(name, **typed)
        if "problem" in ours:
            assert_same_words(ours["problem"], opened.locator(".headline").inner_text())
            assert {text for text, _ in shown(opened).values()} == {"–"}
        else:
            assert shown(opened) == expected_rows(name, **typed)
            assert opened.locator(".headline").inner_text() == ours["headline"]

    agree()


# --- what is wrong ---

WRONG = ["abc", "", "-3", "0", "1e999", "1,00", "nan", "5 5"]


@pytest.mark.parametrize(("opened", "name"), [(name, name) for name in PAGES], indirect=["opened"])
def test_each_slip_is_named_beside_its_field(opened, name):
    for place, each in enumerate(TOLD[name]["inputs"]):
        for text in WRONG if place == 0 else WRONG[place % len(WRONG) :][:1]:
            ours = ask(TOLD[name], CALCULATORS[name].source, {each["name"]: text})
            if "problem" not in ours:
                continue  # some may be had for nothing, as an API's price
            field(opened, each["name"]).fill(text)
            opened.locator(".headline", has_text=ours["problem"]).wait_for()
            assert opened.locator(".headline").inner_text() == ours["problem"]
            assert not opened.locator("cost-calculator figure").is_visible(), "the old chart is no answer"
            marked = opened.locator("[aria-invalid]")
            assert marked.count() == bool(ours["field"])
            if ours["field"]:
                problem = opened.locator(f"#{marked.get_attribute('aria-describedby').split()[-1]}")
                assert problem.inner_text() == ours["problem"]
                assert ours["problem"].startswith(CALCULATORS[name].inputs[ours["field"]].label)
        field(opened, each["name"]).fill(each["default"])
    change(opened, **DEFAULTS[name])
    assert opened.locator("[aria-invalid], .problem:visible").count() == 0
    assert opened.locator("cost-calculator figure").is_visible()


REFUSED = [
    ("inference-cost", {"gpus": "1"}, "", "The weights do not fit: they take 140 GB, and there are 72 GB"),
    ("inference-cost", {"batch": "302"}, "", "A batch of 302 does not fit: at most 301 at once; take"),
    (
        "inference-cost",
        {"utilization": "150"},
        "utilization",
        "is 150%: give a share above 0% and up to 100%, such as 40%",
    ),
    ("inference-cost", {"active": "50"}, "picked", "is 100%: give at most 50%, the share of the"),
    ("inference-cost", {"overhead": "0.9"}, "overhead", "is 0.9: give at least 1"),
    ("training-cost", {"gpus": "-4"}, "gpus", "GPUs is -4: give a number above 0"),
    ("training-cost", {"gpus": "8.5"}, "gpus", "GPUs: give a whole number"),
    (
        "break-even",
        {"requests": "70"},
        "requests",
        "Requests a month is 70\u00a0million, and these GPUs",
    ),
]


@pytest.mark.parametrize(("name", "typed", "marked", "says"), REFUSED)
def test_what_the_formulas_refuse_reaches_the_reader(visit, name, typed, marked, says):
    with visit(PAGES[name]) as opened:
        change(opened.page, **typed)
        assert says in opened.page.locator(".headline").inner_text()
        assert opened.page.locator("[aria-invalid]").count() == bool(marked)
        if marked:
            assert field(opened.page, marked).get_attribute("aria-invalid") == "true"
        assert opened.page.locator(".status").inner_text() == opened.page.locator(".headline").inner_text()
        assert opened.problems == []


def test_results_of_other_numbers_are_dimmed_while_python_is_on_its_way(visit):
    """On a slow line the fields change at once, and the results after seconds."""
    with visit(PAGES["training-cost"]) as opened:
        held = []
        opened.context.route("**/*.wasm", lambda route: held.append(route))
        field(opened.page, "gpus").fill("8")
        opened.page.locator("cost-calculator.waiting").wait_for()
        opacity = "one => getComputedStyle(one).opacity"
        assert float(opened.page.locator("cost-calculator .headline").evaluate(opacity)) < 0.5
        while not held:
            opened.page.wait_for_timeout(50)
        held[0].continue_()
        settled(opened.page)
        opened.page.locator("cost-calculator:not(.waiting)").wait_for()
        assert float(opened.page.locator("cost-calculator .headline").evaluate(opacity)) == 1
        assert shown(opened.page) == expected_rows("training-cost", gpus="8")


def test_a_chart_of_other_numbers_is_dimmed_until_it_is_drawn_again(visit):
    """Results come at once, and the chart when the reader pauses."""
    with visit(PAGES["training-cost"]) as opened:
        chart = opened.page.locator("cost-calculator figure")
        before = chart.inner_html()
        opacity = calculator(opened.page).evaluate("""one => new Promise(go => {
            const headline = one.querySelector(".headline"), figure = one.querySelector("figure")
            new MutationObserver(() => go(getComputedStyle(figure).opacity)).observe(headline, {childList: true})
            const box = one.querySelector("[data-input=tokens] input[type=text]")
            box.value = "8"
            box.dispatchEvent(new Event("input", {bubbles: true}))
        })""")
        assert float(opacity) < 0.5
        settled(opened.page)
        assert chart.inner_html() != before
        assert float(chart.evaluate("one => getComputedStyle(one).opacity")) == 1


def test_a_look_at_the_code_leaves_the_results_as_they_are(visit):
    """Nothing was changed, so nothing is of other numbers, however long Python is on its way."""
    with visit(PAGES["training-cost"]) as opened:
        held = []
        opened.context.route("**/*.wasm", lambda route: held.append(route))
        opened.page.locator("summary", has_text="The Python that ran").click()
        while not held:
            opened.page.wait_for_timeout(50)
        opened.page.wait_for_timeout(300)  # longer than results of other numbers stand undimmed
        assert opened.page.locator("cost-calculator.waiting, cost-calculator .waiting").count() == 0
        held[0].continue_()
        code = opened.page.locator(".ran code", has_text="tokens")
        code.wait_for()
        assert code.inner_text().strip() == expected("training-cost")["code"].strip()
        assert opened.problems == []


def test_a_browser_that_cannot_run_python_says_so(visit):
    with visit(PAGES["training-cost"]) as opened:
        opened.context.route("**/*.wasm", lambda route: route.abort())
        field(opened.page, "gpus").fill("8")
        opened.page.locator(".headline", has_text="Python did not start here").wait_for()
        settled(opened.page)
        assert calculator(opened.page).get_attribute("aria-busy") is None, "nothing more is under way"
        assert {text for text, _ in shown(opened.page).values()} == {"–"}
        opened.context.unroute("**/*.wasm")
        change(opened.page, gpus="9")
        assert shown(opened.page) == expected_rows("training-cost", gpus="9")


# A failure of ours: of the first computation, and of the second, which draws.
OURS = """(one, drawing) => {
    const compute = one.compute
    one.compute = function (typed, chart = false) {
        if (chart === drawing) throw new Error("Traceback (most recent call last): MemoryError")
        return compute.call(this, typed, chart)
    }
}"""


@pytest.mark.parametrize("drawing", [False, True])
def test_a_mistake_of_ours_is_called_ours(visit, drawing):
    with visit(PAGES["training-cost"]) as opened:
        calculator(opened.page).evaluate(OURS, drawing)
        field(opened.page, "gpus").fill("8")
        opened.page.locator(".headline", has_text="This is our mistake").wait_for()
        settled(opened.page)
        assert calculator(opened.page).get_attribute("aria-busy") is None
        assert "Traceback" not in calculator(opened.page).inner_text()
        assert opened.page.locator(".status").inner_text() == opened.page.locator(".headline").inner_text()
        assert {text for text, _ in shown(opened.page).values()} == {"–"}
        assert ["MemoryError" in each for each in opened.problems] == [True], "the console has the rest"


# --- share, copy, fill in ---


def near(each):
    """Return a number near the default of a field, as text: a whole one where it takes no other."""
    default = float(each["default"])
    value = default * (1.05 if default < 100 or each["suffix"] != "%" else 0.95)
    return str(math.ceil(value)) if each["whole"] else f"{value:g}"


@each_calculator
def test_a_link_carries_the_numbers(visit, name):
    changes = {each["name"]: near(each) for each in TOLD[name]["inputs"][:3]}
    with visit(PAGES[name]) as opened:
        assert "?" not in opened.page.url
        change(opened.page, **changes)
        address = opened.page.url
        assert address.count("=") == 3, "only what differs is in the address"
        seen = shown(opened.page)
        opened.page.goto(address + "#calculate")
        settled(opened.page)
        opened.page.locator("cost-calculator .headline", has_text=expected(name, **changes)["headline"]).wait_for()
        assert shown(opened.page) == seen == expected_rows(name, **changes)
        assert {key: field(opened.page, key).input_value() for key in changes} == changes
        opened.page.get_by_role("button", name="Reset").click()
        settled(opened.page)
        assert opened.page.url.endswith("/#calculate")
        assert shown(opened.page) == expected_rows(name)
        assert opened.problems == []


def test_an_address_with_nonsense_is_named(visit):
    with visit(PAGES["training-cost"] + "?training-cost.gpus=<b>many</b>&training-cost.none=3&device=cpu") as opened:
        opened.page.locator(".headline", has_text="GPUs: give a number, such as 16384").wait_for()
        assert opened.problems == []


@each_calculator
def test_what_is_copied_runs_and_prints_the_same(visit, name, tmp_path):
    first = TOLD[name]["inputs"][0]
    changes = {first["name"]: near(first)}
    with visit(PAGES[name]) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        change(opened.page, **{first["name"]: f"{float(first['default']) * 1.1:g}"})
        change(opened.page, **changes)
        opened.page.get_by_role("button", name="Copy as Python").click()
        opened.page.locator(".status", has_text="Copied").wait_for()
        code = opened.page.evaluate("navigator.clipboard.readText()")
        opened.page.locator("summary", has_text="The Python that ran").click()
        assert opened.page.locator(".ran code").inner_text().strip() == code.strip()
        links = opened.page.locator(".code a").evaluate_all("all => all.map(one => one.href)")
        scripts = [opened.context.request.get(link).text() for link in links]
    assert scripts == [CALCULATORS[name].source, (SNIPPETS / "costs.py").read_text()]
    (tmp_path / "copied.py").write_text(code)
    (tmp_path / "costs.py").write_text(scripts[1])
    done = subprocess.run([sys.executable, "copied.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    outputs = expected(name, **changes)["outputs"]
    printed = dict(line.rsplit(": ", 1) for line in done.stdout.splitlines())
    assert {key: float(value) for key, value in printed.items()} == {
        each["label"]: pytest.approx(outputs[each["name"]]["value"], rel=1e-12) for each in visible(name)
    }


def test_refused_numbers_are_not_copied(visit):
    with visit(PAGES["training-cost"]) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.page.evaluate("navigator.clipboard.writeText('as before')")
        change(opened.page, gpus="-4")
        opened.page.evaluate("document.querySelector('.status').textContent = ''")
        opened.page.get_by_role("button", name="Copy as Python").click()
        opened.page.locator(".status:not(.unseen)", has_text="GPUs is -4: give a number above 0").wait_for()
        assert opened.page.evaluate("navigator.clipboard.readText()") == "as before"


def test_a_link_copied_at_once_holds_the_last_number(visit):
    """The address is written a moment after the last change; a copy does not wait for it."""
    with visit(PAGES["training-cost"]) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        calculator(opened.page).evaluate("one => { one.changed = () => {} }")  # nothing else writes the address
        field(opened.page, "gpus").fill("9")
        opened.page.get_by_role("button", name="Copy link").click()
        opened.page.locator(".status", has_text="Copied").wait_for()
        copied = opened.page.evaluate("navigator.clipboard.readText()")
        given = dict(parse_qsl(urlsplit(copied).query))
        typed = DEFAULTS["training-cost"] | {"gpus": "9"}
        assert given == {f"training-cost.{key}": text for key, text in typed.items()}, "it holds every number"
        assert "?" not in opened.page.url, "the address stays short"


@pytest.mark.parametrize(("button", "place"), [("Copy link", "the address bar"), ("Copy as Python", "below")])
def test_where_nothing_may_be_copied_the_reader_is_told_where_it_is(visit, button, place):
    with visit(PAGES["training-cost"]) as opened:
        opened.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
        opened.page.get_by_role("button", name=button).click()
        says = f"The browser does not let this page copy. Take it from {place}."
        opened.page.locator(".status", has_text=says).wait_for()
        assert opened.page.locator(".ran code").is_visible() == (place == "below")
        opened.page.wait_for_timeout(600)  # longer than a change takes to be settled
        assert opened.page.locator(".status").inner_text() == says


def test_nothing_changed_can_be_copied_too(visit):
    with visit(PAGES["training-cost"]) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.page.get_by_role("button", name="Copy as Python").click()
        opened.page.locator(".status", has_text="Copied").wait_for()
        code = opened.page.evaluate("navigator.clipboard.readText()")
        assert code == expected("training-cost")["code"]
        assert code.startswith(CALCULATORS["training-cost"].source)


@each_calculator
def test_a_preset_fills_its_fields_and_says_where_from(visit, name):
    with visit(PAGES[name]) as opened:
        for select in opened.page.locator("cost-calculator select").all():
            options = select.locator("option").evaluate_all("all => all.map(one => [one.value, one.text])")
            for chosen, label in options[:-1]:
                select.select_option(chosen)
                settled(opened.page)
                given = opened.page.locator("cost-calculator").evaluate(
                    "(one, id) => Object.values(one.presets).flat().find((each) => each.id === id).values", chosen
                )
                assert set(given) <= set(load_presets()[chosen].values)
                fields = opened.page.locator("[data-input]").evaluate_all(
                    """all => all.map(one => [one.dataset.input, [
                        one.querySelector("input").value, one.querySelector(".origin").innerText]])"""
                )
                for key, value in given.items():
                    assert dict(fields)[key] == [value["text"], f"{label}: {value['origin']}"]
                assert select.input_value() == chosen
        opened.page.get_by_role("button", name="Reset").click()
        settled(opened.page)
        assert opened.page.url.endswith(PAGES[name])
        assert shown(opened.page) == expected_rows(name)


def test_a_changed_field_is_the_reader_s_own(visit):
    with visit(PAGES["training-cost"]) as opened:
        select = opened.page.locator("[data-group=model] select")
        change(opened.page, parameters="7")
        note = opened.page.locator("[data-input=parameters] .origin")
        assert note.inner_text() == "your number"
        assert select.locator("option:checked").inner_text() == "other numbers"
        change(opened.page, parameters="405")
        assert note.inner_text() == "Llama 3.1 405B: Meta, July 2024"
        assert select.locator("option:checked").inner_text() == "Llama 3.1 405B"
        select.select_option("train_gpt_3")
        settled(opened.page)
        note.locator("a").click()
        opened.page.wait_for_url("**/reference/numbers/#facts.gpt_3_parameters")
        assert opened.page.locator("tr:target").count() == 1


def test_a_slider_moves_its_field(visit):
    with visit(PAGES["inference-cost"]) as opened:
        slider = opened.page.locator("[data-input=batch] input[type=range]")
        before = float(field(opened.page, "batch").input_value())
        slider.focus()
        opened.page.keyboard.press("ArrowRight")
        settled(opened.page)
        after = field(opened.page, "batch").input_value()
        assert before < float(after) < 1.2 * before
        assert after.isdigit(), "there is no part of a request"
        assert shown(opened.page) == expected_rows("inference-cost", batch=after)
        assert slider.get_attribute("aria-valuetext") == after
        slider.evaluate("one => { one.value = 0; one.dispatchEvent(new Event('input', {bubbles: true})) }")
        settled(opened.page)
        assert field(opened.page, "batch").input_value() == "1"


# --- every reader ---


@each_calculator
def test_the_page_is_right_without_javascript(visit, name):
    with visit(PAGES[name], javascript=False) as opened:
        assert shown(opened.page) == expected_rows(name)
        assert opened.page.locator(".headline").inner_text() == expected(name)["headline"]
        assert opened.page.locator("cost-calculator").locator("input, select, button").count() == 0
        for each in TOLD[name]["inputs"]:
            assert opened.page.locator(f"[data-input='{each['name']}'] .value").is_visible()
        assert opened.page.locator("cost-calculator figure svg").is_visible()


def test_the_keyboard_is_enough(visit):
    with visit(PAGES["training-cost"]) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.page.locator("[data-group=model] select").focus()
        opened.page.keyboard.press("ArrowDown")
        settled(opened.page)
        assert field(opened.page, "parameters").input_value() == "37"
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.closest('[data-input]').dataset.input") == "parameters"
        opened.page.keyboard.type("8")
        settled(opened.page)
        assert shown(opened.page) == expected_rows("training-cost", parameters="8", tokens="14.8")
        for _ in range(60):
            opened.page.keyboard.press("Tab")
            if opened.page.evaluate("document.activeElement.textContent") == "Reset":
                break
        opened.page.keyboard.press("Enter")
        settled(opened.page)
        assert shown(opened.page) == expected_rows("training-cost")


def test_each_control_has_its_name(visit):
    with visit(PAGES["training-cost"]) as opened:
        for each in TOLD["training-cost"]["inputs"]:
            assert opened.page.get_by_role("textbox", name=each["label"], exact=True).count() == 1
            assert opened.page.get_by_role("slider", name=each["label"], exact=True).count() == 1


@each_calculator
def test_each_field_is_read_with_its_unit_and_help(visit, name):
    with visit(PAGES[name]) as opened:
        for each in TOLD[name]["inputs"]:
            box = field(opened.page, each["name"])
            script = """one => (one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)
                .map(id => document.getElementById(id).textContent)"""
            told = [each["prefix"], each["suffix"], CALCULATORS[name].inputs[each["name"]].help]
            assert box.evaluate(script) == [text for text in told if text], each["name"]


def test_one_sentence_is_spoken_for_many_changes(visit):
    with visit(PAGES["training-cost"]) as opened:
        opened.page.evaluate("""() => {
            window.spoken = []
            const status = document.querySelector("cost-calculator [role=status]")
            new MutationObserver(() => spoken.push(status.textContent)).observe(status, {childList: true})
        }""")
        assert opened.page.locator("cost-calculator :is([aria-live], [role=alert], output)").count() == 0
        field(opened.page, "gpus").press_sequentially("123", delay=20)
        settled(opened.page)
        typed = field(opened.page, "gpus").input_value()
        assert opened.page.evaluate("spoken") == [expected("training-cost", gpus=typed)["headline"]]


@each_calculator
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_in_use(visit, name, theme):
    with visit(PAGES[name], theme=theme) as opened:
        first = TOLD[name]["inputs"][0]["name"]
        for text in ("3", "-3"):
            change(opened.page, **{first: text})
            results = Axe().run(opened.page, "cost-calculator")
            assert results.violations_count == 0, results.generate_report()


@each_calculator
def test_it_fits_a_narrow_phone(visit, name):
    with visit(PAGES[name], width=320, height=640) as opened:
        change(opened.page, **{TOLD[name]["inputs"][0]["name"]: "-123456.789"})
        assert calculator(opened.page).evaluate("one => one.scrollWidth <= one.clientWidth")
        for control in opened.page.locator("cost-calculator").locator(":is(input, select, button):visible").all():
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 320


def test_the_headline_stays_in_sight_on_a_phone(visit):
    with visit(PAGES["training-cost"], width=360, height=640) as opened:
        field(opened.page, "parameters").scroll_into_view_if_needed()
        box = opened.page.locator(".headline").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 640


def test_the_reader_s_own_numbers_are_printed(visit):
    with visit(PAGES["training-cost"]) as opened:
        change(opened.page, parameters="7", gpus="64")
        opened.page.emulate_media(media="print")
        printed = calculator(opened.page).inner_text()
        assert "7\u00a0billion" in printed and "405" not in printed.partition("Tokens to learn from")[0]
        assert "64" in opened.page.locator("[data-input=gpus] .value").inner_text()
        assert opened.page.locator(".headline").is_visible()
        controls = calculator(opened.page).locator("input, select, button, details")
        assert not any(each.is_visible() for each in controls.all())


# --- weight ---


@each_calculator
def test_python_is_sent_to_those_who_change_a_number(visit, name):
    with visit(PAGES[name]) as opened:
        wanted = ["wasm", "micropython", "/engine/", "costs.py", f"{CALCULATORS[name].script}.py"]
        assert [request for request in opened.requests if any(each in request for each in wanted)] == []
        before = dict(opened.bytes)
        assert sum(before.values()) <= BUDGET + OWN, before
        site = opened.page.url.partition(PAGES[name])[0]
        own = [opened.context.request.get(f"{site}assets/{path}") for path in ASSETS]
        assert 1_000 < sum(int(each.headers["content-length"]) for each in own) <= OWN
        change(opened.page, **{TOLD[name]["inputs"][0]["name"]: "3"})
        asked = [request for request in opened.requests if any(each in request for each in wanted)]
        assert len(asked) == len(files()) + 3, "each file once: the vendored two, the script, and the engine's"
        after = sum(opened.bytes.values()) - sum(before.values())
        assert 200_000 < after <= PYTHON
        assert opened.problems == []


ASSETS = ("javascripts/calculator.js", "stylesheets/calculator.css")


def test_only_pages_with_a_calculator_load_it(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert ("<cost-calculator" in text) == ("calculator.js" in text) == ("calculator.css" in text), path


def test_every_calculator_has_a_page():
    assert set(PAGES) == set(CALCULATORS)
