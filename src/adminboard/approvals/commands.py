"""What people may do with a request: approve it, reject it, or take back their own."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from adminboard.core.commands import Command, check_printable

Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(check_printable),
    Field(title="Note", json_schema_extra={"widget": "textarea"}),
]
"""What whoever decides has to say about it: 1 to 500 characters after trimming."""


class ApproveRequest(Command):
    """Approve a request of somebody else: the change is made now, in the name of who asked for it."""

    approval: UUID = Field(title="Request")
    note: Note | None = None

    @property
    def reason(self) -> str | None:
        """The note, as the reason of the audit entry."""
        return self.note


class RejectRequest(Command):
    """Reject a request of somebody else, and say why."""

    approval: UUID = Field(title="Request")
    note: Note

    @property
    def reason(self) -> str:
        """The note, as the reason of the audit entry."""
        return self.note


class WithdrawRequest(Command):
    """Take back a request of one's own before somebody decides on it."""

    approval: UUID = Field(title="Request")
