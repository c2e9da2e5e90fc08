// Who asks for a part of the page: somebody, or the page by itself, as for what moves. What nobody asked for is no use of the
// session, which ends all the same (docs/GUARANTEES.md, 12), so such a request says so. No part has to be marked for it: a request
// is somebody's where they did anything on the page a moment before. The moment is long enough for what one request leads to,
// and so short that a page which asks again and again gives nobody more than that.

const UNATTENDED = { "Board-Unattended": "yes" };
const MOMENT_MS = 5_000;
const DOING = ["pointerdown", "keydown", "click", "input", "change", "popstate"];

let lastDoneAt = -Infinity;

/** Only people count, not what scripts do in their place. */
function noteDoing(event) {
  if (event.isTrusted) lastDoneAt = performance.now();
}

function tellWhoAsks(event) {
  if (performance.now() - lastDoneAt > MOMENT_MS) Object.assign(event.detail.ctx.request.headers, UNATTENDED);
}

export function startAsking() {
  for (const kind of DOING) window.addEventListener(kind, noteDoing, { capture: true, passive: true });
  document.addEventListener("htmx:config:request", tellWhoAsks);
}
