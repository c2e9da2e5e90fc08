// What every request has in common: empty parameters and the form's token stay out of addresses, an expired session leads to the login and back,
// a failure that no panel or dialog shows becomes a toast and leaves the page as it is. A panel that nobody answered for
// offers to try again.

import { removeToast, showToast } from "./toasts.js";

// A change may ask Stripe three times, and wait 20 s for each answer.
const CHANGE_TIMEOUT_MS = 120_000;
const UNREADABLE = 400;
const UNAUTHENTICATED = 401;

function dropEmptyParameters(request) {
  if (request.method !== "GET" || !(request.body instanceof FormData)) return;
  request.body.delete("csrf_token");
  for (const name of new Set(request.body.keys())) {
    const values = request.body.getAll(name).filter((value) => value !== "");
    request.body.delete(name);
    for (const value of values) request.body.append(name, value);
  }
}

function goToLogin(response) {
  const here = location.pathname + location.search;
  location.assign(response.headers.get("HX-Redirect") ?? `/login?expired=1&next=${encodeURIComponent(here)}`);
}

function readSentence(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector("[data-error-sentence]")?.textContent.trim() ?? "";
}

function showsItsErrors(context) {
  const target = context.target;
  return target instanceof Element && Boolean(target.closest("dialog, .sheet, [data-panel]"));
}

const failures = new Map();

/** Said once for each part of the page, however often it fails, until that part or what holds it has an answer. */
function showFailure(part, title, text) {
  dismissFailures((failed) => failed === part);
  const toast = showToast("error", title, text);
  if (toast) failures.set(toast, part);
}

function dismissFailures(isOver) {
  for (const [toast, part] of failures) {
    if (!isOver(part)) continue;
    failures.delete(toast);
    removeToast(toast);
  }
}

function handleAnswer(event) {
  const context = event.detail.ctx;
  if (context.response.status >= UNREADABLE) handleFailure(context);
  else dismissFailures((failed) => !failed?.isConnected || context.target?.contains?.(failed));
}

/** What a page asks by itself, again and again, says nothing when it fails: the next time will tell. */
function isAskedAgain(context) {
  return Boolean(context.target?.matches?.("[data-newer]"));
}

function handleFailure(context) {
  if (showsItsErrors(context)) return;
  if (isAskedAgain(context)) {
    context.swap = "none";
    return;
  }
  const sentence = readSentence(context.text ?? "");
  context.swap = "none";
  context.push = "false";
  context.replace = "false";
  showFailure(context.target, sentence || "The server could not answer.", sentence ? "" : "Nothing was changed. Try again in a moment.");
}

function offerRetry(htmx, panel, url) {
  const retry = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: "Try again" });
  retry.addEventListener("click", () => htmx.ajax("GET", url, { source: panel, target: panel, swap: "innerHTML" }));
  const box = Object.assign(document.createElement("div"), { className: "error-panel" });
  box.setAttribute("role", "alert");
  box.append("The server did not answer.", retry);
  panel.replaceChildren(box);
}

/** Only what confirms a preview, and so carries its token, can have changed anything. */
function adviseAfterSilence(context) {
  if (!context.sourceElement?.elements?.token) return "Check the connection and try again; nothing was lost here.";
  return "What you confirmed may have been done all the same. Confirm it again: the same confirmation is never carried out twice.";
}

function handleSilence(htmx, event) {
  const context = event.detail.ctx;
  if (!context || context.response || isAskedAgain(context)) return;
  const panel = context.target?.closest?.("[data-panel]");
  if (panel && context.request.method === "GET") offerRetry(htmx, panel, context.request.action);
  else showFailure(context.target, "The server did not answer.", adviseAfterSilence(context));
}

function waitForChanges(event) {
  const { request } = event.detail.ctx;
  if (request.method !== "GET") request.timeout = CHANGE_TIMEOUT_MS;
}

/** The content of a tab is asked for anew as the address says by now, not as it said when the tab was drawn. */
function followAddress(event) {
  const { ctx } = event.detail;
  if (ctx.target?.id === "record-body") ctx.request.action = location.pathname + location.search;
}

export function startRequests(htmx) {
  document.addEventListener("htmx:config:request", followAddress);
  document.addEventListener("htmx:config:request", waitForChanges);
  document.addEventListener("htmx:config:request", (event) => dropEmptyParameters(event.detail.ctx.request));
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.status !== UNAUTHENTICATED) return;
    event.preventDefault();
    goToLogin(event.detail.ctx.response);
  });
  document.addEventListener("htmx:after:request", handleAnswer);
  document.addEventListener("htmx:error", (event) => handleSilence(htmx, event));
}
