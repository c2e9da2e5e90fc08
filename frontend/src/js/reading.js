// What is to be confirmed has to be seen first. A key that is held down, one pressed again before anybody can have read the
// preview it brought, and the second half of a double click confirm nothing.

const READING_MS = 700;

/** The preview that a button confirms, null for all other buttons. Only previews carry a token. */
function findPreview(button) {
  const form = button?.closest("form[data-action]");
  return form?.elements.token && button.form === form ? form : null;
}

function beginReading(root) {
  for (const form of root.querySelectorAll("form[data-action]")) {
    if (!form.elements.token) continue;
    form.setAttribute("data-unread", "");
    setTimeout(() => form.removeAttribute("data-unread"), READING_MS);
  }
}

export function startReading() {
  const submitOf = (event) => event.target.closest?.("button[type=submit]");
  beginReading(document);
  document.addEventListener("htmx:after:settle", (event) => beginReading(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.repeat && submitOf(event)) event.preventDefault();
  }, true);
  // A key on a button, or in a field, makes a click without a count.
  document.addEventListener("click", (event) => {
    const preview = findPreview(submitOf(event));
    const isTooSoon = event.detail === 0 && preview?.hasAttribute("data-unread");
    if (!preview || !(isTooSoon || event.detail > 1)) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
