"""The switch between devices, on a copy of the site with records of GPUs that nobody has lent yet."""

import json
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

from scripts.snippets import snippet_names
from tests.browser.conftest import Visit
from tests.browser.server import Server
from tests.faults.forged import A100, H100, plant_gpu_record
from tests.faults.tree import Tree

pytestmark = pytest.mark.browser

CARD = "training-vs-inference/"
TRAINING = "training-vs-inference/training/"
INFERENCE = "training-vs-inference/inference/"
SNIPPETS = "reference/snippets/"
CPU_ONLY = "reference/glossary/"
NUMBERS = "reference/numbers/"


@pytest.fixture(scope="module")
def copy(site, tmp_path_factory):
    """Return a copy of the site: the H100 has every record, the A100 lacks one, a page has a claim of the CPU alone.

    ``site`` comes first: it executes the notebook, once for all copies.
    """
    tree = Tree(tmp_path_factory.mktemp("devices") / "tree")
    for snippet in snippet_names():
        record = json.loads(tree.read(f"docs/records/cpu/{snippet}.json"))
        for gpu, name, factor in ((H100, "H100", 1.01), (A100, "A100", 0.99)):
            if (name, snippet) != ("A100", "side_by_side"):
                values = {key: changed(value, factor) for key, value in record["values"].items()}
                plant_gpu_record(tree, snippet, gpu, values=values, stdout=[f"On the {name}.", *record["stdout"]])
    claim = '[planted]\nwords = ["long"]\nholds = "train.steps > 100"\nwhy = "Planted."\ndevices = ["cpu"]'
    tree.append("docs/claims.toml", claim)
    tree.append("docs/reference/glossary.md", "Our training is {{ claims.planted | long }}.")
    return tree


def changed(value, factor):
    """Return a recorded value a little off, where it is no count."""
    if isinstance(value, list):
        return [changed(each, factor) for each in value]
    return value * factor if isinstance(value, float) else value


@pytest.fixture(scope="module")
def built(copy):
    done = copy.run("scripts.build")
    assert done.returncode == 0, done.stderr
    return copy.path("site")


@pytest.fixture(scope="module")
def look(browser, built):
    """Return a function that opens a page of the copy."""
    with Server(built) as address:
        yield lambda path, **options: Visit(browser, address, path, **options)


def switch(page):
    return SimpleNamespace(
        group=page.get_by_role("group", name="Numbers measured on"),
        names=page.locator(".devices label").all_inner_texts(),
        chosen=page.locator(".devices :checked").evaluate_all("all => all.map(one => one.parentElement.innerText)"),
    )


def choose(page, device):
    page.get_by_role("radio", name=device).check()


def value(page, number_id):
    """Return the value that the reader sees where a page first shows a number."""
    shown = page.locator(".number:visible", has=page.locator(f".provenance a[href$='#{number_id}']"))
    return shown.locator("data").first.get_attribute("value")


def recorded(copy, device, number_id):
    snippet, _, name = number_id.partition(".")
    return f"{json.loads(copy.read(f'docs/records/{device}/{snippet}.json'))['values'][name]:.6g}"


def test_one_device_has_no_switch(site, visit):
    sent = [path for path in site.rglob("*.html") if "devices." in path.read_text(encoding="utf-8")]
    assert sent == []
    with visit(TRAINING) as opened:
        assert opened.page.locator(".devices, .by-device").count() == 0


def test_every_check_passes(copy):
    done = copy.run("scripts.check")
    assert done.returncode == 0, done.stderr


def test_the_switch_stands_under_the_claim(look):
    with look(TRAINING) as opened:
        assert switch(opened.page).group.is_visible()
        assert switch(opened.page).names == ["CPU", "A100", "H100"]
        assert switch(opened.page).chosen == ["CPU"]
        assert opened.page.locator("h1 + .claim + .meta + .devices + h2").count() == 1
        assert opened.problems == []


def test_numbers_and_their_notes_follow(look, copy):
    with look(TRAINING) as opened:
        assert value(opened.page, "train.loss_after") == recorded(copy, "cpu", "train.loss_after")
        for device in ("H100", "A100", "CPU"):
            choose(opened.page, device)
            for number_id in ("train.loss_before", "train.loss_after", "train.accuracy_after", "train.seconds"):
                assert value(opened.page, number_id) == recorded(copy, device.lower(), number_id)
            number = opened.page.locator("[data-device]:not([hidden]) > data").first
            number.focus()
            machine = {"CPU": "AMD EPYC", "H100": H100, "A100": A100}[device]
            assert machine in opened.page.locator(".provenance:visible").inner_text()


