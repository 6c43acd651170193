// The site's GPT once more, in JavaScript: what tiny_gpt.py and train.py do with torch, done with jax-js.
// One function, `forward`, does both jobs. Training differentiates it, inference only runs it.
//
// - Weights are a list of matrices, in the order of `names`, with the shapes that torch gives them.
// - jax-js frees an array at its last use. `x.ref` keeps it for one more.
// - `jit` traces a function once for each shape, and compiles what it did.
export const names = (layers = 2) => {
  const block = ["query_key_value", "project", "expand", "contract"];
  const inBlocks = [...Array(layers).keys()].flatMap((layer) => block.map((name) => `blocks.${layer}.${name}`));
  return ["embedding", ...inBlocks].map((name) => `${name}.weight`);
};

/** Return the shape of each weight matrix. */
export const shapes = ({ size = 64, layers = 2, vocabulary = 128 } = {}) => {
  const block = [[3 * size, size], [size, size], [4 * size, size], [size, 4 * size]];
  return [[vocabulary, size], ...Array(layers).fill(block).flat()];
};

/** Return what each job holds, in bytes of float32, counted as snippets/memory.py counts. */
export function bytesHeld({ size = 64, layers = 2, vocabulary = 128, context = 128, batch = 1, length = 104 } = {}) {
  const count = ([rows, columns]) => rows * columns;
  const weights = 4 * shapes({ size, layers, vocabulary }).reduce((sum, shape) => sum + count(shape), 0);
  const optimizer = weights + 4 * vocabulary * size; // a mean for each weight, Adam's second for the embedding
  const kept = (14 * layers + 2) * size + vocabulary + 5 * layers + 6; // numbers a token, for the way back
  const activations = 4 * (batch * length * kept + 1);
  const cache = 4 * 2 * layers * batch * context * size;
  return { weights, gradients: weights, optimizer, activations, cache };
}

