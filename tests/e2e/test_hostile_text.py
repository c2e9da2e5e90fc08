"""Guarantee 17 in a real browser: what people wrote never runs, wherever pages and scripts put it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.db.templates import copied_database
from tests.e2e.job import find_panel, find_rows, find_toasts
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import Visitors, watched_visitors
from tests.guarantees.hostile import Scene, addresses_of, fill

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'><svg/onload=alert(3)>",
    "</textarea></title><iframe srcdoc='<script>parent.alert(4)</script>'>",
    "<b hx-get='/login' hx-trigger='load' hx-on:click='alert(5)'>",
)
ALL_AT_ONCE = " ".join(ATTACKS)
LISTS = ("/users", "/credits", "/credits/balances", "/audit", "/settings/admins", "/settings/api-keys")
PART_OF_A_PAGE = "/users/picker"


@pytest.fixture(scope="module")
def hostile_board(server: EmbeddedServer, template_database: str) -> Iterator[ServedBoard]:
    """A board in which everything is called by attacks."""
    with copied_database(server, template_database) as addresses, served_board(addresses) as board:
        yield board


@pytest.fixture(scope="module")
def scenes(hostile_board: ServedBoard) -> list[Scene]:
    return [fill(hostile_board.behind, attack) for attack in ATTACKS]


@pytest.fixture(scope="module")
def crowded(hostile_board: ServedBoard, scenes: list[Scene]) -> Scene:
    """One more, in which every text is all attacks, one after the other."""
    return fill(hostile_board.behind, ALL_AT_ONCE)


@pytest.fixture
def victims(hostile_board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    """Visitors of that board; a dialog or a breach of the policy in their browsers fails the test."""
    with watched_visitors(hostile_board, chromium) as visitors:
        yield visitors


def test_no_page_runs_what_people_wrote(victims: Visitors, crowded: Scene) -> None:
    page = victims.open_page(Role.ADMIN)
    for path in LISTS:
        page.goto(path)
        expect(find_rows(page).first).to_be_visible()
        assert_nothing_came_alive(page)
    for path in addresses_of(crowded):
        if not path.startswith(PART_OF_A_PAGE):
            page.goto(path)
            assert_nothing_came_alive(page)
    page.goto(f"/users?selected={crowded.user}")
    expect(find_panel(page)).to_contain_text(ALL_AT_ONCE)


def test_no_script_of_the_board_runs_it_either(victims: Visitors, scenes: list[Scene]) -> None:
    page = victims.open_page(Role.ADMIN)
    page.goto("/users")
    for scene, attack in zip(scenes, ATTACKS, strict=True):
        page.get_by_role("searchbox", name="Email, name or id").fill(str(scene.user))
        expect(find_rows(page)).to_have_count(1)
        expect(find_rows(page)).to_contain_text(attack)
        find_rows(page).get_by_role("cell").nth(1).click()
        expect(find_panel(page)).to_contain_text(attack)
        adjust(page, attack)
        search_by_palette(page, attack)
        assert_nothing_came_alive(page)


def adjust(page: Page, attack: str) -> None:
    """With the attack for a reason: through the form, the preview and the toast."""
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    dialog = page.get_by_role("dialog", name="Adjust credits")
    dialog.get_by_label("Amount").fill("1")
    dialog.get_by_label("Reason").fill(f"Because of {attack}")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text(f"Because of {attack}")
    dialog.get_by_role("button", name="Add $1.00").click()
    expect(find_toasts(page)).to_contain_text(attack)
    find_toasts(page).get_by_role("button", name="Dismiss").last.click()


def search_by_palette(page: Page, attack: str) -> None:
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search")
    palette.get_by_role("combobox").fill(attack)
    expect(palette.get_by_role("option").first).to_contain_text(attack)
    page.keyboard.press("Escape")


def test_the_users_own_words_do_not_run(victims: Visitors) -> None:
    page = victims.open_page(Role.ADMIN)
    with victims.expecting(404, 422):
        for attack in ATTACKS:
            page.goto("/users")
            page.goto("/search?" + f"q={attack}")
            page.goto(f"/users?q={attack}&plan={attack}&sort={attack}")
            page.goto(f"/login?next={attack}")
            assert_nothing_came_alive(page)


def assert_nothing_came_alive(page: Page) -> None:
    """No element of an attack stands in the page; the watch knows whether one ran."""
    expect(page.locator("iframe, img, [onload], [onerror], b[hx-get]")).to_have_count(0)
