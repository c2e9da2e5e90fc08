// <details data-popover>: one open at a time; closes on a click outside, on Escape (focus goes back) and when focus leaves.

function listOpen() {
  return [...document.querySelectorAll("details[data-popover][open]")];
}

export function closePopovers(except = null) {
  for (const details of listOpen()) {
    if (!except || !details.contains(except)) details.open = false;
  }
}

/** A click on a word inside focuses what surrounds the whole popover: the focus has not left then. */
function closeLeft(focused) {
  for (const details of listOpen()) {
    if (!details.contains(focused) && !focused.contains(details)) details.open = false;
  }
}

function closeInnermost(event) {
  const open = listOpen().filter((details) => details.contains(document.activeElement)).pop() ?? listOpen().pop();
  if (!open) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  open.open = false;
  open.querySelector("summary").focus();
}

/** The panel of a filter at the window's right edge opens to the left, or the page would scroll sideways. */
function keepInside(details) {
  if (!details.open || !details.matches("[data-popover]")) return;
  details.classList.remove("opens-left");
  const { right } = details.lastElementChild.getBoundingClientRect();
  details.classList.toggle("opens-left", right > document.documentElement.clientWidth);
}

export function startPopovers() {
  document.addEventListener("toggle", (event) => keepInside(event.target), true);
  document.addEventListener("pointerdown", (event) => closePopovers(event.target));
  document.addEventListener("focusin", (event) => closeLeft(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeInnermost(event);
  });
}
