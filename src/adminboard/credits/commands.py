"""What staff may ask of the ledger, with its limits (domain: "Credits: a ledger")."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from adminboard.core.commands import Command, Moment, Reason
from adminboard.core.money import Credits, in_dollars
from adminboard.credits.kinds import AdjustmentType
from adminboard.users.lookup import UserReference

MAX_ADJUSTMENT = Decimal("10000.00")
AMOUNT_PATTERN = r"(10000(\.00?)?|[1-9][0-9]{0,3}(\.[0-9]{1,2})?|0\.(0[1-9]|[1-9][0-9]?))"
"""What is surely so much, without a sign, for programs that read the API's description."""


def _within_limits(amount: Decimal) -> Decimal:
    if amount == 0:
        raise ValueError("The amount must not be zero.")
    if abs(amount) > MAX_ADJUSTMENT:
        raise ValueError(f"At most {in_dollars(MAX_ADJUSTMENT)} can be adjusted at once.")
    return amount


AdjustmentAmount = Annotated[
    Credits,
    AfterValidator(_within_limits),
    WithJsonSchema({"type": "string", "pattern": f"^-?{AMOUNT_PATTERN}$", "examples": ["20.00"]}),
    Field(title="Amount", description="Positive adds credits, negative deducts them."),
]
"""Credits to add or deduct: not zero, two decimals, at most 10,000 either way."""


class AdjustCredits(Command):
    """Add credits to a user's balance, or deduct them."""

    user: UserReference
    amount: AdjustmentAmount
    type: AdjustmentType = Field(AdjustmentType.ADJUSTMENT, title="Type")
    reason: Reason
    expires_at: Moment = Field(
        None, title="Expires", description="When added credits lapse; empty for never."
    )

    @field_validator("expires_at")
    @classmethod
    def _only_grants_expire(cls, expires_at: datetime | None, info: ValidationInfo) -> datetime | None:
        if expires_at is not None and info.data.get("amount", 1) < 0:
            raise ValueError("Only added credits can expire. Leave this empty for a deduction.")
        return expires_at


class ReverseTransaction(Command):
    """Post the opposite of an entry of the ledger, linked to it. Once only."""

    transaction_id: UUID = Field(title="Transaction")
    reason: Reason
