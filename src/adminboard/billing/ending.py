"""Grace periods that end soon: each is written to the audit log once, which is how people hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from sqlalchemy import String, cast, exists, select

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work
from adminboard.customers.models import Organization

ENDING = "grace_periods.ending"
ENDS_WITHIN = timedelta(hours=48)
PERIODS_PER_BATCH = 50


class Doors(Protocol):
    """The part of the runtime that the job needs."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


def tell_of_ending_periods(doors: Doors) -> int:
    """Writes an entry for every open period that ends within 48 hours and has none yet; returns how many.

    A period that was extended since is told of again when its new end comes near.
    """
    told = 0
    while True:
        with doors.work(system_actor("grace periods")) as work:
            ending = _find_ending(work)
            for period, name in ending:
                _tell(work, period, name)
            if not ending:
                work.abandon()
                return told
        told += len(ending)


def _find_ending(work: Work) -> Sequence[tuple[GracePeriod, str]]:
    told = exists().where(
        AuditEntry.target_kind == "grace_period",
        AuditEntry.target_id == cast(GracePeriod.id, String),
        AuditEntry.action == ENDING,
        AuditEntry.at >= GracePeriod.ends_at - ENDS_WITHIN,
    )
    ending = (
        select(GracePeriod, Organization.name)
        .join(Organization, Organization.id == GracePeriod.organization_id)
        .where(
            GracePeriod.status == GracePeriodStatus.OPEN,
            GracePeriod.ends_at > work.now(),
            GracePeriod.ends_at <= work.now() + ENDS_WITHIN,
            ~told,
        )
        .order_by(GracePeriod.ends_at, GracePeriod.id)
        .limit(PERIODS_PER_BATCH)
    )
    return [(row.GracePeriod, row.name) for row in work.session.execute(ending)]


def _tell(work: Work, period: GracePeriod, customer: str) -> None:
    target = Target("grace_period", str(period.id), customer, period.organization_id)
    work.audit(
        ENDING,
        target,
        f"The grace period of {customer} ends on {say_moment(period.ends_at)}.",
        after={"ends_at": period.ends_at},
    )
