// The record, windowed: however long it is, some hundred entries stand in the page. New ones appear without a reload,
// missed ones are fetched, older and newer ones come as one scrolls, and what somebody reads stays where it is.
import { Below } from "./below.js";
import { dayOf } from "./time.js";

const STEP = 100, MOST = 400, END = 2_000_000_000;

export class Record {
  constructor(list) {
    this.list = list;
    this.url = list.dataset.entries;
    this.topic = list.dataset.topic;
    this.head = Number(list.dataset.head ?? 0);
    // One group of entries only: their numbers have gaps, so whether there are more is known when none come.
    this.kinds = list.dataset.kinds ?? "";
    this.atTop = this.behind = false;
    // So much was missed that it is fetched only when somebody asks.
    this.gap = false;
    this.older = document.querySelector("[data-older]");
    this.newer = document.querySelector("[data-newer]");
    this.scroll = document.querySelector("[data-scroll]");
    this.busy = false;
    this.below = new Below(this);
  }

  // Where there is room the record scrolls by itself under the state; on a small screen the page does.
  get inner() { return this.scroll && /auto|scroll/.test(getComputedStyle(this.scroll).overflowY); }
  by(distance) { if (this.inner) this.scroll.scrollTop += distance; else window.scrollBy({ top: distance, behavior: "instant" }); }

  get entries() { return this.list.querySelectorAll(":scope > [data-seq]"); }
  get first() { return Number(this.entries[0]?.dataset.seq ?? 0); }
  get last() { const all = this.entries; return Number(all[all.length - 1]?.dataset.seq ?? 0); }
  // Whether the newest entries are in the page; else new ones are only announced.
  get atEnd() { return !this.newer || this.newer.hidden; }

