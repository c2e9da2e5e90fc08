"""What staff did in the past, as entries of the audit log that await their place in its chain.

They are gathered in a temporary table and chained at the end, in the order of their time (`trail`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from adminboard.core.actor import ActorKind
from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.people import SeedOrganization, SeedUser
from adminboard.demo.seed.staff import StaffMember

DRAFTS = "seed_audit_drafts"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Request:
    """Who of the staff made a change, when, why and from where."""

    def __init__(self, draw: Draw, staff: StaffMember, at: datetime, reason: str | None = None) -> None:
        self.staff = staff
        self.at = at
        self.reason = reason
        self.ip_address = f"192.0.2.{draw.randint(10, 60)}"
        self.request_id = f"{draw.getrandbits(64):016x}"


def get_user_target(user: SeedUser) -> Target:
    """As the users' area names a user in the audit log."""
    return Target("user", str(user.id), user.email, user.organization.id)


def get_customer_target(organization: SeedOrganization) -> Target:
    return Target("customer", str(organization.id), organization.name, organization.id)


def add_change(
    rows: RowBuffer,
    draw: Draw,
    request: Request,
    action: str,
    target: Target,
    summary: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    undo: Mapping[str, Any] | None = None,
    undoes: UUID | None = None,
) -> UUID:
    """One entry; returns its id. The columns are the fields of `core.audit.Draft`."""
    entry_id = draw.new_id()
    rows.add(
        DRAFTS,
        id=entry_id,
        at=request.at,
        actor_kind=ActorKind.ADMIN,
        actor_id=request.staff.id,
        actor_name=request.staff.email,
        action=action,
        target_kind=target.kind,
        target_id=target.id,
        target_label=target.label,
        customer_id=target.customer_id,
        before=_plain(before),
        after=_plain(after),
        reason=request.reason,
        summary=summary,
        ip_address=request.ip_address,
        user_agent=USER_AGENT,
        request_id=request.request_id,
        undo=_plain(undo),
        undoes=undoes,
    )
    return entry_id


def _plain(value: Mapping[str, Any] | None) -> Any:
    return None if value is None else to_plain(dict(value))
