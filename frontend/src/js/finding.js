// <input data-find-in="#part">: marks what is typed inside that part, counts it, and shows the first place. Enter goes on.
// The marks are highlights of the browser, so the part itself stays as it is.

const NAME = "found";
let places = [];
let current = -1;

function findPlaces(part, words) {
  const found = [];
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.toLowerCase();
    for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + words.length)) {
      if (at + words.length > node.data.length) break;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + words.length);
      found.push(range);
    }
  }
  return found;
}

function describe(words) {
  if (!words) return "";
  return places.length ? `${current + 1} of ${places.length}` : "not found";
}

function show(input, step) {
  const words = input.value.trim().toLowerCase();
  if (places.length) {
    current = (current + step + places.length) % places.length;
    places[current].startContainer.parentElement.scrollIntoView({ block: "nearest" });
  }
  input.form.querySelector("[data-find-count]").textContent = describe(words);
}

function find(input) {
  const part = document.querySelector(input.dataset.findIn);
  const words = input.value.trim().toLowerCase();
  places = part && words ? findPlaces(part, words) : [];
  current = -1;
  globalThis.CSS?.highlights?.set(NAME, new Highlight(...places));
  show(input, 1);
}

export function startFinding() {
  if (!globalThis.CSS?.highlights) return;
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-find-in]")) find(event.target);
  });
  document.addEventListener("submit", (event) => {
    const input = event.target.querySelector("[data-find-in]");
    if (!input) return;
    event.preventDefault();
    if (places.length || !input.value.trim()) show(input, 1);
    else find(input);
  });
}
