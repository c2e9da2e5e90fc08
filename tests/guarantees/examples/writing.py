"""Examples of changes to staff notes."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.notes.commands import AddNote, EditNote, NameNote
from adminboard.notes.models import Note, NoteTarget
from tests.factories import make_call, make_note, make_organization
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen


def adding(scene: Scene) -> Example:
    on_call = scene.chance.random() < 0.5
    body = f"Prefers the morning.\n{scene.word()}"
    with scene.board.rows() as session:
        target = make_call(session).id if on_call else make_organization(session).id

    def look(session: Session) -> Seen:
        newest = select(Note.body).where(Note.target_id == target).order_by(Note.created_at.desc()).limit(1)
        return {"Note": session.scalar(newest)}

    named = {"call": target} if on_call else {"customer": str(target)}
    return Example(AddNote(body=body, **named), look, repeatable=True)


def editing(scene: Scene) -> Example:
    note = _make_note(scene)
    return Example(EditNote(note=note, body=f"Now {scene.word()}"), lambda session: _see(session, note))


def removal(scene: Scene) -> Example:
    note = _make_note(scene)
    revision = scene.chance.choice([None, 1])
    return Example(NameNote(note=note, revision=revision), lambda session: _see(session, note))


def restoring(scene: Scene) -> Example:
    note = _make_note(scene, removed=True)
    return Example(NameNote(note=note), lambda session: _see(session, note))


def _make_note(scene: Scene, *, removed: bool = False) -> UUID:
    kind = scene.chance.choice(list(NoteTarget))
    with scene.board.rows() as session:
        target = make_call(session) if kind is NoteTarget.CALL else make_organization(session)
        removed_at = scene.board.clock.now() if removed else None
        note = make_note(
            session, target_kind=kind, target_id=target.id, body=scene.word(), removed_at=removed_at
        )
        return note.id


def _see(session: Session, note_id: UUID) -> Seen:
    note = session.get_one(Note, note_id)
    return {"Note": note.body if note.removed_at is None else None}


EXAMPLES: dict[str, MakeExample] = {
    "notes.add": adding,
    "notes.edit": editing,
    "notes.remove": removal,
    "notes.restore": restoring,
}
