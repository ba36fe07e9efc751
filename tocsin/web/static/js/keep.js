// A room that was open stays readable without a connection, after a reload too: this browser keeps the page as it stands,
// and the service worker shows it when the server cannot be reached. Private incidents are never kept (data-keep is absent).
import { moment, now } from "./time.js";

const ROOMS = "tocsin-rooms", MOST = 5, CALM = 2000;
// What a page made by the server has, the kept one has too.
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

export function start() {
  if (!("caches" in window)) return;
  // Whoever signs in anew, or signs out, leaves nothing of somebody else's behind.
  if (/^\/sign-in/.test(location.pathname)) { caches.delete(ROOMS); return; }
  const room = document.querySelector("[data-room]");
  // Whoever may not see the room any more keeps nothing of it.
  if (!room && /^\/incidents\/[^/]+$/.test(location.pathname)) { forget(); return; }
  if (!room || !("serviceWorker" in navigator)) return;
  if (document.documentElement.dataset.kept) { kept(); return; }
  if (!("keep" in room.dataset)) { forget(); return; }
  navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});
  let timer = null;
  const soon = () => { timer ??= setTimeout(() => { timer = null; keep(); }, CALM); };
  new MutationObserver(soon).observe(room, { childList: true, subtree: true });
  soon();
}

function forget() { return caches.open(ROOMS).then((rooms) => rooms.delete(location.pathname)); }

async function keep() {
  // It was made private while it was open.
  if (document.querySelector("#room-glance [data-private]")) { await forget(); return; }
  const page = document.documentElement.cloneNode(true);
  // When it was, by the server's clock, and by this browser's own: what passes until it is shown is counted by the latter.
  page.dataset.kept = new Date().toISOString();
  page.querySelector("body").dataset.now = new Date(now()).toISOString();
  // The sheet is at hand then; its first rules in the page would need the server's policy.
  page.querySelector("style[data-first]")?.remove();
  page.querySelectorAll("dialog[open]").forEach((dialog) => dialog.removeAttribute("open"));
  try {
    const rooms = await caches.open(ROOMS);
    await rooms.put(location.pathname, new Response(`<!doctype html>\n${page.outerHTML}`, { headers: HEADERS }));
    const all = await rooms.keys();
    for (const old of all.slice(0, Math.max(all.length - MOST, 0))) await rooms.delete(old);
  } catch { /* no room on the disk: the page lives as long as its tab */ }
}

// The page is the kept one: say so, and take the real one as soon as it can be had.
function kept() {
  document.body.toggleAttribute("data-offline", true);
  const at = Date.parse(document.body.dataset.now), said = document.querySelector("[data-connection] [data-as-of]");
  if (said) said.textContent = ` This is the room as of ${moment.format(at)}.`;
  const back = async () => {
    const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    if (answer?.ok) location.reload();
  };
  window.addEventListener("online", back);
  document.addEventListener("tocsin:connection", ({ detail }) => detail && back());
  setInterval(back, 5000);
}
