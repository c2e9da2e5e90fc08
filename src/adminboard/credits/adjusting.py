"""Adjustments in the ledger as staff make them: who, why, from where and of what they were warned."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from adminboard.core.actions import Caution
from adminboard.core.work import Work
from adminboard.credits import ledger
from adminboard.credits.book import Outcome
from adminboard.credits.kinds import AdjustmentType
from adminboard.credits.previews import warn_of_outcome, warn_of_size


def post_adjustment(
    work: Work,
    user_id: UUID,
    type_: AdjustmentType,
    amount: Decimal,
    reason: str,
    *,
    expires_at: datetime | None = None,
) -> Outcome:
    """Posts a grant (amount > 0) or a debit in the name of who acts. Raises what `ledger.post` raises."""
    return ledger.post(
        work,
        user_id,
        type_.transaction_type,
        amount,
        description=f"Admin adjustment by {work.actor.name}: {reason}",
        details=lambda outcome: _details(work, reason, (*warn_of_size(amount), *warn_of_outcome(outcome))),
        expires_at=expires_at,
    )


def post_reversal(work: Work, transaction_id: UUID, reason: str) -> Outcome:
    """Posts the opposite of an entry in the name of who acts. Raises what `ledger.reverse` raises."""
    return ledger.reverse(
        work,
        transaction_id,
        description=f"Reversal by {work.actor.name}: {reason}",
        details=lambda outcome: _details(work, reason, warn_of_outcome(outcome)),
    )


def _details(work: Work, reason: str, warnings: tuple[Caution, ...]) -> dict[str, Any]:
    """The entry's metadata (domain: "Credits: a ledger"); the ledger adds the balances."""
    acknowledged = [warning.code for warning in warnings if warning.must_acknowledge]
    return {
        "admin_username": work.actor.name,
        "admin_reason": reason,
        "adjustment_type": "manual_admin",
        "source": "admin_board",
        "ip_address": work.actor.ip_address,
        "timestamp": work.now().isoformat(),
        "request_id": work.actor.request_id,
    } | ({"acknowledged": acknowledged} if acknowledged else {})
