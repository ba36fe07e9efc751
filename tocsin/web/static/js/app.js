// Everything a page needs beyond HTML: times, forms, live updates, keys. No build, no dependency.
import "./time.js";
import "./people.js";
import "./find.js";
import "./device.js";
import { start as startForms } from "./forms.js";
import { start as startLive } from "./live.js";
import { start as startRoom } from "./room.js";
import { start as startKeeping } from "./keep.js";
import { start as startComposer } from "./composer.js";
import { start as startEntries } from "./entries.js";
import { start as startKeys } from "./keys.js";
import { start as startRanges } from "./range.js";
import { start as startPreview } from "./preview.js";
import { start as startLeave } from "./leave.js";
import { start as startCatchUp } from "./catchup.js";

startForms(document);
startLive();
startComposer();
startRoom();
startKeeping();
startEntries();
startKeys();
startRanges();
startPreview();
startLeave();
startCatchUp();
document.querySelector("[data-focus]")?.focus();
