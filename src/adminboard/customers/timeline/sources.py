"""Where a timeline's lines come from: who may read each source, how its rows are found, and how they become
lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
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
from adminboard.customers.timeline.walking import CUSTOMER, Keys, Walk, walk_along, walk_through_owners
from adminboard.entitlements.models import PlanOverride, UserFeatureOverride

_IS_MEMBER = (Membership.organization_id == CUSTOMER, Membership.status == MembershipStatus.ACTIVE)
_BUSINESSES = (
    select(Business.id.label("id"))
    .join(Membership, Membership.user_id == Business.owner_id)
    .where(*_IS_MEMBER)
)
_MEMBERS = select(Membership.user_id.label("id")).where(*_IS_MEMBER)


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One of the tables a timeline is merged from. ``name`` stands in cursors, so it never changes.

    ``find`` selects the keys of a walk, ``load`` makes lines of rows by their ids.
    """

    name: str
    kind: Kind
    permission: Permission
    find: Callable[[Walk], Keys]
    load: Callable[[Session, Sequence[UUID]], Sequence[Entry]]


SOURCES = (
    Source(
        "credit",
        Kind.CREDIT,
        Permission.CREDITS_READ,
        lambda walk: walk_through_owners(
            walk, _MEMBERS, CreditTransaction.user_id, CreditTransaction.created_at, CreditTransaction.id
        ),
        loading.load_credits,
    ),
    Source(
        "feature_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        lambda walk: walk_through_owners(
            walk,
            _MEMBERS,
            UserFeatureOverride.user_id,
            UserFeatureOverride.created_at,
            UserFeatureOverride.id,
        ),
        loading.load_feature_overrides,
    ),
    Source(
        "plan_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        lambda walk: walk_along(
            walk, PlanOverride.organization_id == CUSTOMER, PlanOverride.created_at, PlanOverride.id
        ),
        loading.load_plan_overrides,
    ),
    Source(
        "invoice",
        Kind.INVOICE,
        Permission.BILLING_READ,
        lambda walk: walk_along(walk, Invoice.organization_id == CUSTOMER, Invoice.created_at, Invoice.id),
        loading.load_invoices,
    ),
    Source(
        "event",
        Kind.EVENT,
        Permission.WEBHOOKS_READ,
        lambda walk: walk_along(
            walk, BillingEvent.organization_id == CUSTOMER, BillingEvent.received_at, BillingEvent.id
        ),
        loading.load_events,
    ),
    Source(
        "call",
        Kind.CALL,
        Permission.CUSTOMERS_READ,
        lambda walk: walk_through_owners(
            walk, _BUSINESSES, CallLog.business_id, CallLog.started_at, CallLog.id
        ),
        loading.load_calls,
    ),
    Source(
        "change",
        Kind.CHANGE,
        Permission.HISTORY_READ,
        lambda walk: walk_along(walk, AuditEntry.customer_id == CUSTOMER, AuditEntry.at, AuditEntry.id),
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
