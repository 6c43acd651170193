// The world of snippets/casebook.py. Its words come from there, at build; only the two sentences are written again.
export const site = new URL("../../../", import.meta.url);
export const LENGTH = 104; // of the longest case, in tokens

export async function fetched(path, as) {
  const response = await fetch(new URL(path, site));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response[as]();
}

export const makeCase = ({ trades, cities }, name, trade, city) => ({
  question: `Watson: ${name} has ${trade} and ${city}.\nHolmes: `,
  answer: `${name} is a ${trades[trade]} from ${cities[city]}.\n`,
});

/** Return the cases to learn from, and those to test with: their clues never come together in the others. */
export function cases(book) {
  const kept = new Set(book.held_out.map(String));
  const pairs = Object.keys(book.trades).flatMap((trade) => Object.keys(book.cities).map((city) => [trade, city]));
  const all = (some) => book.names.flatMap((name) => some.map((clues) => makeCase(book, name, ...clues)));
  return { solved: all(pairs.filter((clues) => !kept.has(String(clues)))), heldOut: all(book.held_out) };
}

/** Return rows of tokens, one character each, and the next of each as its target; the rest of a row counts for nothing. */
export function encode(rows, length = LENGTH) {
  const tokens = new Int32Array(rows.length * length).fill(10), targets = new Int32Array(rows.length * length).fill(-100);
  for (const [row, { question, answer }] of rows.entries()) {
    const text = [...`\n${question}${answer}`].map((character) => character.charCodeAt(0));
    tokens.set(text.slice(0, -1), row * length);
    targets.set(text.slice(1), row * length);
  }
  return { tokens, targets, shape: [rows.length, length] };
}
