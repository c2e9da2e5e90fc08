"""What people and programs say to have events applied once more."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from adminboard.core.commands import Command, Moment, Reason

EventReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=255),
    Field(title="Event"),
]
"""An event as people and programs name it: Stripe's id, or the board's own."""
MOST_BY_PROGRAMS = 500


class ReplayEvent(Command):
    """Apply one event of Stripe's once more, with its object as Stripe has it now."""

    event: EventReference
    reason: Reason


class ReplayFailed(Command):
    """Apply all failed events once more, or those of one type, of one user's customer, since a moment."""

    event_type: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None
    ) = Field(None, title="Type", description="Only these, like invoice.paid; empty for every type.")
    user: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)] | None = (
        Field(
            None,
            title="User",
            description="Only events of the customer that pays for this user: an id or an e-mail address.",
        )
    )
    customer: UUID | None = Field(None, title="Customer")
    since: Moment = Field(None, title="Received since", description="Only those that came since then.")
    limit: int | None = Field(
        None, title="At most", ge=1, le=100_000, description="The oldest ones first; empty for all."
    )
    reason: Reason
