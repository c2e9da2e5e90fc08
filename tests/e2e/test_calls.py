"""A call in the browser: its transcript opens by keyboard and is searched; without scripts it is a page."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors


@pytest.fixture
def address(board: ServedBoard) -> str:
    """A call in which somebody spoke, searched for by a word that was said."""
    with board.behind.runtime.reading() as session:
        spoken = select(CallLog.id).where(CallLog.transcript.ilike("Agent:%thank you%")).limit(1)
        return f"/calls?q=thanks&selected={session.execute(spoken).scalar_one()}"


def count_readings(board: ServedBoard) -> int:
    with board.behind.runtime.reading() as session:
        asked = select(func.count()).where(AuditEntry.action == "calls.read_transcript")
        return session.execute(asked).scalar_one()


def open_transcript(page: Page) -> None:
    page.locator("#transcript summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#transcript-turns")).to_be_visible()


def test_a_transcript_opens_by_keyboard_and_is_written_down_once(
    visitors: Visitors, board: ServedBoard, address: str
) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto(address)
    before = count_readings(board)
    open_transcript(page)
    expect(page.locator("#transcript-turns .marked").first).to_have_text("Thank")
    for _ in range(2):
        page.locator("#transcript summary").press("Enter")
    expect(page.locator("#transcript-turns")).to_be_visible()
    assert count_readings(board) == before + 1
    assert page.url.endswith(address)


def test_words_are_found_inside_it_without_asking_again(
    visitors: Visitors, board: ServedBoard, address: str
) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto(address)
    open_transcript(page)
    before = count_readings(board)
    box = page.get_by_role("searchbox", name="Find in the transcript")
    box.fill("you")
    found = page.locator("[data-find-count]")
    expect(found).to_contain_text("1 of ")
    box.press("Enter")
    box.fill("no such words")
    expect(found).to_have_text("not found")
    box.press("Enter")
    box.fill("")
    expect(found).to_have_text("")
    assert count_readings(board) == before


def test_without_scripts_it_is_a_link_to_a_page(visitors: Visitors, address: str) -> None:
    page = visitors.open_page(Role.SUPPORT, script=False)
    page.goto(address)
    page.locator("#transcript summary").click()
    page.get_by_role("link", name="Open the transcript").click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    box = page.get_by_role("searchbox", name="Find in the transcript")
    box.fill("thanks")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".marked").first).to_be_visible()
