// What came while somebody reads above: a button over the end of the record says how many, and leads to the first of them.
const SEEN = 24;

export class Below {
  constructor(record) {
    this.record = record;
    this.button = document.querySelector("[data-new-below]");
    this.seen = Math.max(record.head, record.last);
  }

  listen() {
    if (!this.button) return;
    this.button.addEventListener("click", () => this.go());
    // A finger leaves the focus where it is: the composer around it would grow, and the button slip away before it is released.
    this.button.addEventListener("mousedown", (event) => event.preventDefault());
    const soon = () => { this.drawing ??= requestAnimationFrame(() => { this.drawing = null; this.look(); }); };
    document.addEventListener("scroll", soon, { capture: true, passive: true });
    window.addEventListener("resize", soon);
    soon();
  }

  // Where the record ends on the screen: at its own edge, at the composer, or at the bar of a phone.
  get bottom() {
    const { record } = this, composer = document.querySelector("[data-composer]");
    const bar = parseFloat(getComputedStyle(document.documentElement).scrollPaddingBlockEnd) || 0;
    return Math.min(record.inner ? record.scroll.getBoundingClientRect().bottom : Infinity, composer ? composer.getBoundingClientRect().top : window.innerHeight - bar, window.innerHeight);
  }

  get fresh() { return [...this.record.entries].filter((entry) => Number(entry.dataset.seq) > this.seen); }

  // What has been in sight is not new any more.
  look() {
    const { record } = this;
    if (!this.button || record.list.checkVisibility?.() === false) return;
    const edge = this.bottom, fresh = this.fresh;
    for (const entry of fresh.reverse()) {
      const at = entry.getBoundingClientRect();
      if (at.top + Math.min(at.height, SEEN) <= edge + 1) { this.seen = Number(entry.dataset.seq); break; }
    }
    const left = record.kinds ? this.fresh.length : record.head - this.seen;
    // Where the page has not all of them, the bar at its end says so.
    const said = !record.atEnd && record.newer.getBoundingClientRect().top < edge;
    this.say(said ? 0 : left);
  }

  say(left) {
    const words = left > 0 ? `${left.toLocaleString()} new` : "", place = this.button.querySelector("[data-count]");
    if (place.textContent !== words) place.textContent = words;
    this.button.hidden = !words;
  }

  async go() {
    const { record } = this;
    if (!record.kinds && (record.first > this.seen + 1 || record.last <= this.seen)) await record.around(this.seen + 1);
    const [first] = this.fresh;
    if (!first) { await record.toNewest(); return; }
    record.bring(first);
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
  }
}
