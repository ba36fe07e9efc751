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
  bar.addEventListener("click", (event) => { const tab = event.target.closest("[data-tab]"); if (tab) { event.preventDefault(); open(tab.dataset.tab); if (tab.dataset.tab === "record") document.dispatchEvent(new CustomEvent("tocsin:record")); else if (bar.getBoundingClientRect().top < 100) bar.scrollIntoView({ block: "start" }); } });
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
    // Lines and drafts are the person's who typed them; of a private incident they live as long as the tab.
    this.store = "private" in form.dataset ? sessionStorage : localStorage;
    this.box = `tocsin-outbox:${form.dataset.who}:${form.action}:`;
    this.draft = `tocsin-draft:${form.dataset.who}:${form.action}`;
    this.unkept = [];
    this.sending = false;
  }

  // One item of storage per line, in order of typing: tabs that send at once do not overwrite each other's lists.
  get waiting() {
    try {
      const names = Object.keys(this.store).filter((name) => name.startsWith(this.box)).sort();
      return [...names.map((name) => ({ name, ...JSON.parse(this.store.getItem(name)) })), ...this.unkept];
    } catch { return this.unkept; }
  }

  put(text) {
    const key = crypto.randomUUID ? crypto.randomUUID() : `${now()}-${Math.random()}`, name = `${this.box}${Math.floor(now()).toString(36).padStart(9, "0")}-${key}`;
    try { this.store.setItem(name, JSON.stringify({ key, text })); } catch { this.unkept.push({ name, key, text }); }
  }

  sent(line) {
    this.unkept = this.unkept.filter((one) => one.name !== line.name);
    try { this.store.removeItem(line.name); } catch { /* it was never there */ }
  }

  remember(text) { try { if (text) this.store.setItem(this.draft, text); else this.store.removeItem(this.draft); } catch { /* the field has it */ } }

  listen() {
    try { this.text.value ||= this.store.getItem(this.draft) || ""; } catch { /* no storage */ }
    this.text.addEventListener("input", () => this.remember(this.text.value));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const text = this.text.value.trim();
      if (!text) return;
      this.put(text);
      this.text.value = "";
      this.remember("");
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
    let refused = "";
    try {
      for (let line = this.waiting[0]; line; line = this.waiting[0]) {
        const body = new URLSearchParams({ text: line.text, request_key: line.key, csrf: document.body.dataset.csrf });
        const answer = await fetch(this.form.action, { method: "POST", body, headers: { "x-requested-with": "tocsin", accept: "application/json" } });
        if (answer.status >= 500 || answer.status === 429) { this.say(`Not sent yet. ${this.waiting.length} waiting; trying again.`); return; }
        if (answer.status === 401 || answer.status === 403 || answer.redirected) { this.say("Not sent: sign in again, or load this page again. What you wrote is kept here."); return; }
        if (!answer.ok) this.back(line.text);
        this.sent(line);
        const said = await answer.json().catch(() => ({}));
        if (!answer.ok) refused = said.error || "That was refused.";
        this.say(refused || said.told || "");
      }
      this.room.mine = true;
      this.room.catchUp();
    } catch {
      this.say(`Offline. ${this.waiting.length} line${this.waiting.length > 1 ? "s" : ""} kept here, sent when the connection is back.`);
    } finally { this.sending = false; }
  }

  // What was refused goes back to where it was typed: above what is being written now.
  back(text) {
    const { value, selectionStart: from, selectionEnd: to } = this.text, above = value ? `${text}\n` : text;
    this.text.value = above + value;
    this.text.setSelectionRange(above.length + from, above.length + to);
    this.remember(this.text.value);
  }

  say(text) { const place = this.form.querySelector("[data-problem]"); if (place) place.textContent = text; }
}
