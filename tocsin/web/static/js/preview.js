// A form that shows what it would bring while it is typed: half a second after the last change.
export function start() {
  const form = document.querySelector("form[data-preview]"), place = document.getElementById("preview");
  if (!form || !place) return;
  let timer, asked = 0;
  const look = async () => {
    const number = ++asked;
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "text/html" } }).catch(() => null);
    if (number !== asked || !answer?.ok) return;
    const open = [...place.querySelectorAll("details[open]")].map((x) => x.id);
    place.innerHTML = await answer.text();
    for (const part of place.querySelectorAll("[data-into]")) { document.querySelector(part.dataset.into)?.replaceChildren(...part.childNodes); part.remove(); }
    for (const part of place.querySelectorAll("details")) if (open.includes(part.id)) part.open = true;
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 500); };
  form.addEventListener("input", soon);
  form.addEventListener("change", (event) => {
    soon();
    // The address of a calendar, or people: another unit asks for other fields.
    if (event.target.name?.endsWith("_kind") && (event.target.value === "calendar" || event.target.dataset.was === "calendar")) {
      form.noValidate = true;
      form.requestSubmit(form.querySelector("[name=do][value=preview]"));
    }
    if (event.target.name?.endsWith("_kind")) event.target.dataset.was = event.target.value;
  });
  // A part that is folded says so to the server, which shows the form again as it was; and it opens for what is wrong in it.
  form.addEventListener("toggle", ({ target }) => { const keeps = form.elements[target.dataset?.keeps]; if (keeps) keeps.value = target.open ? "1" : ""; }, true);
  form.addEventListener("invalid", (event) => { for (let part = event.target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true; }, true);
  for (const kind of form.querySelectorAll("[name$=_kind]")) kind.dataset.was = kind.value;
  look();
}
