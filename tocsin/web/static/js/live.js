// One event stream per browser, shared by its tabs, closed while all of them are hidden.
//
// The tab that holds the lock reads the stream for everybody and passes events on. Each tab says which topics it
// shows. An event says "look again", or carries new entries or the state at a glance; who missed something fetches it
// (see record.js). "Look again" may say over how long the browsers are to spread: a thousand do not come at once.
import { setClock } from "./time.js";

const channel = "BroadcastChannel" in window ? new BroadcastChannel("tocsin-events") : null;
const me = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
const tabs = new Map();
let leading = false, source = null, open = "", hiddenSince = null, lock = null;

const mine = () => (document.body.dataset.topics || "").split(",").filter(Boolean);
const visible = () => document.visibilityState === "visible";

export function start() {
  if (!mine().length) return;
  channel?.addEventListener("message", (event) => hear(event.data));
  document.addEventListener("visibilitychange", turn);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { lookAgain(); turn(); } });
  window.addEventListener("online", () => { close(); turn(); lookAgain(); });
  window.addEventListener("pagehide", () => { say({ kind: "gone", tab: me }); close(); });
  setInterval(turn, 5000);
  turn();
  if (navigator.locks && channel) navigator.locks.request("tocsin-events", lead); else { leading = true; turn(); }
}

function lead() {
  leading = true;
  turn();
  return new Promise((release) => { lock = release; window.addEventListener("pagehide", release, { once: true }); });
}

function say(message) { channel?.postMessage(message); }

function hear(message) {
  if (message.kind === "here") { tabs.set(message.tab, { ...message, at: Date.now() }); if (leading) settle(); }
  if (message.kind === "gone") { tabs.delete(message.tab); if (leading) settle(); }
  if (message.kind === "clock") setClock(message.ms);
  if (message.kind === "event") deliver(message.topic, message.data);
}

// Every few seconds, and whenever something changes: say what this tab shows; the leader adjusts the stream.
function turn() {
  hiddenSince = visible() ? null : hiddenSince ?? Date.now();
  const asleep = hiddenSince && Date.now() - hiddenSince > 30_000;
  const state = { kind: "here", tab: me, topics: asleep ? [] : mine() };
  tabs.set(me, { ...state, at: Date.now() });
  say(state);
  if (leading) settle();
}

function settle() {
  for (const [tab, state] of tabs) if (Date.now() - state.at > 90_000) tabs.delete(tab);
  const topics = [...new Set([...tabs.values()].flatMap((t) => t.topics))].sort().slice(0, 30);
  const wanted = topics.join(",");
  if (wanted === open && source && source.readyState !== EventSource.CLOSED) return;
  close();
  if (!wanted) return;
  open = wanted;
  source = new EventSource(`/events?topics=${encodeURIComponent(wanted)}`);
  for (const topic of topics) {
    source.addEventListener(topic, (event) => {
      const data = JSON.parse(event.data);
      deliver(topic, data);
      say({ kind: "event", topic, data });
    });
  }
  // What is shown here but not watched may not be seen any more: look again, and find nothing.
  source.addEventListener("watching", (event) => {
    const watched = JSON.parse(event.data).topics;
    for (const topic of topics.filter((t) => !watched.includes(t))) { deliver(topic, {}); say({ kind: "event", topic, data: {} }); }
  });
  source.addEventListener("clock", (event) => { const { ms } = JSON.parse(event.data); setClock(ms); say({ kind: "clock", ms }); });
  source.addEventListener("open", () => connection(true));
  source.addEventListener("error", () => connection(false));
}

function close() { source?.close(); source = null; open = ""; }

function connection(good) { document.body.toggleAttribute("data-offline", !good); document.dispatchEvent(new CustomEvent("tocsin:connection", { detail: good })); }

export function lookAgain() { mine().forEach((topic) => deliver(topic, {})); }

function deliver(topic, data) {
  if (!mine().includes(topic)) return;
  document.dispatchEvent(new CustomEvent("tocsin:event", { detail: { topic, data } }));
  if (data.html) return;
  if (data.glance && topic.startsWith("incident:")) glance(data.glance);
  const stale = [...document.querySelectorAll(`[data-refresh-on~="${CSS.escape(topic)}"]`)];
  for (const url of new Set(stale.map(address))) refresh(url, data.spread);
}

// What is the same for every reader comes with the event: each part takes the place of the one with its id.
function glance(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of page.body.children) {
    const shown = fresh.id && document.getElementById(fresh.id);
    if (shown && !held(shown, () => glance(html))) put(shown, fresh.innerHTML);
  }
}

