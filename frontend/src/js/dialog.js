// The one dialog: whatever is swapped into #dialog opens it. Focus goes in and, when it closes, back to where it was.
// An answer with data-action-done closes it and tells the page that something changed.

let opener = null;

function openDialog(dialog) {
  if (dialog.open) return;
  opener = document.activeElement;
  dialog.showModal();
}

function focusFirst(dialog) {
  const wrong = dialog.querySelector("[aria-invalid='true']");
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select, textarea, .btn");
  (wrong ?? first)?.focus();
}

function finishAction(dialog) {
  if (dialog.open) dialog.close();
  dialog.replaceChildren();
  document.body.dispatchEvent(new CustomEvent("board:changed", { bubbles: true }));
}

function afterSwap(dialog) {
  if (dialog.querySelector("[data-action-done]")) finishAction(dialog);
  else if (dialog.childElementCount) {
    openDialog(dialog);
    focusFirst(dialog);
  }
}

/** What opened it may stand in a menu that has closed since: then the focus goes to the menu's button. */
function returnFocus(dialog) {
  dialog.replaceChildren();
  const target = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
  const folded = target && target.closest("details[data-popover]:not([open])");
  (folded?.querySelector("summary") || target || document.getElementById("content"))?.focus();
  opener = null;
}

/** A press that begins and ends on the veil closes; one that began inside (selecting text) does not. */
function closeOnVeil(dialog) {
  let began = null;
  dialog.addEventListener("pointerdown", (event) => { began = event.target; });
  dialog.addEventListener("click", (event) => {
    const typed = dialog.querySelector("form[data-typed], [data-shown-once]");
    if (event.target === dialog && began === dialog && !typed) dialog.close();
  });
  dialog.addEventListener("input", (event) => event.target.form?.setAttribute("data-typed", ""));
}

/** What is shown only once stays until its own button. Escape is held back as a key too: browsers close a dialog at the second
    Escape in a row whatever becomes of its `cancel`. */
function keepShownOnce(dialog) {
  const holdBack = (event) => {
    if (dialog.querySelector("[data-shown-once]")) event.preventDefault();
  };
  dialog.addEventListener("cancel", holdBack);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && dialog.open) holdBack(event);
  });
}

export function startDialog() {
  const dialog = document.getElementById("dialog");
  if (!dialog) return;
  document.addEventListener("htmx:after:settle", (event) => {
    if (event.target === dialog) afterSwap(dialog);
  });
  dialog.addEventListener("close", () => returnFocus(dialog));
  keepShownOnce(dialog);
  closeOnVeil(dialog);
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-dialog-close]");
    if (!closer || !dialog.contains(closer)) return;
    event.preventDefault();
    dialog.close();
  });
}
