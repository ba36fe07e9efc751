// The forms of the room without leaving it. What was pressed goes by the outbox, so it is sent once and outlives a lost connection; the
// answer is said where it was pressed. Panels are drawn again meanwhile: a form is known by where it goes and what it is about.
import { lookAgain } from "./live.js";
import { show } from "./entries.js";

const HERE = "[data-room], #over-room", ELSEWHERE = "[data-composer], [data-quick], [enctype]";
const GUARDS = ["csrf", "request_key"], FRESH = [...GUARDS, "time_zone", "revision"];
const WRITTEN = "textarea, input:not([type=hidden], [type=checkbox], [type=radio])";

const about = (form) => new URLSearchParams([...form.querySelectorAll("input[type=hidden]")].filter((x) => !FRESH.includes(x.name)).map((x) => [x.name, x.value])).toString();
const values = (form) => [...new FormData(form)].filter(([name]) => !GUARDS.includes(name));
const named = (form, field) => field ? form.querySelector(`[name="${CSS.escape(field)}"]:not([type=hidden])`) : null;
const typed = (form) => [...form.querySelectorAll(WRITTEN)].filter((x) => x.value.trim() && x.value !== x.defaultValue).map((x) => x.value);

export class RoomForms {
  constructor(outbox) {
    this.outbox = outbox;
    this.pressed = new Map();
    this.refusals = new Map();
    this.late = false;
  }

  listen() {
    // A page that was kept has what was said in it.
    document.querySelectorAll("[data-refused]").forEach((x) => x.remove());
    document.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("input", ({ target }) => target.form?.removeAttribute("data-sent"));
    document.addEventListener("tocsin:swapped", () => this.mark());
    // Another tab sent it.
    window.addEventListener("storage", () => this.mark());
    this.outbox.hears.push((item, answer) => { if (item.to) this.hear(item, answer); });
    this.outbox.stuck.push(() => this.stuck());
    this.outbox.done.push((item) => { if (item.to) lookAgain(); this.late &&= this.outbox.waiting.length > 0; this.mark(); });
    this.mark();
  }

  submit(event) {
    const form = event.target, button = event.submitter;
    if (event.defaultPrevented || form.method !== "post" || !form.closest(HERE) || form.matches(ELSEWHERE)) return;
    // A reaction in the record: see entries.js.
    if (form.id === "react-form" && button?.closest(".entry")) return;
    const to = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action"), location.href);
    if (to.origin !== location.origin) return;
    event.preventDefault();
    delete form.dataset.sending;
    if (this.on(form)) return;
    this.calm(form);
    const fields = values(form);
    if (button?.name) fields.push([button.name, button.value]);
    const key = this.outbox.put({ to: to.pathname, form: form.getAttribute("action"), about: about(form), fields, typed: typed(form) });
    this.pressed.set(key, form);
    this.mark();
    this.outbox.send();
  }

  like(item) { return [...document.querySelectorAll("form")].filter((form) => form.getAttribute("action") === item.form && form.closest(HERE) && !form.matches(ELSEWHERE) && about(form) === item.about); }
  on(form) { return this.outbox.waiting.some((item) => item.form === form.getAttribute("action") && item.about === about(form)); }

  hear(item, { ok, status, said, html }) {
    const form = this.pressed.get(item.key);
    this.pressed.delete(item.key);
    if (ok) this.did(item, form, said);
    else if (status !== 409 || !html || !this.ask(item, form, html)) this.refuse(item, form, said.error || said.detail || "That was refused.", said.field);
  }

  did(item, form, said) {
    if (said.to && form && !this.late) { location.assign(said.to); return; }
    const dialog = form?.closest("dialog");
    this.like(item).forEach((one) => this.settle(one, item));
    if (dialog?.asks) this.like(dialog.asks).forEach((one) => this.settle(one, dialog.asks));
    dialog?.close();
    this.refusals.delete(`${item.form} ${item.about}`);
    this.tell(said.told || (said.to ? `It is at ${said.to}.` : this.late ? "It was sent." : ""));
    document.dispatchEvent(new CustomEvent("tocsin:sent", { detail: item }));
  }

  // What was sent is not typed any more, what was begun meanwhile is. The panel that is fetched now says the rest.
  settle(form, item) {
    const sent = new Set(item.fields.map((pair) => JSON.stringify(pair)));
    if (!values(form).every((pair) => sent.has(JSON.stringify(pair)))) return;
    for (const field of form.querySelectorAll("textarea, input:not([type=hidden])")) {
      if (field.type === "checkbox" || field.type === "radio") field.defaultChecked = field.checked;
      else if (field.hasAttribute("value") || field.defaultValue) field.defaultValue = field.value;
      else field.value = "";
    }
    for (const option of form.querySelectorAll("option")) option.defaultSelected = option.selected;
    form.dataset.sent = "";
    const fold = form.closest("details");
    if (!fold || fold.querySelectorAll("form").length > 1 || !form.querySelector(`${WRITTEN}, select`)) return;
    if (fold.contains(document.activeElement)) fold.querySelector("summary").focus({ preventScroll: true });
    fold.open = false;
  }

