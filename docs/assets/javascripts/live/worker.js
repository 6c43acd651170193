// Trains the model, or uses it, beside the page, so that the page never waits. The page ends the worker to free its memory.
//
// - In: { train: settings }, { use: settings }, { ask: question }, { paused }. Out: what happened, in the words of live-model.js.
// - The host must let this file compile WebAssembly ('wasm-unsafe-eval'). Send no COOP or COEP: jax-js would start workers
//   from blob: addresses, and a policy that forbids them leaves the first step waiting for ever.
import * as jax from "../../vendor/jax-js/index.js";
import { cases, encode, fetched, LENGTH } from "./casebook.js";
import { gpt, names, shapes } from "./model.js";

const CONTEXT = 128, TESTED_FROM = 60, EVERY = 20;
const { tree } = jax;
let paused = false, ask;

async function start(device, size) {
  if (!(await jax.init(device)).includes(device)) throw new Error(`no ${device} here`);
  jax.defaultDevice(device);
  // jax-js does not look out for this, and what waits for a lost GPU may wait for ever.
  if (device === "webgpu") jax.getWebGPUDevice().lost.then(() => postMessage({ lost: true }));
  return gpt(jax, { size });
}

/** Return a safetensors file's matrices: a length, a JSON header, then their numbers. */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  return names().map((name) => new Float32Array(buffer.slice(...header[name].data_offsets.map((at) => 8 + length + at))));
}

/** Return uniform random numbers from a seed (mulberry32). */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return random weights, as small as tiny_gpt.py draws them: smaller still where layers add to one sum. */
function drawn(size, random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const small = names().map((name) => /project|contract/.test(name));
  return shapes({ size }).map(([rows, columns], i) => Float32Array.from({ length: rows * columns }, () => normal() * (small[i] ? 0.01 : 0.02)));
}

const toDevice = (model, size, matrices) => shapes({ size }).map((shape, i) => model.array(matrices[i], shape));
const toPage = async (weights) => {
  const matrices = [];
  for (const weight of weights) matrices.push(await weight.ref.data());
  return matrices;
};

/** Return how many numbers are not what they were. */
const differing = (before, after) => before.reduce((sum, each, i) => sum + each.reduce((n, w, j) => n + (w !== after[i][j]), 0), 0);

/** Let a message in; while paused, wait. An await alone lets none in. */
async function turn() {
  do await new Promise((go) => setTimeout(go, paused ? 100 : 0));
  while (paused);
}

/** Write an answer: read the question in one pass, then a token a pass, each the likeliest. */
async function* written(model, weights, question) {
  const int32 = (values, shape) => model.array(Int32Array.from(values), shape, jax.numpy.int32);
  const text = [...`\n${question}`].map((character) => character.charCodeAt(0)), tokens = new Int32Array(CONTEXT).fill(10);
  tokens.set(text);
  let from = performance.now(), at = text.length;
  let [probabilities, cache] = model.prefill(tree.ref(weights), int32(tokens, [1, CONTEXT]), int32([at - 1], [1]));
  try {
    for (let token; token !== 10 && at < CONTEXT; at++) {
      const shares = await probabilities.data(), ms = performance.now() - from;
      const likeliest = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 3);
      [token] = likeliest;
      yield { token: String.fromCharCode(token), ms, read: text.length, odds: likeliest.map((each) => [String.fromCharCode(each), shares[each]]) };
      from = performance.now();
      [probabilities, cache] = model.decode(tree.ref(weights), cache, int32([token], [1, 1]), int32([at], [1]));
    }
    await probabilities.data();
  } finally {
    tree.dispose(cache);
  }
}

export async function answer(model, weights, question) {
  let text = "";
  for await (const { token } of written(model, weights, question)) text += token;
  return text.trim();
}

async function train({ device, size, batch, seed, steps, rate, warmup, from }) {
  const model = await start(device, size), book = await fetched("downloads/casebook.json", "json");
  const { solved, heldOut } = cases(book), tested = heldOut.filter((_, i) => i % 7 === 0);
  const random = randomFrom(seed), first = drawn(size, random);
  let weights = toDevice(model, size, from?.matrices ?? first), state = model.start(), pool = [], reading = Infinity;
  const rows = (some, shape) => model.array(some, shape, jax.numpy.int32);

  /** Return how many of the cases are answered without one wrong character, and note how long reading takes. */
  async function right() {
    let count = 0;
    for (let at = 0; at < tested.length; at += batch) {
      const part = Array.from({ length: batch }, (_, i) => tested[at + i] ?? tested[0]), { tokens, targets, shape } = encode(part);
      const start = performance.now();
      const guesses = await model.predict(tree.ref(weights), rows(tokens, shape)).data();
      reading = Math.min(reading, performance.now() - start);
      count += part.filter(({ question, answer }, i) => {
        const begin = i * LENGTH + question.length, end = begin + answer.length;
        return at + i < tested.length && guesses.subarray(begin, end).every((guess, j) => guess === targets[begin + j]);
      }).length;
      await turn();
    }
    return count;
  }

  async function look(at) {
    const matrices = await toPage(weights), changed = differing(first, matrices);
    const known = at >= TESTED_FROM || at === steps ? { right: await right(), tested: tested.length, reading } : {};
    postMessage({ look: at, answer: await answer(model, weights, heldOut[0].question), changed, matrices, ...known });
  }

  if (!from) await look(0);
  for (let at = (from?.at ?? 0) + 1; at <= steps; at++) {
    await turn();
    while (pool.length < batch) pool.push(...solved.map((one) => [random(), one]).sort(([a], [b]) => a - b).map(([, one]) => one));
    const { tokens, targets, shape } = encode(pool.splice(0, batch)), start = performance.now();
    let loss;
    [loss, weights, state] = model.step(weights, state, rows(tokens, shape), rows(targets, shape), model.rates(at, { steps, rate, warmup }));
    const [value] = await loss.data();
    if (!Number.isFinite(value)) throw new Error(`the loss is ${value}`);
    postMessage({ step: at, loss: value, ms: performance.now() - start });
    if (at === 1 || at % EVERY === 0 || at === steps) await look(at);
  }
  postMessage({ done: true });
}

async function use({ device, size, matrices }) {
  const model = await start(device, size);
  matrices ??= readSafetensors(await fetched("snippets/casebook.safetensors", "arrayBuffer"));
  const weights = toDevice(model, size, matrices);
  await answer(model, weights, "Watson: "); // compiles, so that the times of the answers are those of the model
  ask = async (question) => {
    for await (const each of written(model, weights, question)) postMessage(each);
    postMessage({ answered: true, changed: differing(matrices, await toPage(weights)) });
  };
  postMessage({ ready: true });
}

onmessage = async ({ data }) => {
  try {
    if ("paused" in data) ({ paused } = data);
    if (data.train) await train(data.train);
    if (data.use) await use(data.use);
    if (data.ask) await ask(data.ask);
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
