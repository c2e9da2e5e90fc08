"""Adding, editing, removing and restoring notes: what is kept, what is refused, and the way back."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.notes.models import Note
from tests.clients import BoardUnderTest, Program
from tests.factories import make_business, make_call, make_note, make_organization, make_user
from tests.web.problems import read_problem

TEXT = "Prefers the morning.\nAsk for Hazel."


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program(role=Role.SUPPORT)


@pytest.fixture
def customer(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_organization(session, name="Acme Plumbing").id


@pytest.fixture
def note(board: BoardUnderTest, customer: UUID) -> UUID:
    with board.rows() as session:
        return make_note(session, target_id=customer, body=TEXT, author_name="Sam").id


def add(program: Program, path: str, body: Any = TEXT, **fields: Any) -> Any:
    return program.post(f"/v1/admin/{path}/notes", json={"body": body} | fields)


def load(board: BoardUnderTest, note: UUID | str) -> Note:
    with board.runtime.reading() as session:
        return session.get_one(Note, UUID(str(note)))


def bodies_on(board: BoardUnderTest, target: UUID) -> list[str]:
    with board.runtime.reading() as session:
        query = select(Note.body).where(Note.target_id == target, Note.removed_at.is_(None))
        return list(session.scalars(query.order_by(Note.created_at, Note.id)))


def audits_of(board: BoardUnderTest, target: UUID) -> list[AuditEntry]:
    with board.runtime.reading() as session:
        query = select(AuditEntry).where(AuditEntry.target_id == str(target))
        return list(session.scalars(query.order_by(AuditEntry.position)))


def undo(program: Program, answer: Any) -> Any:
    return program.post(answer.json()["undo"]["href"], json={})


def test_a_note_on_a_customer_is_kept_with_who_wrote_it(
    board: BoardUnderTest, program: Program, customer: UUID
) -> None:
    answer = add(program, f"customers/{customer}")
    assert answer.status_code == 201, answer.text
    kept = load(board, answer.json()["result"]["id"])
    assert (kept.body, kept.target_kind.value, kept.target_id) == (TEXT, "customer", customer)
    assert kept.author_name == answer.json()["result"]["author_name"]
    entry = audits_of(board, customer)[-1]
    assert (entry.action, entry.target_label, entry.customer_id) == (
        "notes.add",
        "Acme Plumbing",
        customer,
    )
    assert entry.after == {"Note": TEXT, "note_id": str(kept.id)}


def test_a_note_on_a_call_belongs_to_the_customer_who_pays_and_names_no_number(
    board: BoardUnderTest, program: Program, customer: UUID
) -> None:
    with board.rows() as session:
        owner = make_user(session, organization_id=customer)
        business = make_business(session, owner_id=owner.id, name="Acme")
        call = make_call(session, business_id=business.id, caller_phone="+15558675309").id
    assert add(program, f"calls/{call}").status_code == 201
    assert bodies_on(board, call) == [TEXT]
    entry = audits_of(board, call)[-1]
    assert (entry.target_kind, entry.customer_id) == ("call", customer)
    assert entry.target_label == "Call to Acme, 2026-01-15 12:00 UTC"


@pytest.mark.parametrize("name", ["note-slug", "cus_Notes42"])
def test_a_customer_goes_by_slug_and_stripe_id_too(
    name: str, board: BoardUnderTest, program: Program
) -> None:
    with board.rows() as session:
        fields = {"slug": name} if name == "note-slug" else {"stripe_customer_id": name}
        customer = make_organization(session, **fields).id
    assert add(program, f"customers/{name}").status_code == 201
    assert bodies_on(board, customer) == [TEXT]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("  trimmed \n", "trimmed"),
        ("two\r\nlines", "two\nlines"),
        ("x" * 2000, "x" * 2000),
        ("שלום 👩🏽‍💻", "שלום 👩🏽‍💻"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_a_text_is_kept_as_it_was_written(
    body: str, kept: str, board: BoardUnderTest, program: Program, customer: UUID
) -> None:
    assert add(program, f"customers/{customer}", body).status_code == 201
    assert bodies_on(board, customer) == [kept]


@pytest.mark.parametrize("body", ["", "   \n ", "x" * 2001, "bell\x07", None, 5, ["a"]])
def test_a_text_that_is_none_is_refused(
    body: Any, board: BoardUnderTest, program: Program, customer: UUID
) -> None:
    problem = read_problem(add(program, f"customers/{customer}", body), 422)
    assert problem["errors"][0]["field"] == "body"
    assert bodies_on(board, customer) == []
    assert audits_of(board, customer) == []


def test_a_customer_or_call_that_is_not_there_gets_no_note(program: Program) -> None:
    read_problem(add(program, f"customers/{uuid4()}"), 404, "customer_unknown")
    read_problem(add(program, "customers/nobody"), 404, "customer_unknown")
    read_problem(add(program, f"calls/{uuid4()}"), 404, "call_unknown")
    read_problem(add(program, "calls/nonsense"), 422)


def test_a_note_is_about_one_thing(program: Program, customer: UUID) -> None:
    read_problem(add(program, f"customers/{customer}", call=str(uuid4())), 422)
    read_problem(add(program, f"calls/{uuid4()}", customer=str(customer)), 422)


def test_adding_is_undone_by_removing(board: BoardUnderTest, program: Program, customer: UUID) -> None:
    answer = add(program, f"customers/{customer}")
    assert undo(program, answer).status_code == 200
    assert bodies_on(board, customer) == []
    read_problem(undo(program, answer), 409, "already_undone")


def test_with_one_key_a_note_is_added_once(board: BoardUnderTest, program: Program, customer: UUID) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    path = f"/v1/admin/customers/{customer}/notes"
    first, second = (program.post(path, json={"body": TEXT}, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert bodies_on(board, customer) == [TEXT]


def test_an_edit_says_when_and_by_whom(board: BoardUnderTest, program: Program, note: UUID) -> None:
    answer = program.put(f"/v1/admin/notes/{note}", json={"body": "Moved away."})
    assert answer.status_code == 200, answer.text
    kept = load(board, note)
    assert (kept.body, kept.author_name, kept.revision) == ("Moved away.", "Sam", 2)
    assert kept.edited_at == board.clock.now()
    assert kept.edited_by == answer.json()["result"]["edited_by"] != "Sam"
    assert undo(program, answer).status_code == 200
    assert load(board, note).body == TEXT


def test_an_edit_that_changes_nothing_is_refused(program: Program, note: UUID) -> None:
    read_problem(program.put(f"/v1/admin/notes/{note}", json={"body": TEXT}), 409, "same_text")


def test_an_edit_of_what_was_changed_since_is_refused(
    board: BoardUnderTest, program: Program, note: UUID
) -> None:
    path = f"/v1/admin/notes/{note}"
    assert program.put(path, json={"body": "First.", "revision": 1}).status_code == 200
    problem = read_problem(program.put(path, json={"body": "Second.", "revision": 1}), 409, "note_changed")
    assert "Nothing was changed" in problem["detail"]
    read_problem(program.request("DELETE", path, json={"revision": 1}), 409, "note_changed")
    assert load(board, note).body == "First."


def test_an_edit_that_was_edited_again_cannot_be_undone(
    board: BoardUnderTest, program: Program, note: UUID
) -> None:
    first = program.put(f"/v1/admin/notes/{note}", json={"body": "First."})
    program.put(f"/v1/admin/notes/{note}", json={"body": "Second."})
    read_problem(undo(program, first), 409, "note_changed")
    assert load(board, note).body == "Second."


def test_a_removed_note_is_gone_until_it_is_put_back(
    board: BoardUnderTest, program: Program, customer: UUID, note: UUID
) -> None:
    path = f"/v1/admin/notes/{note}"
    removed = program.delete(path)
    assert removed.status_code == 200
    assert bodies_on(board, customer) == []
    read_problem(program.delete(path), 404, "note_unknown")
    read_problem(program.get(path), 404, "note_unknown")
    read_problem(program.put(path, json={"body": "Too late"}), 404, "note_unknown")
    assert undo(program, removed).status_code == 200
    assert bodies_on(board, customer) == [TEXT]
    read_problem(program.post(f"{path}/restoration", json={}), 404, "note_unknown")
    assert [entry.action for entry in audits_of(board, customer)] == ["notes.remove", "notes.restore"]


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES - {Permission.NOTES_WRITE})[:6])
def test_who_may_not_write_notes_changes_none(
    scope: Permission, board: BoardUnderTest, customer: UUID, note: UUID
) -> None:
    program = board.program(scope)
    path = f"/v1/admin/notes/{note}"
    for answer in (
        add(program, f"customers/{customer}"),
        program.put(path, json={"body": "Mine"}),
        program.delete(path),
        program.post(f"{path}/restoration", json={}),
    ):
        read_problem(answer, 403, "forbidden")
    assert bodies_on(board, customer) == [TEXT]


def test_who_sees_no_personal_data_is_shown_no_text_of_a_note(board: BoardUnderTest, note: UUID) -> None:
    program = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    path = f"/v1/admin/notes/{note}"
    assert "Hazel" not in program.get(path).text
    assert "Hazel" not in program.request("DELETE", f"{path}?dry_run=true", json={}).text
    assert "Hazel" not in program.put(f"{path}?dry_run=true", json={"body": "Guess"}).text
    assert "Hazel" not in program.delete(path).text
