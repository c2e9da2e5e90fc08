// While Stripe has not said what came of a call (data-under-way), the page asks for its parts anew, and once more when it
// has. Nobody does that, so it is no use of the session, which ends all the same.

const EVERY_MS = 5_000;
export const UNATTENDED = { "Board-Unattended": "yes" };
let wasUnderWay = false;

function look() {
  if (document.hidden || document.querySelector("dialog[open]")) return;
  const isUnderWay = Boolean(document.querySelector("[data-under-way]"));
  if (isUnderWay || wasUnderWay) {
    document.body.dispatchEvent(new CustomEvent("board:changed", { bubbles: true, detail: { unattended: true } }));
  }
  wasUnderWay = isUnderWay;
}

export function startSettling() {
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceEvent?.detail?.unattended) Object.assign(ctx.request.headers, UNATTENDED);
  });
  setInterval(look, EVERY_MS);
}
