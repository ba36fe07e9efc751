// What helps while a line is typed: commands after a slash, people after an @, and pasted text of a terminal that stays readable.
const MOST = 8, LONG = 20_000, TOO_LONG = 150_000, STORED = 100_000, COMMAND = 200, FILE = 25_000_000;

export function start() {
  document.querySelectorAll("textarea[data-complete]").forEach((field) => new Completion(field).listen());
  document.querySelectorAll("[data-composer] textarea").forEach((field) => {
    field.addEventListener("paste", (event) => paste(field, event));
    field.addEventListener("drop", (event) => drop(field, event));
    field.form.addEventListener("submit", () => offer(field), true);
    // Before the composer's own, which would send it.
    document.addEventListener("submit", (event) => event.target === field.form && help(field, event), true);
    phone(field);
  });
}

class Completion {
  constructor(field) {
    this.field = field;
    this.options = [];
    this.at = -1;
    this.list = document.createElement("ul");
    this.list.id = `${field.id}-offers`;
    this.list.className = "offers";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Completions");
    field.after(this.list);
    // It stays a text box, as text of several lines is; the list says what Enter would choose.
    const set = { autocomplete: "off", "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-haspopup": "listbox" };
    for (const [name, value] of Object.entries(set)) field.setAttribute(name, value);
  }

  listen() {
    this.field.addEventListener("focus", () => this.known(), { once: true });
    this.field.addEventListener("input", () => this.offer());
    this.field.addEventListener("click", () => this.offer());
    this.field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    // Before the composer's own: Enter chooses, and does not send.
    this.field.addEventListener("keydown", (event) => this.key(event), true);
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) this.choose(Number(option.dataset.n)); });
  }

  async known() {
    this.asked ??= fetch(this.field.dataset.complete, { headers: { accept: "application/json" } }).then((answer) => answer.ok ? answer.json() : null).catch(() => null);
    const found = await this.asked;
    if (!found) this.asked = undefined;
    return found;
  }

  // What stands before the cursor: `/sev` at the very beginning, or `@an` after a blank.
  typed() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const verb = before.match(/^\/(\w*)$/), name = before.match(/(?:^|[\s(])@([^\s@][^@\n]{0,40}|)$/);
    if (verb) return { what: "verbs", text: verb[1], from: 0 };
    return name ? { what: "names", text: name[1], from: before.length - name[1].length - 1 } : null;
  }

  async offer() {
    const typed = this.typed();
    if (!typed) { this.close(); return; }
    const known = await this.known();
    const now = this.typed();
    if (!known || !now || now.text !== typed.text) return;
    const wanted = typed.text.toLowerCase();
    const begins = (one) => one.name.toLowerCase().startsWith(wanted), within = (one) => one.name.toLowerCase().split(" ").some((part) => part.startsWith(wanted));
    const found = known[typed.what].filter(begins);
    this.options = [...found, ...known[typed.what].filter((one) => !found.includes(one) && within(one))].slice(0, MOST);
    if (this.options.length === 1 && this.options[0].name.toLowerCase() === wanted) this.options = [];
    this.what = typed;
    this.show();
  }

  show() {
    this.list.replaceChildren(...this.options.map((one, n) => this.option(one, n)));
    this.list.hidden = !this.options.length;
    this.point(this.options.length ? 0 : -1);
  }

  option(one, n) {
    const item = document.createElement("li"), name = document.createElement("strong"), about = document.createElement("span");
    item.id = `${this.list.id}-${n}`;
    item.dataset.n = n;
    item.setAttribute("role", "option");
    name.textContent = (this.what.what === "verbs" ? "/" : "@") + one.name;
    about.textContent = ` ${this.what.what === "verbs" ? one.about : one.sees === false ? `${one.about}; may not see this incident` : one.about}`;
    about.className = "soft small";
    item.append(name, about);
    return item;
  }

  point(n) {
    this.at = n;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === n)));
    if (n < 0) this.field.removeAttribute("aria-activedescendant");
    else { this.field.setAttribute("aria-activedescendant", `${this.list.id}-${n}`); this.list.children[n].scrollIntoView({ block: "nearest" }); }
  }

  key(event) {
    if (this.list.hidden || event.isComposing) return;
    const n = this.options.length;
    if (event.key === "ArrowDown") this.point((this.at + 1) % n);
    else if (event.key === "ArrowUp") this.point((this.at + n - 1) % n);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") this.choose(this.at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  choose(n) {
    const one = this.options[n];
    if (!one) return;
    const sign = this.what.what === "verbs" ? "/" : "@", end = this.field.selectionStart;
    this.field.setRangeText(`${sign}${one.name} `, this.what.from, end, "end");
    this.close();
    this.field.focus();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() { this.options = []; this.show(); }
}

