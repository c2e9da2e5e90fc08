"""Where a timeline's lines come from: who may read each source, how its rows are found, and how they become
lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Row, Select, Uuid, any_, func, literal_column, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.actor import Actor
from adminboard.core.audit_models import NOT_TOLD_ELSEWHERE, AuditEntry
from adminboard.core.listings.columns import is_any
from adminboard.core.permissions import Permission
from adminboard.core.work import moment
from adminboard.credits.models import CreditTransaction
from adminboard.customers.models import Membership, MembershipStatus
from adminboard.customers.timeline import lines
from adminboard.customers.timeline.entries import Entry, Kind
from adminboard.customers.timeline.lines import Lines
from adminboard.customers.timeline.walking import CUSTOMER, SOME_MEMBERS, Owners, Table
from adminboard.entitlements.models import PlanOverride, UserFeatureOverride

_IS_MEMBER = (Membership.organization_id == CUSTOMER, Membership.status == MembershipStatus.ACTIVE)
MEMBERS = select(Membership.user_id.label("id")).where(*_IS_MEMBER)
"""The people whose doings are the customer's, as ``id``."""
_SOME_MEMBERS = MEMBERS.order_by(Membership.user_id).limit(SOME_MEMBERS)
"""Ids are random, so the first are as good as any."""


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


def _businesses_of(members: Select[Any]) -> Select[Any]:
    """By one scan of the index over owners that leaps from member to member."""
    whose = any_(func.array(members.scalar_subquery(), type_=ARRAY(Uuid)))
    return select(Business.id.label("id")).where(Business.owner_id == whose)


_MEMBERS = Owners(MEMBERS, _SOME_MEMBERS, _is_member)
_BUSINESSES = Owners(
    _businesses_of(MEMBERS),
    _businesses_of(_SOME_MEMBERS),
    lambda business: _is_member(_owner_of(business)),
)


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One of the tables a timeline is merged from. ``name`` stands in cursors, so it never changes.

    The rows of ``table`` are the customer's own, or those of ``owners`` who are found through the customer's
    members. ``lines`` is what they say.
    """

    name: str
    kind: Kind
    permission: Permission
    table: Table
    lines: Lines
    owners: Owners | None = None

    def load(self, session: Session, ids: Sequence[UUID]) -> list[Entry]:
        """The lines of the rows of these ids, in no order. One statement."""
        rows = self.lines.rows.add_columns(self.table.at.label("at"), self.table.id.label("id"))
        found = session.execute(rows.where(is_any(self.table.id, ids)), {"now": moment(session)})
        return [self._make_line(session, row) for row in found]

    def _make_line(self, session: Session, row: Row[Any]) -> Entry:
        page = self.lines.page
        known = {"at": row.at, "kind": self.kind, "source": self.name, "id": row.id}
        url = f"{page}?selected={row.id}" if page is not None else None
        return Entry(**{"url": url, **self.lines.say(session, row), **known})


SOURCES = (
    Source(
        "credit",
        Kind.CREDIT,
        Permission.CREDITS_READ,
        Table(CreditTransaction.user_id, CreditTransaction.created_at, CreditTransaction.id),
        lines.credit_entries,
        _MEMBERS,
    ),
    Source(
        "feature_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        Table(UserFeatureOverride.user_id, UserFeatureOverride.created_at, UserFeatureOverride.id),
        lines.feature_overrides,
        _MEMBERS,
    ),
    Source(
        "plan_override",
        Kind.OVERRIDE,
        Permission.ENTITLEMENTS_READ,
        Table(PlanOverride.organization_id, PlanOverride.created_at, PlanOverride.id),
        lines.plan_overrides,
    ),
    Source(
        "invoice",
        Kind.INVOICE,
        Permission.BILLING_READ,
        Table(Invoice.organization_id, Invoice.created_at, Invoice.id),
        lines.invoices,
    ),
    Source(
        "event",
        Kind.EVENT,
        Permission.WEBHOOKS_READ,
        Table(BillingEvent.organization_id, BillingEvent.received_at, BillingEvent.id),
        lines.events,
    ),
    Source(
        "call",
        Kind.CALL,
        Permission.CUSTOMERS_READ,
        Table(CallLog.business_id, CallLog.started_at, CallLog.id),
        lines.calls,
        _BUSINESSES,
    ),
    Source(
        "change",
        Kind.CHANGE,
        Permission.HISTORY_READ,
        Table(
            AuditEntry.customer_id, AuditEntry.at, AuditEntry.id, literal_column(NOT_TOLD_ELSEWHERE, Boolean)
        ),
        lines.changes,
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
