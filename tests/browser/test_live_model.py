"""The live model: the same numbers as torch's, nothing before it is touched, and kind to those who touch it."""

import base64
import inspect
import random
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from axe_playwright_python.sync_playwright import Axe
from safetensors.torch import load_model

from tests.snippet_functions import SNIPPETS, casebook, engine, functions_of, tiny_gpt

pytestmark = pytest.mark.browser

HOME, TRAINING, INFERENCE = "", "training-vs-inference/training/", "training-vs-inference/inference/"
PLACES = {"train": [HOME, TRAINING], "use": [HOME, INFERENCE]}
PHONE = {"width": 390, "height": 844}
HEAVY = re.compile(r"/live/|/jax-js/|/live\.css|casebook\.")
LENGTH, BATCH, STEPS = 104, 8, 40
# A lower rate than train.py's: with that one, rounding alone moves torch's own losses by more than we allow (from float32
# to float64, 0.003 after forty steps).
RATES = {"steps": 320, "rate": 0.01, "warmup": 20}
# In the worker, beside its own code: what it imports is here already.
PREPARE = """async ({ root, device }) => {
    const [jax, { gpt, names }, { encode }, { readSafetensors }] = await Promise.all(
        ["vendor/jax-js/index", "javascripts/live/model", "javascripts/live/casebook", "javascripts/live/worker"]
            .map(name => import(`${root}/assets/${name}.js`)))
    await jax.init(device)
    jax.defaultDevice(device)
    const model = gpt(jax), buffer = await (await fetch(`${root}/snippets/casebook.safetensors`)).arrayBuffer()
    const matrices = readSafetensors(buffer), { shapes } = await import(`${root}/assets/javascripts/live/model.js`)
    const weights = () => shapes().map((shape, i) => model.array(matrices[i], shape))
    const rows = cases => {
        const { tokens, targets, shape } = encode(cases)
        return [tokens, targets].map(each => model.array(each, shape, jax.numpy.int32))
    }
    const packed = async array => {
        const bytes = new Uint8Array((await array.data()).buffer), parts = []
        for (let at = 0; at < bytes.length; at += 30000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 30000)))
        return btoa(parts.join(""))
    }
    Object.assign(self, { jax, model, names, weights, rows, packed })
}"""


def as_pairs(cases):
    return [{"question": case.question, "answer": case.answer} for case in cases]


def unpacked(text, *shape):
    return np.frombuffer(base64.b64decode(text), np.float32).reshape(shape)


def padded(cases):
    """Return inputs and targets as long as the browser makes them."""
    inputs, targets, _ = casebook.encode(cases)
    room = (0, LENGTH - inputs.shape[1])
    return F.pad(inputs, room, value=casebook.NEWLINE), F.pad(targets, room, value=casebook.IGNORE)


@pytest.fixture(scope="module")
def trained():
    model = tiny_gpt.GPT(tiny_gpt.Config())
    load_model(model, SNIPPETS / "casebook.safetensors")
    return model


def started_worker(opened, url, device):
    """Return a worker of the site, with what the tests need from it."""
    with opened.page.expect_worker(lambda worker: "/live/" in worker.url) as found:
        opened.page.evaluate("() => (self.kept = new Worker('assets/javascripts/live/worker.js', {type: 'module'}), 0)")
    found.value.evaluate(PREPARE, {"root": url, "device": device})
    return found.value


@pytest.fixture(scope="module")
def worker(open_page, url):
    with open_page(HOME) as opened:
        yield started_worker(opened, url, "wasm")


# --- The same as torch ---


def test_scores_of_the_trained_weights(worker, trained):
    for part in range(4):
        cases = random.Random(part).sample(casebook.HELD_OUT, 25)
        run = "async cases => packed(model.scores(weights(), rows(cases)[0]))"
        found = unpacked(worker.evaluate(run, as_pairs(cases)), 25, LENGTH, 128)
        with torch.inference_mode():
            wanted = trained(padded(cases)[0]).numpy()
        assert np.abs(found - wanted).max() < 1e-4