// What is being pressed stays until the finger is up: a press whose button is replaced meanwhile would do nothing.
const LONGEST_PRESS_MS = 3000;
let pressed = null, pressing = 0;
document.addEventListener("pointerdown", (event) => { pressed = event.target; clearTimeout(pressing); pressing = setTimeout(release, LONGEST_PRESS_MS); }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { clearTimeout(pressing); pressing = setTimeout(release); }, true);
function release() { pressed = null; document.dispatchEvent(new Event("tocsin:released")); }
function held(element, again) {
  if (!pressed || !element.contains(pressed)) return false;
  document.addEventListener("tocsin:released", again, { once: true });
  return true;
}

function address(element) { return element.dataset.refreshUrl || location.href; }

// Fetches a fragment once for all elements that show parts of it; while somebody types in one, that one waits.
const busy = new Map();
async function refresh(url, spread = 0) {
  // What a form was answered with stands at an address that only takes forms: what somebody typed there stays as it is.
  if (url === location.href && document.body.hasAttribute("data-posted")) return;
  if (busy.has(url)) { busy.set(url, true); return; }
  busy.set(url, true);
  try {
    await new Promise((go) => setTimeout(go, 60 + Math.random() * Math.min(spread, 30_000)));
    // What changed while it waited is in what it fetches now.
    busy.set(url, false);
    const answer = await fetch(url, { headers: { accept: "text/html", "x-requested-with": "tocsin" } });
    if (answer.status === 404) location.reload();
    if (!answer.ok || answer.redirected) return;
    const html = await answer.text();
    for (const element of document.querySelectorAll("[data-refresh-on]")) if (address(element) === url) swap(element, html);
  } catch { /* offline: the next event or the reconnection looks again */ } finally {
    const again = busy.get(url);
    busy.delete(url);
    if (again) refresh(url, spread);
  }
}

function swap(element, html) {
  if (held(element, () => refresh(address(element)))) return;
  const at = element.contains(document.activeElement) ? document.activeElement : null;
  // What was typed there and sent is over: see room-forms.js.
  const editing = at?.matches("input:not([type=hidden]), textarea, select, time-range") && !at.closest("form[data-sent]");
  const opened = [...element.querySelectorAll("details[open]")].map((d) => d.id).filter(Boolean);
  if (editing) { element.addEventListener("focusout", () => refresh(address(element)), { once: true }); return; }
  const focused = at, place = focused ? reachable(element).indexOf(focused) : -1;
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = element.id && page.getElementById(element.id) ? page.getElementById(element.id).innerHTML : page.body.innerHTML;
  if (!put(element, fresh, false)) return;
  const typed = unsent(element);
  put(element, fresh);
  typed.forEach((back) => back(element));
  opened.forEach((id) => { const d = document.getElementById(id); if (d) d.open = true; });
  // Who came by keyboard keeps their place: the same thing by its words, or else what stands there now.
  if (focused) {
    const now = reachable(element), same = now.find((x) => x.tagName === focused.tagName && x.textContent === focused.textContent && x.id === focused.id);
    (same ?? now[place])?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("tocsin:swapped"));
}

// Puts words in their place, unless the same stand there already: nothing flickers, nothing is announced twice.
const stands = new WeakMap();
function put(element, html, really = true) {
  // Each rendering has new keys for its forms; the room's scripts have their own, and who sends another one gets a new page.
  const words = html.replaceAll(/name="request_key" value="[^"]*"/g, ""), same = stands.get(element) === words;
  if (same || !really) return !same;
  stands.set(element, words);
  element.innerHTML = html;
  return true;
}

function reachable(element) { return [...element.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]; }

// What somebody typed, chose or ticked and has not sent yet outlives the refresh.
function unsent(element) {
  const kept = [];
  for (const field of element.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    const find = (root) => field.id ? root.querySelector(`#${CSS.escape(field.id)}`) : root.querySelector(`[name="${CSS.escape(field.name)}"][value="${CSS.escape(field.value)}"]`);
    if (field.type === "checkbox" || field.type === "radio") {
      const { checked } = field;
      if (checked !== field.defaultChecked) kept.push((root) => { const now = find(root); if (now) now.checked = checked; });
    } else {
      const changed = field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected) && field.selectedIndex > 0 : field.value !== field.defaultValue;
      const { value } = field;
      if (changed) kept.push((root) => { const now = find(root); if (now) now.value = value; });
    }
  }
  return kept;
}
