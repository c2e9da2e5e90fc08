"""What staff may ask of grace periods (domain: "Actions")."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from adminboard.billing.payers import PayerReference
from adminboard.core.commands import Command, Reason, exactly_one_of
from adminboard.users.lookup import UserReference

GracePeriodId = Annotated[UUID, Field(title="Grace period", description="The id of the grace period.")]

MOST_DAYS = 90
"""So much time can be given at once."""


class ResetGracePeriod(Command):
    """Give a customer so many days from now to pay: the open grace period ends then, or a new one does."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of("user", "customer"))

    user: Annotated[UserReference, Field(json_schema_extra={"widget": "hidden"})] | None = Field(
        None, title="User", description="The id or e-mail address of a user whom the customer pays for."
    )
    customer: PayerReference | None = None
    days: int = Field(
        7,
        title="Days from today",
        ge=1,
        le=MOST_DAYS,
        description="Counted from today, whatever is left of the grace period that is open now.",
    )
    reason: Reason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.user is None) == (self.customer is None):
            raise ValueError("Name the customer, or a user whom they pay for, and not both.")
        return self


class CloseGracePeriod(Command):
    """End an open grace period now."""

    grace_period: GracePeriodId
    reason: Reason


class RestoreGracePeriod(Command):
    """Give a grace period the end it had before a change. Made by undoing, not by hand."""

    grace_period: GracePeriodId
    ends_at: AwareDatetime = Field(title="Ends", description="When it ended before.")
    is_set_by_hand: bool = Field(False, title="Set by hand", description="Whether staff had said so.")
    seen: AwareDatetime = Field(title="State", description="When it ends as the change left it.")
    reason: Reason