def test_gradients_of_a_batch(worker, trained):
    cases = random.Random(7).sample(casebook.SOLVED, BATCH)
    run = """async cases => {
        const [loss, gradients] = model.gradients(weights(), ...rows(cases))
        return [await packed(loss), names(), await Promise.all(gradients.map(packed))]
    }"""
    loss, names, gradients = worker.evaluate(run, as_pairs(cases))
    inputs, targets = padded(cases)
    trained.zero_grad()
    wanted = F.cross_entropy(trained(inputs).flatten(0, 1), targets.flatten(), ignore_index=casebook.IGNORE)
    wanted.backward()
    assert unpacked(loss, 1)[0] == pytest.approx(wanted.item(), abs=1e-5)
    parameters = dict(trained.named_parameters())
    assert names == list(parameters)
    for name, gradient in zip(names, gradients, strict=True):
        expected = parameters[name].grad.numpy()
        difference = np.abs(unpacked(gradient, *expected.shape) - expected).max()
        assert difference < 1e-3 * np.abs(expected).max(), name


def torch_losses(model, batches, steps):
    """Train as train.py does, with Muon in float32 as in the browser; return the losses."""
    muon = torch.optim._muon
    source = inspect.getsource(muon._zeropower_via_newtonschulz)
    assert ".bfloat16()" in source
    space = dict(vars(muon))
    exec(source.replace(".bfloat16()", ".clone()"), space)
    optimizers = [
        torch.optim.Muon(model.blocks.parameters(), lr=RATES["rate"], weight_decay=0.0),
        torch.optim.AdamW(model.embedding.parameters(), lr=RATES["rate"], betas=(0.9, 0.95), weight_decay=0.0),
    ]
    losses = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(muon, "_zeropower_via_newtonschulz", space["_zeropower_via_newtonschulz"])
        for step, (inputs, targets) in enumerate(batches[:steps], 1):
            for optimizer in optimizers:
                rate = RATES["rate"] * min(1, step / RATES["warmup"]) * (1 - (step - 1) / RATES["steps"])
                optimizer.param_groups[0]["lr"] = rate
            loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=casebook.IGNORE)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            losses.append(loss.item())
    return losses


def check_steps(worker, steps):
    """From the same random weights, on the same cases, both losses fall alike."""
    torch.manual_seed(3)
    model = tiny_gpt.GPT(tiny_gpt.Config())
    first = [base64.b64encode(weight.detach().numpy().tobytes()).decode() for weight in model.parameters()]
    draw = random.Random(9)
    batches = [draw.sample(casebook.SOLVED, BATCH) for _ in range(steps)]
    run = """async ({first, batches, rates}) => {
        const floats = text => new Float32Array(Uint8Array.from(atob(text), each => each.charCodeAt(0)).buffer)
        const shapes = (await Promise.all(weights().map(async each => { const {shape} = each; each.dispose(); return shape })))
        let state = model.start(), losses = [], loss
        let now = shapes.map((shape, i) => model.array(floats(first[i]), shape))
        for (const [i, cases] of batches.entries()) {
            [loss, now, state] = model.step(now, state, ...rows(cases), model.rates(i + 1, rates))
            losses.push((await loss.data())[0])
        }
        jax.tree.dispose([now, state])
        return losses
    }"""
    losses = worker.evaluate(run, {"first": first, "batches": [as_pairs(each) for each in batches], "rates": RATES})
    assert losses == pytest.approx(torch_losses(model, [padded(each) for each in batches], steps), abs=1e-3)


def test_forty_steps_of_training(worker):
    check_steps(worker, STEPS)


def test_cache_writes_what_generate_writes(worker, trained):
    cases = random.Random(5).sample(casebook.HELD_OUT, 3)
    run = """async questions => {
        const {answer} = await import(`${location.origin}/assets/javascripts/live/worker.js`), now = weights(), texts = []
        for (const question of questions) texts.push(await answer(model, now, question))
        jax.tree.dispose(now)
        return texts
    }"""
    for case, text in zip(cases, worker.evaluate(run, [case.question for case in cases]), strict=True):
        prompt = torch.tensor([casebook.tokenize("\n" + case.question)])
        written = engine.generate(trained, prompt, new_tokens=40, stop_token=casebook.NEWLINE)[0, prompt.shape[1] :]
        assert text == casebook.detokenize(written.tolist()).strip()


def test_cases_are_those_of_the_casebook(open_page, url):
    with open_page(HOME) as opened:
        run = """async root => {
            const book = await (await fetch(`${root}/downloads/casebook.json`)).json()
            const {cases} = await import(`${root}/assets/javascripts/live/casebook.js`), {solved, heldOut} = cases(book)
            return [solved, heldOut].map(some => some.map(({question, answer}) => question + answer)).concat(book.floor)
        }"""
        solved, held_out, floor = opened.page.evaluate(run, url)
    assert held_out == [case.question + case.answer for case in casebook.HELD_OUT]
    assert sorted(solved) == sorted(case.question + case.answer for case in casebook.SOLVED)
    assert floor == casebook.loss_floor(len(casebook.SOLVED))


