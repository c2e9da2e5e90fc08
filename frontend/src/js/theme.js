// The server draws data-bs-theme from the cookie, so the first paint already has it; here the choice changes in place.

const YEAR_SECONDS = 31_536_000;

function applyTheme(theme) {
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `board_theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  for (const button of document.querySelectorAll("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

export function startTheme() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-switch]") || !event.submitter) return;
    event.preventDefault();
    applyTheme(event.submitter.value);
  });
}
