"""Following Stripe for one subscription: its row becomes what Stripe showed, with an entry of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from adminboard.billing.happenings import REPAIRED, note_event
from adminboard.billing.mirror.customers_of_ours import lock_customer
from adminboard.billing.mirror.mirrored import Mirrored, NeedsFetching, just_after, write_state
from adminboard.billing.mirror.subscriptions import OVER, mirror_subscription
from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.core.errors import DomainError
from adminboard.core.work import Work
from adminboard.stripe import objects


class ChangedMeanwhile(DomainError):
    """Our row was changed after Stripe was asked, and may show something newer: it is left alone."""

    title = "It was changed in the meantime"

    def __init__(self, stripe_subscription_id: str) -> None:
        super().__init__(
            f"{stripe_subscription_id} was changed here since Stripe was asked, so it was left alone. "
            "The next comparison shows whether anything still differs."
        )


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a row; ``audit_id`` is None where it was in step already."""

    stripe_subscription_id: str
    summary: str
    audit_id: UUID | None


def follow_stripe(work: Work, found: objects.Subscription, asked_at: datetime) -> Repaired:
    """Makes our row what Stripe showed at ``asked_at``, by the database's clock, or adds it.

    Locks the customer. Raises `ChangedMeanwhile`, and what `mirror_subscription` raises.
    """
    row = _find_unchanged(work, found.id, asked_at)
    status, quantity = (row.status, row.quantity) if row else (None, None)
    shown = just_after(row.stripe_state_at if row else None)
    try:
        mirrored = mirror_subscription(work, found, max(shown, newest_moment(found)))
    except NeedsFetching as tie:
        raise ChangedMeanwhile(found.id) from tie
    return _record(work, found.id, found.customer_id, mirrored, status, quantity)


def end_missing(work: Work, stripe_subscription_id: str, asked_at: datetime) -> Repaired:
    """Ends our live subscription that Stripe does not have: nobody pays for it.

    Locks the customer. Raises `ChangedMeanwhile`.
    """
    row = _find_unchanged(work, stripe_subscription_id, asked_at)
    if row is None or row.status in OVER:
        return Repaired(stripe_subscription_id, f"{stripe_subscription_id} is in step with Stripe.", None)
    status, quantity = row.status, row.quantity
    ended = {
        "status": SubscriptionStatus.CANCELED,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "canceled_at": row.canceled_at or work.now(),
    }
    mirrored = write_state(work, row, ended, just_after(row.stripe_state_at))
    return _record(work, stripe_subscription_id, None, mirrored, status, quantity)


def newest_moment(found: objects.Subscription) -> datetime:
    """The latest moment that the object names itself: it shows a state of then or later, so older events
    change nothing any more."""
    named = [
        found.created_at,
        found.canceled_at,
        found.ended_at,
        *(item.period_start for item in found.items),
    ]
    return max(moment for moment in named if moment is not None)


def _find_unchanged(work: Work, stripe_subscription_id: str, asked_at: datetime) -> Subscription | None:
    """Our row, if there is one, locked by its customer."""
    wanted = select(Subscription).where(Subscription.stripe_subscription_id == stripe_subscription_id)
    row = work.session.scalars(wanted).one_or_none()
    if row is None:
        return None
    lock_customer(work, None, or_of=row.organization_id)
    work.session.refresh(row)
    if row.updated_at >= asked_at:
        raise ChangedMeanwhile(stripe_subscription_id)
    return row


def _record(
    work: Work,
    stripe_subscription_id: str,
    stripe_customer_id: str | None,
    mirrored: Mirrored,
    status: SubscriptionStatus | None,
    quantity: int | None,
) -> Repaired:
    if not mirrored.changed:
        return Repaired(stripe_subscription_id, f"{stripe_subscription_id} is in step with Stripe.", None)
    row = work.session.get_one(Subscription, mirrored.record_id)
    summary = f"Brought {stripe_subscription_id} into step with Stripe: {_say(mirrored)}."
    audit_id = work.audit(
        REPAIRED,
        Target("subscription", str(row.id), stripe_subscription_id, row.organization_id),
        summary,
        before=to_plain(dict(mirrored.before)),
        after=to_plain(dict(mirrored.after)),
    )
    note_event(
        work,
        REPAIRED,
        organization_id=row.organization_id,
        notes=summary,
        stripe_customer_id=stripe_customer_id,
        stripe_subscription_id=stripe_subscription_id,
        previous_status=status,
        status=row.status,
        previous_quantity=quantity,
        quantity=row.quantity,
    )
    return Repaired(stripe_subscription_id, summary, audit_id)


def _say(mirrored: Mirrored) -> str:
    """What was changed, in a few words."""
    if not mirrored.before:
        return "it was not here"
    names = (name.removesuffix("_id").replace("_", " ") for name in mirrored.after)
    return ", ".join(names)