@pytest.mark.parametrize(("size", "batch"), [(32, 4), (48, 1), (64, 16)])
def test_bytes_are_those_of_the_page_on_memory(open_page, url, size, batch):
    with open_page(HOME) as opened:
        run = "async ({root, ...sizes}) => (await import(`${root}/assets/javascripts/live/model.js`)).bytesHeld(sizes)"
        found = opened.page.evaluate(run, {"root": url, "size": size, "batch": batch, "length": LENGTH})
    memory = functions_of("memory")
    model = tiny_gpt.GPT(tiny_gpt.Config(hidden_size=size))
    inputs = torch.randint(128, (batch, LENGTH))

    def learn():
        F.cross_entropy(model(inputs.clone()).flatten(0, 1), inputs.clone().flatten()).backward()

    kept = memory.saved_bytes(model, learn)
    muon, adam = torch.optim.Muon(model.blocks.parameters()), torch.optim.AdamW(model.embedding.parameters())
    muon.step()
    adam.step()
    held = memory.memory_anatomy(model, muon, adam)
    cache = engine.KVCache(model.config, batch, model.embedding.weight)
    assert found == {
        "weights": held["weights"],
        "gradients": held["gradients"],
        "optimizer": held["optimizer"],
        "activations": kept,
        "cache": cache.keys.nbytes + cache.values.nbytes,
    }


# --- As readers meet it ---


@pytest.mark.parametrize(("job", "path"), [(job, path) for job, paths in PLACES.items() for path in paths])
def test_nothing_comes_before_touch_and_then_what_was_announced(open_page, job, path):
    with open_page(path) as opened:
        opened.page.wait_for_load_state("networkidle")
        assert [request for request in opened.requests if HEAVY.search(request)] == []
        touch = opened.page.locator(f"[data-live={job}] .touch")
        announced = int(re.search(r"(\d+) KB", touch.inner_text())[1])
        touch.get_by_role("button").click()
        opened.page.locator(f"[data-live={job}] .panel .reads b").nth(2).filter(has_text=re.compile("[1-9]")).wait_for()
        came = sum(size for place, size in opened.bytes.items() if HEAVY.search(f"/{place}"))
        assert 0.9 * announced < came / 1000 < 1.05 * announced
        assert opened.problems == []


def test_without_javascript_the_still_stands_alone(open_page):
    with open_page(HOME, javascript=False) as opened:
        places = opened.page.locator("live-model [data-live]")
        assert places.count() == 2 and places.locator(".flow:visible").count() == 2
        assert opened.page.locator("live-model button, live-model .both:visible").count() == 0


def live_workers(opened):
    return [worker for worker in opened.page.workers if "/live/" in worker.url]


def tab_to(opened, locator):
    for _ in range(60):
        if locator.evaluate("node => node === document.activeElement"):
            return
        opened.page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not get there")


def train_small(opened):
    """Train the small model, with the keyboard alone."""
    press = opened.page.keyboard.press
    panel = opened.page.locator("[data-live=train] .panel")
    tab_to(opened, opened.page.get_by_role("button", name="Train it here"))
    press("Enter")
    panel.wait_for()
    for dial, presses in (("batch", ["ArrowLeft"]), ("size", ["ArrowLeft", "ArrowLeft"])):
        tab_to(opened, panel.locator(f"[data-dial={dial}] :checked"))
        for key in presses:
            press(key)
    return panel


def check_accessibility(opened):
    results = Axe().run(opened.page, options={"resultTypes": ["violations"], "preload": False})
    assert results.violations_count == 0, results.generate_report()
    assert opened.width() <= opened.page.viewport_size["width"]


SPOKEN = """node => {
    self.spoken = []
    new MutationObserver(() => spoken.push(node.textContent)).observe(node, {childList: true})
}"""


