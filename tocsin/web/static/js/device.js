// <this-device>: one button that makes this browser, or the app on this phone, a contact method. The form in it is sent as
// any other; this fills in what the browser gives. Browsers ask for permission only from a tap.
const hash = async (text) => {
  const data = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

class ThisDevice extends HTMLElement {
  async connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("button");
    this.said = this.querySelector("[role=status]");
    if (!this.able()) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.subscribe());
    try { await this.recognise(); } catch { /* The button says what is wrong when it is pressed. */ }
  }

  able() {
    if (!window.isSecureContext) return this.say("A browser takes pages only from an https address.");
    if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return true;
    const phone = "standalone" in navigator && !navigator.standalone;
    return this.say(phone
      ? "On an iPhone or iPad: tap Share, then Add to Home Screen, and open Tocsin from there. It can be paged then."
      : "This browser cannot be paged. Another one may.");
  }

  say(text) { this.said.textContent = text; return false; }

  // A device that is known already says so instead of offering itself again.
  async recognise() {
    const answer = await fetch("/push/device", { headers: { accept: "application/json" } });
    this.told = await answer.json();
    const registration = await navigator.serviceWorker.getRegistration("/");
    const here = await registration?.pushManager.getSubscription();
    if (!here || !this.told.known.includes(await hash(here.endpoint))) return;
    this.button.hidden = true;
    this.say("This device is one of your contact methods.");
    await this.keep(here);
  }

  async subscribe() {
    this.button.disabled = true;
    try {
      this.say("The browser asks whether notifications may be shown.");
      if (await Notification.requestPermission() !== "granted") {
        this.say("Notifications are blocked for this address. Allow them in the browser's settings, then try again.");
        return;
      }
      const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
      await navigator.serviceWorker.ready;
      await this.send(await this.subscription(registration));
    } catch (error) {
      this.say(`This browser could not be subscribed: ${error.message}`);
    } finally {
      this.button.disabled = false;
    }
  }

  // One that was made for another key, as by an installation that was here before, takes nothing from us.
  async subscription(registration) {
    this.told ??= await (await fetch("/push/device", { headers: { accept: "application/json" } })).json();
    const wanted = { userVisibleOnly: true, applicationServerKey: this.told.key };
    try {
      return await registration.pushManager.subscribe(wanted);
    } catch (error) {
      const other = await registration.pushManager.getSubscription();
      if (!other) throw error;
      await other.unsubscribe();
      return registration.pushManager.subscribe(wanted);
    }
  }

  async send(subscription) {
    const device = await this.keep(subscription);
    this.form.elements.address.value = device.address;
    this.form.elements.secret.value = device.keys;
    this.form.requestSubmit();
  }

  // Where the service worker finds it when the browser renews the subscription.
  async keep(subscription) {
    const { endpoint, keys } = subscription.toJSON();
    const device = { address: endpoint, keys: `${keys.p256dh}.${keys.auth}` };
    const cache = await caches.open("device");
    await cache.put("/push/device", new Response(JSON.stringify({ key: this.told.key, device })));
    return device;
  }
}

customElements.define("this-device", ThisDevice);
