// <live-model>: a reader trains the site's model, or uses it, on their own device. site.js imports this at the first click.
//
// - What stands inside is a still that needs no script. A place with data-live="train" or "use" gets a panel over it.
// - Each job has a worker of its own. Ending it frees all that it held; what was trained is kept here, as plain arrays.
// - The numbers are this device's: they are shown as such, and sent nowhere.
import { fetched, makeCase, site } from "./casebook.js";
import { bytesHeld, shapes } from "./model.js";

const RECIPE = { steps: 240, rate: 0.04, warmup: 10 };
const SIZES = { S: 32, M: 48, L: 64 }, BATCHES = { 4: 4, 16: 16, 32: 32 }, DEVICES = { CPU: "wasm", GPU: "webgpu" };
const TOO_LONG = 240; // seconds: a device that needs longer asks first
const PACE = 70; // milliseconds a character is shown for: it is written faster
const still = matchMedia("(prefers-reduced-motion: reduce)");
const commas = (n) => Math.round(n).toLocaleString("en");
const short = (n) => (n < 9.95 ? n.toFixed(1) : commas(n));
const bytes = (n) => (n < 1e6 ? `${commas(n / 1000)} KB` : `${(n / 1e6).toFixed(1)} MB`);
const duration = (s) => (s < 90 ? `${Math.max(5, 5 * Math.round(s / 5))} seconds` : `${Math.round(s / 60)} minutes`);
const escaped = (text) => text.replace(/[<&]/g, (each) => `&#${each.charCodeAt(0)};`);
const best = (times) => times.slice().sort((a, b) => a - b)[times.length >> 1];
let dials = 0;

/** A row of radio buttons: the browser brings the keyboard. */
function dial(name, label, options, chosen) {
  dials += 1;
  const radios = Object.entries(options).map(
    ([text, value]) => `<label><input type="radio" name="live-${dials}" value="${value}"${value === chosen ? " checked" : ""}>${text}</label>`,
  );
  return `<fieldset data-dial="${name}"><legend>${label}</legend><span class="seg">${radios.join("")}</span></fieldset>`;
}

/** What is held, as a bar with its key. */
function held(parts, scale) {
  const pieces = parts.map(([kind, n]) => `<i class="${kind}" style="--v:${(100 * n) / scale}"></i>`);
  const key = parts.map(([kind, n, label]) => `<span class="${kind}">${label} ${bytes(n)}</span>`);
  return `<div class="bar">${pieces.join("")}</div><p class="key">${key.join("")}</p>`;
}

const sum = (parts) => parts.reduce((all, [, n]) => all + n, 0);
const count = (size) => shapes({ size }).reduce((all, [rows, columns]) => all + rows * columns, 0);
function trainParts(chosen) {
  const { weights, gradients, optimizer, activations } = bytesHeld(chosen);
  return [["w", weights, "weights"], ["g", gradients, "gradients"], ["o", optimizer, "optimizer"], ["a", activations, "kept for going backward"]];
}
function useParts(chosen) {
  const { weights, cache } = bytesHeld(chosen);
  return [["w", weights, "weights"], ["c", cache, "notes on the text so far (KV cache)"]];
}

class Panel {
  constructor(model, host) {
    Object.assign(this, { model, host, chosen: { device: "wasm", size: SIZES.L, batch: 16 } });
    this.element = Object.assign(document.createElement("div"), { className: "panel", innerHTML: this.html });
    this.show("device", dial("device", "Runs on your", DEVICES, "wasm"));
    this.at("reset").onclick = () => this.close();
    this.element.addEventListener("change", ({ target }) => {
      const name = target.closest("[data-dial]")?.dataset.dial;
      if (name) this.choose(name, target.value);
    });
    navigator.gpu?.requestAdapter().then((adapter) => (this.at("device").hidden = !adapter), () => {});
    host.classList.add("live");
    host.append(this.element);
    this.element.querySelector("button").focus();
  }

  at(name) {
    return this.element.querySelector(`[data-at=${name}]`);
  }

  show(name, html) {
    this.at(name).innerHTML = html;
  }

  /** Screen readers read this aloud, so it changes at milestones only. */
  say(text) {
    this.at("status").textContent = text;
  }

  choose(name, value) {
    this.chosen[name] = isNaN(value) ? value : Number(value);
    this.begin();
    this.at("status").scrollIntoView({ block: "nearest" }); // on a phone the dials are a screen below
  }

  start(message) {
    this.stop();
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => ("failed" in data || "lost" in data ? this.failed(data) : this.heard(data));
    this.worker.onerror = ({ message }) => this.failed({ failed: message ?? "its files did not load" });
    this.worker.postMessage(message);
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }

