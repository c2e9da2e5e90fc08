"""Reading a transcript: turns, marks, and the audit entry that comes before anything is shown."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from adminboard.calls.transcripts import Turn, split_turns
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.db.embedded import APP_ROLE
from tests.clients import BoardUnderTest
from tests.factories import make_business, make_call
from tests.pages import Page
from tests.web.problems import read_problem

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#transcript-text"}
SPOKEN = """Agent: Thank you for calling.
Caller: My boiler leaks.
It is leaking a lot: everywhere!

Agent: <b>Oh</b>."""


@pytest.fixture(scope="module")
def call(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_call(session, transcript=SPOKEN).id


@pytest.fixture(scope="module")
def silent(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_call(session, transcript=None).id


def readings(board: BoardUnderTest, call: UUID) -> list[AuditEntry]:
    with board.rows() as session:
        asked = select(AuditEntry).where(
            AuditEntry.action == "calls.read_transcript", AuditEntry.target_id == str(call)
        )
        return list(session.scalars(asked.order_by(AuditEntry.position)))


def test_it_is_shown_as_turns_of_speakers(board: BoardUnderTest, call: UUID) -> None:
    page = Page(board.browser(Role.SUPPORT).get(f"/calls/{call}/transcript", headers=FRAGMENT).text)
    turns = [turn.text for turn in page.root.get("ol", id="transcript-turns").find_all("li")]
    assert turns == [
        "Agent Thank you for calling.",
        "Caller My boiler leaks. It is leaking a lot: everywhere!",
        "Agent <b>Oh</b>.",
    ]
    assert "<html" not in page.html


def test_without_scripts_it_is_a_page_of_its_own(board: BoardUnderTest, call: UUID) -> None:
    page = Page(board.browser(Role.SUPPORT).get(f"/calls/{call}/transcript?q=leak").text)
    assert "<html" in page.html
    assert f"/calls?selected={call}" in page.links()
    assert page.form(f"/calls/{call}/transcript").values == {"q": ["leak"]}


def test_the_words_of_a_search_are_marked(board: BoardUnderTest, call: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    page = Page(browser.get(f"/calls/{call}/transcript?q=leaked boilers agent", headers=FRAGMENT).text)
    assert [mark.text for mark in page.root.find_all("mark")] == ["boiler", "leaks", "leaking"]
    assert [speaker.text for speaker in page.root.find_all("strong")] == ["Agent", "Caller", "Agent"]


@pytest.mark.parametrize("term", ["the", "x", '"', "-" * 200, "<script>", "%00", "\u202e", "a" * 500])
def test_odd_words_mark_nothing_and_break_nothing(term: str, board: BoardUnderTest, call: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/calls/{call}/transcript", params={"q": term})
    assert answer.status_code == 200
    assert Page(answer.text).root.find_all("mark") == []


def test_each_reading_is_written_down(board: BoardUnderTest, call: UUID) -> None:
    before = len(readings(board, call))
    browser = board.new_browser(Role.SUPPORT)
    browser.get(f"/calls/{call}/transcript?q=boiler", headers=FRAGMENT)
    browser.get(f"/calls/{call}/transcript", headers=FRAGMENT)
    entry, second = readings(board, call)[before:]
    assert browser.admin is not None
    assert entry.actor_id == second.actor_id == browser.admin.id
    assert entry.target_kind == "call"
    assert entry.after == {"search": "boiler"}
    assert entry.customer_id is not None
    assert "leaks" not in f"{entry.summary} {entry.target_label} {entry.after}"


def test_the_audit_log_leads_to_the_call(board: BoardUnderTest, call: UUID) -> None:
    board.browser(Role.SUPPORT).get(f"/calls/{call}/transcript", headers=FRAGMENT)
    entry = readings(board, call)[-1]
    page = board.browser(Role.ADMIN).get(f"/audit?selected={entry.id}").text
    assert f"/calls?selected={call}" in page


def test_what_cannot_be_written_down_is_not_shown(board: BoardUnderTest, call: UUID) -> None:
    with board.rows() as session:
        session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))
    try:
        page = board.browser(Role.SUPPORT).get(f"/calls/{call}/transcript", headers=FRAGMENT)
        api = board.program().get(f"/v1/admin/calls/{call}/transcript")
    finally:
        with board.rows() as session:
            session.execute(text(f"GRANT INSERT ON board.audit_entries TO {APP_ROLE}"))
    for answer in (page, api):
        assert answer.status_code == 503
        assert "boiler" not in answer.text


def test_who_may_not_read_it_leaves_no_entry(board: BoardUnderTest, call: UUID) -> None:
    before = len(readings(board, call))
    answer = board.browser(Role.VIEWER).get(f"/calls/{call}/transcript", headers=FRAGMENT)
    assert answer.status_code == 403
    masked = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    assert masked.get(f"/v1/admin/calls/{call}/transcript").status_code == 403
    assert "boiler" not in answer.text
    assert len(readings(board, call)) == before


def test_a_program_reads_turns_and_is_written_down(board: BoardUnderTest, call: UUID) -> None:
    before = len(readings(board, call))
    answer = board.program().get(f"/v1/admin/calls/{call}/transcript").json()
    assert answer["call_id"] == str(call)
    assert answer["turns"][0] == {"speaker": "Agent", "text": "Thank you for calling."}
    assert len(readings(board, call)) == before + 1


def test_no_transcript_and_no_call_are_sentences(board: BoardUnderTest, silent: UUID) -> None:
    program = board.program()
    read_problem(program.get(f"/v1/admin/calls/{silent}/transcript"), 404, "no_transcript")
    read_problem(program.get(f"/v1/admin/calls/{uuid4()}/transcript"), 404, "call_unknown")
    read_problem(program.get("/v1/admin/calls/nonsense/transcript"), 422)
    assert readings(board, silent) == []
    browser = board.browser(Role.SUPPORT)
    assert "no transcript" in browser.get(f"/calls/{silent}/transcript", headers=FRAGMENT).text


TURNS = {
    "Agent: Hi\nCaller: Hello": [("Agent", "Hi"), ("Caller", "Hello")],
    "no speaker at all": [("", "no speaker at all")],
    "Hello\nthere": [("", "Hello\nthere")],
    "Dr. O'Neil-Smith 2: yes": [("Dr. O'Neil-Smith 2", "yes")],
    "Agente: ¿Sí?\nCliente: مرحبا": [("Agente", "¿Sí?"), ("Cliente", "مرحبا")],
    "12:30 is fine": [("", "12:30 is fine")],
    "Agent: at 12:30\n12:45 works too": [("Agent", "at 12:30\n12:45 works too")],
    "Agent:\n\n  spread out  ": [("Agent", "\nspread out")],
    "\n \n": [],
    "A" * 60 + ": long": [("", "A" * 60 + ": long")],
}


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_lines_are_turns_as_they_name_speakers(number: int) -> None:
    spoken, turns = list(TURNS.items())[number]
    assert split_turns(spoken) == tuple(Turn(*turn) for turn in turns)


def test_a_transcript_of_many_turns_is_shown_whole(board: BoardUnderTest) -> None:
    with board.rows() as session:
        lines = "\n".join(f"Caller: line {number} {'words ' * 30}" for number in range(2_000))
        long = make_call(session, business_id=make_business(session).id, transcript=lines).id
    page = board.browser(Role.SUPPORT).get(f"/calls/{long}/transcript?q=words", headers=FRAGMENT)
    assert page.status_code == 200
    assert "line 1999" in page.text
