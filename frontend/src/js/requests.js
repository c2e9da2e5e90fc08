// What every request has in common: empty parameters and the form's token stay out of addresses, an expired session leads to the login and back,
// a failure that no panel or dialog shows becomes a toast and leaves the page as it is.

import { showToast } from "./toasts.js";

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

function handleFailure(event) {
  const context = event.detail.ctx;
  if (context.response.status < UNREADABLE || showsItsErrors(context)) return;
  const sentence = readSentence(context.text ?? "");
  context.swap = "none";
  context.push = "false";
  context.replace = "false";
  showToast("error", sentence || "The server could not answer.", sentence ? "" : "Nothing was changed. Try again in a moment.");
}

export function startRequests() {
  document.addEventListener("htmx:config:request", (event) => dropEmptyParameters(event.detail.ctx.request));
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.status !== UNAUTHENTICATED) return;
    event.preventDefault();
    goToLogin(event.detail.ctx.response);
  });
  document.addEventListener("htmx:after:request", handleFailure);
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && !event.detail.ctx.response) {
      showToast("error", "The server did not answer.", "Check the connection and try again; nothing was lost here.");
    }
  });
}