def test_claims_outputs_and_figures_follow(look, copy):
    with look(TRAINING) as opened:
        choose(opened.page, "H100")
        output = opened.page.locator("figure.output:visible")
        assert output.count() == 1
        assert output.inner_text().startswith("On the H100.")
        assert H100 in output.locator("figcaption").inner_text()
        picture = opened.page.locator("figure.drawn:visible")
        assert picture.count() == 1
        caption = picture.locator("figcaption > .number > data").evaluate_all("all => all.map(one => one.value)")
        assert caption[1:] == [recorded(copy, "h100", f"train.{name}") for name in ("loss_before", "floor")]
        claim = opened.page.locator(".number:visible > .claimed").last
        claim.focus()
        floor = f"{float(recorded(copy, 'h100', 'train.floor')):.4f}"
        assert f"train.floor is {floor}" in opened.page.locator(".provenance:visible").inner_text()


def test_the_rest_of_the_page_does_not_change(look, visit):
    with look(TRAINING) as opened, visit(TRAINING) as real:
        choose(opened.page, "H100")
        assert opened.page.locator(".sources").inner_text() == real.page.locator(".sources").inner_text()
        cited = ".number:visible .cite"
        assert opened.page.locator(cited).all_inner_texts() == real.page.locator(cited).all_inner_texts()


def test_the_choice_is_remembered(look, copy):
    with look(TRAINING) as opened:
        choose(opened.page, "H100")
        opened.page.reload()
        assert switch(opened.page).chosen == ["H100"]
        assert value(opened.page, "train.loss_after") == recorded(copy, "h100", "train.loss_after")
        opened.page.get_by_role("link", name="Inference").last.click()
        opened.page.wait_for_url(f"**/{INFERENCE}")
        assert switch(opened.page).chosen == ["H100"]
        choose(opened.page, "A100")
        opened.page.go_back()
        assert switch(opened.page).chosen == ["A100"], "the way back leads to the choice of now"
        assert opened.problems == []


def test_other_tabs_follow(look):
    with look(TRAINING) as opened:
        other = opened.context.new_page()
        other.goto(opened.page.url)
        choose(other, "H100")
        opened.page.locator(".devices label", has_text="H100").locator(":checked").wait_for()
        assert opened.page.locator("figure.output:visible").inner_text().startswith("On the H100.")


def test_an_address_can_choose(look):
    with look(f"{TRAINING}?device=h100#what-happened") as opened:
        assert switch(opened.page).chosen == ["H100"]
        assert opened.page.url.endswith(f"{TRAINING}#what-happened"), "the order is carried out, and gone"
        opened.page.goto(opened.page.url.replace(TRAINING, CARD))
        assert switch(opened.page).chosen == ["H100"], "the reader who followed the link reads on"
        opened.page.goto(opened.page.url.partition("#")[0] + "?device=b200")
        assert switch(opened.page).chosen == ["H100"], "nobody has measured that one"
        assert opened.problems == []


def test_the_numbers_page_keeps_its_own_address(look):
    with look(f"{NUMBERS}?filter=loss&kind=measured") as opened:
        assert opened.page.url.endswith("?filter=loss&kind=measured")
        assert "numbers" in opened.page.get_by_role("status").filter(has_text=" of ").inner_text()


def test_a_page_that_lacks_the_device_shows_the_cpu_s(look):
    with look(f"{TRAINING}?device=a100") as opened:
        opened.page.goto(opened.page.url.replace(TRAINING, SNIPPETS))
        assert switch(opened.page).names == ["CPU", "H100"]
        assert switch(opened.page).chosen == ["CPU"]
        assert opened.page.locator("figure.output:visible").first.get_attribute("data-device") == "cpu"
        opened.page.go_back()
        assert switch(opened.page).chosen == ["A100"], "the choice outlives the page that cannot follow it"


def test_what_stays_with_the_cpu_says_so(look, copy):
    with look(CARD) as opened:
        choose(opened.page, "A100")
        table = opened.page.locator(".table-scroll table").first
        assert "(CPU)" in table.aria_snapshot(), "a screen reader reads it"
        assert table.locator(".by-device").count() == table.locator(".by-device.stays").count() > 0
        item = opened.page.locator("li", has_text="Training changes the model")
        assert "(CPU)" not in item.aria_snapshot()
        assert value(opened.page, "train.accuracy_after") == recorded(copy, "a100", "train.accuracy_after")
        for device in ("H100", "CPU"):
            choose(opened.page, device)
            assert "(CPU)" not in opened.page.locator("article").aria_snapshot()


def test_a_page_without_a_switch_says_it_too(look):
    with look(f"{TRAINING}?device=h100") as opened:
        opened.page.goto(opened.page.url.replace(TRAINING, CPU_ONLY))
        assert switch(opened.page).group.count() == 0
        assert "(CPU)" in opened.page.locator("article").aria_snapshot()


