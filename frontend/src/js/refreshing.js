// A page with a part that is fetched anew (data-refreshed): by the refresh button, and every minute while its switch is on.
// The seconds that are left are shown; nothing waits for the answer, and a page in the background is not refreshed.

const SECOND_MS = 1_000;

function getPart() {
  return document.querySelector("[data-refreshed][id]");
}

async function refreshPart(htmx) {
  const part = getPart();
  await htmx.ajax("GET", location.pathname + location.search, {
    source: part,
    target: part,
    swap: "innerMorph show:none",
    headers: { "HX-Target": `div#${part.id}` },
  });
}

function rememberChoice(isOn) {
  const url = new URL(location.href);
  if (isOn) url.searchParams.set("refresh", "auto");
  else url.searchParams.delete("refresh");
  history.replaceState(history.state, "", url);
}

function startCounting(htmx, control) {
  const [box, shown] = [control.querySelector("input"), control.querySelector("[data-seconds-left]")];
  const seconds = Number(control.dataset.seconds);
  let left = seconds;
  let busy = false;
  const show = () => {
    shown.textContent = box.checked ? `${left} s` : "";
  };
  const tick = async () => {
    if (!box.checked || busy) return;
    left = Math.max(left - 1, 0);
    show();
    if (left || document.hidden) return;
    busy = true;
    await refreshPart(htmx).catch(() => {});
    busy = false;
    left = seconds;
    show();
  };
  box.addEventListener("change", () => {
    left = seconds;
    rememberChoice(box.checked);
    show();
  });
  show();
  setInterval(tick, SECOND_MS);
}

export function startRefreshing(htmx) {
  const control = document.querySelector("[data-auto-refresh]");
  if (control) startCounting(htmx, control);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-refresh]") || !getPart()) return;
    event.preventDefault();
    refreshPart(htmx);
  });
}
