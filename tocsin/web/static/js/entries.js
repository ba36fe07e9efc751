// Entries that are on the screen follow what becomes of them: edits, redactions, pins, replies, reactions. And what is done with
// one of them: a page of its own, shown over the room.
const list = () => document.querySelector("[data-entries]");
let since = "", me = "";

export function start() {
  const record = list();
  quick();
  document.addEventListener("click", opens);
  if (!record) return;
  me = document.body.dataset.me || "";
  since = document.body.dataset.now;
  highlight(record);
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(added))).observe(record, { childList: true });
  document.addEventListener("tocsin:event", ({ detail }) => { if (detail.topic.startsWith("marks:")) marks(); });
  document.addEventListener("tocsin:connection", ({ detail }) => detail && marks());
  document.addEventListener("submit", react);
}

function added(node) {
  if (node.nodeType !== 1 || !node.matches(".entry")) return;
  highlight(node);
  if (!node.classList.contains("fresh")) return;
  const seq = node.dataset.changes || node.dataset.answers;
  if (seq) refresh([seq]);
}

// What is drawn for everybody alike becomes the viewer's: lines that address them, and their own reactions.
function highlight(root) {
  if (!me) return;
  const mine = (element) => (element.dataset.people || "").split(" ").includes(me);
  root.querySelectorAll(".mention").forEach((element) => { if (mine(element)) { element.classList.add("me"); element.closest(".entry")?.classList.add("to-me"); } });
  root.querySelectorAll("button.chip").forEach((element) => element.setAttribute("aria-pressed", String(mine(element))));
}

let waiting = new Set(), soon = 0;
function refresh(seqs) {
  seqs.forEach((seq) => waiting.add(String(seq)));
  clearTimeout(soon);
  soon = setTimeout(fetchThem, 50);
}

async function fetchThem() {
  const record = list(), wanted = [...waiting].filter((seq) => record.querySelector(`#entry-${CSS.escape(seq)}`));
  waiting = new Set();
  if (!wanted.length) return;
  const answer = await fetch(`${record.dataset.entries}?only=${wanted.join(",")}`, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  for (const fresh of [...template.content.children]) {
    const old = record.querySelector(`#${CSS.escape(fresh.id)}`);
    if (!old) continue;
    const folds = [...old.querySelectorAll("details")].map((d) => d.open), focused = old.contains(document.activeElement) ? document.activeElement.value || document.activeElement.className : null;
    if (old.dataset.day) fresh.dataset.day = old.dataset.day;
    if (old.classList.contains("linked")) fresh.classList.add("linked");
    old.replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((d, n) => { d.open = folds[n] ?? false; });
    highlight(fresh);
    if (focused) [...fresh.querySelectorAll("button, a")].find((x) => (x.value || x.className) === focused)?.focus({ preventScroll: true });
  }
}

let asking = false, again = false;
async function marks() {
  const record = list();
  if (asking) { again = true; return; }
  asking = true;
  try {
    do {
      again = false;
      const answer = await fetch(`${record.dataset.entries}/marks?since=${encodeURIComponent(since)}`, { headers: { accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { now, changed } = await answer.json();
      since = now;
      refresh(changed);
    } while (again);
  } catch { /* offline: the reconnection asks again */ } finally { asking = false; }
}

// A reaction in the record needs no new page.
async function react(event) {
  const form = event.target, button = event.submitter;
  if (form.id !== "react-form" || !button?.value || !button.closest(".entry") || !list()) return;
  event.preventDefault();
  const body = new URLSearchParams({ mark: button.value, csrf: document.body.dataset.csrf, request_key: key() });
  const answer = await fetch(form.action, { method: "POST", body, headers: { "x-requested-with": "tocsin", accept: "application/json" } }).catch(() => null);
  delete form.dataset.sending;
  if (answer?.ok) refresh([button.value.split(" ")[0]]);
}

// One line, without leaving the room: what the scribe hears, whom somebody pages. A line goes out of its field only when the server has it; whatever is refused, or
// was not answered for, stays. The same words are sent again with the same key.
const tries = new Map();
function quick() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-quick]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { id, value: text } = form.elements.text, tag = event.submitter?.value || "said", line = `${tag} ${text}`;
    if (tries.get(form.action)?.line !== line) tries.set(form.action, { line, key: key() });
    const tried = tries.get(form.action), body = new URLSearchParams({ text, tag, csrf: document.body.dataset.csrf, request_key: tried.key });
    const answer = await fetch(form.action, { method: "POST", body, headers: { "x-requested-with": "tocsin", accept: "application/json" }, redirect: "manual" }).catch(() => null);
    const refused = answer?.ok ? "" : (await answer?.json().catch(() => null))?.error || "The server did not answer. Try again: nothing is done twice.";
    // The panel may have been drawn again meanwhile.
    const field = document.getElementById(id) ?? form.elements.text, place = field.form.querySelector("[data-answer]");
    if (place) place.textContent = refused || form.dataset.quick;
    if (refused) return;
    if (tries.get(form.action) === tried) tries.delete(form.action);
    // What was begun meanwhile is the next line.
    if (field.value === text) field.value = "";
    // The scribe goes on; the panel of the others follows the record once nobody types in it.
    if ("again" in form.dataset) field.focus(); else field.blur();
  }, true);
}

function key() { return crypto.randomUUID ? crypto.randomUUID() : String(Math.random()); }

// The page of an entry, over the room; the link itself works everywhere else.
async function opens(event) {
  const link = event.target.closest?.("a.entry-more, a[data-thread], .entry a.door[href$='/about']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !list()) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { accept: "text/html" } }).catch(() => null);
  const page = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("entry-about") : null;
  if (!page) { location.href = link.href; return; }
  show(page, link);
}

export function show(page, from) {
  document.getElementById("over-room")?.remove();
  const dialog = document.createElement("dialog");
  dialog.id = "over-room";
  dialog.setAttribute("aria-label", page.querySelector("h1").textContent);
  // The room has this form, and the entry with this id, already.
  page.querySelectorAll("#react-form").forEach((form) => { form.id = "react-form-over"; });
  page.querySelectorAll(".entry").forEach((entry) => { entry.id = `over-${entry.id}`; entry.querySelectorAll("[form]").forEach((b) => b.setAttribute("form", "react-form-over")); entry.querySelector(".entry-more")?.remove(); });
  const close = document.createElement("form");
  close.method = "dialog";
  close.innerHTML = '<button class="button">Close</button>';
  dialog.append(page, close);
  document.body.append(dialog);
  dialog.addEventListener("close", () => { dialog.remove(); from.isConnected && from.focus({ preventScroll: true }); });
  dialog.showModal();
  return dialog;
}
