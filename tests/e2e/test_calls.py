"""A call in the browser: its transcript opens by keyboard and is searched; without scripts it is a page."""

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from tests.db.templates import Addresses
from tests.e2e.job import find_panel, find_rows
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import make_call


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
    page.locator(".transcript-fold summary").focus()
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
        page.locator(".transcript-fold summary").press("Enter")
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
    page.locator(".transcript-fold summary").click()
    page.get_by_role("link", name="Open the transcript").click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    box = page.get_by_role("searchbox", name="Find in the transcript")
    box.fill("thanks")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".marked").first).to_be_visible()


@pytest.fixture
def hearing(fresh_addresses: Addresses, tmp_path: Path) -> Iterator[ServedBoard]:
    """A board that has the recording of its one call: twenty seconds of silence."""
    with wave.open(str(tmp_path / "one.wav"), "wb") as sound:
        sound.setparams((1, 1, 8_000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 8_000 * 20)
    with served_board(fresh_addresses, recordings=str(tmp_path)) as served:
        with served.behind.rows() as session:
            make_call(
                session,
                recording_url="https://recordings.example.com/one.wav",
                transcript="Agent: Thank you for calling\nCaller: it leaks",
            )
        yield served


@pytest.fixture
def hearers(hearing: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(hearing, chromium) as visitors:
        yield visitors


def test_a_note_can_be_added_while_the_recording_plays(hearers: Visitors) -> None:
    page = hearers.open_page(Role.SUPPORT)
    page.goto("/calls")
    find_rows(page).first.locator(".row-link").click()
    open_transcript(page)
    box = page.get_by_role("searchbox", name="Find in the transcript")
    box.fill("leaks")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 1")
    page.evaluate("document.querySelector('audio').play()")
    page.locator("audio").focus()
    address = page.url
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("audio")).to_be_focused()
    assert page.url == address

    page.get_by_role("link", name="Add a note").click()
    dialog = page.get_by_role("dialog", name="Add a note")
    dialog.get_by_label("Note").fill("They will be called back")
    dialog.get_by_role("button", name="Preview").click()
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "aside#detail"):
        dialog.get_by_role("button", name="Add the note").click()
    expect(find_panel(page)).to_contain_text("They will be called back")
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert page.evaluate(
        "(() => { const { paused, currentTime } = document.querySelector('audio');"
        " return !paused && currentTime > 0; })()"
    )
    expect(page.locator("#transcript-turns")).to_be_visible()
    expect(box).to_have_value("leaks")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 1")
