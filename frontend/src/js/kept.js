// Parts of a list that are asked for once the page is there, its count and its figures (data-kept). Each is asked for once
// and stays while the list is paged; a refresh asks anew. htmx's own "load" would ask again whenever the list changes.

const asked = new WeakSet();
let isRefresh = false;

function askFor(part) {
  asked.add(part);
  part.dispatchEvent(new CustomEvent("board:load"));
}

/** Only what htmx has made ready can be asked for. */
function askForNew() {
  for (const part of document.querySelectorAll("[data-kept][data-htmx-powered]")) {
    if (isRefresh || !asked.has(part)) askFor(part);
  }
}

export function startKept() {
  document.addEventListener("htmx:after:process", askForNew);
  document.addEventListener("htmx:before:swap", (event) => {
    isRefresh = Boolean(event.detail.ctx.sourceElement?.matches?.("[data-list]"));
  });
  document.addEventListener("htmx:after:swap", () => {
    askForNew();
    isRefresh = false;
  });
}
