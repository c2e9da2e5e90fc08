// While Stripe has not said what came of a call (data-under-way), the page asks for its parts anew until it has.

const EVERY_MS = 5_000;

function look() {
  if (document.hidden || document.querySelector("dialog[open]") || !document.querySelector("[data-under-way]")) return;
  document.body.dispatchEvent(new CustomEvent("board:changed", { bubbles: true }));
}

export function startSettling() {
  setInterval(look, EVERY_MS);
}
