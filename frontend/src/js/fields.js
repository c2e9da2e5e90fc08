// Small comforts of forms: presets fill their field, long texts count their characters.

function fill(button) {
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function count(area) {
  const label = area.closest(".field")?.querySelector(".field-label");
  if (!label) return;
  let counter = label.querySelector(".counter");
  if (!counter) {
    counter = document.createElement("span");
    counter.className = "counter";
    counter.setAttribute("aria-hidden", "true");
    label.append(counter);
  }
  counter.textContent = `${area.value.length} / ${area.maxLength}`;
}

export function startFields() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (button) fill(button);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-counted]")) count(event.target);
  });
}