  close() {
    this.stop();
    this.element.remove();
    this.host.classList.remove("live");
    this.model.panels.delete(this.host);
    this.host.querySelector(".touch button").focus();
  }

  /** A GPU that is lost, or that fails, is not the end: the CPU goes on. */
  failed({ failed }) {
    if (this.chosen.device === "webgpu") {
      this.chosen.device = "wasm";
      this.element.querySelector("[data-dial=device] input").checked = true;
      this.begin(this.latest);
      return this.say("The GPU is gone. Your CPU goes on.");
    }
    this.stop();
    this.say(`It stopped: ${failed}. Reset it, or try a smaller size.`);
  }
}

class Train extends Panel {
  get html() {
    return `
      <p class="controls"><button type="button" data-at="pause">Pause</button> <button type="button" data-at="reset">Reset</button></p>
      <p class="status" data-at="status" role="status"></p>
      <figure class="chart"><small>Loss: how surprised it is by the next character. Dashed: what nobody can guess</small><div class="plot">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path class="thin" data-at="floor"/><path data-at="curve"/></svg>
        <span data-at="first"></span><span class="dot" data-at="dot" hidden></span><span data-at="now"></span></div></figure>
      <div><small>Asked on the way: Adair has ink on the cuff and a tartan scarf</small><p class="model stages" data-at="stages"></p></div>
      <div><small>Held in memory: <b data-at="total"></b></small><div data-at="held"></div></div>
      <p class="reads"><span><b data-at="changed">0</b><span data-at="of"></span></span><span><b data-at="right">–</b>of new cases right</span>
        <span><b data-at="step">0</b>of ${RECIPE.steps} steps</span><span><b data-at="ms">–</b>a step</span></p>
      <div class="dials">${dial("batch", "Cases a step", BATCHES, 16)}${dial("size", "Size", SIZES, SIZES.L)}<span data-at="device" hidden></span></div>`;
  }

  begin(from) {
    if (!from) Object.assign(this, { losses: [], times: [], looks: [], latest: null, done: null, asleep: false, spoken: 0 });
    this.at("pause").onclick = () => {
      this.pause(!this.asleep);
      this.say(this.asleep ? "Paused." : "Training.");
    };
    const scale = (this.model.scale = sum(trainParts(this.chosen)));
    this.show("held", held(trainParts(this.chosen), scale));
    this.show("total", bytes(scale));
    this.show("of", `of ${commas(count(this.chosen.size))} weights changed`);
    this.model.panels.forEach((panel) => panel.weigh?.());
    this.draw();
    this.pause(false);
    this.say("Starting…");
    this.start({ train: { ...this.chosen, ...RECIPE, seed: Date.now() % 2 ** 31, from } });
    this.hold();
  }

  pause(asleep) {
    this.asleep = asleep;
    this.at("pause").textContent = asleep ? "Go on" : "Pause";
    this.hold();
  }

  /** Stops while nobody looks. */
  hold() {
    this.worker?.postMessage({ paused: this.asleep || document.hidden });
  }

  heard({ step, loss, ms, look, ...rest }) {
    if (step) {
      this.losses[step - 1] = loss;
      if (this.losses.length > 2) this.times.push(ms); // the first compiles
      if (this.times.length === 4) this.promise(step);
      if (step % 2 === 0) requestAnimationFrame(() => this.draw());
    }
    if (look !== undefined) this.looked({ at: look, ...rest });
    if (rest.done) this.finish();
  }

  /** After a few steps it is known how long the rest takes here. */
  promise(step) {
    const seconds = ((RECIPE.steps - step) * 1.25 * best(this.times)) / 1000;
    if (seconds > TOO_LONG) {
      this.pause(true);
      this.say(`Your device needs about ${duration(seconds)} for this. Go on, or choose a smaller size.`);
    } else this.say(`Training. About ${duration(seconds)} on your device.`);
  }

  looked(look) {
    this.latest = look;
    this.looks.push(look);
    this.model.trained = { ...look, size: this.chosen.size };
    this.show("changed", commas(look.changed));
    const { right, tested } = look;
    if (tested) {
      this.show("right", `${Math.floor((100 * right) / tested)}%`);
      for (const [share, words] of [[0.5, "It answers half of the new cases right."], [0.95, "It answers nearly all new cases right."]]) {
        if (right >= share * tested && this.spoken < share) {
          this.spoken = share;
          this.say(words);
        }
      }
    }
    const wanted = new Set(["Adair", "is", "a", "clerk", "from", "Perth."]);
    const marked = (text) => text.split(" ").map((word) => (wanted.has(word) ? word : `<u>${escaped(word)}</u>`)).join(" ");
    const shown = this.looks.filter(({ at }, i) => [0, 40, 80].includes(at) || i === this.looks.length - 1);
    this.show("stages", shown.map(({ at, answer }) => `<span><small>step ${at}</small> ${answer ? marked(answer) : "nothing but blanks"}</span>`).join(""));
  }

