// A timeline that is wider than the screen shows what is now, with a bit of what was.
customElements.define("show-now", class extends HTMLElement {
  connectedCallback() {
    const box = this.parentElement, line = box.querySelector(".tl-now");
    if (line && box.scrollWidth > box.clientWidth) box.scrollLeft += line.getBoundingClientRect().left - box.getBoundingClientRect().left - box.clientWidth * 0.15;
  }
});

// A range of time, picked on a lane of the timeline: drag with mouse, pen or finger; or with the arrow keys. The range
// goes into the form of a dialog, on the clock that the page shows.
class TimeRange extends HTMLElement {
  connectedCallback() {
    this.lane = this.querySelector("svg");
    if (!this.lane || !document.getElementById(this.dataset.form)) return;
    this.start = Date.parse(this.dataset.start);
    this.end = Date.parse(this.dataset.end);
    this.snap = Number(this.dataset.snap) * 60_000;
    this.box = this.lane.querySelector(".tl-selected");
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Pick a range: arrow keys move, with shift they extend, Enter overrides it");
    this.told = document.createElement("span");
    this.told.className = "visually-hidden";
    this.told.setAttribute("aria-live", "polite");
    this.append(this.told);
    this.lane.addEventListener("pointerdown", (event) => this.down(event));
    this.lane.addEventListener("dragstart", (event) => event.preventDefault());
    this.addEventListener("keydown", (event) => this.key(event));
  }

  // -- with a pointer

  down(event) {
    if (event.button !== 0) return;
    const from = this.at(event.clientX), x = event.clientX;
    let dragged = false;
    const move = (next) => {
      if (!dragged && Math.abs(next.clientX - x) < 6) return;
      // With the focus here, what happens elsewhere does not draw the lane anew below the pointer.
      if (!dragged) { this.lane.setPointerCapture(event.pointerId); this.focus({ preventScroll: true }); }
      dragged = true;
      next.preventDefault();
      this.show(from, this.at(next.clientX));
    };
    const up = () => {
      this.lane.removeEventListener("pointermove", move);
      this.lane.removeEventListener("pointerup", up);
      this.lane.removeEventListener("pointercancel", cancel);
      if (!dragged) return;
      // The link below the pointer was not meant.
      this.lane.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
      setTimeout(() => this.open(), 0);
    };
    const cancel = () => { this.clear(); up(); };
    this.lane.addEventListener("pointermove", move);
    this.lane.addEventListener("pointerup", up);
    this.lane.addEventListener("pointercancel", cancel);
  }

  at(clientX) {
    const { left, width } = this.lane.getBoundingClientRect();
    const share = Math.min(Math.max((clientX - left) / width, 0), 1);
    return this.snapped(this.start + share * (this.end - this.start));
  }

  // Steps count from the left edge, which is a midnight; so a day of a clock change shifts the steps behind it by an hour.
  snapped(moment) {
    const step = this.start + Math.round((moment - this.start) / this.snap) * this.snap;
    return Math.min(Math.max(step, this.start), this.end);
  }

  // -- with keys

  key(event) {
    if (event.target !== this) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      const edge = this.until ?? this.snapped(Math.max(Date.now(), this.start));
      const next = Math.min(Math.max(edge + step * this.snap, this.start), this.end);
      this.show(event.shiftKey ? this.from ?? edge : next - this.snap, next);
    } else if (event.key === "Enter" && this.until) { event.preventDefault(); this.open(); } else if (event.key === "Escape") this.clear();
  }

  // -- what is picked

  show(from, until) {
    this.from = from;
    this.until = until;
    const [first, last] = this.range();
    const share = (moment) => ((moment - this.start) / (this.end - this.start)) * 100;
    this.box.setAttribute("x", `${share(first)}%`);
    this.box.setAttribute("width", `${share(last) - share(first)}%`);
    this.told.textContent = `${this.wall(first).replace("T", " ")} to ${this.wall(last).replace("T", " ")}`;
  }

  range() {
    const first = Math.min(this.from, this.until), last = Math.max(this.from, this.until);
    return [first, Math.max(last, first + this.snap)];
  }

  clear() { this.from = this.until = undefined; this.box.setAttribute("width", "0"); this.told.textContent = ""; }

  open() {
    const dialog = document.getElementById(this.dataset.form), [first, last] = this.range();
    dialog.querySelector("[name=starts_at]").value = this.wall(first);
    dialog.querySelector("[name=ends_at]").value = this.wall(last);
    dialog.querySelector("[name=replaces]").value = "";
    const covered = [...this.lane.querySelectorAll("[data-from]")].filter((p) => Date.parse(p.dataset.from) < last && Date.parse(p.dataset.until) > first).map((p) => p.dataset.who);
    dialog.querySelector("[data-covers]").textContent = covered.length ? `Now: ${[...new Set(covered)].join(", ")}.` : "";
    dialog.addEventListener("close", () => this.clear(), { once: true });
    show(dialog);
  }

  // The wall clock of the page's zone, as a datetime-local input wants it.
  wall(moment) {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone: this.dataset.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(moment);
    const part = (type) => parts.find((p) => p.type === type).value;
    return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
  }
}

function show(dialog) {
  if (dialog.open) dialog.close();
  dialog.showModal();
  (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("select, input:not([type=hidden])"))?.focus();
}

// Sheets stand open in the page until this script has come; then they open when asked for.
export function start() {
  customElements.define("time-range", TimeRange);
  for (const sheet of document.querySelectorAll("dialog.sheet[open]")) {
    sheet.close();
    if (sheet.hasAttribute("data-show") || location.hash === `#${sheet.id}`) show(sheet);
  }
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    const sheet = opener && document.getElementById(opener.dataset.openDialog);
    if (sheet) { event.preventDefault(); show(sheet); }
    if (event.target.closest("[data-close]")) { event.preventDefault(); event.target.closest("dialog").close(); }
  });
}
