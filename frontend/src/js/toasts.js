// Toasts leave by themselves: after 6 s, with an Undo after 20 s, errors never. Pointer or focus on one stops the clock.

const STAY_MS = 6_000;
const STAY_WITH_UNDO_MS = 20_000;
const ICONS = { error: "alert-circle", info: "info-circle" };

/** The focus does not vanish with a toast: it goes to the content. A button that was pressed may have lost it already. */
export function removeToast(toast) {
  if (toast.contains(document.activeElement) || (toast.dataset.undone && document.activeElement === document.body)) {
    document.getElementById("content")?.focus({ preventScroll: true });
  }
  toast.classList.add("toast-leaving");
  setTimeout(() => toast.remove(), 200);
}

function startClock(toast) {
  if (toast.dataset.started || toast.classList.contains("toast-error")) return;
  toast.dataset.started = "yes";
  const stay = toast.querySelector("[data-undo]") ? STAY_WITH_UNDO_MS : STAY_MS;
  let timer = setTimeout(() => removeToast(toast), stay);
  const pause = () => clearTimeout(timer);
  const resume = () => {
    clearTimeout(timer);
    timer = setTimeout(() => removeToast(toast), stay);
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("focusout", resume);
}

function drawIcon(name) {
  const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** Shows a toast that no answer of the server brought: a failed request, a copy. `tone` is "error" or "info".
    Gives the toast, or null where the page has no place for it. */
export function showToast(tone, title, text = "") {
  const region = document.getElementById("toasts");
  if (!region) return null;
  const toast = document.createElement("div");
  toast.className = `toast-card toast-${tone}`;
  toast.dataset.toast = "";
  const words = document.createElement("div");
  words.className = "toast-text";
  const strong = document.createElement("strong");
  strong.textContent = title;
  const sentence = document.createElement("span");
  sentence.textContent = text;
  words.append(strong, ...(text ? [sentence] : []));
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(drawIcon("x"));
  toast.append(drawIcon(ICONS[tone]), words, close);
  region.append(toast);
  return toast;
}

export function startToasts() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast-close]");
    if (button) removeToast(button.closest("[data-toast]"));
  });
  document.addEventListener("htmx:before:request", (event) => {
    const undo = event.target.closest?.("[data-undo]");
    if (undo) undo.closest("[data-toast]").dataset.undone = "yes";
  });
  document.addEventListener("board:changed", () => {
    for (const toast of document.querySelectorAll("[data-undone]")) removeToast(toast);
  });
  document.addEventListener("DOMContentLoaded", () => {
    const region = document.getElementById("toasts");
    if (!region) return;
    region.querySelectorAll("[data-toast]").forEach(startClock);
    new MutationObserver((changes) => {
      for (const node of changes.flatMap((change) => [...change.addedNodes])) {
        if (node instanceof Element && node.matches("[data-toast]")) startClock(node);
      }
    }).observe(region, { childList: true });
  });
}
