// In a low window the sidebar scrolls; the entry of the page one is on is never below its edge.

export function startSidebar() {
  document.querySelector(".sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });
}
