"""What makes a page right for everybody, found out in the browser that shows it."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it says nothing of types
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
OF_THE_SIZE = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]},
    "resultTypes": ["violations"],
}
"""What the size and the theme decide; everything else is the same at each."""
RUN_AXE = """async (options) => {
  const exclude = ["[data-rows] tr:nth-child(n + 6)", ".docs-call:nth-of-type(n + 6)"];
  const { violations } = await axe.run({ exclude }, options);
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.failureSummary}`));
}"""

FIND_UNMARKED_FOCUS = """() => {
  const look = (element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join();
  };
  const lookAround = (element) => look(element) + look(element.parentElement);
  const reachable = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled
      && element.tabIndex >= 0 && !element.closest("[data-rows] tr:nth-child(n + 4)"));
  const unmarked = reachable.filter((element) => {
    document.activeElement.blur();
    const before = lookAround(element);
    element.focus({ preventScroll: true, focusVisible: true });
    return document.activeElement !== element || lookAround(element) === before;
  });
  document.activeElement.blur();
  return unmarked.map((element) => element.outerHTML.slice(0, 200));
}"""

AWAIT_REST = """async () => {
  for (let frame = 0; frame < 100 && document.getAnimations().length; frame += 1) {
    await new Promise((done) => setTimeout(done, 20));
  }
}"""

FIND_MISSING_ICONS = """async () => {
  const named = [...document.querySelectorAll("svg use")].map((use) => use.getAttribute("href"));
  const files = new Set(named.map((name) => name.split("#")[0]));
  const known = new Set();
  for (const file of files) {
    const sprite = new DOMParser().parseFromString(await (await fetch(file)).text(), "image/svg+xml");
    for (const symbol of sprite.querySelectorAll("symbol")) known.add(`${file}#${symbol.id}`);
  }
  return [...new Set(named)].filter((name) => !known.has(name));
}"""


def emulate_theme(page: Page, theme: str) -> None:
    """Makes the system light or dark, for the pages that are opened next."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")


def set_theme(page: Page, theme: str) -> None:
    """Shows the page in light or dark, as when the system changes."""
    emulate_theme(page, theme)
    page.evaluate(AWAIT_REST)


def find_violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds wrong with the page as it is, a line for each element; the first rows stand for all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN_AXE, options)
    return found


def find_faults(page: Page) -> list[str]:
    """Sideways scrolling, focus that cannot be seen, icons that are not there."""
    faults = [f"the focus does not show: {html}" for html in page.evaluate(FIND_UNMARKED_FOCUS)]
    faults += [f"there is no icon {name}" for name in page.evaluate(FIND_MISSING_ICONS)]
    root = "document.scrollingElement"
    if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
        faults.append("the page scrolls sideways")
    return faults
