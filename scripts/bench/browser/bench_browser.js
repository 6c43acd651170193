// The page of bench_browser.py: four engines write the same answer with the same weights, and take turns.
//
// Each is a function that loads the engine and returns another: that one reads tokens, and calls `write` with every token that
// it writes, until `write` says that this was the last. Every engine has one thread, and a KV cache.
import { names, shapes } from "/assets/javascripts/live/model.js";

const SIZE = 64, LAYERS = 2, VOCABULARY = 128, CONTEXT = 128;
const likeliest = (scores) => scores.reduce((best, score, i) => (score > scores[best] ? i : best), 0);

async function weights() {
  const buffer = await (await fetch("/snippets/casebook.safetensors")).arrayBuffer();
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  return names().map((name) => new Float32Array(buffer.slice(...header[name].data_offsets.map((at) => 8 + length + at))));
}

async function handWritten() {
  const { reader } = await import("/bench/browser/hand_written.js"), matrices = await weights();
  return (tokens, write) => {
    const read = reader(matrices, SIZE, LAYERS, VOCABULARY);
    let scores, token;
    for (const each of tokens) scores = read(each);
    while (!write((token = likeliest(scores)))) scores = read(token);
  };
}

async function jaxJs() {
  const jax = await import("/assets/vendor/jax-js/index.js"), { gpt } = await import("/assets/javascripts/live/model.js");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const model = gpt(jax), matrices = await weights();
  const held = shapes().map((shape, i) => model.array(matrices[i], shape));
  const int32 = (values, shape) => model.array(Int32Array.from(values), shape, jax.numpy.int32);
  return async (tokens, write) => {
    const padded = new Int32Array(CONTEXT).fill(10);
    padded.set(tokens);
    const given = int32(padded, [1, CONTEXT]), last = int32([tokens.length - 1], [1]);
    let [shares, cache] = model.prefill(jax.tree.ref(held), given, last), token;
    for (let at = tokens.length; !write((token = likeliest(await shares.data()))); at++)
      [shares, cache] = model.decode(jax.tree.ref(held), cache, int32([token], [1, 1]), int32([at], [1]));
    jax.tree.dispose(cache);
  };
}

async function onnxruntimeWeb() {
  const ort = await import("/packages/onnxruntime-web/dist/ort.wasm.bundle.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/packages/onnxruntime-web/dist/";
  const session = await ort.InferenceSession.create("/model/gpt/onnx/model.onnx");
  const pasts = session.inputNames.filter((name) => name.startsWith("past"));
  const int64 = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  return async (tokens, write) => {
    let given = tokens, at = 0, token;
    let cache = pasts.map(() => new ort.Tensor("float32", new Float32Array(), [1, 1, 0, SIZE]));
    do {
      const feeds = { input_ids: int64(given), position_ids: int64(given.map((_, i) => at + i)) };
      pasts.forEach((name, i) => (feeds[name] = cache[i]));
      const found = await session.run(feeds);
      cache = pasts.map((name) => found[name.replace("past_key_values", "present")]);
      at += given.length;
      token = likeliest(found.logits.data.subarray(-VOCABULARY));
      given = [token];
    } while (!write(token));
  };
}

async function transformersJs() {
  const { AutoModelForCausalLM, Tensor, env } = await import("/packages/transformers/dist/transformers.min.js");
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "/model/", useBrowserCache: false });
  Object.assign(env.backends.onnx.wasm, { numThreads: 1, wasmPaths: "/packages/transformers/onnxruntime-web/dist/" });
  const model = await AutoModelForCausalLM.from_pretrained("gpt", { device: "wasm", dtype: "fp32" });
  return async (tokens, write) => {
    const inputs = new Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
    const attention_mask = new Tensor("int64", new BigInt64Array(tokens.length).fill(1n), [1, tokens.length]);
    let begun = false; // the streamer is given the question first
    const put = ([row]) => (begun ? write(Number(row[0])) : (begun = true));
    await model.generate({ inputs, attention_mask, max_length: CONTEXT, do_sample: false, streamer: { put, end() {} } });
  };
}

/** Return, by engine, what it wrote, and the milliseconds until its first token and from token to token, a pair each round. */
export async function measure(question, rounds) {
  const loaders = { hand_written: handWritten, jax_js: jaxJs, onnxruntime_web: onnxruntimeWeb, transformers_js: transformersJs };
  const engines = {}, found = {};
  for (const name in loaders) [engines[name], found[name]] = [await loaders[name](), { times: [] }];
  const tokens = [...`\n${question}`].map((character) => character.charCodeAt(0));
  for (let round = -3; round < rounds; round++) {
    // The first rounds warm up. Every other one goes backwards.
    const order = round % 2 ? Object.keys(engines) : Object.keys(engines).reverse();
    for (const name of order) {
      const text = [], stamps = [], start = performance.now();
      await engines[name](tokens, (token) => {
        stamps.push(performance.now());
        return text.push(String.fromCharCode(token)) + tokens.length >= CONTEXT || token === 10;
      });
      const writing = (stamps.at(-1) - stamps[0]) / (stamps.length - 1);
      found[name].text = text.join("");
      if (round >= 0) found[name].times.push([stamps[0] - start, writing]);
    }
  }
  return found;
}
