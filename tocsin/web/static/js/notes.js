// The notes page: a textarea that many write in at once. The text is a Yjs document: what people write apart, also without a
// connection, is put together the same way on every screen. What the server has not confirmed stays in this browser and is sent again.
import { Doc, UndoManager, applyUpdate, createAbsolutePositionFromRelativePosition, createRelativePositionFromTypeIndex, decodeRelativePosition, encodeRelativePosition, mergeUpdates } from "./yjs.js";

const LOCAL = Symbol("local"), REMOTE = Symbol("remote"), CALM = 250, HERE = 10_000, COLOURS = 6;
const pack = (bytes) => { let text = ""; for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192)); return btoa(text); };
const unpack = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export function start() {
  const root = document.querySelector("[data-notes]");
  if (root) new Notes(root).open();
}

class Notes {
  constructor(root) {
    this.root = root;
    this.url = root.dataset.notes;
    this.paper = root.querySelector("textarea[name=body]");
    this.state = root.querySelector("[data-notes-state]");
    this.carets = root.querySelector("[data-carets]");
    this.doc = new Doc();
    this.text = this.doc.getText("body");
    this.seq = 0;
    this.waiting = [];
    this.going = null;
    this.client = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
    this.box = `tocsin-notes:${root.dataset.who}:${this.url}`;
    this.undo = new UndoManager(this.text, { trackedOrigins: new Set([LOCAL]), captureTimeout: 400 });
  }

  async open() {
    this.paper.readOnly = true;
    this.root.querySelector("[data-without-script]")?.setAttribute("hidden", "");
    this.doc.on("update", (update, origin) => { if (origin === LOCAL || origin === this.undo) this.keep(update); });
    this.text.observe((event, transaction) => { if (transaction.origin !== LOCAL) this.show(event.delta); });
    this.paper.addEventListener("input", () => this.typed());
    this.paper.addEventListener("keydown", (event) => this.keys(event));
    this.paper.addEventListener("paste", (event) => this.pasted(event));
    for (const name of ["select", "keyup", "click", "focus"]) this.paper.addEventListener(name, () => this.here());
    this.paper.addEventListener("scroll", () => this.draw());
    window.addEventListener("resize", () => this.draw());
    document.addEventListener("tocsin:event", ({ detail }) => detail.topic === this.root.dataset.topic && this.hear(detail.data));
    document.addEventListener("tocsin:connection", ({ detail }) => detail && this.sync());
    window.addEventListener("online", () => this.sync());
    window.addEventListener("pagehide", () => this.leave());
    this.root.querySelector("[data-notes-preview]").addEventListener("click", (event) => this.tick(event));
    setInterval(() => { if (this.waiting.length) this.send(); }, 3000);
    setInterval(() => { if (document.activeElement === this.paper) this.point(true); }, HERE);
    // What an earlier visit could not send: it is merged like everything else.
    const left = this.kept();
    if (left) { applyUpdate(this.doc, left, REMOTE); this.waiting.push(left); }
    await this.sync();
    this.ready();
  }

  ready() {
    if (this.seq === 0 && !this.synced) return;
    this.paper.readOnly = false;
    if (this.paper.value !== this.text.toString()) this.paper.value = this.text.toString();
    this.boxes();
  }

  // Everything that is new on the server, then what is new here.
  async sync() {
    try {
      const answer = await fetch(`${this.url}/updates?after=${this.seq}`, { headers: { accept: "application/json", "x-requested-with": "tocsin" } });
      if (answer.status === 404) { this.gone(); return; }
      if (!answer.ok || answer.redirected) return this.say("The newest text could not be read. Trying again.");
      const { seq, update, cursors } = await answer.json();
      if (update) applyUpdate(this.doc, unpack(update), REMOTE);
      this.seq = Math.max(this.seq, seq);
      if (!this.synced) {
        this.synced = true;
        this.ready();
      }
      this.others(cursors);
    } catch { this.say("No connection. Write on: it is kept here and put together later."); }
    if (this.waiting.length) this.send();
  }

  hear(data) {
    if (data.html) {
      if (data.seq === this.seq + 1) { applyUpdate(this.doc, unpack(data.html), REMOTE); this.seq = data.seq; this.soon(); }
      else if (data.seq > this.seq) this.sync();
      return;
    }
    if (!data.glance) { this.sync(); return; }
    const { seq, cursors } = JSON.parse(data.glance);
    this.others(cursors);
    if (seq > this.seq) this.sync();
  }

  gone() { this.paper.value = ""; this.waiting = []; this.going = null; this.store(); location.reload(); }

