// Ctrl-K: one box for everything. Arrows choose, Enter goes, Escape closes (by itself it would first empty the box).

import { closePopovers } from "./popovers.js";
import { findMarked, listOptions, markOption, moveByKey } from "./options.js";

function openPalette(htmx, palette, input) {
  if (palette.open || document.querySelector("dialog[open]")) return;
  closePopovers();
  palette.showModal();
  input.select();
  htmx.trigger(input, "board:palette");
}

function handleKey(event, palette, input, results) {
  if (moveByKey(event, input, results)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    palette.close();
  }
  if (event.key !== "Enter") return;
  const chosen = findMarked(results) ?? listOptions(results)[0];
  if (!chosen) return;
  event.preventDefault();
  chosen.click();
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
  palette.addEventListener("close", () => input.setAttribute("aria-expanded", "false"));
  palette.addEventListener("keydown", (event) => handleKey(event, palette, input, results));
  results.addEventListener("htmx:after:settle", () => {
    input.setAttribute("aria-expanded", String(listOptions(results).length > 0));
    markOption(input, results, listOptions(results)[0]);
  });
}
