// A line in the record where the reader's last visit ended; and the parts of a page that are fetched when it is there.
export function start() {
  const list = document.querySelector("[data-new-from]");
  if (list) mark(list, Number(list.dataset.newFrom));
  for (const place of document.querySelectorAll("[data-fetch]")) fill(place);
}

// Entries come and go as one scrolls: the first new one in the page, with an old one before it, carries the line.
function mark(list, from) {
  const put = () => {
    const entries = [...list.querySelectorAll(":scope > [data-seq]")];
    const first = entries.find((entry) => Number(entry.dataset.seq) >= from);
    for (const entry of entries) {
      const here = entry === first && (Number(entry.dataset.seq) === from || entry !== entries[0]);
      if (here) entry.dataset.newHere = "new since your visit"; else delete entry.dataset.newHere;
    }
  };
  put();
  new MutationObserver(put).observe(list, { childList: true });
  document.addEventListener("tocsin:sent", ({ detail }) => {
    if (!detail.to.endsWith("/caught-up")) return;
    from = Infinity;
    put();
  });
}

// Whoever is caught up needs it no more.
document.addEventListener("tocsin:sent", ({ detail }) => {
  if (!detail.to.endsWith("/caught-up")) return;
  document.getElementById("since")?.remove();
  document.querySelector(".ways")?.removeAttribute("hidden");
});

async function fill(place) {
  const answer = await fetch(place.dataset.fetch, { headers: { accept: "text/html", "x-requested-with": "tocsin" } }).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text();
}
