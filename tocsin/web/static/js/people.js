// Choosing people from a long list: a box that filters it, and whoever lives by the clock of the chosen zone first.
import { now } from "./time.js";

function minutes(zone) {
  try {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" }).formatToParts(now()).map((x) => [x.type, Number(x.value)]));
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute) / 60_000;
  } catch { return null; }
}

customElements.define("pick-people", class extends HTMLElement {
  connectedCallback() {
    this.list = this.firstElementChild;
    this.items = [...this.list.children];
    if (this.items.length > 6) this.list.before(this.box());
    const zone = document.getElementById(this.getAttribute("zone-from"));
    zone?.addEventListener("change", () => this.sort(zone.value));
    if (zone?.value) this.sort(zone.value);
  }

  box() {
    const box = Object.assign(document.createElement("input"), { type: "search", placeholder: "Find a person" });
    box.setAttribute("aria-label", `Find a person ${this.getAttribute("about")}`);
    // What it asks stays on the page, and Enter does not send the form.
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    box.addEventListener("input", (event) => { event.stopPropagation(); this.filter(box.value); });
    return box;
  }

  // Whoever is chosen stays in view.
  filter(text) {
    const words = text.trim().toLowerCase();
    for (const item of this.items) item.hidden = !item.querySelector(":checked") && !item.textContent.toLowerCase().includes(words) && !zoneOf(item).toLowerCase().replaceAll("_", " ").includes(words);
  }

  sort(zone) {
    const here = minutes(zone);
    const far = (item) => { const there = minutes(zoneOf(item)); return zoneOf(item) === zone ? -1 : here === null || there === null ? 1e9 : Math.abs(here - there); };
    this.list.append(...this.items.map((item, place) => [far(item), place, item]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((x) => x[2]));
  }
});

function zoneOf(item) { return item.querySelector("local-time")?.getAttribute("zone") ?? ""; }
