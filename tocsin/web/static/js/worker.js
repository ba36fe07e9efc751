// The service worker: shows what is pushed, acknowledges from the notification, says to the server that it was shown.
// It is served as /sw.js (web/worker.py). What is shown at night must be true now: pages always come from the server. Only
// when it cannot be reached, a room that was open is shown as this browser kept it (keep.js), and says so.
const ICON = "/static/icon-192.png";
const WAIT = 10_000;

// A new worker takes over at once: there is no page whose assets it must match.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => event.waitUntil(received(read(event.data))));

function read(data) {
  // A browser withdraws the permission of whoever is pushed to and shows nothing: say something in any case.
  try { return data.json(); } catch { return { title: "Tocsin has something for you", body: "", tag: "tocsin", open: "/" }; }
}

async function received(told) {
  await show(told);
  if (told.shown) await post(told.shown).catch(() => {});
}

function show(told) {
  const actions = [{ action: "open", title: "Open" }];
  if (told.ack) actions.unshift({ action: "ack", title: "Acknowledge" });
  return self.registration.showNotification(told.title, {
    body: told.body, tag: told.tag, icon: ICON, data: told, actions,
    requireInteraction: Boolean(told.urgent),
    // What takes the place of a page quietly ("Ana has it") must not ring again; a page that comes again must.
    renotify: Boolean(told.ack),
    silent: false,
    ...(told.urgent && { vibrate: [400, 200, 400, 200, 400] }),
  });
}

self.addEventListener("notificationclick", (event) => {
  const told = event.notification.data ?? {};
  event.waitUntil(event.action === "ack" && told.ack ? acknowledge(event.notification, told) : open(event.notification, told));
});

async function open(notification, told) {
  notification.close();
  const target = new URL(told.open || "/", self.location.origin).href;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === target);
  if (there) return there.focus();
  return self.clients.openWindow(target);
}

async function acknowledge(notification, told) {
  let words;
  try {
    const answer = await post(told.ack);
    words = answer.ok ? outcome(await answer.json()) : null;
  } catch {
    words = null;
  }
  // What has a tag is replaced: closed before, the one that follows may be closed with it.
  if (!told.tag) notification.close();
  // The button goes only when it has done what it says.
  if (words) return show({ ...told, title: words, body: told.title, ack: undefined, urgent: false });
  return show({ ...told, title: "NOT acknowledged. Open it, or try again.", body: told.title, urgent: true });
}

function outcome({ state, by }) {
  if (state === "acknowledged") return "Acknowledged. It is yours.";
  if (state === "already") return `${by} has it already.`;
  return state === "closed" ? "It is closed already." : null;
}

function post(path, body) {
  return fetch(new URL(path, self.location.origin).pathname, {
    method: "POST", body, credentials: "omit", keepalive: true, signal: AbortSignal.timeout(WAIT),
  });
}

// The browser has renewed its subscription, or dropped it: subscribe again with the same key, and tell the server by the
// old keys. What the page left in the cache serves browsers that do not say what the old one was.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(event)));

async function renewed(event) {
  const kept = await self.caches.open("device").then((cache) => cache.match("/push/device")).then((found) => found?.json());
  if (!kept) return;
  const now = event.newSubscription ?? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: kept.key });
  const { endpoint, keys } = now.toJSON();
  const next = { address: endpoint, keys: `${keys.p256dh}.${keys.auth}` };
  const answer = await post("/push/renew", JSON.stringify({ old: kept.device, new: next }));
  if (!answer.ok) return;
  const cache = await self.caches.open("device");
  await cache.put("/push/device", new Response(JSON.stringify({ key: kept.key, device: next })));
}

const ROOMS = "tocsin-rooms", FILES = "tocsin-files";

self.addEventListener("fetch", (event) => {
  const { request } = event, { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && /^\/incidents\/[^/]+$/.test(pathname)) event.respondWith(room(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(file(request));
});

async function room(request, pathname) {
  const rooms = await caches.open(ROOMS);
  let answer = null;
  try { answer = await fetch(request); } catch { /* no connection */ }
  // Who may not see it any more, or is signed out, does not see the kept one either.
  if (answer && (answer.status === 404 || answer.status === 403 || answer.type === "opaqueredirect" || answer.redirected)) await rooms.delete(pathname);
  if (answer && answer.status < 502) return answer;
  return (await rooms.match(pathname)) ?? answer ?? Response.error();
}

// Styles and scripts as the server has them; the last ones when it cannot be reached, so that a kept room is whole.
async function file(request) {
  const files = await caches.open(FILES);
  try {
    const answer = await fetch(request);
    if (answer.ok) await files.put(request.url.replace(/\?.*/, ""), answer.clone());
    return answer;
  } catch (error) {
    const found = await files.match(request.url.replace(/\?.*/, ""));
    if (found) return found;
    throw error;
  }
}
