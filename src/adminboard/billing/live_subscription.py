"""The one live subscription of a customer, as commands name it and as changes find it under their lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import ENDS_AT, IS_LIVE, PauseBehavior, Plan, Subscription
from adminboard.billing.payers import PayerReference, PayerUnknown, payer_named
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError
from adminboard.core.models import Operation
from adminboard.core.operation_runner import UNFINISHED
from adminboard.core.thresholds import Threshold, is_switched_on
from adminboard.core.work import Work
from adminboard.customers.models import Membership, MembershipStatus, Organization

SUBSCRIPTION = "subscription"


class NoLiveSubscription(DomainError):
    """The customer never subscribed, or the subscription has ended."""

    title = "There is no live subscription"


class OtherSubscription(DomainError):
    """The customer has another subscription by now than the one this was about."""

    title = "The subscription is another one by now"


class NotAtStripe(DomainError):
    """The subscription was never sold through Stripe, so Stripe cannot change it."""

    title = "Stripe does not know this subscription"


class ChangeUnderWay(DomainError):
    """Stripe was asked for a change, and nobody knows yet what comes of it."""

    title = "Another change is under way"


class ChangeSubscription(Command):
    """Base of the changes of a customer's live subscription."""

    customer: PayerReference
    subscription: UUID | None = Field(
        None, title="Subscription", description="Refuses when the customer's live one is another by now."
    )


@dataclass(frozen=True, slots=True)
class LiveSubscription:
    """As our row shows it. ``amount_cents`` is for one seat and one ``interval``."""

    id: UUID
    organization_id: UUID
    customer: str
    plan: str
    amount_cents: int
    currency: str
    interval: str
    stripe_id: str
    stripe_item_id: str
    status: str
    quantity: int
    cancel_at_period_end: bool
    ends_at: datetime | None
    current_period_end: datetime | None
    pause_behavior: PauseBehavior | None
    pause_resumes_at: datetime | None
    active_members: int

    @property
    def target(self) -> Target:
        return Target(SUBSCRIPTION, str(self.id), self.customer, self.organization_id)


def lock_subscription(work: Work, command: ChangeSubscription) -> None:
    """Holds the customer's subscriptions until the work ends, so that of two changes the second finds the
    first."""
    locked = select(Subscription.id).where(Subscription.organization_id == payer_named(command.customer))
    work.session.execute(locked.order_by(Subscription.id).with_for_update())


def get_changeable(session: Session, command: ChangeSubscription) -> LiveSubscription:
    """The customer's live subscription, when nothing else is being done to it. Three queries at most.

    Raises `PayerUnknown`, `NoLiveSubscription`, `OtherSubscription`, `NotAtStripe`, `ChangeUnderWay`.
    """
    row = session.execute(_live(command.customer)).one_or_none()
    if row is None:
        raise _none(session, command.customer)
    if command.subscription not in (None, row.id):
        raise OtherSubscription(
            f"{row.customer} has another subscription by now. Look at it, and make the change there."
        )
    if row.stripe_subscription_id is None or row.stripe_item_id is None:
        raise NotAtStripe(
            f"The subscription of {row.customer} has no id at Stripe, so it can only be changed where it was "
            "sold. If it is in Stripe, compare the two under Reconciliation."
        )
    found = LiveSubscription(*row)
    _require_nothing_under_way(session, found)
    return found


def find_live(session: Session, given: Mapping[str, str]) -> Any:
    """The row of the live subscription of the customer that a link names; None when there is none."""
    return session.execute(_live(given.get("customer", ""))).one_or_none()


def find_customer(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whose subscription the form is about, when the link that opened it names one that is live."""
    row = find_live(session, given)
    return None if row is None else Target(SUBSCRIPTION, str(row.id), row.customer, row.organization_id)


def find_approval_sentence(session: Session) -> str | None:
    """Why a second person has to agree, where the settings want one."""
    if not is_switched_on(session, Threshold.APPROVAL_SUBSCRIPTION_CHANGES):
        return None
    return "Changes of subscriptions need the approval of a second admin."


def _live(customer: str) -> Any:
    members = (
        select(func.count())
        .where(
            Membership.organization_id == Subscription.organization_id,
            Membership.status == MembershipStatus.ACTIVE,
        )
        .correlate(Subscription)
        .scalar_subquery()
    )
    return (
        select(
            Subscription.id,
            Subscription.organization_id,
            Organization.name.label("customer"),
            Plan.name.label("plan"),
            Plan.amount_cents,
            Plan.currency,
            Plan.interval,
            Subscription.stripe_subscription_id,
            Subscription.stripe_item_id,
            Subscription.status,
            Subscription.quantity,
            Subscription.cancel_at_period_end,
            ENDS_AT.label("ends_at"),
            Subscription.current_period_end,
            Subscription.pause_behavior,
            Subscription.pause_resumes_at,
            members.label("active_members"),
        )
        .join(Plan, Plan.id == Subscription.plan_id)
        .join(Organization, Organization.id == Subscription.organization_id)
        .where(Subscription.organization_id == payer_named(customer), IS_LIVE)
    )


def _none(session: Session, customer: str) -> DomainError:
    name = session.scalar(select(Organization.name).where(Organization.id == payer_named(customer)))
    if name is None:
        return PayerUnknown(f"There is no customer {customer}. Check the id, the slug or the Stripe id.")
    return NoLiveSubscription(f"{name} has no live subscription, so there is nothing to change.")


def _require_nothing_under_way(session: Session, found: LiveSubscription) -> None:
    under_way = (
        select(Operation.id)
        .where(
            Operation.target_kind == SUBSCRIPTION,
            Operation.target_id == str(found.id),
            Operation.status.in_(UNFINISHED),
        )
        .limit(1)
    )
    if session.scalar(under_way) is not None:
        raise ChangeUnderWay(
            f"Stripe was asked to change the subscription of {found.customer}, and it is not known yet what "
            "came of it. Wait until it is, under System."
        )
