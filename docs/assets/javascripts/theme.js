// Why, and what Material expects of its search worker: docs/templates/main.html.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none");
}).observe(document.body, { childList: true, subtree: true });

{
  const form = document.forms.namedItem("search");
  form.removeAttribute("name");
  form.closest(".md-search").setAttribute("aria-label", "Search");

  const { base } = JSON.parse(document.getElementById("__config").textContent);
  const RealWorker = window.Worker;

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const wanted = new Promise((go) => form.query.addEventListener("focus", go, { once: true }));
      this.ready = wanted.then(() => this.start(url));
    }

    async start(url) {
      const worker = new RealWorker(url);
      worker.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent("message", { data })));
      const index = await fetch(new URL(`${base}/search/search_index.json`, location));
      worker.postMessage({ type: 0, data: { ...(await index.json()), options: {} } });
      return worker;
    }

    postMessage(message) {
      this.ready.then((worker) => worker.postMessage(message));
    }
  };
}
