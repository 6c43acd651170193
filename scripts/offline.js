// From a folder, a page may neither fetch a file nor import a module. So the files that calculators need stand in this
// script, by their place on the site, and what looks for them finds them here.
(() => {
  const site = new URL(".", document.currentScript.src).href;
  const files = {};
  const nowhere = "offline:/"; // where the libraries think they are: they don't even try to fetch what is a file
  const place = (url, base = location) => new URL(url, base).href.replace(site, "").replace(nowhere, "");
  const bytes = (path) => Uint8Array.from(atob(files[path]), (letter) => letter.charCodeAt(0));

  const { fetch } = window;
  window.fetch = (url, ...options) => {
    const path = place(url), headers = { "Content-Type": path.endsWith(".wasm") ? "application/wasm" : "text/plain" };
    return path in files ? Promise.resolve(new Response(bytes(path), { headers })) : fetch(url, ...options);
  };

  // A module that comes as data has no address: it is told its own, and asks this script for others.
  window.importOffline = (url, base) => {
    const path = place(url, base), here = JSON.stringify((path.includes("/vendor/") ? nowhere : site) + path);
    const told = new TextDecoder().decode(bytes(path)).replaceAll("import.meta.url", here).replace(/\bimport\(/g, `(url => importOffline(url, ${here}))(`);
    return import(`data:text/javascript,${encodeURIComponent(told)}`);
  };

  // Links that a script makes lead to folders, as they do on the site.
  addEventListener("click", ({ target }) => {
    const link = target.closest("a[href]");
    if (link?.pathname.endsWith("/")) link.pathname += "index.html";
  }, true);

  importOffline("assets/javascripts/site.js", site);
})();
