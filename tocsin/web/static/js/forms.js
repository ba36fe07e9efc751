// Forms: one submit at a time, confirmation where it cannot be undone, copying, small conveniences.
export function start(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
    if (form.method === "dialog" || event.defaultPrevented) return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "1";
    // Back with the browser's button: the form may be sent again.
    setTimeout(() => delete form.dataset.sending, 8000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((f) => delete f.dataset.sending));
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-tick-all]")) {
      document.querySelectorAll(`input[name="${event.target.dataset.tickAll}"]`).forEach((box) => { box.checked = event.target.checked; });
    }
  });
  // What was wrong with a field is not said any more once the field has changed.
  root.addEventListener("input", ({ target }) => {
    const box = root.querySelector("[data-until-changed]"), link = target.id && box?.querySelector(`a[href="#${CSS.escape(target.id)}"]`);
    if (!link) return;
    link.remove();
    target.removeAttribute("aria-invalid");
    if (!box.querySelector("a")) box.remove();
  });
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.querySelector(button.dataset.copy)?.textContent.trim() ?? "";
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Select and copy it"; }
  });
  const zone = root.querySelector("[data-guess-zone]");
  if (zone && !zone.dataset.touched) {
    const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone.querySelector?.(`option[value="${guess}"]`) || zone.tagName === "INPUT") zone.value = guess;
  }
  showOfType(root.querySelector("[data-shows-types]"));
}

// Fields that only some types have are shown with these; without scripts all are shown.
function showOfType(choice) {
  if (!choice) return;
  const show = () => {
    for (const part of choice.form.querySelectorAll("[data-for-types]")) part.hidden = !part.dataset.forTypes.split(" ").includes(choice.value);
  };
  choice.addEventListener("change", show);
  show();
}
