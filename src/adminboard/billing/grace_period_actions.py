"""Giving customers more time to pay, or ending it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_period_changes import (
    customer_of,
    days_left,
    describe,
    find_open_period,
    find_subscription_status,
    get_open_period,
    get_period,
    lock_period,
    open_period,
    set_period,
    write_change,
)
from adminboard.billing.grace_period_commands import (
    MOST_DAYS,
    CloseGracePeriod,
    ResetGracePeriod,
    RestoreGracePeriod,
)
from adminboard.billing.mirror.customers_of_ours import lock_organization
from adminboard.billing.models import SubscriptionStatus
from adminboard.billing.payers import get_payer
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall, Undo
from adminboard.core.audit import Target
from adminboard.core.commands import NO_REASON, undo_reason
from adminboard.core.errors import NotFound
from adminboard.core.permissions import Permission
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work, moment, reader
from adminboard.customers.models import Organization, OrganizationStatus

RESET, CLOSE = "billing.reset_grace_period", "billing.close_grace_period"
RESTORE = "billing.restore_grace_period"
DAYS_MORE = 7
DAY = timedelta(days=1)
PAYING = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE)


def lock_payer(work: Work, command: ResetGracePeriod) -> None:
    """Locks the customer. Raises `PayerUnknown`, `UserUnknown`."""
    lock_organization(work, get_payer(work.session, user=command.user, customer=command.customer).id)


def preview_reset(session: Session, command: ResetGracePeriod) -> Preview:
    """Raises `PayerUnknown`, `UserUnknown`."""
    payer = get_payer(session, user=command.user, customer=command.customer)
    row = find_open_period(session, payer.id)
    before, after = _say_end(session, row), _say_day(session, moment(session) + command.days * DAY)
    return Preview(
        subject=customer_of(session, payer.id),
        changes=(
            Change("Ends on", before, after),
            Change("Days left", days_left(session, row), command.days),
            Change("Grace period", "open" if row else "none", "open"),
        ),
        warnings=(
            *_warn_of_no_access(session, payer),
            *((_shortens(before, after),) if days_left(session, row) > command.days else ()),
        ),
        facts={"ends_at": row.ends_at if row else None},
    )


def _shortens(before: str | None, after: str) -> Caution:
    """To be accepted: who is asked for some days more easily types only those."""
    how = "some hours of that" if before == after else "time"
    sentence = f"The customer has until {before}: this takes {how} away, and ends it on {after}."
    return Caution("shorter", sentence, must_acknowledge=True)


def _warn_of_no_access(session: Session, payer: Organization) -> Iterator[Caution]:
    """Where the time gives none, which it does only while past due."""
    status = find_subscription_status(session, payer.id)
    if status in PAYING:
        sentence = "The customer's subscription is paid: a grace period changes nothing while it is."
        yield Caution("not_needed", sentence)
    elif status is None:
        yield Caution(
            "no_subscription", "The customer has no subscription that time to pay could keep going."
        )
    elif status is not SubscriptionStatus.PAST_DUE:
        word = status.replace("_", " ")
        sentence = f"The subscription is {word}: time to pay gives access only while one is past due."
        yield Caution("gives_no_access", sentence)
    if payer.status is OrganizationStatus.SUSPENDED:
        sentence = "The customer is suspended: time to pay gives no access before they are activated."
        yield Caution("suspended", sentence)


def begin_resetting(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """A week more than there is, so that what begins as an extension never shortens."""
    payer = find_payer_named(session, given)
    left = days_left(session, find_open_period(session, UUID(payer.id))) if payer is not None else 0
    return {"days": str(min(left + DAYS_MORE, MOST_DAYS))}


def say_present_end(session: Session, given: Mapping[str, str]) -> str | None:
    """What the form says before any number is typed."""
    payer = find_payer_named(session, given)
    if payer is None:
        return None
    row = find_open_period(session, UUID(payer.id))
    if row is None:
        return "No grace period is open: one begins today."
    left = days_left(session, row)
    return (
        f"It ends on {_say_end(session, row)}, with {left} {'day' if left == 1 else 'days'} left. "
        "The number below counts from today, not from that day."
    )


def _say_end(session: Session, row: GracePeriod | None) -> str | None:
    return _say_day(session, row.ends_at) if row is not None else None


def _say_day(session: Session, ends_at: datetime) -> str:
    """The day, as whoever looks at the preview calls it. Not the moment, which would be another by the time
    they confirm it."""
    return f"{ends_at.astimezone(ZoneInfo(reader(session).time_zone)):%A, %-d %B %Y}"


def apply_reset(work: Work, command: ResetGracePeriod) -> Applied:
    """Moves the end of the open period, or opens one. Its undo is the previous end, or closes the new one."""
    payer = get_payer(work.session, user=command.user, customer=command.customer)
    row, ends_at = find_open_period(work.session, payer.id), work.now() + timedelta(days=command.days)
    reason, previous = undo_reason(command.reason), row.status if row is not None else None
    if row is None:
        row = open_period(work, payer.id, ends_at, command.reason)
        undo = Undo(CLOSE, CloseGracePeriod(grace_period=row.id, reason=reason))
    else:
        former = {"ends_at": row.ends_at, "is_set_by_hand": row.is_set_by_hand}
        restoring = RestoreGracePeriod(grace_period=row.id, seen=ends_at, reason=reason, **former)
        undo = Undo(RESTORE, restoring)
        set_period(work, row, ends_at=ends_at, is_set_by_hand=True)
    write_change(work, RESET, row, f"Until {say_moment(ends_at)}: {command.reason}", previous)
    return describe(row, f"{payer.name} has until {say_moment(ends_at)} to pay.", undo)


def lock(work: Work, command: CloseGracePeriod) -> None:
    """Locks the customer. Raises `GracePeriodUnknown`."""
    lock_period(work, command.grace_period)


def preview_closing(session: Session, command: CloseGracePeriod) -> Preview:
    """Raises `GracePeriodUnknown`, `GracePeriodOver`."""
    row = get_open_period(session, command.grace_period)
    warnings = []
    if find_subscription_status(session, row.organization_id) is SubscriptionStatus.PAST_DUE:
        sentence = "The customer has not paid: access to what the plan includes ends at once."
        warnings.append(Caution("loses_access", sentence))
    return Preview(
        subject=customer_of(session, row.organization_id),
        changes=(
            Change("Grace period", "open", "closed"),
            Change("Days left", days_left(session, row), 0),
        ),
        warnings=tuple(warnings),
        facts={"ends_at": row.ends_at},
    )


def apply_closing(work: Work, command: CloseGracePeriod) -> Applied:
    """Ends it now. Its undo is the previous end."""
    row = get_open_period(work.session, command.grace_period)
    # It ends after it began, even in the moment it was opened.
    ends_at = max(work.now(), row.starts_at + timedelta(microseconds=1))
    undo = RestoreGracePeriod(
        grace_period=row.id,
        ends_at=row.ends_at,
        is_set_by_hand=row.is_set_by_hand,
        seen=ends_at,
        reason=undo_reason(command.reason),
    )
    previous = row.status
    set_period(work, row, ends_at=ends_at, is_set_by_hand=True, status=GracePeriodStatus.CLOSED)
    write_change(work, CLOSE, row, command.reason, previous)
    customer = customer_of(work.session, row.organization_id)
    return describe(row, f"Closed the grace period of {customer.label}.", Undo(RESTORE, undo))


def find_payer_named(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whose time to pay the form is about, when the link that opened it names somebody there is."""
    user, customer = given.get("user") or None, given.get("customer") or None
    try:
        return customer_of(session, get_payer(session, user=user, customer=customer).id)
    except NotFound:
        return None