def test_train_then_use_by_keyboard(open_page):
    with open_page(HOME) as opened:
        press = opened.page.keyboard.press
        panel = train_small(opened)
        panel.get_by_text("of 28,672 weights changed").wait_for()
        panel.locator("[data-at=status]").evaluate(SPOKEN)
        panel.get_by_text("Trained on your device").wait_for(timeout=150_000)
        assert len(opened.page.evaluate("spoken")) <= 5, "only milestones are"
        assert panel.locator("[data-at=changed]").inner_text() == "28,672"
        tab_to(opened, opened.page.get_by_role("button", name="Use it here"))
        press("Enter")
        use = opened.page.locator("[data-live=use] .panel")
        verdict = use.get_by_text(re.compile(r"^(Right|Wrong)\."))
        verdict.wait_for()
        assert use.locator("[data-dial=weights] :checked").get_attribute("value") == "yours", (
            "whoever trains one uses it"
        )
        tab_to(opened, use.locator("[data-dial=weights] :checked"))
        press("ArrowLeft")
        use.get_by_text("Right. In training it never saw").wait_for()
        assert use.locator(".chips label").all_inner_texts() == [*"Adair·is·a·clerk·from·Perth.⏎"]
        assert use.locator("[data-at=changed]").inner_text() == "0"
        assert re.match(r"On your device, learning from 4 cases took \d+ ms", opened.page.locator(".both").inner_text())
        tab_to(opened, use.locator(".chips :checked"))
        press("ArrowRight")
        assert use.locator(".odds span").count() == 3
        check_accessibility(opened)
        use.get_by_label("Suspect").select_option("Moran")  # which asks at once
        use.locator(".chips label").first.filter(has_text="M").wait_for()
        verdict.wait_for()
        assert opened.problems == []


def test_it_fits_a_phone_in_the_dark(open_page):
    with open_page(HOME, theme="dark", **PHONE) as opened:
        panel = train_small(opened)
        panel.get_by_text("Training. About").wait_for()
        opened.page.get_by_role("button", name="Use it here").click()
        opened.page.get_by_text("Right. In training it never saw").wait_for()
        check_accessibility(opened)


HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true})
    document.dispatchEvent(new Event("visibilitychange"))
}"""


def test_it_stops_when_hidden_when_paused_and_when_reset(open_page):
    with open_page(TRAINING) as opened:
        panel = train_small(opened)
        step = panel.locator("[data-at=step]")

        def stands_still():
            opened.page.wait_for_timeout(1500)  # a step that has begun may end
            before = step.inner_text()
            opened.page.wait_for_timeout(700)
            return step.inner_text() == before

        def goes_on():  # after a test of what it has learned, which takes longer than a step
            changed = "([step, before]) => step.innerText !== before"
            opened.page.wait_for_function(changed, arg=[step.element_handle(), step.inner_text()], timeout=30_000)

        panel.get_by_text("Training. About").wait_for()
        opened.page.evaluate(HIDE, True)
        assert stands_still()
        opened.page.evaluate(HIDE, False)
        goes_on()
        panel.get_by_role("button", name="Pause").click()
        assert stands_still()
        panel.get_by_role("button", name="Go on").click()
        goes_on()
        panel.get_by_role("button", name="Reset").click()
        for _ in range(100):  # a worker that is ended takes a moment
            if live_workers(opened):
                opened.page.wait_for_timeout(100)
        assert live_workers(opened) == []
        assert opened.page.get_by_role("button", name="Train it here").evaluate("it => it === document.activeElement")
        assert opened.page.locator("[data-live=train] figure").is_visible()


# --- On a GPU ---


def test_gpu_trains_as_the_cpu_does(open_page_with_gpu, url):
    with open_page_with_gpu(HOME) as opened:
        check_steps(started_worker(opened, url, "webgpu"), 3)


def test_a_lost_gpu_is_not_the_end(open_page_with_gpu, url):
    with open_page_with_gpu(TRAINING) as opened:
        opened.context.set_default_timeout(90_000)
        panel = train_small(opened)
        panel.get_by_label("GPU", exact=True).check(force=True)
        panel.locator("[data-at=step]").filter(has_text=re.compile("[1-9]")).wait_for()
        run = "async root => (await import(`${root}/assets/vendor/jax-js/index.js`)).getWebGPUDevice().destroy()"
        live_workers(opened)[0].evaluate(run, url)
        panel.get_by_text("The GPU is gone").wait_for()
        panel.locator("[data-at=step]").filter(has_text=re.compile(r"^\d\d")).wait_for()
        assert panel.get_by_label("CPU", exact=True).is_checked()
