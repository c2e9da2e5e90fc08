// While Stripe has not said what came of a call (data-under-way), the page looks again: its head alone, for nothing else
// moves by then. Once it has, everything is asked for anew. Nobody did that, so it waits until no answer is on its way that it
// would take the place of, and what somebody ticked, opened or marked stays (detail.unattended).

const LOOK_EVERY_MS = 5_000;
const BUSY = "dialog[open], .htmx-request:not([data-newer])";
let wasUnderWay = false;

function look() {
  if (document.hidden || document.querySelector(BUSY)) return;
  const notice = document.querySelector("[data-under-way]");
  if (notice) notice.dispatchEvent(new CustomEvent("board:look", { bubbles: true }));
  else if (wasUnderWay) {
    document.body.dispatchEvent(new CustomEvent("board:changed", { bubbles: true, detail: { unattended: true } }));
  }
  wasUnderWay = Boolean(notice);
}

export function startSettling() {
  setInterval(look, LOOK_EVERY_MS);
}
