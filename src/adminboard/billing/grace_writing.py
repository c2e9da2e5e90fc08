"""The rows of grace periods, each change with its entry in the trail, so that the history of a period tells
it. The caller holds the customer locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.suspending import reason_of_lapse
from adminboard.core.audit import Target
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work
from adminboard.customers.models import Organization

OPEN, RECOVER, LAPSE = "grace_periods.open", "grace_periods.recover", "grace_periods.lapse"
CORRECT, DROP = "grace_periods.correct", "grace_periods.drop"
"""What is put right because an earlier failure was heard of late."""
PAID_IN_TIME = "grace_periods.paid_in_time"
"""The payment was heard of only after the period's end had suspended the customer, who still is."""


def write_period(
    work: Work,
    organization_id: UUID,
    row: GracePeriod | None,
    values: Mapping[str, Any],
    recovered_at: datetime | None,
) -> None:
    """Brings the row, or a new one, to these values. Nothing is said where nothing differs."""
    if row is None:
        row = GracePeriod(
            organization_id=organization_id, created_at=values["starts_at"], is_set_by_hand=False, **values
        )
        work.session.add(row)
        work.session.flush()
        _tell(work, OPEN, row, f"opened, until {say_moment(row.ends_at)}", {}, values)
        if row.status is not GracePeriodStatus.OPEN:
            _tell_end(work, row, recovered_at)
        return
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return
    for name in before:
        setattr(row, name, values[name])
    row.created_at, row.updated_at = row.starts_at, recovered_at or work.now()
    work.session.flush()
    if "status" in before and row.status is not GracePeriodStatus.OPEN:
        _tell_end(work, row, recovered_at)
        if before["status"] is GracePeriodStatus.LAPSED:
            _tell_if_suspended(work, row, before.get("ends_at", row.ends_at))
    if before.keys() - {"status"}:
        after = {name: values[name] for name in before}
        _tell(work, CORRECT, row, f"began on {say_moment(row.starts_at)}", before, after)


def recover_period(work: Work, row: GracePeriod, paid_at: datetime) -> None:
    """Closes an open one as recovered by a payment."""
    row.status, row.updated_at = GracePeriodStatus.RECOVERED, paid_at
    work.session.flush()
    _tell_end(work, row, paid_at)


def lapse_period(work: Work, row: GracePeriod) -> None:
    """Marks an open one whose end has come as lapsed."""
    row.status, row.updated_at = GracePeriodStatus.LAPSED, work.now()
    work.session.flush()
    _tell_end(work, row, None)


def drop_period(work: Work, row: GracePeriod) -> None:
    """There was none after all: an earlier one covers it, or what was due had been paid."""
    before = {"starts_at": row.starts_at, "ends_at": row.ends_at, "status": row.status}
    _tell(
        work,
        DROP,
        row,
        "was none after all: an earlier one covers it, or its invoice was paid in time",
        before,
        {},
    )
    work.session.delete(row)
    work.session.flush()


def target_of(work: Work, row: GracePeriod) -> Target:
    customer = work.session.get_one(Organization, row.organization_id)
    return Target("grace_period", str(row.id), customer.name, row.organization_id)


def _tell_end(work: Work, row: GracePeriod, recovered_at: datetime | None) -> None:
    was_open = {"status": GracePeriodStatus.OPEN}
    if recovered_at is None:
        _tell(work, LAPSE, row, f"lapsed on {say_moment(row.ends_at)}", was_open, {"status": row.status})
    else:
        _tell(
            work,
            RECOVER,
            row,
            f"was recovered on {say_moment(recovered_at)}",
            was_open,
            {"status": row.status},
        )


def _tell_if_suspended(work: Work, row: GracePeriod, lapsed_at: datetime) -> None:
    """Of one that had lapsed and was paid after all: whether that end suspended the customer. Letting them in
    again is left to people, as every suspension is."""
    customer = work.session.get_one(Organization, row.organization_id)
    if row.status is GracePeriodStatus.RECOVERED and customer.suspension_reason == reason_of_lapse(lapsed_at):
        work.audit(
            PAID_IN_TIME,
            Target("customer", str(customer.id), customer.name, customer.id),
            f"{customer.name} paid within the grace period after all, but is suspended since it ended.",
        )


def _tell(
    work: Work, action: str, row: GracePeriod, what: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    target = target_of(work, row)
    work.audit(action, target, f"The grace period of {target.label} {what}.", before=before, after=after)
