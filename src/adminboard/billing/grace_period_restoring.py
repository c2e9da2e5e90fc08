"""Taking back what staff did with a grace period."""

from __future__ import annotations

from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_period_actions import CLOSE, RESTORE, find_customer_of_period
from adminboard.billing.grace_period_changes import (
    GracePeriodOver,
    customer_of,
    describe,
    find_open_period,
    get_period,
    lapse_over,
    lock_period,
    set_period,
    write_change,
)
from adminboard.billing.grace_period_commands import CloseGracePeriod, RestoreGracePeriod
from adminboard.core.actions import Action, Applied, Change, Preview, Undo
from adminboard.core.commands import undo_reason
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work, moment

CHANGED_BY_STAFF = (GracePeriodStatus.OPEN, GracePeriodStatus.CLOSED)


class GracePeriodMoved(DomainError):
    """The grace period is not any more as the change left it that is to be undone."""

    title = "The grace period has changed since"


class AnotherGracePeriod(DomainError):
    """A customer has one open grace period at a time."""

    title = "Another grace period is open"


def lock(work: Work, command: RestoreGracePeriod) -> None:
    """Locks the customer. Raises `GracePeriodUnknown`."""
    lock_period(work, command.grace_period)


def preview(session: Session, command: RestoreGracePeriod) -> Preview:
    """Raises `GracePeriodUnknown`, `GracePeriodMoved`, `GracePeriodOver`, `AnotherGracePeriod`."""
    row = _get_restorable(session, command)
    return Preview(
        subject=customer_of(session, row.organization_id),
        changes=(
            Change("Grace period", row.status.value, "open"),
            Change("Ends", row.ends_at, command.ends_at, "datetime"),
        ),
    )


def apply(work: Work, command: RestoreGracePeriod) -> Applied:
    """Gives it its former end, and opens it where it was closed. Its undo does again what this took back."""
    row = _get_restorable(work.session, command)
    lapse_over(work, row.organization_id, but=row)
    reason, previous = undo_reason(command.reason), row.status
    again = (
        Undo(CLOSE, CloseGracePeriod(grace_period=row.id, reason=reason))
        if previous is GracePeriodStatus.CLOSED
        else Undo(
            RESTORE,
            RestoreGracePeriod(
                grace_period=row.id,
                ends_at=row.ends_at,
                is_set_by_hand=row.is_set_by_hand,
                seen=command.ends_at,
                reason=reason,
            ),
        )
    )
    set_period(
        work,
        row,
        ends_at=command.ends_at,
        is_set_by_hand=command.is_set_by_hand,
        status=GracePeriodStatus.OPEN,
    )
    write_change(work, RESTORE, row, f"Until {say_moment(row.ends_at)}: {command.reason}", previous)
    customer = customer_of(work.session, row.organization_id)
    return describe(row, f"{customer.label} has until {say_moment(row.ends_at)} to pay, as before.", again)


def _get_restorable(session: Session, command: RestoreGracePeriod) -> GracePeriod:
    row = get_period(session, command.grace_period)
    if row.status not in CHANGED_BY_STAFF or row.ends_at != command.seen:
        raise GracePeriodMoved("The grace period was changed since. Look at it, and reset or close it anew.")
    if command.ends_at <= moment(session):
        raise GracePeriodOver("The grace period would be over by now. Reset it to give the customer time.")
    other = find_open_period(session, row.organization_id)
    if other is not None and other.id != row.id:
        raise AnotherGracePeriod("Another grace period of the customer is open. Close that one first.")
    return row


restore_grace_period = Action(
    name=RESTORE,
    title="Give the grace period its former end",
    command=RestoreGracePeriod,
    preview=preview,
    apply=apply,
    permission=Permission.GRACE_PERIODS_WRITE,
    lock=lock,
    subject=find_customer_of_period,
    live=False,
)
