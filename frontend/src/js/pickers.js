// The user picker: options come from the server as [role=option] with data-value and data-label; choosing one fills the
// box with its label, which names the user as well as the id does. In a list's filter (data-pick) each choice is added to
// those there are, and the list is asked for anew; what was only half typed counts for nothing. Enter takes what is marked; before
// the answer to what is typed that is nothing yet, and the text is kept.

import { findMarked, isAnswered, markOption, moveByKey } from "./options.js";

function addToFilter(picker, value) {
  const input = picker.querySelector("input");
  const added = Object.assign(document.createElement("input"), { type: "hidden", name: input.name, value });
  picker.after(added);
  input.value = "";
  close(picker);
  input.form.dispatchEvent(new Event("change", { bubbles: true }));
}

function choose(picker, option) {
  if (picker.matches("[data-pick]")) {
    addToFilter(picker, option.dataset.value);
    return;
  }
  const input = picker.querySelector("input");
  input.value = option.dataset.label || option.dataset.value;
  close(picker);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function close(picker) {
  const input = picker.querySelector("input");
  picker.querySelector("[role='listbox']").replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function handleKey(event) {
  const picker = event.target.closest("[data-picker]");
  const box = picker?.querySelector("[role='listbox']");
  const isCurrent = box && isAnswered(event.target, box);
  const marked = isCurrent ? findMarked(box) : null;
  if (event.key === "Enter" && picker?.matches("[data-pick]") && !marked) {
    event.preventDefault();
    if (event.target.value.trim()) addToFilter(picker, event.target.value.trim());
    return;
  }
  if (!box?.childElementCount) return;
  if (moveByKey(event, event.target, box)) return;
  if (event.key === "Enter" && (marked || !isCurrent)) {
    event.preventDefault();
    if (marked) choose(picker, marked);
    else close(picker);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close(picker);
  }
}

export function startPickers() {
  document.addEventListener("keydown", handleKey);
  document.addEventListener("click", (event) => {
    const option = event.target.closest("[data-picker] [role='option']");
    if (option) choose(option.closest("[data-picker]"), option);
  });
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-picker] [role='option']")) event.preventDefault();
  });
  document.addEventListener("focusout", (event) => {
    const picker = event.target.closest?.("[data-picker]");
    if (!picker || picker.contains(event.relatedTarget)) return;
    setTimeout(() => {
      if (picker.contains(document.activeElement)) return;
      close(picker);
      if (picker.matches("[data-pick]")) event.target.value = "";
    }, 150);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick] [role='combobox']")) event.stopPropagation();
  }, true);
  document.addEventListener("htmx:after:settle", (event) => {
    const picker = event.target.closest?.("[data-picker]");
    if (!picker) return;
    const input = picker.querySelector("input");
    if (document.activeElement !== input) {
      close(picker);
      return;
    }
    input.setAttribute("aria-expanded", String(event.target.childElementCount > 0));
    markOption(input, event.target, event.target.querySelector("[role='option']"));
  });
}