/** Return the model's functions, for a jax-js that has been started. */
export function gpt(jax, { size = 64, layers = 2, vocabulary = 128, context = 128 } = {}) {
  const { numpy: np, nn, jit, tree, valueAndGrad } = jax;
  const array = (data, shape, dtype = np.float32) => np.array(data, { dtype }).reshape(shape);
  const linear = (x, weight) => np.matmul(x, np.matrixTranspose(weight));

  function normalize(x) {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
  }

  /** Turn each half of x by angles that grow with position (RoPE). */
  function rotate(x, cos, sin) {
    const [a, b] = np.split(x, 2, -1);
    const turned = [a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref)), b.mul(cos).add(a.mul(sin))];
    return np.concatenate(turned, -1);
  }

  /** Return the angles of the first positions, and what each may read. Made for each trace anew. */
  function places(length) {
    const half = size / 2;
    const angle = (_, i) => Math.floor(i / half) * 10_000 ** (-(i % half) / half);
    const angles = Array.from({ length: length * half }, angle);
    const ahead = (_, i) => (i % length > i / length ? -1e9 : 0);
    const mask = array(Float32Array.from({ length: length ** 2 }, ahead), [length, length]);
    const turned = (turn) => array(Float32Array.from(angles, turn), [length, half]);
    return { cos: turned(Math.cos), sin: turned(Math.sin), mask };
  }

  const keep = (layer, k, v) => [k, v];

  /** Attention, then a two-layer perceptron, each added to what came in. */
  function block(x, [queryKeyValue, project, expand, contract], { cos, sin, mask }, remember) {
    let [q, k, v] = np.split(linear(normalize(x.ref), queryKeyValue), 3, -1); // (batch, length, size)
    q = rotate(q, cos.ref, sin.ref);
    [k, v] = remember(rotate(k, cos, sin), v);
    const scores = np.matmul(q, np.matrixTranspose(k)).mul(1 / Math.sqrt(size)).add(mask);
    x = x.add(linear(np.matmul(nn.softmax(scores, -1), v), project));
    return x.ref.add(linear(nn.relu(linear(normalize(x), expand)), contract));
  }

  /** Tokens in, (batch, length); scores of each next one out. `remember` is where a cache comes in. */
  function forward([embedding, ...matrices], tokens, place = places(tokens.shape[1]), remember = keep) {
    let x = np.take(embedding.ref, tokens, 0);
    for (let layer = 0; layer < layers; layer++) {
      const mine = matrices.slice(4 * layer, 4 * layer + 4);
      x = block(x, mine, tree.ref(place), (k, v) => remember(layer, k, v));
    }
    tree.dispose(place);
    return linear(normalize(x), embedding);
  }

  // --- Training: guess, find out how wrong that was, adjust ---

  /** The mean surprise at each next token. A target below 0 is left out. */
  function loss(weights, tokens, targets) {
    const columns = targets.reshape([...targets.shape, 1]);
    const wanted = np.arange(vocabulary).equal(columns).astype(np.float32); // 1 at the right token
    const right = nn.logSoftmax(forward(weights, tokens), -1).mul(wanted.ref);
    return np.sum(right).neg().div(np.sum(wanted));
  }

  /** Muon's update: the mean gradient, its directions made equally strong, as torch.optim.Muon does. */
  function orthogonalize(update) {
    const [rows, columns] = update.shape;
    let x = rows > columns ? np.matrixTranspose(update) : update;
    x = x.ref.mul(np.reciprocal(np.sqrt(np.sum(np.square(x)).add(1e-14))));
    for (let i = 0; i < 5; i++) {
      const gram = np.matmul(x.ref, np.matrixTranspose(x.ref));
      const change = gram.ref.mul(-4.775).add(np.matmul(gram.ref, gram).mul(2.0315));
      x = x.ref.mul(3.4445).add(np.matmul(change, x));
    }
    return (rows > columns ? np.matrixTranspose(x) : x).mul(Math.sqrt(Math.max(1, rows / columns)));
  }
  function muon(weight, gradient, mean, rate) {
    mean = mean.mul(0.95).add(gradient.ref.mul(0.05));
    return [weight.sub(orthogonalize(gradient.mul(0.05).add(mean.ref.mul(0.95))).mul(rate)), mean];
  }
  function adam(weight, gradient, mean, square, rate, [first, second]) {
    mean = mean.mul(0.9).add(gradient.ref.mul(0.1));
    square = square.mul(0.95).add(np.square(gradient).mul(0.05));
    const change = mean.ref.div(first).div(np.sqrt(square.ref.div(second)).add(1e-8));
    return [weight.sub(change.mul(rate)), mean, square];
  }

  /** One step: Muon moves the matrices, Adam the embedding. What they remember goes in and out. */
  const step = jit((weights, [means, square], tokens, targets, [rate, ...corrections]) => {
    // Forward and backward: how wrong it is, and which way each weight should move.
    const [value, gradients] = valueAndGrad(loss)(tree.ref(weights), tokens, targets);
    const moved = weights.map((weight, i) =>
      i === 0
        ? adam(weight, gradients[i], means[i], square, rate.ref, corrections)
        : muon(weight, gradients[i], means[i], rate.ref),
    );
    rate.dispose();
    return [value, moved.map(([weight]) => weight), [moved.map(([, mean]) => mean), moved[0][2]]];
  });
  const start = () => {
    const means = shapes({ size, layers, vocabulary }).map((shape) => np.zeros(shape));
    return [means, np.zeros([vocabulary, size])];
  };
  /** The learning rate at a step, and Adam's corrections for its short past. */
  const rates = (at, { steps, rate, warmup }) => {
    const now = rate * Math.min(1, at / warmup) * (1 - (at - 1) / steps);
    return [now, 1 - 0.9 ** at, 1 - 0.95 ** at].map((each) => np.array(each));
  };

  // --- Inference: read the question (prefill), then write a token a pass (decode), with a KV cache ---

  const next = (scores) => nn.softmax(scores.reshape([vocabulary]), -1);
  /** Read a text, filled up to the context, (1, context); return what follows token `last`, and the cache. */
  const prefill = jit((weights, tokens, last) => {
    const cache = [];
    const remember = (layer, k, v) => ((cache[layer] = [k.ref, v.ref]), [k, v]);
    return [next(np.take(forward(weights, tokens, places(context), remember), last, 1)), cache];
  });
  /** Read one more token, (1, 1), at a position, (1,). All before it comes from the cache. */
  const decode = jit((weights, cache, token, at) => {
    const { cos, sin, mask } = places(context);
    mask.dispose();
    const here = np.arange(context).equal(at.ref).reshape([context, 1]), kept = [];
    const place = { cos: np.take(cos, at.ref, 0), sin: np.take(sin, at.ref, 0) };
    place.mask = np.where(np.arange(context).lessEqual(at), 0, -1e9);
    const remember = (layer, k, v) => {
      [k, v] = [k, v].map((each, i) => np.where(here.ref, each, cache[layer][i]));
      kept[layer] = [k.ref, v.ref];
      return [k, v];
    };
    const scores = forward(weights, token, place, remember);
    here.dispose();
    return [next(scores), kept];
  });

  const scores = jit((weights, tokens) => forward(weights, tokens));
  const predict = jit((weights, tokens) => np.argmax(forward(weights, tokens), -1)); // the likeliest
  const gradients = jit(valueAndGrad(loss));
  return { array, scores, predict, gradients, start, step, rates, prefill, decode };
}
