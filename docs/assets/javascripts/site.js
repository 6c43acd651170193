// What every page needs, and what only some do. The site works without it.

// Material puts each copy button into a <nav> without a name: too many landmarks for a screen reader.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none");
}).observe(document.body, { childList: true, subtree: true });

document.querySelector(".md-search")?.setAttribute("aria-label", "Search"); // a dialog without a name

// The switch for code works without a script; this remembers it from page to page.
const off = document.querySelector(".code-off");
if (off) {
  off.checked = localStorage.getItem("code") === "off";
  for (const choice of document.getElementsByName("code")) choice.onchange = () => localStorage.setItem("code", off.checked ? "off" : "on");
}

if (document.querySelector("cost-calculator")) import("./calculator.js");
if (document.querySelector("[data-table=numbers]")) import("./numbers.js");
