// The small model by hand: what it takes to run these weights with nothing else. One token a pass, with a KV cache.
//
// It can read and write, and cannot learn: each line has a way forward, and none has a way back.

/** Return a matrix, (rows, columns) in one row after the other, times a vector. */
function times(matrix, x, rows) {
  const y = new Float32Array(rows), columns = x.length;
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += matrix[at++] * x[i];
    y[row] = sum;
  }
  return y;
}

const plus = (x, y) => x.map((value, i) => value + y[i]);

function dot(x, y) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function normalize(x) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = x.map((value) => value - mean);
  const scale = 1 / Math.sqrt(dot(centred, centred) / x.length + 1e-5);
  return centred.map((value) => value * scale);
}

/** Turn a key or a query by angles that grow with its position (RoPE). */
function rotate(x, position) {
  const half = x.length / 2, y = new Float32Array(x.length);
  for (let i = 0; i < half; i++) {
    const angle = position * 10_000 ** (-i / half), cos = Math.cos(angle), sin = Math.sin(angle);
    y[i] = x[i] * cos - x[half + i] * sin;
    y[half + i] = x[half + i] * cos + x[i] * sin;
  }
  return y;
}

/** Return what the query finds: the values, each as much as its key fits. */
function attend(query, keys, values) {
  const scores = keys.map((key) => dot(query, key) / Math.sqrt(query.length)), top = Math.max(...scores);
  const fits = scores.map((score) => Math.exp(score - top)), all = fits.reduce((sum, fit) => sum + fit);
  const found = new Float32Array(query.length);
  for (const [t, value] of values.entries()) {
    const share = fits[t] / all;
    for (let i = 0; i < found.length; i++) found[i] += share * value[i];
  }
  return found;
}

/** Return a function that reads the next token of one text, and returns the scores of the one after it. */
export function reader([embedding, ...matrices], size, layers, vocabulary) {
  const cache = Array.from({ length: layers }, () => ({ keys: [], values: [] }));
  let position = 0;
  return (token) => {
    let x = embedding.slice(token * size, (token + 1) * size);
    cache.forEach(({ keys, values }, layer) => {
      const [queryKeyValue, project, expand, contract] = matrices.slice(4 * layer, 4 * layer + 4);
      const all = times(queryKeyValue, normalize(x), 3 * size);
      keys.push(rotate(all.subarray(size, 2 * size), position));
      values.push(all.subarray(2 * size));
      x = plus(x, times(project, attend(rotate(all.subarray(0, size), position), keys, values), size));
      const wide = times(expand, normalize(x), 4 * size).map((value) => Math.max(0, value));
      x = plus(x, times(contract, wide, size));
    });
    position++;
    return times(embedding, normalize(x), vocabulary);
  };
}
