// Everything a page needs beyond HTML: times, forms, live updates, keys. No build, no dependency.
import "./time.js";
import { start as startForms } from "./forms.js";
import { start as startLive } from "./live.js";
import { start as startRoom } from "./room.js";
import { start as startKeys } from "./keys.js";

startForms(document);
startLive();
startRoom();
startKeys();
document.querySelector("[data-focus]")?.focus();
