// The room's record: new entries appear without a reload, missed ones are fetched, and what was typed is sent once.
import { Record } from "./record.js";
import { now } from "./time.js";

export function start() {
  const list = document.querySelector("[data-entries]");
  if (!list) return;
  const room = new Record(list);
  tabs();
  room.listen();
  const composer = document.querySelector("[data-composer]");
  if (composer) new Composer(composer, room).listen();
}

// On a narrow screen the parts of the room are tabs; a link into one of them opens it. Without scripts they follow each other.
function tabs() {
  const room = document.querySelector("[data-room]"), bar = document.querySelector(".room-tabs");
  if (!room || !bar) return;
  room.classList.add("tabbed");
  const open = (name) => {
    room.dataset.tab = name;
    for (const tab of bar.children) tab.toggleAttribute("aria-current", tab.dataset.tab === name);
    bar.querySelector("[aria-current]")?.setAttribute("aria-current", "true");
  };
  bar.addEventListener("click", (event) => { const tab = event.target.closest("[data-tab]"); if (tab) { event.preventDefault(); open(tab.dataset.tab); if (bar.getBoundingClientRect().top < 100) room.scrollIntoView({ block: "start" }); } });
  document.addEventListener("tocsin:tab", ({ detail }) => open(detail));
  const follow = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const side = target && target.closest("#room-state, #room-work");
    if (!side) return;
    open(side.id === "room-work" ? "work" : "state");
    const details = target.closest("details"); if (details) details.open = true;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", follow);
  follow();
}

// A line is kept in this browser until the server has answered for it; it is sent again with the same key.
class Composer {
  constructor(form, room) {
    this.form = form;
    this.room = room;
    this.text = form.elements.text;
    this.box = `tocsin-outbox:${form.action}`;
    this.draft = `tocsin-draft:${form.action}`;
    this.sending = false;
  }

  get waiting() { try { return JSON.parse(localStorage.getItem(this.box)) || []; } catch { return []; } }
  set waiting(list) { try { localStorage.setItem(this.box, JSON.stringify(list)); } catch { /* private mode: lines live as long as the tab */ } }

  listen() {
    this.text.value ||= localStorage.getItem(this.draft) || "";
    this.text.addEventListener("input", () => localStorage.setItem(this.draft, this.text.value));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const text = this.text.value.trim();
      if (!text) return;
      const key = crypto.randomUUID ? crypto.randomUUID() : `${now()}-${Math.random()}`;
      this.waiting = [...this.waiting, { key, text }];
      this.text.value = "";
      localStorage.removeItem(this.draft);
      this.send();
    }, true);
    document.addEventListener("tocsin:connection", ({ detail }) => detail && this.send());
    window.addEventListener("online", () => this.send());
    setInterval(() => this.waiting.length && this.send(), 5000);
    this.send();
  }

  async send() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    try {
      while (this.waiting.length) {
        const [line, ...rest] = this.waiting;
        const body = new URLSearchParams({ text: line.text, request_key: line.key, csrf: document.body.dataset.csrf });
        const answer = await fetch(this.form.action, { method: "POST", body, headers: { "x-requested-with": "tocsin", accept: "application/json" } });
        if (answer.status >= 500 || answer.status === 429) { this.say(`Not sent yet. ${this.waiting.length} waiting; trying again.`); return; }
        this.waiting = rest;
        if (answer.ok) this.say("");
        else {
          const said = await answer.json().catch(() => ({}));
          this.text.value ||= line.text;
          this.say(said.error || "That was refused.");
        }
      }
      this.room.catchUp();
    } catch {
      this.say(`Offline. ${this.waiting.length} line${this.waiting.length > 1 ? "s" : ""} kept here, sent when the connection is back.`);
    } finally { this.sending = false; }
  }

  say(text) { const place = this.form.querySelector("[data-problem]"); if (place) place.textContent = text; }
}
