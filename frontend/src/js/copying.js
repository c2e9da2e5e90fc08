import { showToast } from "./toasts.js";

export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy || button.nextElementSibling.textContent);
      showToast("info", "Copied.");
    } catch {
      showToast("error", "The browser did not allow copying.", "Select the text and copy it by hand.");
    }
  });
}
