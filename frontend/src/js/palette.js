// Ctrl-K: one box for everything. Arrows choose, Enter goes, Escape closes (by itself it would first empty the box).
// Enter before the answer to what is typed waits for it, and then goes to the first, unless something was typed or closed since.

import { closePopovers } from "./popovers.js";
import { findMarked, isAnswered, listOptions, markOption, moveByKey } from "./options.js";

let isAwaited = false;

function openPalette(htmx, palette, input) {
  if (palette.open || document.querySelector("dialog[open]")) return;
  closePopovers();
  palette.showModal();
  input.select();
  htmx.trigger(input, "board:palette");
}

/** To the chosen option; where nothing was found, to the page of the search. */
function go(input, results) {
  const chosen = findMarked(results) ?? listOptions(results)[0];
  if (chosen) chosen.click();
  else input.form.requestSubmit();
}

function handleKey(event, palette, input, results) {
  if (moveByKey(event, input, results)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    palette.close();
  }
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (isAnswered(input, results)) go(input, results);
  else isAwaited = true;
}

function takeAnswer(input, results) {
  input.setAttribute("aria-expanded", String(listOptions(results).length > 0));
  markOption(input, results, listOptions(results)[0]);
  if (!isAwaited || !isAnswered(input, results)) return;
  isAwaited = false;
  go(input, results);
}

/** A search that nobody answered has found nothing: Enter leads to its page. */
function takeSilence(input, results) {
  isAwaited = false;
  results.replaceChildren();
  results.dataset.foundBy = input.value;
}

export function startPalette(htmx) {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const input = document.getElementById("palette-input");
  const results = document.getElementById("palette-results");
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    openPalette(htmx, palette, input);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openPalette(htmx, palette, input);
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
  palette.addEventListener("close", () => {
    isAwaited = false;
    input.setAttribute("aria-expanded", "false");
  });
  input.addEventListener("input", () => { isAwaited = false; });
  input.addEventListener("htmx:error", () => takeSilence(input, results));
  palette.addEventListener("keydown", (event) => handleKey(event, palette, input, results));
  results.addEventListener("htmx:after:settle", () => takeAnswer(input, results));
}
