// The keyboard of a combobox: arrows move through the options of a listbox, which stay out of the tab order. Each answer is
// remembered with the text it was found by: Enter is meant for what is typed by now, never for an option of earlier letters.

const COMBOBOX = "[role='combobox']";

export function listOptions(box) {
  return [...box.querySelectorAll("[role='option']")];
}

/** Marks one option, scrolls it into view and names it to screen readers through the input. */
export function markOption(input, box, option) {
  for (const other of listOptions(box)) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

export function findMarked(box) {
  return box.querySelector("[role='option'][aria-selected='true']");
}

/** Whether the options are those of the text that stands in the input now. */
export function isAnswered(input, box) {
  return box.dataset.foundBy === input.value;
}

/** Handles the arrow keys; answers whether it did. */
export function moveByKey(event, input, box) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const options = listOptions(box);
  if (!step || !options.length) return false;
  event.preventDefault();
  const at = options.indexOf(findMarked(box));
  markOption(input, box, options[(at + step + options.length) % options.length]);
  return true;
}

function noteTyped({ detail: { ctx } }) {
  if (ctx.sourceElement?.matches?.(COMBOBOX)) ctx.typed = ctx.sourceElement.value;
}

function noteAnswer({ detail: { ctx } }) {
  if (ctx.typed !== undefined && ctx.target?.dataset) ctx.target.dataset.foundBy = ctx.typed;
}

export function startOptions() {
  document.addEventListener("htmx:config:request", noteTyped);
  document.addEventListener("htmx:before:swap", noteAnswer);
}
