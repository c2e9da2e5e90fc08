// A list: a click in a row opens its detail beside it, up and down move along, Escape closes the detail. The address follows.

function findSelectedId() {
  return new URLSearchParams(location.search).get("selected");
}

function markRow(row) {
  for (const other of document.querySelectorAll("[data-rows] tr.selected")) {
    other.classList.remove("selected");
    other.querySelector(".row-link")?.removeAttribute("aria-current");
  }
  row?.classList.add("selected");
  row?.querySelector(".row-link")?.setAttribute("aria-current", "true");
}

function openRow(htmx, row, { replace = false } = {}) {
  const link = row.querySelector(".row-link");
  markRow(row);
  htmx.ajax("GET", link.getAttribute("href"), {
    source: "#detail",
    target: "#detail",
    swap: "innerHTML",
    headers: { "HX-Target": "aside#detail" },
    [replace ? "replace" : "push"]: "true",
  });
}

function closeDetail(closer) {
  const row = document.querySelector("[data-rows] tr.selected");
  history.pushState({ htmx: true }, "", closer.getAttribute("href"));
  document.title = closer.dataset.title;
  document.getElementById("detail").replaceChildren();
  markRow(null);
  (row?.querySelector(".row-link") ?? document.getElementById("list-search"))?.focus({ preventScroll: true });
}

function isPlainClick(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function handleClick(htmx, event) {
  const closer = event.target.closest("[data-detail-close]");
  if (closer && isPlainClick(event)) {
    event.preventDefault();
    closeDetail(closer);
    return;
  }
  const row = event.target.closest("[data-rows] tr");
  if (!row || !isPlainClick(event) || !document.getElementById("detail")) return;
  const inner = event.target.closest("a, button, input, label");
  if (inner && !inner.matches(".row-link")) return;
  if (!inner && String(getSelection())) return;
  event.preventDefault();
  row.querySelector(".row-link").focus({ preventScroll: true });
  openRow(htmx, row);
}

function moveSelection(htmx, event, step) {
  const rows = [...document.querySelectorAll("[data-rows] tr")];
  if (!rows.length) return;
  const focused = document.activeElement?.closest?.("[data-rows] tr");
  const current = rows.indexOf(focused ?? document.querySelector("[data-rows] tr.selected"));
  const next = rows[current === -1 ? 0 : current + step];
  if (!next) return;
  event.preventDefault();
  next.querySelector(".row-link").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  openRow(htmx, next, { replace: Boolean(findSelectedId()) });
}

function handleKey(htmx, event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const inList = document.activeElement === document.body || document.activeElement?.closest?.("[data-rows], #content");
  const typing = document.activeElement?.matches?.("input, textarea, select, summary, details *");
  const playing = document.activeElement?.matches?.("audio, video");
  if (event.key === "Escape") {
    const closer = document.querySelector("[data-detail-close]");
    if (closer && !typing) closeDetail(closer);
  } else if (inList && !typing && !playing && document.querySelector("[data-rows]")) {
    if (event.key === "ArrowDown") moveSelection(htmx, event, 1);
    if (event.key === "ArrowUp") moveSelection(htmx, event, -1);
  }
}

/** The detail opened since the list was drawn is not in the list's own links: carry it along, or drop the closed one. */
function carrySelection(event) {
  const { ctx } = event.detail;
  if (ctx.target?.id !== "list" || ctx.request.method !== "GET") return;
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.delete("selected");
  ctx.request.action = url.pathname + url.search;
  const selected = findSelectedId();
  if (selected) ctx.request.body.set("selected", selected);
  else ctx.request.body.delete("selected");
}

function refresh(event) {
  if (!event.target.closest("[data-refresh]") || !document.querySelector("[data-list]")) return;
  event.preventDefault();
  document.body.dispatchEvent(new CustomEvent("board:changed", { bubbles: true }));
}

/** After a change the open detail is fetched anew, as the list is. What was opened, marked or is playing in it stays. */
function refreshDetail(htmx) {
  if (!document.querySelector("#detail > [data-detail]")) return;
  htmx.ajax("GET", location.pathname + location.search, {
    source: "#detail",
    target: "#detail",
    swap: "innerMorph show:none",
    headers: { "HX-Target": "aside#detail" },
  });
}

const SEARCH_PAUSE_MS = 300;
let searchPause = 0;

/** What is typed into the search and not answered yet goes along with whatever else of the list is asked for, from its first page
    on. What asks for something of its own (data-own-search), like a saved view, takes its place. */
function carrySearch(event) {
  const { ctx } = event.detail;
  const box = document.getElementById("list-search");
  if (!box || ctx.target?.id !== "list" || ctx.request.method !== "GET") return;
  const isRefresh = ctx.sourceElement === ctx.target;
  if (!isRefresh) clearTimeout(searchPause);
  if (ctx.sourceElement.closest("[data-own-search]")) box.value = box.defaultValue;
  const typed = box.value.trim();
  if (typed === box.defaultValue) return;
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.delete(box.name);
  url.searchParams.delete("cursor");
  ctx.request.action = url.pathname + url.search;
  if (typed) ctx.request.body.set(box.name, typed);
  else ctx.request.body.delete(box.name);
  if (isRefresh) ctx.replace = "true";
}

/** The list is asked for at a pause in typing. The pause is counted here and not by htmx, whose own ends unnoticed when an
    answer to earlier letters replaces the list: the last letter would be lost. */
function searchAfterPause(event) {
  if (event.target.id !== "list-search") return;
  clearTimeout(searchPause);
  searchPause = setTimeout(() => {
    document.getElementById("list-search")?.dispatchEvent(new CustomEvent("board:search", { bubbles: true }));
  }, SEARCH_PAUSE_MS);
}

/** Whoever came by a link to a record, like a hit of the palette, goes on from the record and not from the top of the page. */
function focusOpenedRecord() {
  const detail = document.querySelector("#detail:has(> [data-detail])");
  if (detail && findSelectedId() && document.activeElement === document.body) detail.focus({ preventScroll: true });
}

export function startList(htmx) {
  focusOpenedRecord();
  document.addEventListener("input", searchAfterPause);
  document.addEventListener("click", (event) => handleClick(htmx, event));
  document.addEventListener("click", refresh);
  document.addEventListener("keydown", (event) => handleKey(htmx, event));
  document.addEventListener("htmx:config:request", carrySelection);
  document.addEventListener("htmx:config:request", carrySearch);
  document.addEventListener("board:changed", (event) => {
    if (event.target === document.body) refreshDetail(htmx);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "list-search") event.stopPropagation();
  }, true);
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.sourceElement?.matches?.("[data-page]")) scrollTo({ top: 0 });
  });
}
