// What every page needs, and what only some do. The site works without it.

// Material puts each copy button into a <nav> without a name: too many landmarks for a screen reader.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none");
}).observe(document.body, { childList: true, subtree: true });

document.querySelector(".md-search")?.setAttribute("aria-label", "Search"); // a dialog without a name

// The switch for code works without a script; this remembers it from page to page.
const off = document.querySelector(".code-off");
if (off) {
  const link = document.querySelector('.md-nav a[href="#take-it-with-you"]'); // to a section that goes with the code
  const show = () => link && (link.hidden = off.checked);
  const narrow = matchMedia("(max-width: 44em)").matches; // a phone starts without
  off.checked = (localStorage.getItem("code") ?? (narrow ? "off" : "on")) === "off";
  for (const choice of document.getElementsByName("code")) {
    choice.onchange = () => (localStorage.setItem("code", off.checked ? "off" : "on"), show());
  }
  show();
}

// A note closes with Escape and, where it was tapped, as the page scrolls on.
const close = () => document.activeElement.closest?.(".number") && document.activeElement.blur();
addEventListener("keydown", (pressed) => pressed.key === "Escape" && close());
if (matchMedia("(hover: none)").matches) addEventListener("scroll", close, { passive: true });

if (document.querySelector("cost-calculator")) import("./calculator.js");
if (document.querySelector("[data-table=numbers]")) import("./numbers.js");

// The live model: a button that says what it costs. The first click brings the rest.
for (const host of document.querySelectorAll("live-model [data-live], live-model[data-live]")) {
  const touch = Object.assign(document.createElement("p"), { className: "touch" });
  host.append(touch);
  if (location.protocol === "file:") {
    touch.innerHTML = "<small>This runs on the site, not in a copy that's opened from a folder.</small>";
    continue;
  }
  touch.innerHTML = host.dataset.live === "train"
    ? "<button>Train it here</button> <small>Downloads 160 KB, then trains for about a minute.</small>"
    : "<button>Use it here</button> <small>Downloads 550 KB, most of it the model. Then it answers in a moment.</small>";
  const [button, note] = touch.children;
  button.onclick = () => import("./live/live-model.js").then(({ open }) => open(host)).catch(() => (note.textContent = "That didn't load. Try again when you're online."));
}

// Where there's no page, look for the words of the address.
const lost = document.querySelector(".lost");
if (lost) {
  const words = decodeURI(location.pathname).match(/\p{L}+/gu)?.slice(-4).join(" ");
  lost.hidden = !words;
  lost.firstElementChild.href += encodeURIComponent(words);
  lost.firstElementChild.textContent += ` “${words}”`;
}
