"""What staff may do with notes, with its limits (domain: "Actions")."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from adminboard.core.commands import Command, check_printable
from adminboard.customers.lookup import CustomerReference
from adminboard.notes.models import MAX_NOTE_LENGTH


def _plain_line_breaks(text: object) -> object:
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


NoteBody = Annotated[
    str,
    BeforeValidator(_plain_line_breaks),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_LENGTH),
    AfterValidator(check_printable),
    Field(title="Note", json_schema_extra={"widget": "textarea"}),
]
"""The text of a note: 1 to 2,000 characters after trimming, of any number of lines."""

Revision = Annotated[
    int | None,
    Field(
        title="Revision",
        ge=1,
        description="Refuses when the note was changed since; empty for whatever it is.",
        json_schema_extra={"widget": "hidden"},
    ),
]
"""Which state of the note the change was meant for."""


class AddNote(Command):
    """Write a note on a customer or on a call: exactly one of them is named."""

    customer: CustomerReference | None = None
    call: UUID | None = Field(None, title="Call")
    body: NoteBody

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.customer is None) == (self.call is None):
            raise ValueError("Name either a customer or a call.")
        return self


class EditNote(Command):
    """Change the text of a note."""

    note: UUID = Field(title="Note")
    body: NoteBody
    revision: Revision = None


class NameNote(Command):
    """Remove a note, or put a removed one back."""

    note: UUID = Field(title="Note")
    revision: Revision = None
