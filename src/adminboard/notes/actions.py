"""What staff may do with notes: add, edit, remove, and put a removed one back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Bulk, Change, Preview, RestCall, Undo
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError, NotFound, NothingToDo
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.notes.commands import AddNote, EditNote, NameNote
from adminboard.notes.models import Note, NoteTarget
from adminboard.notes.queries import get_note, get_subject


class NoteChanged(DomainError):
    """Somebody changed the note after it was opened here."""

    title = "This note was changed in the meantime"


class SameText(NothingToDo):
    """The edited note reads as it did."""

    title = "Nothing was changed"


def preview_adding(session: Session, command: AddNote) -> Preview:
    """Raises `CustomerUnknown`, `CallUnknown`."""
    return Preview(_subject_named(session, command), (_change(None, command.body),))


def apply_adding(work: Work, command: AddNote) -> Applied:
    """Adds the note in the name of who acts; its undo removes it."""
    subject = _subject_named(work.session, command)
    note = Note(
        target_kind=NoteTarget(subject.kind),
        target_id=UUID(subject.id),
        body=command.body,
        author_id=work.actor.person_id,
        author_name=work.actor.name,
        created_at=work.now(),
        updated_at=work.now(),
    )
    work.session.add(note)
    work.session.flush()
    undo = Undo("notes.remove", NameNote(note=note.id, revision=note.revision))
    return _applied(note, f"Note on {subject.label}", undo)


def lock_note(work: Work, command: EditNote | NameNote) -> None:
    """Locks the note's row, so that of two changes the second sees the first."""
    work.session.execute(select(Note.id).where(Note.id == command.note).with_for_update())


def preview_editing(session: Session, command: EditNote) -> Preview:
    """Raises `NoteUnknown`, `NoteChanged`, `SameText`."""
    note = _note_as_seen(session, command)
    if note.body == command.body:
        raise SameText("The note reads like this already. Change its text, or close the form.")
    subject = get_subject(session, note.target_kind, note.target_id)
    return Preview(subject, (_change(note.body, command.body),), facts={"note": str(note.id)})


def apply_editing(work: Work, command: EditNote) -> Applied:
    """Writes the new text; the undo writes the former one, unless it was edited again."""
    note = _note_as_seen(work.session, command)
    former = note.body
    note.body, note.edited_at, note.edited_by = command.body, work.now(), work.actor.name
    subject = _touch(work, note)
    undo = EditNote(note=note.id, body=former, revision=note.revision)
    return _applied(note, f"Edited a note on {subject.label}", Undo("notes.edit", undo))


def preview_removal(session: Session, command: NameNote) -> Preview:
    """Raises `NoteUnknown`, `NoteChanged`."""
    note = _note_as_seen(session, command)
    subject = get_subject(session, note.target_kind, note.target_id)
    return Preview(subject, (_change(note.body, None),), facts={"note": str(note.id)})


def apply_removal(work: Work, command: NameNote) -> Applied:
    """Marks the note as removed; the undo puts it back."""
    note = _note_as_seen(work.session, command)
    note.removed_at = work.now()
    subject = _touch(work, note)
    undo = Undo("notes.restore", NameNote(note=note.id, revision=note.revision))
    return _applied(note, f"Removed a note on {subject.label}", undo)


def preview_restoring(session: Session, command: NameNote) -> Preview:
    """Raises `NoteUnknown`, `NoteChanged`."""
    note = _note_as_seen(session, command, removed=True)
    subject = get_subject(session, note.target_kind, note.target_id)
    return Preview(subject, (_change(None, note.body),), facts={"note": str(note.id)})


def apply_restoring(work: Work, command: NameNote) -> Applied:
    """Puts a removed note back; the undo removes it again."""
    note = _note_as_seen(work.session, command, removed=True)
    note.removed_at = None
    subject = _touch(work, note)
    undo = Undo("notes.remove", NameNote(note=note.id, revision=note.revision))
    return _applied(note, f"Put a note on {subject.label} back", undo)