  // What was typed, as one change: what is equal at both ends stays.
  typed() {
    const now = this.paper.value, before = this.text.toString();
    let head = 0, tail = 0;
    const most = Math.min(now.length, before.length), caret = this.paper.selectionEnd;
    while (head < most && now[head] === before[head]) head++;
    // Of several ways to see a change, the one at the caret.
    if (now.length > before.length) head = Math.min(head, Math.max(caret - (now.length - before.length), 0));
    while (tail < most - head && now[now.length - 1 - tail] === before[before.length - 1 - tail]) tail++;
    // Never between the halves of one character.
    if (head > 0 && /[\uD800-\uDBFF]/.test(before[head - 1] ?? "")) head--;
    if (tail > 0 && /[\uDC00-\uDFFF]/.test(before[before.length - tail] ?? "")) tail--;
    this.change(head, before.length - tail - head, now.slice(head, now.length - tail));
  }

  change(at, gone, words) {
    this.doc.transact(() => { if (gone) this.text.delete(at, gone); if (words) this.text.insert(at, words); }, LOCAL);
    this.soon();
  }

  // The text changed elsewhere (or by undo): the caret and what is selected stay with their words.
  show(delta) {
    let { selectionStart: from, selectionEnd: to } = this.paper, at = 0;
    const top = this.paper.scrollTop;
    for (const part of delta) {
      if (part.retain) at += part.retain;
      else if (part.insert) { const size = part.insert.length; if (at < from) from += size; if (at < to) to += size; at += size; }
      else if (part.delete) { from -= Math.max(Math.min(from, at + part.delete) - at, 0); to -= Math.max(Math.min(to, at + part.delete) - at, 0); }
    }
    this.paper.value = this.text.toString();
    this.paper.setSelectionRange(from, to);
    this.paper.scrollTop = top;
    this.soon();
  }

  keys(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.undo.redo(); else this.undo.undo();
  }

