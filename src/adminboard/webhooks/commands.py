"""What people and programs say to have events applied once more."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from adminboard.core.commands import TRIMMED_PATTERN, Command, PastMoment, Reason
from adminboard.webhooks.trying import Tried

EventReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=255),
    Field(title="Event", json_schema_extra={"pattern": TRIMMED_PATTERN}),
]
"""An event as people and programs name it: Stripe's id, or the board's own."""
MOST_BY_PROGRAMS = 500


class ReplayEvent(Command):
    """Apply one event of Stripe's once more, with its object as Stripe has it now."""

    carried: ClassVar[frozenset[str]] = frozenset({"tried"})

    event: EventReference
    reason: Reason
    tried: Tried | None = None
    """What applying it changes, as it was tried for the preview."""

    def without_personal_data(self) -> Self:
        tried = self.tried and self.tried.without_values()
        return self.model_copy(update={"tried": tried})


def split_words(text: str | None) -> tuple[str, ...]:
    """What is named in a text, separated by commas."""
    return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip())))


def _check_customers(text: str) -> str:
    """Raises `ValueError` for what is no id."""
    for word in split_words(text):
        try:
            UUID(word)
        except ValueError:
            raise ValueError(f"{word[:40]!r} is not a customer's id.") from None
    return text


class ReplayFailed(Command):
    """Apply all failed events once more, or those of some types, customers, of one user's customer, from a
    moment on or before one."""

    event_type: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)] | None
    ) = Field(
        None,
        title="Type",
        description="Only these, like invoice.paid, several with commas; empty for every type.",
    )
    user: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)] | None = (
        Field(
            None,
            title="User",
            description="Only events of the customer that pays for this user: an id or an e-mail address.",
        )
    )
    customer: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
            AfterValidator(_check_customers),
        ]
        | None
    ) = Field(None, title="Customer", description="Only events of these: ids, several with commas.")
    matching: str = Field(
        "",
        title="Matching",
        max_length=4_000,
        description="Only those that the list of events finds by this query string, like q=evt_…",
        json_schema_extra={"widget": "hidden"},
    )
    since: PastMoment = Field(None, title="Received since", description="Only those that came since then.")
    until: PastMoment = Field(None, title="Received before", description="Only those that came before then.")
    limit: int | None = Field(
        None, title="At most", ge=1, le=100_000, description="The oldest ones first; empty for all."
    )
    reason: Reason

    @property
    def event_types(self) -> tuple[str, ...]:
        """The types that are wanted; none for all."""
        return split_words(self.event_type)

    @property
    def customers(self) -> tuple[UUID, ...]:
        """The customers whose events are wanted; none for all."""
        return tuple(UUID(word) for word in split_words(self.customer))
