"""Where a timeline's lines come from: who may read each source, how its rows are found, and how they become
lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.actor import Actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Permission
from adminboard.credits.models import CreditTransaction
from adminboard.customers.models import Membership, MembershipStatus
from adminboard.customers.timeline import loading
from adminboard.customers.timeline.entries import Entry, Kind
from adminboard.customers.timeline.walking import CUSTOMER, Owners, Table
from adminboard.entitlements.models import PlanOverride, UserFeatureOverride

_IS_MEMBER = (Membership.organization_id == CUSTOMER, Membership.status == MembershipStatus.ACTIVE)
MEMBERS = select(Membership.user_id.label("id")).where(*_IS_MEMBER)
"""The people whose doings are the customer's, as ``id``."""


def _is_member(user: ColumnElement[UUID]) -> ColumnElement[bool]:
    """By the unique index over customer and user. The status is compared outside, or another index over the
    customer's members by status would look as good."""
    standing = select(Membership.status).where(
        Membership.organization_id == CUSTOMER, Membership.user_id == user
    )
    return standing.correlate_except(Membership).scalar_subquery() == MembershipStatus.ACTIVE


def _owner_of(business: ColumnElement[UUID]) -> ColumnElement[UUID]:
    owner = select(Business.owner_id).where(Business.id == business)
    return owner.correlate_except(Business).scalar_subquery()


_MEMBERS = Owners(MEMBERS, _is_member)
_BUSINESSES = Owners(
    select(Business.id.label("id"))
    .join(Membership, Membership.user_id == Business.owner_id)
    .where(*_IS_MEMBER),
    lambda business: _is_member(_owner_of(business)),
)


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One of the tables a timeline is merged from. ``name`` stands in cursors, so it never changes.

    The rows of ``table`` are the customer's own, or those of ``owners`` who are found through the customer's
    members. ``load`` makes lines of rows by their ids.
    """

    name: str
    kind: Kind
    permission: Permission
    table: Table
    load: Callable[[Session, Sequence[UUID]], Sequence[Entry]]
    owners: Owners | None = None


SOURCES = (
    Source(
        "credit",
        Kind.CREDIT,
        Permission.CREDITS_READ,
        Table(CreditTransaction.user_id, CreditTransaction.created_at, CreditTransaction.id),
        loading.load_credits,
        _MEMBERS,
    ),
    Source(
        "feature_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        Table(UserFeatureOverride.user_id, UserFeatureOverride.created_at, UserFeatureOverride.id),
        loading.load_feature_overrides,
        _MEMBERS,
    ),
    Source(
        "plan_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        Table(PlanOverride.organization_id, PlanOverride.created_at, PlanOverride.id),
        loading.load_plan_overrides,
    ),
    Source(
        "invoice",
        Kind.INVOICE,
        Permission.BILLING_READ,
        Table(Invoice.organization_id, Invoice.created_at, Invoice.id),
        loading.load_invoices,
    ),
    Source(
        "event",
        Kind.EVENT,
        Permission.WEBHOOKS_READ,
        Table(BillingEvent.organization_id, BillingEvent.received_at, BillingEvent.id),
        loading.load_events,
    ),
    Source(
        "call",
        Kind.CALL,
        Permission.CUSTOMERS_READ,
        Table(CallLog.business_id, CallLog.started_at, CallLog.id),
        loading.load_calls,
        _BUSINESSES,
    ),
    Source(
        "change",
        Kind.CHANGE,
        Permission.HISTORY_READ,
        Table(AuditEntry.customer_id, AuditEntry.at, AuditEntry.id),
        loading.load_changes,
    ),
)
"""Of lines of the same moment the one whose source comes later here is the newer: what staff did stands above
what it caused."""
NAMES = tuple(source.name for source in SOURCES)
RANKS = {name: rank for rank, name in enumerate(NAMES)}


def sources_for(actor: Actor) -> tuple[Source, ...]:
    """Those that the reader may read."""
    return tuple(source for source in SOURCES if actor.may(source.permission))


def kinds_for(actor: Actor) -> tuple[Kind, ...]:
    """The kinds of lines that the reader may see, in the order in which they are offered."""
    offered = {source.kind for source in sources_for(actor)}
    return tuple(kind for kind in Kind if kind in offered)
