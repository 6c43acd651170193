// What we change in how the theme behaves. Runs before Material's own script.

// The copy buttons stand in one <nav> each, all without a name: too many landmarks for a screen reader.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none");
}).observe(document.body, { childList: true, subtree: true });

// Search weighs as much as a page, and most visits never search. Material starts it at once; here it
// starts when the reader first goes to the search field.
//
// Material waits for its search worker to say that it is ready. So it gets a stand-in that looks like a
// worker, starts the real one on demand, and sends it the index, as Material would have done.
{
  const form = document.forms.namedItem("search");
  form.removeAttribute("name"); // by this name Material decides to fetch the index at once
  form.closest(".md-search").setAttribute("aria-label", "Search"); // a dialog needs a name

  const base = new URL(JSON.parse(document.getElementById("__config").textContent).base, location);
  const RealWorker = window.Worker;

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.ready = new Promise((go) => form.query.addEventListener("focus", go, { once: true })).then(() => this.start(url));
    }

    async start(url) {
      const worker = new RealWorker(url);
      worker.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent("message", { data })));
      const index = await fetch(new URL("search/search_index.json", base + "/"));
      worker.postMessage({ type: 0, data: { ...(await index.json()), options: {} } }); // 0: set up
      return worker;
    }

    postMessage(message) {
      this.ready.then((worker) => worker.postMessage(message));
    }
  };
}
