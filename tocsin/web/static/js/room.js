// The room's record: new entries appear without a reload, missed ones are fetched, and what was typed is sent once.
import { now } from "./time.js";

export function start() {
  const list = document.querySelector("[data-entries]");
  if (!list) return;
  const room = new Room(list);
  room.listen();
  const composer = document.querySelector("[data-composer]");
  if (composer) new Composer(composer, room).listen();
}

class Room {
  constructor(list) {
    this.list = list;
    this.url = list.dataset.entries;
    this.topic = list.dataset.topic;
    this.catching = false;
  }

  get last() { return Number(this.list.lastElementChild?.dataset.seq ?? 0); }

  listen() {
    document.addEventListener("tocsin:event", ({ detail }) => {
      if (detail.topic !== this.topic) return;
      if (detail.data.html && detail.data.seq === this.last + 1) this.append(detail.data.html);
      else if (!detail.data.html || detail.data.seq > this.last) this.catchUp();
    });
    document.querySelector("[data-older]")?.addEventListener("click", (event) => this.older(event));
    this.watchHead();
    if (!location.hash) this.toEnd();
    else this.linked();
    window.addEventListener("hashchange", () => this.linked());
  }

  // The end of the whole record, so that the composer, which sticks, does not cover the newest line.
  toEnd() {
    const record = this.list.closest(".record") ?? this.list;
    const end = record.getBoundingClientRect().bottom + (parseFloat(getComputedStyle(document.documentElement).scrollPaddingBlockEnd) || 0);
    if (end > window.innerHeight) window.scrollBy(0, end - window.innerHeight);
  }

  // A link to an entry that is older than what is shown leads to its part of the record.
  linked() {
    const seq = Number(location.hash.match(/^#entry-(\d+)$/)?.[1]), first = Number(this.list.firstElementChild?.dataset.seq ?? 0);
    if (seq && seq < first) location.replace(`${location.pathname}?before=${seq + 50}${location.hash}`);
  }

  // On a phone, one line keeps the state in sight when the head has scrolled away.
  watchHead() {
    const mini = document.getElementById("room-mini"), head = document.getElementById("room-head");
    if (mini && head) new IntersectionObserver(([seen]) => { mini.hidden = seen.isIntersecting || seen.boundingClientRect.top > 0; }).observe(head);
  }

  nearEnd() {
    const end = this.list.getBoundingClientRect().bottom;
    return end < window.innerHeight + 160;
  }

  append(html) {
    const follow = this.nearEnd();
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const entry of [...template.content.children]) {
      if (Number(entry.dataset.seq) <= this.last) continue;
      entry.classList.add("fresh");
      if (entry.dataset.redacts) this.blank(entry.dataset.redacts);
      this.list.append(entry);
    }
    document.querySelector("[data-empty-record]")?.remove();
    if (follow) this.toEnd();
  }

  blank(seq) {
    const words = this.list.querySelector(`#entry-${CSS.escape(seq)} .words`);
    if (words) { words.textContent = "(taken out)"; words.closest(".entry").classList.add("redacted"); }
  }

  async catchUp() {
    if (this.catching) { this.again = true; return; }
    this.catching = true;
    try {
      do {
        this.again = false;
        const answer = await fetch(`${this.url}?after=${this.last}`, { headers: { accept: "text/html" } });
        if (answer.status === 404) { location.reload(); return; }
        if (answer.ok && !answer.redirected) { const html = await answer.text(); if (html) this.append(html); }
      } while (this.again);
    } catch { /* offline: the reconnection says "look again" */ } finally { this.catching = false; }
  }

  async older(event) {
    event.preventDefault();
    if (this.reading) return;
    this.reading = true;
    const bar = event.target.closest(".older"), left = bar.querySelector("span"), oldest = () => this.list.firstElementChild;
    const answer = await fetch(`${this.url}?before=${Number(oldest()?.dataset.seq ?? 0)}`, { headers: { accept: "text/html" } }).catch(() => null);
    const html = answer?.ok ? await answer.text().catch(() => "") : "";
    this.reading = false;
    if (!html) { left.textContent = "They could not be fetched. Try again."; return; }
    // What somebody reads stays where it is.
    const anchor = oldest(), top = anchor?.getBoundingClientRect().top ?? 0;
    this.list.insertAdjacentHTML("afterbegin", html);
    if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - top);
    const before = Number(oldest()?.dataset.seq ?? 1) - 1;
    left.textContent = `${before.toLocaleString()} before these`;
    bar.hidden = before < 1;
  }
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
