// Sorts and filters the table of numbers; the page is whole without it.
//
// - Numbers stand before words in both directions: "-" is no value.
// - The address keeps the filter, so that it can be shared. It is not called "q": that opens Material's search.
// - A link to a row, as each number on the site has one, finds the row whatever the filter says.
// - How old a figure is, the reader's clock says: a page that was built with it would be wrong the next day.
const table = document.querySelector("[data-table=numbers] table");
const rows = [...table.tBodies[0].rows];

function key(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent;
  const number = Number(text.replaceAll(",", ""));
  return isNaN(number) ? text : number;
}

function compare(a, b, direction) {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return direction * (typeof a === "number" ? a - b : a.localeCompare(b));
}

for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.onclick = () => {
    const direction = head.ariaSort === "ascending" ? -1 : 1;
    table.querySelector("[aria-sort]")?.removeAttribute("aria-sort");
    head.ariaSort = direction > 0 ? "ascending" : "descending";
    const column = head.cellIndex;
    rows.sort((a, b) => compare(key(a, column), key(b, column), direction));
    table.tBodies[0].append(...rows);
  };
}

const tools = document.createElement("div");
tools.className = "numbers-tools";
tools.innerHTML = `
  <label>Filter <input name="filter" type="search"></label>
  <label>Kind <select name="kind">
    <option value="">all<option>measured<option>computed<option>quoted
  </select></label>
  <span role="status"></span>`;
table.closest("[data-table]").before(tools);
const [text, kind, status] = tools.querySelectorAll("[name], [role]");

function filter() {
  const words = text.value.toLowerCase().split(/\s+/);
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    row.hidden = (kind.value && row.cells[0].dataset.kind !== kind.value) || !words.every((word) => content.includes(word));
  }
  status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} numbers`;
}

tools.oninput = () => {
  filter();
  const address = new URL(location);
  address.search = new URLSearchParams([text, kind].filter(({ value }) => value).map(({ name, value }) => [name, value]));
  history.replaceState(null, "", address);
};

const asked = new URLSearchParams(location.search);
text.value = asked.get("filter");
kind.value = asked.get("kind");
kind.value ||= "";
filter();

onhashchange = () => {
  const row = document.getElementById(location.hash.slice(1));
  if (!row?.hidden) return;
  text.value = kind.value = "";
  tools.oninput();
  row.scrollIntoView();
};
onhashchange();

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
for (const time of table.querySelectorAll("time")) {
  const days = Math.floor((Date.now() - Date.parse(time.dateTime)) / 86_400_000);
  time.closest("td").append(` ${ago.format(-days, "day")}`);
}