  draw() {
    const { losses } = this, top = Math.max(5, losses[0] ?? 0), y = (loss) => 100 - (100 * loss) / top, x = (i) => (100 * i) / (RECIPE.steps - 1);
    this.at("floor").setAttribute("d", `M0 ${y(this.model.book.floor)}H100`);
    this.at("curve").setAttribute("d", losses.length ? `M${losses.map((loss, i) => `${x(i).toFixed(2)} ${y(loss).toFixed(2)}`).join(" ")}` : "");
    this.show("step", String(losses.length));
    this.show("ms", this.times.length ? `${commas(best(this.times))} ms` : "–");
    this.at("dot").hidden = !losses.length;
    this.show("first", losses.length > 40 ? `${losses[0].toFixed(1)} at the start` : "");
    if (!losses.length) return this.show("now", "");
    const last = losses.length - 1, place = [this.at("dot"), this.at("now")];
    place[1].innerHTML = `<b>${losses[last].toFixed(2)} now</b>`;
    place.forEach((each) => each.style.setProperty("--x", x(last)));
    place[0].style.setProperty("--y", y(losses[last]));
    place[1].style.setProperty("--y", Math.max(0, y(losses[last]) - 24));
    place[1].classList.toggle("end", x(last) > 60);
  }

  finish() {
    this.stop();
    const { right, tested, reading } = this.latest;
    this.done = { batch: this.chosen.batch, step: Math.min(...this.times), reading, training: sum(trainParts(this.chosen)), using: sum(useParts(this.chosen)) };
    this.at("pause").textContent = "Again";
    this.at("pause").onclick = () => this.begin();
    this.draw();
    this.say(`Trained on your device: it answers ${right} of ${tested} cases right that it never saw.`);
    this.model.panels.forEach((panel) => panel.offerTrained?.());
    this.model.compare();
  }
}

class Use extends Panel {
  get html() {
    const { names, trades, cities, held_out: [[trade, city]] } = this.model.book;
    const select = (label, options, chosen) =>
      `<select aria-label="${label}">${options.map((each) => `<option${each === chosen ? " selected" : ""}>${each}</option>`).join("")}</select>`;
    return `
      <p class="controls"><button type="button" data-at="go">Answer</button> <button type="button" data-at="reset">Close</button></p>
      <p class="status" data-at="status" role="status"></p>
      <span data-at="weights" hidden></span>
      <p class="riddle">Watson: ${select("Suspect", names)} has ${select("First clue", Object.keys(trades), trade)} and ${select("Second clue", Object.keys(cities), city)}.<small>The first clue gives away the trade, the second the city.</small></p>
      <div><small>Holmes answers, one character at a time</small><fieldset class="chips model" data-at="chips"><legend class="unseen">The answer, character by character</legend></fieldset></div>
      <div><small>Tap a character: how sure it was of it, and what else it thought of</small><p class="odds model" data-at="odds"></p></div>
      <div><small>Held in memory: <b data-at="total"></b>, on one scale with training: <span data-at="scale"></span></small><div data-at="held"></div></div>
      <p class="reads"><span><b data-at="changed">0</b>weights changed</span><span><b data-at="prefill">–</b><span data-at="read">to read the question</span></span><span><b data-at="ms">–</b>a character written</span></p>
      <div class="dials"><span data-at="device" hidden></span></div>`;
  }

  begin() {
    this.chosen.weights ??= this.model.trained?.at === RECIPE.steps ? "yours" : "site";
    const yours = this.chosen.weights === "yours" && this.model.trained;
    this.chosen.size = yours ? yours.size : SIZES.L;
    this.at("go").disabled = true;
    this.at("go").onclick = () => this.ask();
    this.element.querySelector(".riddle").onchange = () => {
      this.waiting = true;
      if (!this.at("go").disabled) this.ask();
    };
    this.weigh();
    this.offerTrained();
    this.say("Loading…");
    this.start({ use: { ...this.chosen, matrices: yours?.matrices } });
  }

  weigh() {
    const parts = useParts({ ...this.chosen, batch: 1 });
    this.show("held", held(parts, this.model.scale));
    this.show("scale", bytes(this.model.scale));
    this.show("total", bytes(sum(parts)));
  }

  offerTrained() {
    if (!this.model.trained) return;
    if (this.at("weights").hidden) this.show("weights", dial("weights", "Weights", { "this site's": "site", yours: "yours" }, this.chosen.weights));
    this.at("weights").hidden = false;
  }

