"""Adjustments of credits that staff made, posted and audited as the action ``credits.adjust`` does it.

The latest can still be undone on the board: their audit entries hold the command that reverses them.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from adminboard.core.actions import Undo
from adminboard.core.money import in_dollars
from adminboard.credits.book import Outcome
from adminboard.credits.commands import ReverseTransaction
from adminboard.credits.kinds import TransactionType
from adminboard.credits.previews import show_changes, warn_of_outcome, warn_of_size
from adminboard.demo.seed.changes import Request, add_change, get_user_target
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.ledger import Ledger
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.staff import SUPPORT, StaffMember

UNDONE_SHARE = 0.12
AMOUNTS = Weighted(
    {
        Decimal("5.00"): 10, Decimal("10.00"): 16, Decimal("20.00"): 16, Decimal("25.00"): 10,
        Decimal("50.00"): 8, Decimal("12.50"): 3, Decimal("7.35"): 3, Decimal("150.00"): 4,
        Decimal("400.00"): 1, Decimal("-5.00"): 5, Decimal("-10.00"): 4, Decimal("-25.00"): 2,
        Decimal("-42.80"): 1,
    }
)  # fmt: skip
GRANT_TYPES = Weighted(
    {
        TransactionType.ADJUSTMENT: 60,
        TransactionType.REFUND: 22,
        TransactionType.GRANT_CREDIT_PACK: 10,
        TransactionType.GRANT_TRIAL: 8,
    }
)
GRANT_REASONS = (
    "Goodwill for the outage last week", "Dropped calls reported by the customer",
    "Agent misunderstood three bookings", "Credit pack was paid but never arrived",
    "Extended trial, asked for by sales", "Refund for spam calls that were charged",
    "Compensation: wrong greeting was live for two days", "Migration from the old account",
)  # fmt: skip
DEBIT_REASONS = (
    "Granted twice by mistake, taking one back", "Chargeback of the credit pack",
    "Test credits removed after onboarding",
)  # fmt: skip
UNDO_REASONS = (
    "Posted to the wrong user",
    "Wrong amount, will be posted again",
    "The customer declined the credit",
)


def adjust(rows: RowBuffer, draw: Draw, plan: SeedPlan, ledger: Ledger, at: datetime) -> None:
    """One adjustment; some are reversed soon after."""
    amount = AMOUNTS.pick(draw)
    kind = GRANT_TYPES.pick(draw) if amount > 0 else TransactionType.ADJUSTMENT
    reason = draw.one_of(GRANT_REASONS if amount > 0 else DEBIT_REASONS)
    request = Request(draw, draw.one_of(SUPPORT), at, reason)
    warned = warn_of_size(amount)
    outcome = ledger.adjust(
        kind,
        amount,
        at,
        f"Admin adjustment by {request.staff.email}: {reason}",
        lambda outcome: _details(request, reason, [*warned, *warn_of_outcome(outcome)]),
    )
    undo = ReverseTransaction(
        transaction_id=outcome.posting.id, reason=f"Undo of {in_dollars(amount, signed=True)}: {reason}"
    )
    audit_id = _audit(rows, draw, request, ledger, outcome, "credits.adjust", Undo("credits.reverse", undo))
    undone_at = at + draw.minutes(1, 55)
    if draw.happens(UNDONE_SHARE) and undone_at < plan.as_of:
        reverse(rows, draw, ledger, outcome, undone_at, audit_id, request.staff)


def reverse(
    rows: RowBuffer,
    draw: Draw,
    ledger: Ledger,
    adjusted: Outcome,
    at: datetime,
    audit_id: UUID,
    staff: StaffMember,
) -> None:
    """The undo of an adjustment that was the user's latest entry."""
    reason = draw.one_of(UNDO_REASONS)
    request = Request(draw, staff, at, reason)
    outcome = ledger.reverse(
        adjusted,
        at,
        f"Reversal by {staff.email}: {reason}",
        lambda outcome: _details(request, reason, list(warn_of_outcome(outcome))),
    )
    _audit(rows, draw, request, ledger, outcome, "credits.reverse", undoes=audit_id)


def _details(request: Request, reason: str, warnings: list[Any]) -> Mapping[str, Any]:
    acknowledged = [warning.code for warning in warnings if warning.must_acknowledge]
    return {
        "admin_username": request.staff.email,
        "admin_reason": reason,
        "adjustment_type": "manual_admin",
        "source": "admin_board",
        "ip_address": request.ip_address,
        "timestamp": request.at.isoformat(),
        "request_id": request.request_id,
    } | ({"acknowledged": acknowledged} if acknowledged else {})


def _audit(
    rows: RowBuffer,
    draw: Draw,
    request: Request,
    ledger: Ledger,
    outcome: Outcome,
    action: str,
    undo: Undo | None = None,
    undoes: UUID | None = None,
) -> UUID:
    changes = show_changes(outcome)
    posting = outcome.posting
    old, new = in_dollars(outcome.before.total), in_dollars(outcome.book.total)
    return add_change(
        rows,
        draw,
        request,
        action,
        get_user_target(ledger.user),
        f"{in_dollars(posting.amount, signed=True)} for {ledger.user.email}: {old} → {new}",
        before={change.field: change.before for change in changes},
        after={change.field: change.after for change in changes} | {"transaction_id": posting.id},
        undo=undo.to_data() if undo else None,
        undoes=undoes,
    )
