"""The panel of notes: what it shows, to whom, its forms, and its list in the API."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from adminboard.notes.models import Note, NoteTarget
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_call, make_note, make_organization
from tests.pages import Page

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#notes"}
LONG = "Hello\n" + "word " * 390

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


@pytest.fixture
def customer(board: BoardUnderTest) -> UUID:
    """A customer with two notes, an edited one and an older one, and one that was removed."""
    with board.rows() as session:
        customer = make_organization(session).id
        make_note(session, target_id=customer, body="Older\nمحمد 👩🏽‍💻 <b>", author_name="Sam")
        make_note(
            session,
            target_id=customer,
            body=LONG.strip(),
            created_at=START + timedelta(hours=1),
            edited_at=START + timedelta(hours=2),
            edited_by="Robin",
        )
        make_note(session, target_id=customer, body="Removed", removed_at=START)
    return customer


def open_panel(board: BoardUnderTest, query: str, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/notes/panel?{query}", headers=PANEL)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return Page(answer.text)


def texts(page: Page) -> list[str]:
    return [item.text for item in page.root.find_all("p", class_="note-body")]


def test_the_newest_note_comes_first_and_removed_ones_not_at_all(
    board: BoardUnderTest, customer: UUID
) -> None:
    page = open_panel(board, f"customer={customer}")
    assert texts(page) == [" ".join(LONG.split()), "Older محمد 👩🏽‍💻 <b>"]
    feet = [foot.text for foot in page.root.find_all("p", class_="note-foot")]
    assert "edited by Robin" in feet[0]
    assert feet[1].startswith("Sam ·")
    assert "edited" not in feet[1]


def test_lines_stay_lines(board: BoardUnderTest, customer: UUID) -> None:
    assert "Older\nمحمد" in open_panel(board, f"customer={customer}").html


def test_a_call_has_notes_of_its_own(board: BoardUnderTest) -> None:
    with board.rows() as session:
        call = make_call(session).id
        make_note(session, target_kind=NoteTarget.CALL, target_id=call, body="Wrong number")
    assert texts(open_panel(board, f"call={call}")) == ["Wrong number"]


def test_without_notes_it_says_so(board: BoardUnderTest) -> None:
    with board.rows() as session:
        customer = make_organization(session).id
    page = open_panel(board, f"customer={customer}")
    assert "No notes yet" in page.text
    assert "Add a note" in page.text


@pytest.mark.parametrize("role", Role)
def test_only_who_may_write_gets_the_forms_and_only_who_may_read_the_text(
    role: Role, board: BoardUnderTest, customer: UUID
) -> None:
    page = open_panel(board, f"customer={customer}", role)
    may = role is not Role.VIEWER
    assert any("notes.add" in link for link in page.links()) == may
    assert any("notes.edit" in link for link in page.links()) == may
    assert bool(texts(page)) == may
    assert ("not shown to viewers" in page.text) != may
    assert "Sam" in page.text


def test_many_notes_are_shown_when_asked_for(board: BoardUnderTest) -> None:
    with board.rows() as session:
        customer = make_organization(session).id
        for number in range(25):
            make_note(session, target_id=customer, body=f"Note {number}")
    page = open_panel(board, f"customer={customer}")
    assert len(texts(page)) == 20
    assert "Show all 25 notes" in page.text
    everything = next(link for link in page.links() if "all=yes" in link)
    assert len(texts(Page(board.browser(Role.SUPPORT).get(everything, headers=PANEL).text))) == 25


def test_it_is_a_page_without_javascript(board: BoardUnderTest, customer: UUID) -> None:
    page = Page(board.browser(Role.SUPPORT).get(f"/notes/panel?customer={customer}").text)
    assert page.root.get("h1").text == "Notes"
    assert len(texts(page)) == 2


@pytest.mark.parametrize("query", ["", f"customer={NOBODY}&call={NOBODY}", "customer=%00"])
def test_it_wants_to_know_whose_notes(query: str, board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get(f"/notes/panel?{query}").status_code == 422


@pytest.mark.parametrize("query", [f"customer={NOBODY}", f"call={NOBODY}", "call=nonsense"])
def test_what_is_not_there_has_no_notes(query: str, board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get(f"/notes/panel?{query}").status_code == 404


def test_it_costs_the_same_queries_however_many_notes(board: BoardUnderTest, customer: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = []
    for _ in range(2):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/notes/panel?customer={customer}", headers=PANEL).status_code == 200
        costs.append(len(statements))
        with board.rows() as session:
            for number in range(5):
                make_note(session, target_id=customer, body=f"Another {number}")
    assert costs[0] == costs[1] <= 4


def test_a_note_is_edited_on_pages_and_the_form_holds_its_text(board: BoardUnderTest, customer: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    panel = open_panel(board, f"customer={customer}&return_to=%2Fusers")
    link = next(link for link in panel.links() if "notes.edit" in link)
    form = Page(browser.get(link).text).form("/actions/notes.edit/preview")
    assert form.values["body"] == [LONG.strip()]
    assert form.values["revision"] == ["1"]
    preview = Page(browser.post(form.action, data=form.values | {"body": ["New\ntext"]}).text)
    assert "New\ntext" in preview.html
    assert preview.root.get("dl", class_="change-long").text.startswith("Note now Hello")
    confirmation = preview.form("/actions/notes.edit")
    done = browser.post(confirmation.action, data=confirmation.values, follow_redirects=False)
    assert done.headers["location"].startswith("/users?done=")
    assert "New text" in texts(open_panel(board, f"customer={customer}"))


def test_of_two_who_edit_at_once_the_second_is_told(board: BoardUnderTest, customer: UUID) -> None:
    first, second = board.browser(Role.SUPPORT), board.browser(Role.BILLING)
    link = next(link for link in open_panel(board, f"customer={customer}").links() if "notes.edit" in link)
    forms = [Page(who.get(link).text).form("/actions/notes.edit/preview") for who in (first, second)]
    confirmations = []
    for who, form, text in zip((first, second), forms, ("One", "Two"), strict=True):
        answer = who.post(form.action, data=form.values | {"body": [text], "csrf_token": [who.csrf_token()]})
        confirmations.append(Page(answer.text).form("/actions/notes.edit"))
    assert first.post(confirmations[0].action, data=confirmations[0].values).status_code == 200
    late = second.post(confirmations[1].action, data=confirmations[1].values)
    assert late.status_code == 409
    assert "changed this note after you opened it" in late.text
    assert "Two" in late.text
    assert "One" in texts(open_panel(board, f"customer={customer}"))


def test_the_api_lists_the_notes_on_a_customer(board: BoardUnderTest, customer: UUID) -> None:
    program = board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)
    answer = program.get(f"/v1/admin/customers/{customer}/notes?limit=1").json()
    assert [item["body"] for item in answer["items"]] == [LONG.strip()]
    rest = program.get(f"/v1/admin/customers/{customer}/notes?cursor={answer['next_cursor']}").json()
    assert [item["body"] for item in rest["items"]] == ["Older\nمحمد 👩🏽‍💻 <b>"]
    everywhere = program.get(f"/v1/admin/notes?customer={customer}").json()
    assert everywhere["count"] == {"value": 2, "exact": True}
    csv = program.get(f"/v1/admin/customers/{customer}/notes", headers={"Accept": "text/csv"})
    assert "Older" in csv.text
    assert program.get(f"/v1/admin/customers/{NOBODY}/notes").status_code == 404


def test_a_key_without_personal_data_gets_no_text(board: BoardUnderTest, customer: UUID) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    for accept in ("application/json", "text/csv"):
        answer = program.get(f"/v1/admin/customers/{customer}/notes", headers={"Accept": accept})
        assert "Older" not in answer.text
        assert "Sam" in answer.text


def test_the_database_keeps_the_limit_too(board: BoardUnderTest) -> None:
    columns = {constraint.name for constraint in Note.__table__.constraints}  # type: ignore[attr-defined]  # a table
    assert {"ck_notes_body_not_empty", "ck_notes_body_within_limit"} <= columns
