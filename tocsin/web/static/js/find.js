// A box that finds somebody among many in a room, also inside what is folded. It outlives a refresh of its panel.
let looked = "";

customElements.define("find-person", class extends HTMLElement {
  connectedCallback() {
    this.rows = [...this.querySelectorAll(".person-row")];
    if (this.rows.length <= 12 || this.querySelector("input[type=search]")) return;
    const box = Object.assign(document.createElement("input"), { type: "search", placeholder: "Find a person", value: looked, id: "find-person" });
    box.setAttribute("aria-label", "Find a person in this room");
    box.addEventListener("input", () => { looked = box.value; this.filter(); });
    this.prepend(box);
    if (looked) this.filter();
  }

  filter() {
    const words = looked.trim().toLowerCase();
    for (const row of this.rows) row.hidden = Boolean(words) && !row.dataset.name.includes(words);
    for (const fold of this.querySelectorAll("details.folded")) {
      const found = fold.querySelector(".person-row:not([hidden])");
      if (words) fold.open = Boolean(found);
      fold.hidden = Boolean(words) && !found;
    }
  }
});
