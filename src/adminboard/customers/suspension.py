"""Suspending a customer, which cuts off the users they pay for at once, and activating them again.

The subscription is left as it is: what is charged goes on being charged, and the preview says how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field, JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.customers_of_ours import lock_organization
from adminboard.billing.models import SubscriptionStatus
from adminboard.billing.suspending import ACTIVATED, SUSPENDED, activate_customer, suspend_customer
from adminboard.core.actions import (
    Action,
    Applied,
    Bulk,
    Caution,
    Change,
    Detail,
    Preview,
    RestCall,
    Undo,
)
from adminboard.core.commands import Command, Reason, undo_reason
from adminboard.core.errors import DomainError, FieldError, InvalidInput
from adminboard.core.limits import PerMinute
from adminboard.core.permissions import Permission
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work, forget, moment
from adminboard.customers.lookup import CustomerReference, CustomerUnknown, find_customer_target, get_customer
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.customers.suspension_facts import Suspendable, get_suspendable
from adminboard.entitlements.plan_overrides import find_plan_in_force

AT_MOST = PerMinute("suspensions and activations", 5)
_UNSEEN: dict[str, JsonValue] = {"widget": "hidden"}


class SuspendedAlready(DomainError):
    """The customer is suspended."""

    title = "The customer is suspended already"


class NotSuspended(DomainError):
    """Only who is suspended can be activated."""

    title = "The customer is not suspended"


class SuspendedAnew(DomainError):
    """The customer was activated, and suspended once more, since."""

    title = "It is another suspension by now"


class Suspend(Command):
    """Cut off the users a customer pays for, until somebody activates the customer again."""

    customer: CustomerReference
    reason: Reason
    since: AwareDatetime | None = Field(
        None,
        title="Suspended since",
        description="When the suspension that is restored had begun.",
        json_schema_extra=_UNSEEN,
    )
    former_reason: str | None = Field(
        None,
        title="Its reason",
        description="That of the suspension that is restored.",
        json_schema_extra=_UNSEEN,
    )


class Activate(Command):
    """Give the users a customer pays for their access back."""

    customer: CustomerReference
    reason: Reason
    since: AwareDatetime | None = Field(
        None,
        title="Suspended since",
        description="Refuses when the customer was suspended anew since.",
        json_schema_extra=_UNSEEN,
    )


RESTORING = frozenset({"since", "former_reason"})
"""What only an undo says."""


def lock(work: Work, command: Suspend | Activate) -> None:
    """The customer, whom mirrors and the end of grace periods lock too. Raises `CustomerUnknown`."""
    lock_organization(work, get_customer(work.session, command.customer).id)


def lock_many(work: Work, commands: Sequence[Suspend | Activate]) -> None:
    """All of them in the order of their ids; whoever is unknown is refused in their turn."""
    ids = []
    for command in commands:
        try:
            ids.append(get_customer(work.session, command.customer).id)
        except CustomerUnknown:
            continue
    locked = select(Organization.id).where(Organization.id.in_(ids)).order_by(Organization.id)
    work.session.execute(locked.with_for_update(key_share=True))


def preview_suspending(session: Session, command: Suspend) -> Preview:
    """Raises `CustomerUnknown`, `SuspendedAlready`; `InvalidInput` for a beginning that is still to come."""
    found = _get_active(session, command)
    changes = [
        Change("Status", OrganizationStatus.ACTIVE.value, OrganizationStatus.SUSPENDED.value),
        Change("Users cut off", 0, found.users, cell="number"),
    ]
    if command.since is not None:
        changes.append(Change("Suspended since", None, command.since, cell="datetime"))
    return Preview(
        subject=found.target,
        changes=(*changes, Change("Reason of the suspension", None, _reason_of(command), cell="long_text")),
        warnings=(_say_subscription(found),),
        details=_others(found),
    )


def apply_suspending(work: Work, command: Suspend) -> Applied:
    """Suspends. Its undo activates, unless it is another suspension by then."""
    found = _get_active(work.session, command)
    row = work.session.get_one(Organization, found.id, populate_existing=True)
    restored = command.reason if command.former_reason is not None else None
    suspend_customer(work, row, _reason_of(command), since=command.since, notes=restored)
    forget(work.session, ("customer", command.customer))
    undo = Activate(customer=str(found.id), reason=undo_reason(command.reason), since=row.suspended_at)
    return Applied(
        _result(row),
        f"Suspended {found.name}: {_users(found.users)} cut off",
        Undo(ACTIVATED, undo),
    )


def preview_activating(session: Session, command: Activate) -> Preview:
    """Raises `CustomerUnknown`, `NotSuspended`, `SuspendedAnew`."""
    found = _get_suspended(session, command)
    plan = find_plan_in_force(session, found.id)
    return Preview(
        subject=found.target,
        changes=(
            Change("Status", OrganizationStatus.SUSPENDED.value, OrganizationStatus.ACTIVE.value),
            Change("Users cut off", found.users, 0, cell="number"),
            Change("Suspended since", found.suspended_at, None, cell="datetime"),
            Change("Reason of the suspension", found.reason, None, cell="long_text"),
        ),
        warnings=() if plan else (_say_no_plan(found),),
        details=(Detail("Plan in force", plan or "none"), *_others(found)),
    )


def apply_activating(work: Work, command: Activate) -> Applied:
    """Activates. Its undo suspends again, as of then and for the same reason."""
    found = _get_suspended(work.session, command)
    row = work.session.get_one(Organization, found.id, populate_existing=True)
    undo = Suspend(
        customer=str(found.id),
        reason=undo_reason(command.reason),
        since=found.suspended_at,
        former_reason=found.reason,
    )
    activate_customer(work, row, command.reason)
    forget(work.session, ("customer", command.customer))
    return Applied(
        _result(row),
        f"Activated {found.name}: {_users(found.users)} let in again",
        Undo(SUSPENDED, undo),
    )


def _get_active(session: Session, command: Suspend) -> Suspendable:
    found = get_suspendable(session, command.customer)
    if found.is_suspended:
        raise SuspendedAlready(
            f"{found.name} has been suspended since {_say(found.suspended_at)}, for this reason: "
            f"{found.reason}"
        )
    if command.since is not None and command.since > moment(session):
        sentence = "A suspension that is restored began in the past."
        raise InvalidInput(sentence, errors=[FieldError("since", sentence)])
    return found


def _get_suspended(session: Session, command: Activate) -> Suspendable:
    found = get_suspendable(session, command.customer)
    if not found.is_suspended:
        raise NotSuspended(f"{found.name} is active: there is no suspension to end.")
    if command.since not in (None, found.suspended_at):
        raise SuspendedAnew(
            f"{found.name} was suspended anew on {_say(found.suspended_at)}, for this reason: "
            f"{found.reason} Activate them if that is over too."
        )
    return found


def _reason_of(command: Suspend) -> str:
    return command.former_reason if command.former_reason is not None else command.reason


def _say_subscription(found: Suspendable) -> Caution:
    """What becomes of the subscription: nothing (domain: "Billing rules")."""
    if found.subscription_status is None:
        return Caution("no_subscription", f"{found.name} has no live subscription: nothing is charged.")
    left = f"The subscription to {found.plan} is left as it is"
    until = f" until it ends on {_say(found.ends_at)}" if found.ends_at else ""
    if not found.goes_on_paying:
        return Caution("subscription_left", f"{left}: {_why_not_charged(found)}.")
    if found.is_last_period:
        charged = f"it is paid until it ends on {_say(found.ends_at)}"
    elif found.subscription_status is SubscriptionStatus.TRIALING:
        charged = f"after the trial, on {_say(found.trial_end)}, Stripe begins to charge {found.price}{until}"
    else:
        charged = f"Stripe goes on charging {found.price}{until}"
    return Caution(
        "goes_on_paying",
        f"{left}, and {charged}. Cancel it, or pause its collection, if that is not meant.",
        must_acknowledge=True,
    )


def _why_not_charged(found: Suspendable) -> str:
    if found.pause_behavior is not None:
        return "its collection is paused, so nothing is charged meanwhile"
    status = found.subscription_status or "none"
    return f"it is {status.replace('_', ' ')}, so nothing is charged as things stand"


def _say_no_plan(found: Suspendable) -> Caution:
    return Caution(
        "no_plan",
        f"No plan is in force for {found.name}: their users get back only what overrides give them.",
    )


def _others(found: Suspendable) -> tuple[Detail, ...]:
    """Members who keep their access, where there are any."""
    if not found.others:
        return ()
    return (Detail("Members another customer pays for, untouched", found.others, cell="number"),)


def _result(row: Organization) -> Mapping[str, object]:
    return {
        "customer_id": row.id,
        "status": row.status,
        "suspended_at": row.suspended_at,
        "suspension_reason": row.suspension_reason,
    }


def _users(count: int) -> str:
    return f"{count:,} {'user' if count == 1 else 'users'}"


def _say(moment: datetime | None) -> str:
    return "an unknown day" if moment is None else say_moment(moment)


def _action(name: str, title: str, command: type[Command], rest: RestCall, **more: Any) -> Action[Any]:
    """One of the two, with all that both have in common. A file's row is the body of the REST call, and the
    customer."""
    return Action(
        name=name,
        title=title,
        command=command,
        permission=Permission.BILLING_WRITE,
        lock=lock,
        limit=AT_MOST,
        rest=replace(rest, leaves_out=RESTORING),
        subject=find_customer_target,
        subject_field="customer",
        live=False,
        bulk=Bulk(
            example={"customer": "blue-door-dental", **rest.example}, lock=lock_many, leaves_out=RESTORING
        ),
        **more,
    )


suspend = _action(
    SUSPENDED,
    "Suspend customer",
    Suspend,
    RestCall(
        "POST",
        "/customers/{customer}/suspension",
        "Suspend a customer: the users they pay for lose access at once",
        example={"reason": "Chargebacks on three invoices in a row"},
    ),
    preview=preview_suspending,
    apply=apply_suspending,
    confirm_label=lambda _, preview: f"Suspend and cut off {_users(preview.changes[1].after)}",
    destructive=True,
)

activate = _action(
    ACTIVATED,
    "Activate customer",
    Activate,
    RestCall(
        "DELETE",
        "/customers/{customer}/suspension",
        "Activate a suspended customer: the users they pay for have access again",
        example={"reason": "The open invoices were paid by transfer"},
    ),
    preview=preview_activating,
    apply=apply_activating,
    confirm_label=lambda _, preview: f"Let {_users(preview.changes[1].before)} in again",
)
