"""What the product charges: a deduction for usage, once for each request."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from adminboard.core import idempotency
from adminboard.core.canonical import digest, to_plain
from adminboard.core.commands import Command
from adminboard.core.money import Credits, in_dollars
from adminboard.core.work import Work
from adminboard.credits import ledger
from adminboard.credits.book import Outcome
from adminboard.credits.kinds import TransactionType
from adminboard.users.lookup import UserIdentity, UserReference, get_user

MAX_DEDUCTION = Decimal("10000.00")
MAX_METADATA_FIELDS = 20


def _within_limits(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise ValueError("The amount to deduct must be above zero.")
    if amount > MAX_DEDUCTION:
        raise ValueError(f"At most {in_dollars(MAX_DEDUCTION)} can be deducted at once.")
    return amount


_Name = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\w+$")]
_Value = Annotated[str, StringConstraints(max_length=500)] | int | bool | None


class DeductUsage(Command):
    """Charge a user's credits for what they used. Usage that no credits cover becomes debt."""

    user: UserReference
    amount: Annotated[Credits, AfterValidator(_within_limits), Field(description="Above zero")]
    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    metadata: dict[_Name, _Value] = Field(
        default_factory=dict, max_length=MAX_METADATA_FIELDS, description="Kept with the entry, as it is"
    )


def deduct_usage(work: Work, command: DeductUsage, idempotency_key: str) -> dict[str, Any]:
    """Posts the deduction with its audit entry and returns the answer to give; twice with one key is once.

    Inactive users are charged too: what they used is used. Locks the balance row. Raises `UserUnknown`,
    `idempotency.KeyReused`.
    """
    known = idempotency.claim(work, idempotency_key, digest(["credits.deduct_usage", command.to_data()]))
    if known is not None:
        work.abandon()
        return dict(known)
    user = get_user(work.session, command.user)
    outcome = ledger.post(
        work,
        user.id,
        TransactionType.DEDUCT_USAGE,
        -command.amount,
        description=command.description,
        details=lambda _: {
            **command.metadata,
            "source": "usage_api",
            "api_key": work.actor.name,
            "request_id": work.actor.request_id,
        },
    )
    answer = _answer(work, user, outcome)
    idempotency.store(work, idempotency_key, answer)
    return answer


def _answer(work: Work, user: UserIdentity, outcome: Outcome) -> dict[str, Any]:
    posting, before, after = outcome.posting, outcome.before.total, outcome.book.total
    audit_id = work.audit(
        "credits.deduct_usage",
        user.target,
        f"{in_dollars(posting.amount)} used by {user.email}: {in_dollars(before)} → {in_dollars(after)}",
        before={"Balance": before},
        after={"Balance": after, "transaction_id": posting.id},
    )
    result = {
        "id": posting.id,
        "user_id": user.id,
        "amount": posting.amount,
        "balance_after": posting.balance_after,
        "created_at": posting.created_at,
    }
    return {"result": to_plain(result), "audit_id": str(audit_id)}