def find_subject(session: Session, given: Mapping[str, str]) -> Target | None:
    """What the form is about, when the link that opened it names a customer, a call or a note there is."""
    try:
        if given.get("customer"):
            return get_subject(session, NoteTarget.CUSTOMER, given["customer"])
        if given.get("call"):
            return get_subject(session, NoteTarget.CALL, given["call"])
        note = session.get(Note, UUID(given.get("note", "")))
        return get_subject(session, note.target_kind, note.target_id) if note is not None else None
    except (NotFound, ValueError):
        return None


def begin_editing(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """The note's text and revision as they are; nothing for one that is not there."""
    try:
        note = get_note(session, UUID(given.get("note", "")))
    except (NotFound, ValueError):
        return {}
    return {"body": note.body, "revision": str(note.revision)}


def _subject_named(session: Session, command: AddNote) -> Target:
    if command.customer is not None:
        return get_subject(session, NoteTarget.CUSTOMER, command.customer)
    assert command.call is not None
    return get_subject(session, NoteTarget.CALL, command.call)


def _note_as_seen(session: Session, command: EditNote | NameNote, *, removed: bool = False) -> Note:
    note = get_note(session, command.note, removed=removed)
    session.refresh(note)
    if command.revision is not None and command.revision != note.revision:
        raise NoteChanged(
            f"{note.edited_by or note.author_name} changed this note after you opened it. "
            "Look at it again. Nothing was changed."
        )
    return note


def _touch(work: Work, note: Note) -> Target:
    note.revision += 1
    note.updated_at = work.now()
    work.session.flush()
    return get_subject(work.session, note.target_kind, note.target_id)


def _change(before: str | None, after: str | None) -> Change:
    return Change("Note", before, after, "long_text")


def _applied(note: Note, summary: str, undo: Undo) -> Applied:
    result: dict[str, Any] = {
        "id": note.id,
        "target_kind": note.target_kind,
        "target_id": note.target_id,
        "author_name": note.author_name,
        "created_at": note.created_at,
        "edited_at": note.edited_at,
        "edited_by": note.edited_by,
        "revision": note.revision,
    }
    return Applied(result, summary, undo, record={"note_id": note.id})


_EXAMPLE = {"body": "Prefers to be called in the morning."}

add_note = Action(
    name="notes.add",
    title="Add a note",
    command=AddNote,
    preview=preview_adding,
    apply=apply_adding,
    permission=Permission.NOTES_WRITE,
    confirm_label=lambda *_: "Add the note",
    rest=RestCall(
        "POST",
        "/customers/{customer}/notes",
        "Write a note on a customer",
        status=201,
        example=_EXAMPLE,
        leaves_out=frozenset({"call"}),
    ),
    also_at=(
        RestCall(
            "POST",
            "/calls/{call}/notes",
            "Write a note on a call",
            status=201,
            example=_EXAMPLE,
            leaves_out=frozenset({"customer"}),
        ),
    ),
    subject=find_subject,
    subject_field="customer",
    live=False,
    bulk=Bulk(example={"customer": "acme", "call": "", "body": "Prefers to be called in the morning."}),
)

edit_note = Action(
    name="notes.edit",
    title="Edit the note",
    command=EditNote,
    preview=preview_editing,
    apply=apply_editing,
    permission=Permission.NOTES_WRITE,
    lock=lock_note,
    confirm_label=lambda *_: "Change the note",
    rest=RestCall("PUT", "/notes/{note}", "Change the text of a note", example=_EXAMPLE),
    subject=find_subject,
    subject_field="note",
    begin=begin_editing,
    live=False,
)

remove_note = Action(
    name="notes.remove",
    title="Remove the note",
    command=NameNote,
    preview=preview_removal,
    apply=apply_removal,
    permission=Permission.NOTES_WRITE,
    lock=lock_note,
    confirm_label=lambda *_: "Remove the note",
    rest=RestCall("DELETE", "/notes/{note}", "Remove a note"),
    destructive=True,
    subject=find_subject,
    subject_field="note",
    live=False,
)

restore_note = Action(
    name="notes.restore",
    title="Put the note back",
    command=NameNote,
    preview=preview_restoring,
    apply=apply_restoring,
    permission=Permission.NOTES_WRITE,
    lock=lock_note,
    confirm_label=lambda *_: "Put the note back",
    rest=RestCall("POST", "/notes/{note}/restoration", "Put a removed note back"),
    subject=find_subject,
    subject_field="note",
    live=False,
)
