// Times are human and exact: relative where it helps, exact on hover, a countdown that says when it is late.
const MINUTE = 60_000, HOUR = 3_600_000, DAY = 86_400_000;
const zone = () => document.body?.dataset.timeZone || undefined;
const here = { timeZone: safe(zone()) }, clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...here };
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long", ...here });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", ...here });
const short = new Intl.DateTimeFormat(undefined, clock);
const yearly = new Intl.DateTimeFormat(undefined, { year: "numeric", day: "numeric", month: "short", ...clock });
const date = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", ...here });
const parts = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", ...clock });

// As the server writes it: Mon 30 Nov 09:00.
const dated = { format(then) { const of = Object.fromEntries(parts.formatToParts(then).map((x) => [x.type, x.value])); return `${of.weekday} ${of.day} ${of.month.slice(0, 3)} ${of.hour}:${of.minute}`; } };

function safe(name) {
  try { if (name) new Intl.DateTimeFormat(undefined, { timeZone: name }); return name; } catch { return undefined; }
}

// The server's clock decides, not the browser's: `data-now` is the time at which the page was made, and the event stream
// says it again: the clock that counts on may stand still while a browser sleeps.
// A page that this browser kept says when: what has passed since is the difference of the browser's own clock, right or wrong.
const kept = Date.parse(document.documentElement.dataset.kept), made = performance.now();
const since = Number.isNaN(kept) ? 0 : Math.max(Date.now() - kept, 0);
let told = null;
const skew = () => { const t = document.body?.dataset.now; return told ?? (t ? Date.parse(t) + since - made : Date.now() - performance.now()); };
export function setClock(ms) { told = ms - performance.now(); Ticking.all.forEach((x) => x.tick()); }
export const now = () => skew() + performance.now();

export function length(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  if (minutes < 1) return `${Math.floor(Math.abs(ms) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

function ago(then) {
  const passed = now() - then;
  if (passed < 0) return `in ${length(passed)}`;
  if (passed < 10_000) return "just now";
  return passed < 7 * DAY ? `${length(passed)} ago` : dated.format(then);
}

class Ticking extends HTMLElement {
  connectedCallback() { this.tick(); Ticking.all.add(this); }
  disconnectedCallback() { Ticking.all.delete(this); }
  static all = new Set();
}
setInterval(() => { if (!document.hidden) Ticking.all.forEach((x) => x.tick()); }, 1000);
document.addEventListener("visibilitychange", () => Ticking.all.forEach((x) => x.tick()));

function put(element, text) { if (element.textContent !== text) element.textContent = text; }

customElements.define("time-ago", class extends Ticking {
  tick() {
    const time = this.querySelector("time"), then = Date.parse(time?.dateTime);
    if (Number.isNaN(then)) return;
    put(time, ago(then));
    time.title ||= exact.format(then);
  }
});

customElements.define("local-moment", class extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time"), then = Date.parse(time?.dateTime);
    if (Number.isNaN(then)) return;
    // Today is today on the reader's clock, as the text is.
    const today = date.format(now()) === date.format(then);
    // Far away, the day alone would be taken for one of this year.
    time.textContent = (today || this.hasAttribute("short") ? short : Math.abs(now() - then) > 300 * DAY ? yearly : dated).format(then);
    time.title = exact.format(then);
  }
});

customElements.define("count-down", class extends Ticking {
  tick() {
    const due = Date.parse(this.getAttribute("datetime")), left = due - now();
    if (Number.isNaN(due)) return;
    this.dataset.tone = left < 0 ? "late" : left < 5 * MINUTE ? "soon" : "";
    // Of a kept page nobody knows whether it was done since.
    const late = "by" in this.dataset ? `by ${length(left)}` : since && told === null ? `was due ${length(left)} ago` : `overdue by ${length(left)}`;
    put(this, left < 0 ? late : `in ${length(left)}`);
    this.title ||= exact.format(due);
  }
});

// Another person's local time, with a moon at their night.
customElements.define("local-time", class extends Ticking {
  tick() {
    const name = safe(this.getAttribute("zone"));
    if (!name) return;
    const text = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: name }).format(now());
    const hour = Number(text.slice(0, 2)), night = hour >= 22 || hour < 7;
    put(this, `${night ? "☾" : "☀"} ${text}`);
    this.title = `${night ? "Night" : "Day"} in ${name.replaceAll("_", " ")}`;
  }
});

// The day on the reader's clock, for lines between days.
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", ...here });
export function dayOf(then) { return { key: date.format(then), words: date.format(now()) === date.format(then) ? "Today" : weekday.format(then) }; }

export { DAY, HOUR, MINUTE, moment, short };
