import htmx from "htmx.org";
import { startCopying } from "./copying.js";
import { startDialog } from "./dialog.js";
import { startFields } from "./fields.js";
import { startList } from "./list.js";
import { registerMorphing } from "./morphing.js";
import { startPalette } from "./palette.js";
import { startPickers } from "./pickers.js";
import { startPopovers } from "./popovers.js";
import { startRequests } from "./requests.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";

registerMorphing(htmx);
startTheme();
startRequests();
startPopovers();
startToasts();
startTimes();
startCopying();
document.addEventListener("DOMContentLoaded", () => {
  startDialog();
  startPalette(htmx);
  startList(htmx);
  startPickers();
  startFields();
});