// All commands stand below the field already.
function help(field, event) {
  const list = document.getElementById("commands");
  if (!list || field.value.trim().toLowerCase() !== "/help") return;
  event.preventDefault();
  event.stopPropagation();
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  offer(field);
  list.open = true;
  list.scrollIntoView({ block: "nearest" });
}

// On a phone Enter begins a new line, as everywhere there; the button sends.
function phone(field) {
  if (!matchMedia("(pointer: coarse)").matches) return;
  field.enterKeyHint = "enter";
  // Before the composer's own, which would send.
  field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.stopImmediatePropagation(); }, true);
}

// Several lines, or columns: text of a terminal. It stands between fences, or, when it is long, becomes an entry of its own.
function paste(field, event) {
  const given = event.clipboardData?.getData("text/plain") ?? "";
  if (!given) return;
  offer(field);
  if (long(field, event, given) || inside(field)) return;
  const text = cleaned(given), lines = text.replace(/\n+$/, "").split("\n");
  const columns = lines.some((line) => /\S(\t| {2,})\S/.test(line));
  if (lines.length < 2 || (lines.length < 3 && !columns)) return;
  event.preventDefault();
  const before = field.selectionStart && field.value[field.selectionStart - 1] !== "\n" ? "\n" : "";
  const fenced = `${before}\`\`\`\n${lines.join("\n")}\n\`\`\`\n`;
  if (!document.execCommand("insertText", false, fenced)) field.setRangeText(fenced, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function drop(field, event) {
  const given = event.dataTransfer?.files.length ? "" : event.dataTransfer?.getData("text/plain") ?? "";
  if (given) { offer(field); long(field, event, given); }
}

function cleaned(text) { return text.replace(/\r\n?/g, "\n").replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, ""); }

// Text that is no line any more. The length is looked at first: a field cuts what does not fit, and says nothing.
function long(field, event, given) {
  const free = TOO_LONG - field.value.length + (event.type === "paste" ? field.selectionEnd - field.selectionStart : 0);
  if (given.length <= Math.min(LONG, free)) return false;
  event.preventDefault();
  const count = given.length.toLocaleString(), typed = field.value.trim().replace(/^\/output\s+/, "").replace(/\n/g, " ");
  if (given.length > TOO_LONG || given.length <= LONG) offer(field, `That is ${count} characters; ${Math.min(TOO_LONG, free).toLocaleString()} fit. Attach it as a file?`, given, true);
  else if (typed.length > COMMAND) offer(field, "So long a text becomes an entry of its own. Send what you have typed first, then paste again.");
  else {
    field.value = `/output ${typed || "-"}\n${cleaned(given)}`;
    offer(field, `Long text, ${count} characters: it becomes an entry of its own${given.length > STORED ? ", shortened in the middle" : ""}.`, given);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return true;
}

// What to do with a long text, with its beginning and its end; without words, nothing any more.
function offer(field, words = "", text = "", file = false) {
  const place = field.form.querySelector("[data-problem]");
  field.form.querySelector("[data-pasted]")?.remove();
  if (!place || (!words && !place.dataset.long)) return;
  place.textContent = words;
  place.dataset.long = words ? "1" : "";
  if (!text) return;
  const box = document.createElement("div"), shown = document.createElement("pre");
  box.className = "stack tight small";
  box.dataset.pasted = "";
  shown.className = "version";
  shown.dir = "ltr";
  shown.tabIndex = 0;
  shown.textContent = text.length > 600 ? `${text.slice(0, 300)}\n…\n${text.slice(-200)}` : text;
  box.append(shown);
  if (file) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = "Attach it as a file";
    button.addEventListener("click", async () => { offer(field); field.focus(); field.form.dispatchEvent(new CustomEvent("tocsin:attach", { detail: [await fileOf(text)] })); });
    box.append(button);
  }
  place.after(box);
}

// A file of the text; one that would be too large as it is, is compressed.
async function fileOf(text) {
  const name = /^\s*[[{]/.test(text) ? "pasted.json" : "pasted.txt", plain = new File([text], name, { type: "text/plain" });
  if (plain.size <= FILE || !("CompressionStream" in window)) return plain;
  const small = await new Response(plain.stream().pipeThrough(new CompressionStream("gzip"))).blob();
  return new File([small], `${name}.gz`, { type: "application/gzip" });
}

// Between fences that are there already, text is pasted as it is.
function inside(field) { return (field.value.slice(0, field.selectionStart).match(/^```/gm) ?? []).length % 2 === 1; }
