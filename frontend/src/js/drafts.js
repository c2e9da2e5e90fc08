// What is typed into the form of a change is kept for as long as its tab is, until it is sent, closed or left: whoever
// reloads the page, or has to log in again, finds the dialog open as it was. Only for the same person on the same page,
// and never a form that asks for a password or a code. What is kept stays in the browser (sessionStorage).

const STORE = "board:drafts";
const SECRET = "[type='password'], [autocomplete='one-time-code'], [autocomplete$='-password']";
const BETWEEN = ["/login", "/step-up"];
const NOTHING_SENT = "What you had typed is here again. Nothing of it was sent.";

let dialogAddress = null;

function findPerson() {
  return document.querySelector("meta[name='board-person']")?.content ?? null;
}

/** An address with its parameters in a settled order, as those of one form differ only there, by where they were put together. */
function settle(address) {
  const { pathname, searchParams } = new URL(address, location.href);
  searchParams.sort();
  return searchParams.size ? `${pathname}?${searchParams}` : pathname;
}

/** The page with the record that it shows, which is in its parameters; without what it was told of the change before. */
function findPage() {
  const here = new URL(location.href);
  here.searchParams.delete("done");
  return settle(here);
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    return null;
  }
}

function write(store) {
  try {
    if (Object.keys(store.drafts).length) sessionStorage.setItem(STORE, JSON.stringify(store));
    else sessionStorage.removeItem(STORE);
  } catch {
    // A browser that keeps nothing, or has no room: then a reload forgets, as it always did.
  }
}

function change(edit) {
  const store = read() ?? { drafts: {}, open: null };
  edit(store);
  write(store);
}

/** The form that is filled in, not the confirmation that comes after it. */
function isDraft(form) {
  const path = form?.matches?.("form[data-action]") ? new URL(form.getAttribute("action") ?? "", location.href).pathname : "";
  return path.endsWith("/preview") && !form.querySelector(SECRET);
}

function keyOf(form) {
  if (form.closest("#dialog")) return dialogAddress;
  return settle(location.pathname.startsWith("/actions/") ? location.href : form.getAttribute("action"));
}

function controlsOf(form) {
  const kinds = ["hidden", "file", "submit", "button", "reset"];
  return [...form.elements].filter((control) => control.name && !kinds.includes(control.type));
}

function isTicked(control) {
  return control.type === "checkbox" || control.type === "radio";
}

function keep(form) {
  const key = keyOf(form);
  if (!key) return;
  const fields = controlsOf(form).map((each) => [each.name, each.value, isTicked(each) ? each.checked : null]);
  change((store) => {
    store.person = findPerson();
    store.page = findPage();
    store.drafts[key] = fields;
    store.open = form.closest("#dialog") ? key : null;
  });
}

function drop(key) {
  change((store) => {
    delete store.drafts[key];
    if (store.open === key) store.open = null;
  });
}

/** Once a change is on its way its draft is over: nobody shall send it twice because a page was loaded anew meanwhile. */
function dropSent(address) {
  const base = new URL(address, location.href).pathname;
  change((store) => {
    for (const key of Object.keys(store.drafts)) {
      if (![base, `${base}/preview`].includes(new URL(key, location.href).pathname)) continue;
      delete store.drafts[key];
      if (store.open === key) store.open = null;
    }
  });
}

function put(control, [, value, checked]) {
  if (checked !== null) control.checked = checked;
  else control.value = value;
  if (checked === null && control.value !== value) return;
  const isPicker = Boolean(control.closest("[data-picker]"));
  control.dispatchEvent(new Event(isPicker ? "change" : "input", { bubbles: true }));
}

function differs(control, [, value, checked]) {
  return checked === null ? control.value !== value : control.checked !== checked;
}

function restore(form) {
  const fields = read()?.drafts[keyOf(form)];
  if (!fields || form.hasAttribute("data-typed") || form.hasAttribute("data-restored")) return;
  form.setAttribute("data-restored", "");
  let isChanged = false;
  for (const field of fields) {
    const [name, value, checked] = field;
    const control = controlsOf(form).find((each) => each.name === name && (checked === null || each.value === value));
    if (!control || !differs(control, field)) continue;
    put(control, field);
    isChanged = true;
  }
  if (!isChanged) return;
  const notice = Object.assign(document.createElement("p"), { className: "notice notice-info", textContent: NOTHING_SENT });
  notice.setAttribute("role", "status");
  form.querySelector(".action-body")?.prepend(notice);
}

function isStillHere(store) {
  if (store.person !== findPerson()) return false;
  return store.page === findPage() || BETWEEN.includes(location.pathname) || settle(location.href) in store.drafts;
}

function followDialog(htmx) {
  const dialog = document.getElementById("dialog");
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.request.method === "GET") {
      if (ctx.target === dialog) dialogAddress = settle(ctx.request.action);
    } else if (/^\/actions\/[\w.]+$/.test(new URL(ctx.request.action, location.href).pathname)) dropSent(ctx.request.action);
    else if (!dialog.open) dialogAddress = null;
  });
  dialog.addEventListener("close", () => {
    if (dialogAddress) drop(dialogAddress);
    dialogAddress = null;
  });
  document.addEventListener("htmx:after:settle", (event) => {
    for (const form of event.target.querySelectorAll?.("form[data-action]") ?? []) {
      if (!isDraft(form)) continue;
      if (form.querySelector("[aria-invalid='true'], .notice-error")) keep(form);
      else restore(form);
    }
  });
  const { open } = read() ?? {};
  if (open && read().page === findPage()) htmx.ajax("GET", open, { target: "#dialog", swap: "innerHTML" });
}

export function startDrafts(htmx) {
  if (!findPerson()) return;
  const store = read();
  if (store && !isStillHere(store)) write({ drafts: {} });
  document.addEventListener("input", ({ target: { form } }) => isDraft(form) && keep(form));
  document.addEventListener("change", ({ target: { form } }) => isDraft(form) && keep(form));
  document.addEventListener("submit", ({ target: form }) => {
    const path = new URL(form.getAttribute("action") ?? "", location.href).pathname;
    if (path === "/logout") write({ drafts: {} });
    else if (form.matches("form[data-action]") && !form.closest("#dialog") && !isDraft(form)) dropSent(form.getAttribute("action"));
  });
  for (const form of document.querySelectorAll("form[data-action]")) if (isDraft(form)) restore(form);
  if (document.getElementById("dialog")) followDialog(htmx);
}
