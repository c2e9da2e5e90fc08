"""Pictures of what a page shows, cut to what matters, as small as WebP makes them."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "guide" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 900}
QUALITY = 75
MARGIN = 12
SETTLED = """async () => {
  document.activeElement?.blur();
  for (let frame = 0; frame < 150; frame += 1) {
    const busy = document.querySelector(".htmx-request, .skeleton") || document.getAnimations().length;
    if (!busy) break;
    await new Promise((done) => setTimeout(done, 20));
  }
}"""


@dataclass(frozen=True)
class Scene:
    """A picture: its name, who is logged in, and what they do until they see what shall be on it.

    ``play`` gives back the part of the page that is kept, of which no more than ``height`` pixels are.
    """

    name: str
    account: str
    play: Callable[[Page], Locator]
    height: int = 720


class Studio:
    """People at the board of a demonstration, each in a browser of their own, and the camera."""

    def __init__(self, browser: Browser, url: str, password: str) -> None:
        self._browser = browser
        self._url = url
        self._password = password
        self._people: dict[str, BrowserContext] = {}

    def take(self, scene: Scene) -> int:
        """Takes one picture, and gives back its size in bytes."""
        page = self._get_person(scene.account).new_page()
        kept = scene.play(page)
        page.wait_for_load_state("networkidle")
        page.evaluate(SETTLED)
        picture = _photograph(page, kept, scene.height)
        (FOLDER / f"{scene.name}.webp").write_bytes(picture)
        page.close()
        return len(picture)

    def _get_person(self, account: str) -> BrowserContext:
        if account not in self._people:
            context = self._browser.new_context(base_url=self._url, viewport=SIZE, reduced_motion="reduce")
            self._people[account] = context
            page = context.new_page()
            page.goto("/login")
            page.get_by_label("E-mail address").fill(f"{account}@aicallgo.test")
            page.get_by_label("Password").fill(self._password)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url("/")
            page.close()
        return self._people[account]


def _photograph(page: Page, kept: Locator, height: int) -> bytes:
    """WebP, which Playwright itself does not make. A dialog is shown with a little of what is behind it."""
    box = kept.bounding_box()
    assert box is not None, "what shall be on the picture is not to be seen"
    margin = MARGIN if kept.evaluate("(part) => part.matches('dialog')") else 0
    clip = {
        "x": box["x"] - margin,
        "y": box["y"] - margin,
        "width": box["width"] + 2 * margin,
        "height": min(box["height"], height) + 2 * margin,
        "scale": 1,
    }
    how = {"format": "webp", "quality": QUALITY, "clip": clip}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", how)
    return base64.b64decode(taken["data"])