def find_customer_of_period(session: Session, given: Mapping[str, str]) -> Target | None:
    """The same, when it names a grace period there is."""
    try:
        period = get_period(session, UUID(given.get("grace_period", "")))
    except (NotFound, ValueError):
        return None
    return customer_of(session, period.organization_id)


reset_grace_period = Action(
    name=RESET,
    title="Set the grace period",
    also_called=("extend the grace period", "reset the grace period", "time to pay"),
    command=ResetGracePeriod,
    preview=preview_reset,
    apply=apply_reset,
    permission=Permission.GRACE_PERIODS_WRITE,
    lock=lock_payer,
    confirm_label=lambda command, _: (
        f"Set to {command.days} {'day' if command.days == 1 else 'days'} from today"
    ),
    rest=RestCall(
        "POST",
        "/billing/grace-period/reset",
        "Give a customer so many days from now to pay",
        example={
            "customer": "cus_Q1w2E3r4T5y6U7",
            "days": 14,
            "reason": "Waits for a new card from the bank",
        },
        names={"user": "user_id"},
        defaults={"reason": NO_REASON},
        demands_nothing=True,
    ),
    subject=find_payer_named,
    subject_field="customer",
    begin=begin_resetting,
    tells=say_present_end,
)

close_grace_period = Action(
    name=CLOSE,
    title="Close the grace period",
    command=CloseGracePeriod,
    preview=preview_closing,
    apply=apply_closing,
    permission=Permission.GRACE_PERIODS_WRITE,
    lock=lock,
    rest=RestCall(
        "DELETE",
        "/billing/grace-periods/{grace_period}",
        "End a grace period now",
        example={"reason": "The customer will not pay any more"},
    ),
    destructive=True,
    subject=find_customer_of_period,
)
