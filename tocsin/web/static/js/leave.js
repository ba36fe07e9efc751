// Planning a leave: how many shifts still need somebody, and how well whoever is chosen fits, while one chooses.
export function start() {
  const told = document.querySelector("[data-open-count]");
  if (!told) return;
  const all = [...document.querySelectorAll("select[name=cover]")];
  const count = () => {
    const open = all.filter((x) => !x.value).length;
    told.textContent = `${open} of ${all.length} ${all.length === 1 ? "shift" : "shifts"} still ${open === 1 ? "needs" : "need"} somebody`;
  };
  for (const choice of all) choice.addEventListener("change", () => {
    document.getElementById(choice.getAttribute("aria-describedby")).textContent = choice.selectedOptions[0].dataset.fit ?? "";
    count();
  });
  count();
}
