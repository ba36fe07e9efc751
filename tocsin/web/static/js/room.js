// The room's record: new entries appear without a reload, missed ones are fetched, and what was typed is sent once.
import { Record } from "./record.js";
import { Outbox } from "./outbox.js";
import { RoomForms } from "./room-forms.js";

export function start() {
  const list = document.querySelector("[data-entries]");
  if (!list) return;
  const room = new Record(list);
  tabs();
  room.listen();
  const outbox = new Outbox(document.querySelector("[data-room]")), composer = document.querySelector("[data-composer]");
  if (composer) new Composer(composer, room, outbox).listen();
  new RoomForms(outbox).listen();
  outbox.listen();
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

// A line is kept in this browser until the server has answered for it; see outbox.js.
class Composer {
  constructor(form, room, outbox) {
    this.form = form;
    this.room = room;
    this.outbox = outbox;
    this.text = form.elements.text;
  }

  // A draft is the person's who typed it, as what waits is.
  remember(text) { const { store, draft } = this.outbox; try { if (text) store.setItem(draft, text); else store.removeItem(draft); } catch { /* the field has it */ } }

  listen() {
    try { this.text.value ||= this.outbox.store.getItem(this.outbox.draft) || ""; } catch { /* no storage */ }
    this.text.addEventListener("input", () => this.remember(this.text.value));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const text = this.text.value.trim();
      if (!text) return;
      this.refused = "";
      this.outbox.put({ text });
      this.text.value = "";
      this.remember("");
      this.outbox.send();
    }, true);
    this.outbox.hears.push((item, answer) => "text" in item && this.hear(item, answer));
    this.outbox.stuck.push((why) => this.stuck(why));
    this.outbox.done.push(() => this.done());
  }

  hear(line, { ok, said }) {
    this.sent = true;
    if (!ok) { this.back(line.text); this.refused = said.error || "That was refused."; }
    this.say(this.refused || said.told || "");
  }

  done() {
    // What stood in the way is said no more.
    if (this.waits) this.say(this.refused || "");
    if (this.sent) { this.room.mine = true; this.room.catchUp(); }
    this.sent = this.waits = false;
  }

  stuck(why) {
    const lines = this.outbox.waiting, n = lines.length, plain = lines.every((one) => "text" in one);
    this.waits = true;
    if (why === "later") this.say(`Not sent yet. ${n} waiting; trying again.`);
    else if (why === "signed out") this.say("Not sent: sign in again, or load this page again. What you wrote is kept here.");
    else this.say(`Offline. ${n}${plain ? ` line${n > 1 ? "s" : ""}` : ""} kept here, sent when the connection is back.`);
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
