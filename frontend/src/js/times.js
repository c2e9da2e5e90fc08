// "2 hours ago" stays true while a page is open. Same words as web/formatting.py; older than a day, nothing changes soon.

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const REFRESH_MS = 30_000;

function count(amount, unit, article) {
  return amount === 1 ? `${article} ${unit}` : `${amount} ${unit}s`;
}

export function describe(seconds) {
  const past = seconds >= 0;
  const length = Math.floor(Math.abs(seconds));
  if (length >= DAY) return null;
  if (length < 1) return "now";
  const words =
    length < MINUTE ? count(length, "second", "a")
    : length < HOUR ? count(Math.floor(length / MINUTE), "minute", "a")
    : count(Math.floor(length / HOUR), "hour", "an");
  return past ? `${words} ago` : `${words} from now`;
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const words = describe((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (words && time.textContent !== words) time.textContent = words;
  }
}

export function startTimes() {
  setInterval(refresh, REFRESH_MS);
}
