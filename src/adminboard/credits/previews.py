"""What a change of credits shows before it is confirmed: before → after, warnings, need of approval."""

from decimal import Decimal

from sqlalchemy.orm import Session

from adminboard.core.actions import Caution, Change
from adminboard.core.money import ZERO, in_dollars
from adminboard.core.thresholds import Threshold, get_credit_threshold
from adminboard.credits.book import Outcome
from adminboard.credits.kinds import Bucket

LARGE_AMOUNT = Decimal("100.00")


def get_approval_sentence(session: Session, amount: Decimal) -> str | None:
    """Why a second admin must approve this amount; None when nobody needs to. One query."""
    threshold = get_credit_threshold(session, Threshold.APPROVAL_CREDITS)
    if abs(amount) <= threshold:
        return None
    return f"More than {in_dollars(threshold)} of credits needs the approval of a second admin."


def warn_of_size(amount: Decimal) -> tuple[Caution, ...]:
    """``large_amount`` over 100, which must be acknowledged."""
    if abs(amount) <= LARGE_AMOUNT:
        return ()
    message = f"{in_dollars(abs(amount))} is a large adjustment, over {in_dollars(LARGE_AMOUNT)}."
    return (Caution("large_amount", message, must_acknowledge=True),)


def warn_of_outcome(outcome: Outcome) -> tuple[Caution, ...]:
    """``grant_spent`` and ``negative_balance``, to acknowledge; ``credits_expired`` to know."""
    warnings = []
    after = outcome.book.total
    if outcome.spent_elsewhere:
        message = (
            f"{in_dollars(outcome.spent_elsewhere)} of this grant is spent already; it will be taken from "
            "the user's other credits or owed."
        )
        warnings.append(Caution("grant_spent", message, must_acknowledge=True))
    if after < 0:
        message = f"The balance will be below zero: the user will owe {in_dollars(-after)}."
        warnings.append(Caution("negative_balance", message, must_acknowledge=True))
    lapsed = -sum((posting.amount for posting in outcome.expired), ZERO)
    if lapsed:
        warnings.append(
            Caution("credits_expired", f"{in_dollars(lapsed)} has expired and will be posted as such.")
        )
    return tuple(warnings)


def show_changes(outcome: Outcome) -> tuple[Change, ...]:
    """The balance, then the buckets that change."""
    before, after = outcome.before, outcome.book
    balance = Change("Balance", before.total, after.total, cell="credits")
    buckets = [
        Change(bucket.label, old, new, cell="credits")
        for bucket in Bucket
        if (old := before.buckets.get(bucket)) != (new := after.buckets.get(bucket))
    ]
    return (balance, *buckets)
