// Where the filters do not fit into the toolbar they fold into one button. A choice can be what makes them fold: then
// they open under the button, with the focus where it was.

function findToggle() {
  return document.querySelector("[data-filters-toggle]");
}

function setOpen(open) {
  findToggle()?.setAttribute("aria-expanded", String(open));
}

function isOpen() {
  return findToggle()?.getAttribute("aria-expanded") === "true";
}

function handleClick(event) {
  if (event.target.closest("[data-filters-toggle]")) setOpen(!isOpen());
  else if (isOpen() && !isByKey(event) && !event.target.closest(".filters")) setOpen(false);
}

/** Enter in a field makes a click too, on the form's unseen button: it is not one beside the filters. */
function isByKey(event) {
  return event.detail === 0;
}

/** What cannot be seen cannot say what is wrong with it: the browser then refuses the form without a word. */
function reveal(event) {
  const control = event.target;
  if (!control.closest(".filters")) return;
  control.closest("details").open = true;
  if (!control.checkVisibility()) setOpen(true);
}

function handleEscape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || !isOpen() || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setOpen(false);
  findToggle().focus();
}

let focused = null;

function rememberFocus() {
  focused = document.activeElement?.closest?.(".filters") ? document.activeElement : null;
}

function restoreFocus() {
  if (focused?.isConnected) {
    if (!focused.checkVisibility()) setOpen(true);
    focused.focus({ preventScroll: true });
  }
  focused = null;
}

export function startFilters() {
  document.addEventListener("click", handleClick);
  document.addEventListener("keydown", handleEscape);
  document.addEventListener("invalid", reveal, true);
  document.addEventListener("htmx:before:swap", rememberFocus);
  document.addEventListener("htmx:after:swap", restoreFocus);
}
