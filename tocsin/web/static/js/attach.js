// Files of a room: chosen, pasted or dropped. Each is sent once, with its progress; what could not be sent waits and is sent again.
export function start() {
  const place = document.querySelector("[data-attach]");
  if (place) new Attach(place).listen();
}

class Attach {
  constructor(place) {
    this.url = place.dataset.attach;
    this.state = place.querySelector("[data-attach-state]");
    this.input = place.querySelector("input[type=file]");
    this.form = place.closest("form");
    this.waiting = [];
  }

  listen() {
    this.input.addEventListener("change", () => { this.add(this.input.files); this.input.value = ""; });
    this.form.addEventListener("paste", (event) => { if (event.clipboardData?.files.length) { event.preventDefault(); this.add(event.clipboardData.files); } });
    this.form.addEventListener("tocsin:attach", ({ detail }) => this.add(detail));
    const record = this.form.closest(".record");
    record.addEventListener("dragover", (event) => { if ([...event.dataTransfer.types].includes("Files")) { event.preventDefault(); record.classList.add("dropping"); } });
    record.addEventListener("dragleave", (event) => { if (!record.contains(event.relatedTarget)) record.classList.remove("dropping"); });
    record.addEventListener("drop", (event) => { record.classList.remove("dropping"); if (event.dataTransfer.files.length) { event.preventDefault(); this.add(event.dataTransfer.files); } });
    document.addEventListener("tocsin:connection", ({ detail }) => detail && this.send());
    window.addEventListener("online", () => this.send());
  }

  add(files) {
    for (const file of files) {
      if (file.size > 25_000_000) { this.say(`${file.name} is too large: 25 MB fit.${/^(audio|video)\//.test(file.type) ? " Add it under Recordings." : ""}`); continue; }
      this.waiting.push({ file, key: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()) });
    }
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    try { while (this.waiting.length) { if (!await this.one(this.waiting[0])) return; this.waiting.shift(); } } finally { this.sending = false; }
  }

  // True when it is answered for, also with a no; false when it has to be sent again.
  one({ file, key }) {
    return new Promise((done) => {
      const body = new FormData(), request = new XMLHttpRequest();
      body.append("csrf", document.body.dataset.csrf);
      body.append("request_key", key);
      body.append("file", file, file.name || "picture.png");
      request.open("POST", this.url);
      request.setRequestHeader("x-requested-with", "tocsin");
      request.setRequestHeader("x-csrf-token", document.body.dataset.csrf);
      request.setRequestHeader("accept", "application/json");
      request.upload.addEventListener("progress", (event) => event.lengthComputable && this.say(`${file.name}: ${Math.round((event.loaded / event.total) * 100)} %`));
      request.addEventListener("load", () => {
        if (request.status === 200) { this.say("Attached."); done(true); return; }
        let said = "";
        try { said = JSON.parse(request.responseText).error ?? ""; } catch { /* a page */ }
        if (request.status >= 500 || request.status === 429 || request.status === 401) { this.later(file, said); done(false); return; }
        this.say(said || `${file.name} was refused.`);
        done(true);
      });
      request.addEventListener("error", () => { this.later(file); done(false); });
      request.send(body);
    });
  }

  later(file, said = "") {
    this.say(said ? `${file.name}: ${said} It is sent again as long as this page is open.` : `${file.name} could not be sent yet. It is sent when the connection is back, as long as this page is open.`);
    setTimeout(() => this.send(), 5000);
  }
  say(text) { this.state.textContent = text; }
}