  listen() {
    document.addEventListener("tocsin:event", ({ detail }) => detail.topic === this.topic && this.hear(detail.data));
    document.querySelector("[data-older] a")?.addEventListener("click", (event) => { event.preventDefault(); this.more(true); });
    this.newer?.querySelector("a").addEventListener("click", (event) => { event.preventDefault(); this.toNewest(); });
    this.newer?.querySelector("[data-read-on]")?.addEventListener("click", () => { this.gap = false; this.more(false); });
    document.querySelector(".chips")?.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-kinds]");
      if (chip && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); this.choose(chip.dataset.kinds); }
    });
    const near = new IntersectionObserver((seen) => seen.forEach((x) => x.isIntersecting && (x.target === this.older || !this.gap) && this.more(x.target === this.older)), { rootMargin: "600px 0px", root: this.inner ? this.scroll : null });
    if (this.older) near.observe(this.older);
    if (this.newer) near.observe(this.newer);
    this.watchHead();
    this.days();
    // A room opens at its end, also when it is loaded again.
    history.scrollRestoration = "manual";
    // On a small screen the state is read first, and the record begins at its end when one goes there.
    if (location.hash) this.linked();
    else if (this.inner) this.toEnd();
    document.addEventListener("tocsin:record", () => { this.toEnd(); this.uncover(); });
    window.addEventListener("hashchange", () => this.linked());
    this.below.listen();
  }

  // Another group of entries, beginning with the newest ones; the address says which, so that it can be sent.
  async choose(kinds) {
    const before = this.kinds;
    this.kinds = kinds;
    const html = await this.fetch(`before=${END}&limit=${STEP}`);
    // Somebody chose another one, or followed a link, meanwhile.
    if (this.kinds !== kinds) return;
    if (html === null) { this.kinds = before; return; }
    this.show(html);
    this.mark();
    const address = new URL(location.href);
    address.hash = "";
    address.search = kinds ? `?kinds=${kinds}` : "";
    history.replaceState(null, "", address);
  }

  mark() {
    for (const chip of document.querySelectorAll(".chips [data-kinds]")) {
      if (chip.dataset.kinds === this.kinds) chip.setAttribute("aria-current", "true"); else chip.removeAttribute("aria-current");
    }
  }

  hear(data) {
    if (data.seq) this.head = Math.max(this.head, data.seq);
    if (!this.atEnd) {
      // What has come is only counted; how much was missed is asked when the stream opens again.
      if (data.html) { this.takenOut(data.html); this.bars(); } else if (!("spread" in data)) this.catchUp();
      return;
    }
    if (this.kinds) { if (!data.seq || data.seq > this.last) this.catchUp(); return; }
    if (data.html && data.seq === this.last + 1) this.append(data.html);
    else if (!data.html || data.seq > this.last) this.catchUp();
  }

  toEnd() { if (this.inner) this.scroll.scrollTop = this.scroll.scrollHeight; else this.uncover(); }

  // The page at the end of the whole record, so that the composer, which sticks, does not cover the newest line.
  uncover() {
    const record = this.list.closest(".record") ?? this.list;
    const end = record.getBoundingClientRect().bottom + (parseFloat(getComputedStyle(document.documentElement).scrollPaddingBlockEnd) || 0);
    if (end > window.innerHeight && record.checkVisibility?.() !== false) window.scrollBy(0, end - window.innerHeight);
  }

  // A link to an entry that is not in the page brings its part of the record.
  async linked() {
    const seq = Number(location.hash.match(/^#entry-(\d+)$/)?.[1]);
    if (!seq) return;
    document.dispatchEvent(new CustomEvent("tocsin:tab", { detail: "record" }));
    if (this.kinds) { this.kinds = ""; this.mark(); await this.around(seq); }
    else if (seq < this.first || seq > this.last) await this.around(seq);
    const entry = document.getElementById(`entry-${seq}`);
    this.list.querySelector(".linked")?.classList.remove("linked");
    entry?.classList.add("linked");
    entry?.scrollIntoView({ block: "center" });
  }

  async around(seq) {
    const html = await this.fetch(`after=${Math.max(seq - STEP / 2, 0)}&limit=${STEP}`);
    if (html === null) return;
    this.list.innerHTML = html;
    this.gap = false;
    this.bars();
  }

  async toNewest() {
    const html = await this.fetch(`before=${END}&limit=${STEP}`);
    if (html !== null) this.show(html);
  }

  show(html) {
    this.list.innerHTML = html;
    this.head = Math.max(this.head, this.last);
    this.atTop = this.behind = this.gap = false;
    this.bars();
    this.toEnd();
  }

  // One line keeps the state in sight when the head has scrolled away.
  watchHead() {
    const mini = document.getElementById("room-mini"), head = document.getElementById("room-glance");
    if (!mini || !head) return;
    mini.hidden = true;
    new IntersectionObserver(([seen]) => { mini.hidden = seen.isIntersecting || seen.boundingClientRect.top > 0; }).observe(head);
  }

  // An entry at the top of what is seen, with a little of what stood before it.
  bring(entry) {
    this.by(entry.getBoundingClientRect().top - (this.inner ? this.scroll.getBoundingClientRect().top : 80) - 40);
    if (this.inner) this.uncover();
  }

  nearEnd() { return this.list.getBoundingClientRect().bottom < (this.inner ? this.scroll.getBoundingClientRect().bottom : window.innerHeight) + 160; }

  append(html) {
    const follow = this.nearEnd() || this.mine;
    this.mine = false;
    const template = document.createElement("template");
    template.innerHTML = html;
    let last = this.last;
    for (const entry of [...template.content.children]) {
      if (Number(entry.dataset.seq) <= last) continue;
      last = Number(entry.dataset.seq);
      entry.classList.add("fresh");
      if (entry.dataset.redacts) this.blank(entry.dataset.redacts);
      this.list.append(entry);
    }
    this.head = Math.max(this.head, last);
    // Who reads above keeps what they read: then it is the newest ones that leave, and the bar counts them.
    this.trim(!follow);
    if (follow) this.toEnd();
    this.bars();
  }

  takenOut(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const entry of template.content.querySelectorAll("[data-redacts]")) this.blank(entry.dataset.redacts);
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
        if (this.atEnd) await this.fetchMissed(); else await this.count();
      } while (this.again);
      // What one wrote oneself one sees.
      if (this.mine) { this.mine = false; if (this.atEnd) this.toEnd(); else await this.toNewest(); }
    } finally { this.catching = false; }
  }

  // A step at most: after hours of sleep nobody reads thousands of entries, so the bar says how many there are.
  async fetchMissed() {
    const html = await this.fetch(`after=${this.last}&limit=${STEP + 1}`);
    if (!html) return;
    const template = document.createElement("template");
    template.innerHTML = html;
    if (template.content.childElementCount <= STEP) { this.append(html); return; }
    const follow = this.nearEnd();
    this.head = Math.max(this.head, this.told);
    this.gap = this.behind = true;
    this.bars();
    if (follow) this.toEnd();
  }

  async count() {
    const html = await this.fetch(`after=${END - 1}&limit=1`);
    if (html !== null) { this.head = Math.max(this.head, this.told); this.bars(); }
  }

  // A step up or down. Whoever reads keeps their line: the browser's own anchoring is off, so that all do the same.
  async more(up) {
    if (this.busy || (up ? this.first <= 1 || this.atTop : this.atEnd)) return;
    this.busy = true;
    const html = await this.fetch(up ? `before=${this.first}&limit=${STEP}` : `after=${this.last}&limit=${STEP}`);
    this.busy = false;
    if (html === null) { const said = (up ? this.older : this.newer)?.querySelector("span"); if (said) said.textContent = "They could not be fetched. Try again."; return; }
    const all = this.entries, anchor = up ? all[0] : all[all.length - 1], top = anchor?.getBoundingClientRect().top ?? 0;
    // What came by the stream meanwhile stands already: each entry once.
    const template = document.createElement("template"), first = this.first, last = this.last;
    template.innerHTML = html;
    const missing = [...template.content.children].filter((x) => { const seq = Number(x.dataset.seq); return up ? seq < first : seq > last; });
    if (this.kinds && !missing.length) { if (up) this.atTop = true; else this.behind = false; }
    if (up) this.list.prepend(...missing); else this.list.append(...missing);
    this.trim(up);
    this.bars();
    if (anchor?.isConnected) this.by(anchor.getBoundingClientRect().top - top);
  }

  // Entries far from what is read leave the page; they come again as one scrolls back.
  trim(fromEnd) {
    const all = [...this.entries], much = all.length - MOST;
    if (much <= 0) return;
    if (fromEnd) this.behind = true; else this.atTop = false;
    for (const entry of fromEnd ? all.slice(-much) : all.slice(0, much)) entry.remove();
  }

  // Where a new day begins on the reader's clock, a line says which; the entries themselves say hours and minutes.
  days() {
    let before = "";
    for (const entry of this.entries) {
      const then = Date.parse(entry.querySelector(".when time")?.dateTime);
      if (Number.isNaN(then)) continue;
      const { key, words } = dayOf(then);
      if (key !== before && !(before === "" && words === "Today")) entry.dataset.day = words;
      else delete entry.dataset.day;
      before = key;
    }
  }

  bars() {
    this.days();
    this.below.look();
    const on = this.newer?.querySelector("[data-read-on]");
    if (on) on.hidden = !this.gap;
    if (this.kinds) {
      if (this.older) { this.older.hidden = this.atTop || this.first <= 1; const said = this.older.querySelector("span"); if (said) said.textContent = ""; }
      if (this.newer) { this.newer.hidden = !this.behind; this.newer.querySelector("a").textContent = "To the newest entries"; }
      return;
    }
    const before = this.first - 1, after = this.head - this.last;
    if (this.older) { this.older.hidden = before < 1; const said = this.older.querySelector("span"); if (said) said.textContent = `${Math.max(before, 0).toLocaleString()} before these`; }
    if (this.newer) { this.newer.hidden = after < 1; this.newer.querySelector("a").textContent = after > 0 ? `To the newest entries (${after.toLocaleString()} more)` : "To the newest entries"; }
  }

  // Null when it could not be read: offline, the reconnection says "look again".
  async fetch(query) {
    try {
      const answer = await fetch(`${this.url}?${query}${this.kinds ? `&kinds=${this.kinds}` : ""}`, { headers: { accept: "text/html", "x-requested-with": "tocsin" } });
      if (answer.status === 404) { location.reload(); return null; }
      if (!answer.ok || answer.redirected) return null;
      this.told = Number(answer.headers.get("tocsin-head") ?? 0);
      return await answer.text();
    } catch { return null; }
  }
}
