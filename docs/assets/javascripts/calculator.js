// Lets a reader change a calculator's numbers. The page is right without it, computed at build by the same Python: the
// browser runs scripts/browser/, costs.py and the calculator's own script, under MicroPython.
//
// - It makes its own controls. What stood there before, with its provenance, stays for print and for the way back.
// - Python weighs more than three pages. It is fetched when the reader first touches a control, not before.
// - Questions and answers are JSON text: MicroPython cuts a number that passes as such to an integer of 32 bits.
// - No number is computed here, but where a slider stands. It rounds to few digits, as a hand does.
// - Fields are for text: one for numbers would keep a slip such as "12k" from us, and we could not say what is wrong.
// - Results change as the reader types; the picture, the address and what is spoken follow after a pause.
// - The host must let these pages compile WebAssembly ('wasm-unsafe-eval' in script-src).
const site = new URL("../../", import.meta.url);
const STEPS = 200;
const FILES = { "/costs.py": "snippets/costs.py" };
for (const name of ["__init__", "answer", "chart", "units"]) FILES[`/scripts/browser/${name}.py`] = `browser/${name}.py`;
let python;

async function fetched(path) {
  const response = await fetch(new URL(path, site));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

async function start() {
  const vendor = import(new URL("assets/vendor/micropython/micropython.mjs", site));
  const texts = Promise.all(Object.values(FILES).map(fetched));
  const { FS, globals, runPython } = await (await vendor).loadMicroPython({ heapsize: 4_000_000 });
  FS.mkdirTree("/scripts/browser");
  for (const [index, text] of (await texts).entries()) FS.writeFile(Object.keys(FILES)[index], text);
  runPython("from scripts.browser.answer import answer");
  return globals.get("answer");
}

function made(tag, properties, ...children) {
  const { data, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

class Field {
  constructor(calculator, input, ends) {
    this.input = input;
    this.ends = ends;
    this.item = calculator.querySelector(`[data-input="${input.name}"]`);
    this.value = this.item.querySelector(".value");
    this.note = this.item.querySelector(".origin");
    this.first = [[...this.value.childNodes], [...this.note.childNodes]];
    const id = `${calculator.id}-${input.name}`;
    this.problem = made("small", { id: `${id}-problem`, className: "problem", hidden: true });
    this.box = made("input", { id, type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
    this.slider = ends && made("input", { type: "range", max: STEPS, ariaLabel: input.label }); // for what is asked
    const label = this.item.querySelector("label");
    label.htmlFor = id;
    const help = this.item.querySelector(".help");
    if (help) help.id = `${id}-help`;
    const [before, after] = ["prefix", "suffix"].map((end) => made("span", { id: `${id}-${end}`, textContent: input[end] }));
    this.described = [before, after, help].filter((each) => each?.textContent);
    const typed = made("span", { className: "typed" }, before, this.box, after);
    this.value.before(made("span", { className: "control" }, typed, ...(ends ? [this.slider] : [])));
    this.item.append(this.problem);
    if (ends) {
      this.slider.oninput = () => {
        this.box.value = this.at(this.slider.value / STEPS);
        this.speak();
      };
      this.box.oninput = () => this.follow();
    }
    this.set(input.default);
    this.refuse("");
  }

  get text() {
    return this.box.value;
  }

  get changed() {
    return this.text !== this.input.default;
  }

  set(text) {
    this.box.value = text;
    this.follow();
  }

  at(share) {
    const [low, high] = this.ends;
    const [value, digits] = this.wide ? [low * (high / low) ** share, 2] : [low + (high - low) * share, 3];
    return String(this.input.whole ? Math.round(+value.toPrecision(digits)) : +value.toPrecision(digits));
  }

  get wide() {
    return this.ends[0] > 0 && this.ends[1] / this.ends[0] >= 50;
  }

  follow() {
    if (!this.ends) return;
    const value = Number(this.text.replaceAll(",", ""));
    const [low, high] = this.ends;
    const share = this.wide ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    this.slider.value = STEPS * Math.min(1, Math.max(0, share || 0));
    this.speak();
  }

  speak() {
    this.slider.ariaValueText = `${this.input.prefix}${this.text} ${this.input.suffix}`.trim();
  }

  refuse(message) {
    this.problem.textContent = message;
    this.problem.hidden = !message;
    const folded = message && this.item.closest("details");
    if (folded) folded.open = true;
    this.box.ariaInvalid = message ? "true" : null;
    const described = [...this.described, ...(message ? [this.problem] : [])];
    this.box.setAttribute("aria-describedby", described.map((each) => each.id).join(" "));
  }
}

class CostCalculator extends HTMLElement {
  connectedCallback() {
    if (this.fields) return;
    Object.assign(this, JSON.parse(this.querySelector("script").textContent));
    this.fields = this.calculator.inputs.map((input) => new Field(this, input, this.sliders[input.name]));
    this.byName = Object.fromEntries(this.fields.map((field) => [field.input.name, field]));
    this.groups = Object.entries(this.presets).map(([group, presets]) => this.choice(group, presets));
    this.sentence = this.querySelector(".say");
    this.figure = this.querySelector("figure");
    this.status = made("p", { className: "status", role: "status" });
    this.code = made("code", { tabIndex: 0 });
    this.shown = made("details", { className: "ran" }, made("summary", {}, "The Python that ran"), made("pre", {}, this.code));
    const button = (text, onclick) => made("button", { type: "button", className: "md-button", textContent: text, onclick });
    const buttons = [
      button("Copy as Python", () => this.copyCode()),
      button("Copy link", () => this.copyLink()),
      button("Reset", () => this.fill(this.calculator.inputs.map(({ name, default: text }) => [name, text]))),
    ];
    this.querySelector(".steps").before(made("p", { className: "buttons" }, ...buttons), this.status);
    this.querySelector(".steps").after(this.shown);
    this.oninput = ({ target }) => target.tagName !== "SELECT" && this.changed();
    for (const kind of ["pointerdown", "focusin"]) this.addEventListener(kind, () => this.python().catch(() => {}), { once: true });
    this.shown.ontoggle = () => this.code.textContent || this.showCode(); // the results stay as they are
    const asked = new URLSearchParams(location.search);
    const given = this.fields.map(({ input }) => [input.name, asked.get(this.key(input))]).filter(([, text]) => text !== null);
    if (given.length) this.fill(given);
    this.sort();
  }

  key(input) {
    return `${this.calculator.name}.${input.name}`;
  }

  choice(group, presets) {
    const item = this.querySelector(`[data-group="${group}"]`);
    const id = `${this.id}-${group}`;
    const select = made("select", { id }, ...presets.map(({ id, label }) => new Option(label, id)), Object.assign(new Option("other numbers", ""), { disabled: true }));
    const label = item.querySelector("label");
    label.htmlFor = id;
    label.after(made("span", { className: "control" }, select));
    const first = this.fitting(presets, this.typed);
    const choice = { group, item, select, presets, first, chosen: first };
    select.onchange = () => {
      choice.chosen = presets.find(({ id }) => id === select.value);
      this.fill(Object.entries(choice.chosen.values).map(([name, { text }]) => [name, text]));
    };
    return choice;
  }

  fitting(presets, typed) {
    return presets.find(({ values }) => Object.entries(values).every(([name, { text }]) => typed[name] === text));
  }

  sort() {
    for (const choice of this.groups) {
      const fitting = this.fitting(choice.presets, this.typed);
      choice.chosen = fitting ?? choice.chosen;
      choice.select.value = fitting?.id ?? "";
    }
    for (const field of this.fields) {
      const { name } = field.input;
      const choice = this.groups.find(({ presets }) => presets.some(({ values }) => name in values));
      const preset = choice?.chosen;
      const value = preset?.values[name];
      if (value?.text === field.text && preset !== choice.first) {
        const { origin, url } = value;
        const link = url ? made("a", { href: new URL(url, site) }, origin) : origin;
        field.note.replaceChildren(`${preset.label}: `, link);
      } else field.note.replaceChildren(...(field.changed ? ["your number"] : field.first[1]));
    }
  }

  fill(pairs) {
    for (const [name, text] of pairs) this.byName[name].set(text);
    this.changed();
  }

  python() {
    python ??= start();
    this.source ??= fetched(this.script);
    return Promise.all([python, this.source]).catch(({ message }) => {
      python = this.source = undefined;
      const remedy = navigator.onLine ? "Reload the page, or try another browser." : "Try again when you are online.";
      throw { offline: `Python did not start here (${message}). ${remedy}` };
    });
  }

  get typed() {
    return Object.fromEntries(this.fields.map(({ input, text }) => [input.name, text]));
  }

  async compute(typed, chart = false) {
    const [answer, source] = await this.python();
    const labels = ([group, presets]) => [group, this.fitting(presets, typed)?.label ?? this.others[group]];
    const chosen = Object.fromEntries(Object.entries(this.presets).map(labels));
    return JSON.parse(answer(JSON.stringify({ calculator: this.calculator, source, typed, chosen, chart })));
  }

  async changed() {
    this.sort();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const { typed } = this;
    this.ariaBusy = "true";
    clearTimeout(this.late);
    this.late = setTimeout(() => this.classList.add("waiting"), 150); // what is shown is not of these numbers
    try {
      const result = await this.compute(typed);
      if (turn !== this.turn) return;
      this.show(result);
      await new Promise((go) => setTimeout(go, 300));
      if (turn === this.turn) await this.settle(turn, typed);
    } catch (error) {
      if (turn !== this.turn) return;
      const problem = this.failed(error);
      this.show({ problem });
      this.say(problem, "unseen");
    } finally {
      if (turn === this.turn) this.ariaBusy = null;
    }
  }

  failed(error) {
    if (error.offline) return error.offline;
    console.error(error);
    python = undefined;
    return "This is our mistake: the calculator failed. Try other numbers.";
  }

  show({ problem = "", field = "", outputs = {}, said = {}, headline = "", verdict = "", band = "", code = "" }) {
    clearTimeout(this.late);
    this.classList.remove("waiting");
    this.classList.toggle("refused", Boolean(problem));
    for (const each of this.fields) {
      each.refuse(each.input.name === field ? problem : "");
      const text = said[each.input.name] ?? each.text;
      each.value.replaceChildren(...(each.changed ? [text] : each.first[0]));
    }
    for (const { group, item } of this.groups) item.querySelector(".value").textContent = said[group] ?? "";
    this.sentence.replaceChildren(problem || `${headline} `, made("b", {}, verdict));
    this.querySelector(".likely").textContent = band;
    for (const row of this.querySelectorAll("[data-output]")) {
      const { text = "–", value = "", formula = "" } = outputs[row.dataset.output] ?? {};
      row.classList.toggle("refused", !(row.dataset.output in outputs));
      row.querySelector("data").textContent = text;
      row.querySelector("data").value = value;
      row.querySelector(".formula").textContent = formula;
    }
    this.code.textContent = code;
    this.shown.hidden = !code;
    this.figure?.classList.add("waiting"); // it is drawn when the reader pauses
    if (problem) this.figure?.setAttribute("hidden", "");
  }

  async showCode() {
    try {
      this.code.textContent = (await this.compute(this.typed)).code ?? "";
    } catch (error) {
      this.say(this.failed(error));
    }
  }

  address(wanted) {
    const address = new URL(location);
    for (const field of this.fields) {
      if (wanted(field)) address.searchParams.set(this.key(field.input), field.text);
      else address.searchParams.delete(this.key(field.input));
    }
    return address;
  }

  // Every number, so that a link gives the same when a price on this page has changed.
  async copyLink() {
    const whole = this.address(() => true);
    if (!(await this.copy(whole.href, "Copied. The link holds all these numbers.", "the address bar"))) history.replaceState(null, "", whole);
  }

  async settle(turn, typed) {
    history.replaceState(null, "", this.address((field) => field.changed));
    const { problem, headline, verdict, chart, caption } = await this.compute(typed, true);
    if (turn !== this.turn) return;
    if (chart) {
      this.figure.firstElementChild.innerHTML = chart;
      this.figure.querySelector("figcaption").textContent = caption;
      this.figure.hidden = false;
      this.figure.classList.remove("waiting");
    }
    this.say(problem ?? `${headline} ${verdict}`.trim(), "unseen");
  }

  async copyCode() {
    try {
      const { code, problem } = await this.compute(this.typed);
      if (problem) return this.say(problem);
      this.code.textContent = code;
      this.shown.open ||= !(await this.copy(code, "Copied. Save it beside costs.py, and run it.", "below"));
    } catch (error) {
      this.say(this.failed(error));
    }
  }

  async copy(text, done, place) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(done);
      return true;
    } catch {
      this.say(`The browser does not let this page copy. Take it from ${place}.`);
    }
  }

  say(text, how = "") {
    this.status.className = `status ${how}`;
    this.status.textContent = text;
  }
}

customElements.define("cost-calculator", CostCalculator);
