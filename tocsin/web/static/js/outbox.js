// What was typed or pressed in a room and not answered for yet: kept in this browser, sent in the order in which it was done, each
// once. What is sent again has the same key.
import { now } from "./time.js";

const ASKED = { accept: "application/json", "x-requested-with": "tocsin" };
const LONGEST_MS = 3_600_000;
export const key = () => crypto.randomUUID ? crypto.randomUUID() : `${now()}-${Math.random()}`;

export class Outbox {
  constructor(room, who = document.body.dataset.me) {
    this.say = new URL(document.querySelector("[data-entries]").dataset.entries.replace(/entries$/, "say"), location.href).href;
    // It is the person's who did it; of a private incident it lives as long as the tab.
    this.store = "keep" in room.dataset ? localStorage : sessionStorage;
    this.box = `tocsin-outbox:${who}:${this.say}:`;
    this.draft = `tocsin-draft:${who}:${this.say}`;
    this.unkept = [];
    this.sending = false;
    // Who is told: of an answer, `(item, { ok, status, said, html })`, before the item goes out of the box; after it; of what stands in the way.
    this.hears = [];
    this.done = [];
    this.stuck = [];
  }

  // One item of storage each: tabs that send at once do not overwrite each other's lists.
  get waiting() {
    try {
      const names = Object.keys(this.store).filter((name) => name.startsWith(this.box)).sort();
      return [...names.map((name) => ({ name, ...JSON.parse(this.store.getItem(name)) })), ...this.unkept];
    } catch { return this.unkept; }
  }

  // A line has `text`; a form where `to` it goes and its `fields`.
  put(what) {
    // After what waits already: a page that was kept may have another clock.
    const last = parseInt(this.waiting.at(-1)?.name.slice(this.box.length) ?? "0", 36), at = Math.max(Math.floor(now()), last + 1);
    const item = { key: key(), at: Date.now(), ...what }, name = `${this.box}${at.toString(36).padStart(9, "0")}-${item.key}`;
    try { this.store.setItem(name, JSON.stringify(item)); } catch { this.unkept.push({ name, ...item }); }
    return item.key;
  }

  drop(item) {
    this.unkept = this.unkept.filter((one) => one.name !== item.name);
    try { this.store.removeItem(item.name); } catch { /* it was never there */ }
  }

  listen() {
    document.addEventListener("tocsin:connection", ({ detail }) => detail && this.send());
    window.addEventListener("online", () => this.send());
    setInterval(() => this.send(), 5000);
    this.send();
  }

  async send() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    try {
      for (let item = this.waiting[0]; item; item = this.waiting[0]) {
        const { why, answer } = await this.ask(item);
        if (why) { this.stuck.forEach((tell) => tell(why)); return; }
        try { this.hears.forEach((hear) => hear(item, answer)); } finally { this.drop(item); }
        this.done.forEach((tell) => tell(item));
      }
    } finally { this.sending = false; }
  }

  // The answer, or why there is none yet.
  async ask(item) {
    // A line is true later, too; a press is for now, and nobody is paged a day later.
    if (item.to && Date.now() - item.at > LONGEST_MS) return { answer: { ok: false, status: 0, said: { error: "This waited for more than an hour and was not sent again. Do it again if it still holds." }, html: "" } };
    const body = new URLSearchParams(item.fields ?? { text: item.text });
    body.set("request_key", item.key);
    body.set("csrf", document.body.dataset.csrf);
    try {
      const answer = await fetch(item.to ?? this.say, { method: "POST", body, headers: ASKED });
      if (answer.status >= 500 || answer.status === 429) return { why: "later" };
      if (answer.status === 401 || answer.status === 403 || answer.redirected) return { why: "signed out" };
      const words = await answer.text(), found = { ok: answer.ok, status: answer.status, said: {}, html: "" };
      try { found.said = JSON.parse(words); } catch { found.html = words; }
      return { answer: found };
    } catch { return { why: "offline" }; }
  }
}