  // A question in return, on a page of its own: over the room.
  ask(item, form, html) {
    const page = new DOMParser().parseFromString(html, "text/html").querySelector("[data-asks]");
    if (!page) return false;
    page.querySelectorAll("[data-page-only]").forEach((x) => x.remove());
    const dialog = show(page, (form?.isConnected && form.querySelector(`${WRITTEN}, button`)) || document.body);
    dialog.asks = item;
    return true;
  }

  refuse(item, pressed, error, field) {
    const same = pressed?.isConnected, form = same ? pressed : this.like(item)[0];
    if (!form || (!same && !this.fill(form, item))) { this.leave(error, item.typed); return; }
    this.refusals.set(`${item.form} ${item.about}`, { item, error, field, form });
    this.object(form, error, field);
    // Whoever pressed it just now goes on there, unless they are elsewhere already.
    const at = document.activeElement;
    if (pressed && (!at || at === document.body || form.contains(at))) (named(form, field) || form.querySelector(":required") || form.querySelector(`${WRITTEN}, select`) || form.querySelector("button"))?.focus();
  }

  // What was typed goes back, unless something else stands there.
  fill(form, item) {
    const left = new Map(item.fields);
    for (const field of form.querySelectorAll(WRITTEN)) if (field.value !== field.defaultValue && field.value !== left.get(field.name)) return false;
    for (const field of form.querySelectorAll(`${WRITTEN}, select`)) if (left.has(field.name)) field.value = left.get(field.name);
    return true;
  }

  object(form, error, field) {
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const place = form.querySelector("[data-refused]") ?? form.appendChild(this.make("span", { className: "problem small", id: `refused-${crypto.randomUUID?.() ?? Math.random()}` }));
    place.setAttribute("role", "alert");
    place.textContent = error;
    const at = named(form, field);
    at?.setAttribute("aria-invalid", "true");
    at?.setAttribute("aria-describedby", place.id);
  }

  calm(form) {
    this.refusals.delete(`${form.getAttribute("action")} ${about(form)}`);
    form.querySelectorAll("[data-refused]").forEach((x) => x.remove());
    form.querySelectorAll("[aria-invalid]").forEach((x) => { x.removeAttribute("aria-invalid"); x.removeAttribute("aria-describedby"); });
  }

  // The form is not there any more: why, and what was typed, stay until they are closed.
  leave(error, words) {
    const box = this.make("section", { className: "callout danger", tabIndex: -1 }), said = this.make("p", {}), close = this.make("button", { type: "button", className: "button small", textContent: "Close" });
    box.setAttribute("role", "alert");
    said.append(Object.assign(document.createElement("strong"), { textContent: "Not done. " }), error);
    box.append(said);
    words.forEach((text) => {
      const id = `left-${Math.floor(Math.random() * 1e9)}`, copy = this.make("button", { type: "button", className: "button small", textContent: "Copy what you typed" });
      copy.dataset.copy = `#${id}`;
      box.append(this.make("pre", { id, className: "version", tabIndex: 0, dir: "auto", textContent: text }), copy);
    });
    close.addEventListener("click", () => box.remove());
    box.append(close);
    document.querySelector(".room-head").append(box);
    const at = document.activeElement;
    if (!at || at === document.body || !at.matches(`${WRITTEN}, select`)) box.focus();
  }

  make(tag, what) { const made = Object.assign(document.createElement(tag), what); made.dataset.refused = ""; return made; }

  stuck() {
    if (!this.outbox.waiting.some((item) => item.to)) return;
    if (!this.late) this.tell("Waiting to be sent.");
    this.late = true;
    this.mark();
  }

  // Forms whose answer is awaited, and what was refused, as they stand in panels that were drawn again.
  mark() {
    const busy = new Set(this.outbox.waiting.filter((item) => item.to).flatMap((item) => this.like(item)));
    for (const form of document.querySelectorAll("form[aria-busy]")) if (!busy.has(form)) { form.removeAttribute("aria-busy"); form.querySelector("[data-waits]")?.remove(); }
    for (const form of busy) {
      form.setAttribute("aria-busy", "true");
      if (!this.late || form.querySelector("[data-waits]")) continue;
      const said = Object.assign(document.createElement("span"), { className: "soft small", textContent: "waiting to be sent" });
      said.dataset.waits = "";
      form.append(said);
    }
    for (const [name, refusal] of this.refusals) {
      if (refusal.form.isConnected) continue;
      const again = this.like(refusal.item)[0];
      if (again) { refusal.form = again; this.object(again, refusal.error, refusal.field); continue; }
      this.refusals.delete(name);
      this.leave(refusal.error, typed(refusal.form));
    }
  }

  tell(words) {
    this.told ??= document.querySelector("[data-room]").appendChild(Object.assign(document.createElement("p"), { className: "visually-hidden", role: "status" }));
    this.told.textContent = words;
  }
}