  // A picture goes to the incident's files; the text gets its address.
  async pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.say("The picture is on its way …");
    const body = new FormData();
    body.append("file", file, file.name || "picture.png");
    body.append("csrf", document.body.dataset.csrf);
    body.append("request_key", crypto.randomUUID ? crypto.randomUUID() : String(Math.random()));
    const answer = await fetch(this.root.dataset.files, { method: "POST", body, headers: { accept: "application/json", "x-requested-with": "tocsin", "x-csrf-token": document.body.dataset.csrf } }).catch(() => null);
    const said = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!said?.url) return this.say("The picture could not be kept.");
    const at = this.paper.selectionStart;
    this.change(at, 0, `![${(said.name ?? "picture").replace(/[[\]]/g, "")}](${said.url})`);
    this.paper.value = this.text.toString();
    this.say("");
  }

  keep(update) {
    this.waiting = [this.waiting.length ? mergeUpdates([...this.waiting, update]) : update];
    this.store();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), CALM);
    this.point();
  }

  // Kept is all that the server has not confirmed, also what is on its way: later words mean nothing without the earlier ones.
  store() {
    const left = this.going ? [this.going, ...this.waiting] : this.waiting;
    try {
      if (left.length && "keep" in this.root.dataset) localStorage.setItem(this.box, pack(left.length > 1 ? mergeUpdates(left) : left[0]));
      else localStorage.removeItem(this.box);
    } catch { /* no room: it lives as long as the tab */ }
  }

  kept() { try { const text = localStorage.getItem(this.box); return text ? unpack(text) : null; } catch { return null; } }

  // What waits goes as one update, and counts as sent when the server has said its number. Nothing is lost in between: what is
  // written meanwhile waits beside it.
  async send() {
    if (this.sending || !this.waiting.length || !this.synced) return;
    this.sending = true;
    this.going = this.waiting.length > 1 ? mergeUpdates(this.waiting) : this.waiting[0];
    this.waiting = [];
    let again = true;
    try {
      const answer = await fetch(`${this.url}/updates`, { method: "POST", body: this.going, headers: { accept: "application/json", "content-type": "application/octet-stream", "x-csrf-token": document.body.dataset.csrf, "x-requested-with": "tocsin" } });
      if (answer.ok) {
        again = false;
        const { seq } = await answer.json();
        if (seq === this.seq + 1) this.seq = seq;
        this.say(this.waiting.length ? "" : "Saved.");
      } else if (answer.status === 404) { again = false; this.gone(); }
      else if (answer.status === 422 || answer.status === 413) {
        again = false;
        const said = await answer.json().catch(() => ({}));
        this.say(said.error || said.detail || "That was refused. Load the page again; what is refused is not saved.");
      } else this.say("Not saved yet. Trying again.");
    } catch { this.say("No connection. Write on: it is kept here and put together later."); } finally {
      if (again && this.going) this.waiting = [this.waiting.length ? mergeUpdates([this.going, ...this.waiting]) : this.going];
      this.going = null;
      this.sending = false;
      this.store();
      if (!again && this.waiting.length) this.send();
    }
  }

  say(words) { if (this.state && this.state.textContent !== words) this.state.textContent = words; }

  // The rendering follows when there is a pause.
  soon() {
    this.draw();
    clearTimeout(this.rendering);
    this.rendering = setTimeout(async () => {
      if (this.waiting.length || this.sending) return this.soon();
      const answer = await fetch(`${this.url}/preview`, { headers: { accept: "text/html", "x-requested-with": "tocsin" } }).catch(() => null);
      if (answer?.ok && !answer.redirected) { this.root.querySelector("[data-notes-preview]").innerHTML = await answer.text(); this.boxes(); }
    }, 800);
  }

  boxes() { for (const box of this.root.querySelectorAll("[data-notes-preview] input[data-line]")) box.disabled = false; }

  // A tick in the rendering is an edit of its line.
  tick(event) {
    const box = event.target.closest?.("input[data-line]");
    if (!box) return;
    const lines = this.text.toString().split("\n"), line = Number(box.dataset.line);
    const found = lines[line]?.match(/^(\s*(?:[-*+]|\d+[.)])\s+)\[([ xX])\]/);
    if (!found) { event.preventDefault(); this.soon(); return; }
    const at = lines.slice(0, line).reduce((sum, l) => sum + l.length + 1, 0) + found[1].length + 1;
    this.change(at, 1, found[2] === " " ? "x" : " ");
    this.paper.value = this.text.toString();
  }

  here() { clearTimeout(this.pointing); this.pointing = setTimeout(() => this.point(), 200); }

  point(force = false) {
    if (!this.synced || document.activeElement !== this.paper) return;
    const place = JSON.stringify(["selectionStart", "selectionEnd"].map((name) => pack(encodeRelativePosition(createRelativePositionFromTypeIndex(this.text, this.paper[name])))));
    if (place === this.pointed && !force) return;
    this.pointed = place;
    this.tell(place);
  }

  tell(place) {
    fetch(`${this.url}/here`, { method: "POST", body: JSON.stringify({ client: this.client, place }), keepalive: true, headers: { "content-type": "application/json", "x-csrf-token": document.body.dataset.csrf, "x-requested-with": "tocsin" } }).catch(() => {});
  }

  leave() { if (this.pointed) { this.pointed = null; this.tell(""); } }

  others(list) {
    this.people = (list ?? []).filter((one) => one.client !== this.client);
    const here = document.querySelector("[data-notes-here]");
    if (here) here.replaceChildren(...[...new Map(this.people.map((one) => [one.name, one])).values()].map((one) => {
      const item = document.createElement("li"), name = document.createElement("bdi");
      item.className = `badge caret-${this.colour(one.client)}`;
      name.textContent = one.name;
      item.append(name);
      return item;
    }));
    this.draw();
  }

  colour(client) { let sum = 0; for (const c of client) sum = (sum * 31 + c.charCodeAt(0)) % 997; return sum % COLOURS; }

  // Others' carets stand over the text: a copy of it, with marks where they are, laid out the same.
  draw() {
    if (!this.carets) return;
    const text = this.paper.value, marks = [];
    for (const one of this.people ?? []) {
      try {
        const [, end] = JSON.parse(one.place), found = createAbsolutePositionFromRelativePosition(decodeRelativePosition(unpack(end)), this.doc);
        if (found && found.type === this.text) marks.push({ at: Math.min(found.index, text.length), name: one.name, colour: this.colour(one.client) });
      } catch { /* a place in a text that is not here yet */ }
    }
    marks.sort((a, b) => a.at - b.at);
    const copy = document.createElement("div");
    let at = 0;
    for (const mark of marks) {
      const caret = document.createElement("span");
      caret.className = `caret caret-${mark.colour}`;
      caret.dataset.name = mark.name;
      copy.append(text.slice(at, mark.at), caret);
      at = mark.at;
    }
    copy.append(`${text.slice(at)}\n`);
    this.carets.replaceChildren(...(marks.length ? [copy] : []));
    if (marks.length) copy.style.transform = `translateY(${-this.paper.scrollTop}px)`;
  }
}
