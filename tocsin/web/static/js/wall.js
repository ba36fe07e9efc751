// A display on a wall: it looks again whenever something changed, says when it cannot, and goes on for weeks.
import "./time.js";
import { now, setClock } from "./time.js";

const STALE_MS = 45_000, AGAIN_MS = 60_000, DAY_MS = 86_400_000;
const body = document.body, lost = document.querySelector("[data-lost]"), began = performance.now();
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
let source = null, heard = performance.now(), seen = now(), wait = 1000, looking = false;

// The token stands behind #, where no log sees it; it is traded for a cookie and taken off the address.
async function open() {
  const token = location.hash.slice(1);
  if (!token.startsWith("wall_")) return;
  history.replaceState(null, "", location.pathname);
  const data = new URLSearchParams({ token, csrf: body.dataset.csrf });
  const answer = await fetch("/wall/open", { method: "POST", body: data }).catch(() => null);
  if (answer?.ok) { location.reload(); return; }
  const said = document.querySelector("[data-said]");
  if (said) said.textContent = "This link is not known, or was revoked. Ask an administrator for a new one.";
}

function connect() {
  source?.close();
  source = new EventSource("/wall/events");
  source.addEventListener("look", () => { alive(); look(); });
  source.addEventListener("clock", (event) => { alive(); setClock(JSON.parse(event.data).ms); });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    wait = Math.min(wait * 2, 60_000);
    setTimeout(connect, wait);
  });
}

function alive() { heard = performance.now(); wait = 1000; }

async function look() {
  if (looking) return;
  looking = true;
  try {
    const answer = await fetch("/wall/state", { headers: { accept: "text/html" } });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok || answer.redirected) return;
    // Another version has other scripts; and a page that is loaded anew each day never grows.
    if (answer.headers.get("x-tocsin-version") !== body.dataset.version || performance.now() - began > DAY_MS) { location.reload(); return; }
    document.getElementById("wall").innerHTML = await answer.text();
    seen = now();
    alive();
  } catch { /* the line at the bottom says so */ } finally { looking = false; check(); }
}

function check() {
  const stale = performance.now() - heard > STALE_MS;
  body.toggleAttribute("data-stale", stale);
  lost.hidden = !stale;
  if (stale) lost.textContent = `Last seen ${hours.format(seen)}, connection lost`;
}

if (location.hash.startsWith("#wall_")) open();
else if (body.hasAttribute("data-let-in")) {
  connect();
  setInterval(look, AGAIN_MS);
  setInterval(check, 1000);
  window.addEventListener("online", () => { connect(); look(); });
  window.addEventListener("offline", () => { heard = -STALE_MS; check(); });
  // A connection that says nothing is taken for dead and made anew.
  setInterval(() => { if (performance.now() - heard > 2 * STALE_MS) connect(); }, STALE_MS);
}
