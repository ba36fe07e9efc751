// Recordings and transcripts: sent with their progress, played from a line, and lines put on the timeline without leaving the player.
export function start() {
  document.querySelectorAll("form[data-upload]").forEach((form) => form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); send(form); }));
  const place = document.querySelector("[data-transcript]");
  if (place) new Transcript(place).listen();
}

function send(form) {
  const state = form.querySelector("[data-upload-state]"), bar = form.querySelector("progress"), button = form.querySelector("button");
  const file = form.querySelector("input[type=file]").files[0], most = Number(form.dataset.most), say = (text) => { state.textContent = text; };
  if (!file || button.disabled) return;
  if (file.size > most * 1_000_000) { say(`${file.name} is too large: ${most} MB fit.`); return; }
  const request = new XMLHttpRequest(), over = (text) => { say(text); bar.hidden = true; button.disabled = false; };
  button.disabled = true;
  bar.value = 0;
  bar.hidden = false;
  say("Sending …");
  request.open("POST", form.action);
  request.setRequestHeader("x-requested-with", "tocsin");
  request.setRequestHeader("x-csrf-token", document.body.dataset.csrf);
  request.setRequestHeader("accept", "application/json");
  let said = 0;
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = (event.loaded / event.total) * 100;
    // Read aloud now and then, not at each step.
    if (event.loaded === event.total) say("Sent; it is being kept …");
    else if (Date.now() - said > 1000) { said = Date.now(); say(`${Math.round(bar.value)} %`); }
  });
  request.addEventListener("load", () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a page */ }
    if (request.status === 200 && answer.url) { say("Added."); location.assign(answer.url); return; }
    over(answer.error || `The server answered ${request.status}. Try again.`);
  });
  // The key in the form makes a second time harmless.
  request.addEventListener("error", () => over("It could not be sent. Try again: nothing is added twice."));
  request.send(new FormData(form));
}

class Transcript {
  constructor(place) {
    this.player = place.querySelector("audio, video");
    this.lines = [...place.querySelectorAll(".cue")];
    this.form = place.querySelector("form[data-tell]");
    this.place = place;
  }

  listen() {
    this.place.addEventListener("click", (event) => {
      const line = event.target.closest(".cue");
      if (line && event.target.closest("[data-seek]")) this.play(line);
    });
    this.form?.addEventListener("submit", (event) => { if (event.submitter?.value) { event.preventDefault(); event.stopPropagation(); this.tell(event.submitter); } });
    this.player?.addEventListener("timeupdate", () => this.follow());
    const named = location.hash.startsWith("#line-") && document.getElementById(location.hash.slice(1));
    if (named) { this.mark(named); if (this.player) this.player.currentTime = Number(named.dataset.at); }
  }

  play(line) {
    this.player.currentTime = Number(line.dataset.at);
    this.player.play().catch(() => {});
    this.mark(line);
  }

  follow() {
    const at = this.player.currentTime + 0.05;
    let low = 0, high = this.lines.length;
    while (low < high) { const middle = (low + high) >> 1; if (Number(this.lines[middle].dataset.at) <= at) low = middle + 1; else high = middle; }
    if (!this.player.paused && low) this.mark(this.lines[low - 1]);
  }

  mark(line) {
    if (this.marked === line) return;
    this.marked?.removeAttribute("aria-current");
    line.setAttribute("aria-current", "true");
    this.marked = line;
  }

  async tell(button) {
    if (button.disabled) return;
    const body = new URLSearchParams(new FormData(this.form, button));
    button.disabled = true;
    const answer = await fetch(this.form.action, { method: "POST", body, headers: { "x-requested-with": "tocsin", accept: "application/json", "x-csrf-token": document.body.dataset.csrf } }).catch(() => null);
    const told = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!told) { button.disabled = false; button.textContent = "Could not be put there. Again?"; return; }
    const link = Object.assign(document.createElement("a"), { className: "chip", href: told.url, textContent: `On the timeline, #${told.seq}` });
    button.replaceWith(link);
    link.focus();
  }
}
