"""Notes as a list, for the API and exports; pages show them in panels of what they are about."""

from sqlalchemy import select

from adminboard.core.listings import Choice, Column, DateRange, Detail, Listing, Noun, Option, Reference
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.customers.models import customer_named
from adminboard.notes.models import Note, NoteTarget
from adminboard.notes.queries import get_note_detail

notes = Listing(
    name="notes",
    title="Notes",
    noun=Noun("note", "notes"),
    path="/notes",
    has_page=False,
    permission=Permission.CUSTOMERS_READ,
    select=select(Note).where(Note.removed_at.is_(None)),
    key=Note.id,
    columns=[
        Column("Written", Note.created_at, key="created_at", cell="datetime", sort=True, priority=1),
        Column("By", Note.author_name, key="author_name"),
        Column("Note", Note.body, key="body", cell="long_text", mask=Mask.HIDDEN, priority=1),
        Column("On", Note.target_kind, key="target_kind", cell="word"),
        Column("Of", Note.target_id, key="target_id", cell="id", shown=False),
        Column("Edited", Note.edited_at, key="edited_at", cell="datetime"),
        Column("Edited by", Note.edited_by, key="edited_by"),
        Column("Revision", Note.revision, cell="number", align="end", shown=False),
    ],
    filters=[
        Choice(
            "kind",
            "On",
            Note.target_kind,
            options=[Option(kind.value, kind.value) for kind in NoteTarget],
        ),
        Reference("customer", "Customer", Note.target_id, named=customer_named),
        Reference("call", "Call", Note.target_id),
        DateRange("written", "Written", Note.created_at),
    ],
    sort="-created_at",
    detail=Detail(get_note_detail, "notes/note.html"),
    empty="Notes are written beside the customer or the call they are about.",
)
