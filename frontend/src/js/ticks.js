// Boxes of a list: how many are ticked, all of a page at once, Space on a row. The bar itself is shown by the style sheet.
// What is ticked stays while the list is sorted or filtered, and is over as soon as somebody has changed something.

function findBoxes() {
  return [...document.querySelectorAll("[data-tick]")];
}

function showCount() {
  const bar = document.querySelector("[data-ticks]");
  if (!bar) return;
  const boxes = findBoxes();
  const ticked = boxes.filter((box) => box.checked).length;
  bar.querySelector("[data-ticks-count]").textContent = String(ticked);
  const all = document.querySelector("[data-tick-all]");
  if (!all) return;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  all.disabled = boxes.length === 0;
}

function setAll(checked) {
  for (const box of findBoxes()) box.checked = checked;
  showCount();
}

function handleChange(event) {
  if (event.target.matches("[data-tick-all]")) setAll(event.target.checked);
  else if (event.target.matches("[data-tick]")) showCount();
}

function handleKey(event) {
  if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey || !event.target.matches?.(".row-link")) return;
  const box = event.target.closest("tr").querySelector("[data-tick]");
  if (!box) return;
  event.preventDefault();
  box.checked = !box.checked;
  showCount();
}

/** The button goes with the bar, and the focus must not go with it. */
function handleReset(event) {
  if (!event.target.matches("[data-ticks]")) return;
  event.preventDefault();
  const first = findBoxes().find((box) => box.checked);
  setAll(false);
  first?.focus();
}

export function startTicks() {
  showCount();
  document.addEventListener("change", handleChange);
  document.addEventListener("keydown", handleKey);
  document.addEventListener("reset", handleReset);
  document.addEventListener("board:changed", (event) => {
    if (event.target === document.body && !event.detail?.unattended) setAll(false);
  });
  document.addEventListener("htmx:after:swap", showCount);
}
