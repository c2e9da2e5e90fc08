// A list that says when there are newer rows (data-newer): its first page asks every few seconds while it is looked at. Rows come
// in by themselves only where nobody is at anything: else a line above the rows says how many there are, and brings them in.

const LOOK_EVERY_MS = 4_000;
const IN_USE = "dialog[open], .chip-group details[open], details[data-popover][open], #detail > [data-detail]";

function findLine() {
  return document.querySelector("[data-newer]");
}

function look() {
  if (!document.hidden) findLine()?.dispatchEvent(new CustomEvent("board:look"));
}

function isNobodyAtAnything() {
  const focused = document.activeElement;
  const isFocused = focused && focused !== document.body && focused.id !== "content";
  return scrollY === 0 && !isFocused && !String(getSelection()) && !document.querySelector(IN_USE);
}

/** Whoever listens is told what came in; a line that is gone at once would not be read out. */
function announce(words) {
  const said = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: `${words} came in` });
  findLine()?.replaceChildren(said);
}

async function bringIn(htmx, link) {
  const words = link.textContent.trim();
  const list = document.getElementById("list");
  await htmx.ajax("GET", link.getAttribute("href"), {
    source: list,
    target: list,
    swap: "outerMorph show:none",
    headers: { "HX-Target": "div#list" },
  });
  announce(words);
}

export function startNewer(htmx) {
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-show-newer]");
    if (!link) return;
    event.preventDefault();
    bringIn(htmx, link);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { target } = event.detail.ctx;
    const link = target?.matches?.("[data-newer]") ? target.querySelector("[data-show-newer]") : null;
    if (link && isNobodyAtAnything()) bringIn(htmx, link);
  });
}