  ask() {
    const words = [...this.element.querySelectorAll("select")].map(({ value }) => value);
    this.asked = { ...makeCase(this.model.book, ...words), seen: !this.model.book.held_out.some((clues) => String(clues) === String(words.slice(1))) };
    Object.assign(this, { written: [], shown: 0, done: null, waiting: false });
    this.at("chips").querySelectorAll("label").forEach((chip) => chip.remove());
    this.say("");
    this.at("go").disabled = true;
    this.worker.postMessage({ ask: this.asked.question });
  }

  heard({ ready, token, answered, changed, ...rest }) {
    if (ready) {
      this.say("");
      this.ask();
    }
    if (token) this.written.push({ token, ...rest });
    if (token && this.written.length === 1) this.reveal();
    if (answered) this.answered = { changed };
  }

  /** Show a character, then the next: slower than it was written, so that an eye can follow. */
  reveal() {
    const asked = this.asked, end = () => this.answered && this.shown >= this.written.length;
    const next = () => {
      if (!this.element.isConnected || asked !== this.asked) return;
      while (this.shown < this.written.length) {
        this.chip(this.written[this.shown++]);
        if (!still.matches) break;
      }
      if (end()) this.finish();
      else setTimeout(next, PACE);
    };
    next();
  }

  chip(one) {
    const chip = Object.assign(document.createElement("label"), { innerHTML: `<input type="radio" name="chip"><span>${{ " ": "·", "\n": "⏎" }[one.token] ?? escaped(one.token)}</span>` });
    const radio = chip.firstChild;
    radio.ariaLabel = { " ": "space", "\n": "end of line" }[one.token] ?? one.token;
    chip.style.setProperty("--p", 100 * one.odds[0][1]);
    radio.onchange = () =>
      this.show("odds", one.odds.map(([token, p]) => `<span style="--p:${100 * p}"><b>${{ " ": "·", "\n": "⏎" }[token] ?? escaped(token)}</b><i></i>${p < 0.0005 ? "&lt;0.1" : (100 * p).toFixed(1)}%</span>`).join(""));
    this.at("chips").append(chip);
    radio.checked = true;
    radio.onchange();
  }

  finish() {
    const [first, ...rest] = this.written, text = this.written.map(({ token }) => token).join("");
    const { changed } = this.answered;
    this.answered = null;
    this.at("go").disabled = false;
    this.show("changed", commas(changed));
    this.show("prefill", `${short(first.ms)} ms`);
    this.show("read", `to read ${first.read} characters, in one pass`);
    this.show("ms", `${short(best(rest.map(({ ms }) => ms)))} ms`);
    const verdict = text === this.asked.answer ? "Right." : `Wrong. It should say: ${this.asked.answer.trim()}`;
    this.say(`${verdict} In training it ${this.asked.seen ? "saw" : "never saw"} these two clues together.`);
    const sureness = this.written.map(({ odds }) => odds[0][1]), radios = [...this.at("chips").querySelectorAll("input")];
    radios[sureness.indexOf(Math.min(...sureness))].click(); // where it was least sure
    this.done = {};
    this.model.compare();
    if (this.waiting) this.ask();
  }
}

class LiveModel extends HTMLElement {
  panels = new Map();
  scale = sum(trainParts({ size: SIZES.L, batch: 16 }));

  async open(host) {
    this.book ??= await fetched("downloads/casebook.json", "json");
    await styled();
    if (this.panels.has(host)) return;
    const panel = new (host.dataset.live === "train" ? Train : Use)(this, host);
    this.panels.set(host, panel);
    panel.begin();
  }

  /** When every job here has run once: what that took, side by side. */
  compare() {
    const places = [this, ...this.querySelectorAll("[data-live]")].filter(({ dataset }) => dataset.live);
    const done = places.map((host) => this.panels.get(host)?.done), measured = done.find((each) => each?.step);
    const line = this.querySelector(".both");
    if (!line || !measured || !done.every(Boolean)) return;
    const { batch, step, reading, training, using } = measured;
    const words = `On your device, learning from ${batch} cases took ${commas(step)} ms at best, and just reading the same ${batch} took ${commas(reading)}: ${short(step / reading)} times as long. It held ${bytes(training)}, and using the model on all ${batch} at once takes ${bytes(using)}: ${short(training / using)} times the memory.`;
    line.firstElementChild.textContent = words;
    line.hidden = false;
  }
}
customElements.define("live-model", LiveModel);
document.addEventListener("visibilitychange", () => document.querySelectorAll("live-model").forEach(({ panels }) => panels.forEach((panel) => panel.hold?.())));

const styled = () => (styled.done ??= new Promise((loaded) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("assets/stylesheets/live.css", site), onload: loaded, onerror: loaded });
  document.head.append(link);
}));

/** Put a panel over the still in this place, and start its job. */
export const open = (host) => host.closest("live-model").open(host);
