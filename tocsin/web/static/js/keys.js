// A keyboard way to everything: ? for help, p to page somebody, / to search, g and a letter to go somewhere.
const PLACES = { n: "/", a: "/alerts", i: "/incidents", o: "/on-call", s: "/services", p: "/status-page", t: "/settings", d: "/incidents/declare", "/": "/search" };
let going = 0;

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") { document.getElementById("keys")?.showModal(); event.preventDefault(); return; }
    if (event.key === "/" && Date.now() - going >= 1500) {
      const search = document.querySelector("[data-search], [data-composer] textarea");
      if (search) search.focus(); else location.href = "/search";
      event.preventDefault();
      return;
    }
    if (event.key === "g") { going = Date.now(); return; }
    if (Date.now() - going < 1500 && PLACES[event.key]) { event.preventDefault(); location.href = PLACES[event.key]; }
    else if (event.key === "p" && document.querySelector('.nav a[href="/page"]')) { event.preventDefault(); location.href = "/page"; }
    going = 0;
  });
}