def test_no_block_mixes_devices(look):
    """Of all numbers of a paragraph, a list item or a table that depend on the device, each is of the same one."""
    blocks = """holders => holders.map(holder => [
        holder.closest('table') ?? holder.closest('p, li, dd, figcaption, summary') ?? holder,
        [...holder.children].find(one => !one.hidden).dataset.device,
    ]).filter(([block, device], _, all) => all.some(([b, d]) => b === block && d !== device)).length"""
    for path in (CARD, TRAINING, INFERENCE):
        with look(path) as opened:
            for device in switch(opened.page).names:
                choose(opened.page, device)
                assert opened.page.locator(".by-device").evaluate_all(blocks) == 0


def test_without_javascript_the_cpu_s_are_shown(look, visit):
    for path in (CARD, TRAINING):
        with look(path, javascript=False) as opened, visit(path, javascript=False) as real:
            assert opened.page.locator("article").inner_text() == real.page.locator("article").inner_text()


def test_without_storage_the_switch_works(look):
    with look("") as opened:
        denied = "{ get() { throw new DOMException('denied', 'SecurityError') } }"
        opened.context.add_init_script(f"Object.defineProperty(window, 'localStorage', {denied})")
        opened.page.goto(f"{opened.page.url}{TRAINING}?device=a100")
        assert switch(opened.page).chosen == ["A100"]
        choose(opened.page, "H100")
        assert opened.page.locator("figure.output:visible").inner_text().startswith("On the H100.")


def test_nobody_sees_the_numbers_change(look):
    """Each picture that the browser paints shows the chosen device, also where the script is slow to come."""
    with look(TRAINING) as opened:
        choose(opened.page, "H100")
        opened.context.add_init_script("""
            globalThis.seen = []
            requestAnimationFrame(function look() {
                const shown = document.querySelector('.by-device > :not([hidden])')
                if (shown) seen.push(shown.dataset.device)
                requestAnimationFrame(look)
            })""")
        opened.page.route("**/devices.js", lambda route: (opened.page.wait_for_timeout(300), route.continue_()))
        opened.page.reload()
        opened.page.wait_for_timeout(300)
        assert set(opened.page.evaluate("seen")) == {"h100"}


def test_a_keyboard_is_enough(look):
    with look(TRAINING) as opened:
        opened.page.get_by_role("radio", name="CPU").focus()
        opened.page.keyboard.press("ArrowRight")
        assert switch(opened.page).chosen == ["A100"]
        opened.page.keyboard.press("ArrowRight")
        assert switch(opened.page).chosen == ["H100"]
        assert opened.page.locator("figure.output:visible").inner_text().startswith("On the H100.")


# The long table is looked at in the dark by test_pages.py, with one column fewer.
LOOKED_AT = [(path, theme) for path in (CARD, TRAINING, CPU_ONLY) for theme in ("light", "dark")] + [(NUMBERS, "light")]


@pytest.mark.parametrize(("path", "theme"), LOOKED_AT)
def test_accessible(look, path, theme):
    with look(TRAINING, theme=theme) as opened:
        choose(opened.page, "A100")
        opened.page.goto(opened.page.url.replace(TRAINING, path))
        opened.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        results = Axe().run(opened.page)
        assert results.violations_count == 0, results.generate_report()
        assert opened.problems == []


@pytest.mark.parametrize("path", [CARD, TRAINING, NUMBERS])
def test_readable_on_a_narrow_phone(look, path):
    with look(TRAINING, width=320, height=640) as opened:
        choose(opened.page, "A100")
        opened.page.goto(opened.page.url.replace(TRAINING, path))
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"the page is {wide} pixels wide"


def test_each_device_has_a_column_of_numbers(look):
    with look(NUMBERS) as opened:
        heads = opened.page.locator(".numbers-table thead th").all_inner_texts()
        assert [head.strip() for head in heads[1:4]] == ["CPU", "A100", "H100"]
        opened.page.get_by_role("button", name="H100").click()
        row = opened.page.locator(r"#train\.accuracy_after > td").all_inner_texts()
        assert len(set(row[:3])) == 3
        lacking = opened.page.locator(r"#side_by_side\.cases > td").all_inner_texts()
        assert lacking[1] == "-"
        assert lacking[0] == lacking[2]
        assert opened.problems == []


def test_search_finds_no_hidden_number(built, site):
    def pages(folder):
        index = json.loads((folder / "search" / "search_index.json").read_text(encoding="utf-8"))
        own = (NUMBERS, CPU_ONLY, "reference/claims/")  # what was planted is on these
        return {page["location"]: page["text"] for page in index["docs"] if not page["location"].startswith(own)}

    assert pages(built) == pages(site)
