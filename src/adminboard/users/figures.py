"""The call figures of users, counted by the clock, because counting them for a list would take seconds.

One statement counts the calls of 30 days by owner and writes what differs; owners who made none any more
lose their row.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.jobs import EVERY_HOUR, PeriodicJob
from adminboard.runtime import Runtime
from adminboard.users.models import UserFigures

COUNTED = timedelta(days=30)
COUNTING_MS = 120_000


def refresh_call_figures(runtime: Runtime) -> int:
    """Brings every user's calls of the last 30 days up to date; returns how many figures changed.

    Writes nothing, and no audit entry, when nothing changed.
    """
    with runtime.work(system_actor("call figures")) as work:
        set_statement_timeout(work.session, COUNTING_MS)
        changed = _count_anew(work) + _drop_those_without(work)
        if not changed:
            work.abandon()
            return 0
        target = Target("user_figures", "calls_30d", "calls of 30 days")
        work.audit(
            "users.refresh_figures", target, f"Counted the calls of 30 days anew: {changed} users changed"
        )
        return changed


def _count_anew(work: Work) -> int:
    counted = (
        select(Business.owner_id, func.count(), literal(work.now()))
        .join(CallLog, CallLog.business_id == Business.id)
        .where(CallLog.started_at > work.now() - COUNTED, CallLog.started_at <= work.now())
        .group_by(Business.owner_id)
    )
    columns = ["user_id", "calls_30d", "refreshed_at"]
    statement = insert(UserFigures).from_select(columns, counted)
    changed = work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[UserFigures.user_id],
            set_={name: statement.excluded[name] for name in columns[1:]},
            where=UserFigures.calls_30d != statement.excluded.calls_30d,
        ).returning(UserFigures.user_id)
    )
    return len(changed.all())


def _drop_those_without(work: Work) -> int:
    recent = (
        select(CallLog.id)
        .join(Business, Business.id == CallLog.business_id)
        .where(
            Business.owner_id == UserFigures.user_id,
            CallLog.started_at > work.now() - COUNTED,
            CallLog.started_at <= work.now(),
        )
        .exists()
    )
    dropped = work.session.execute(delete(UserFigures).where(~recent).returning(UserFigures.user_id))
    return len(dropped.all())


refresh_figures_hourly = PeriodicJob("refresh_call_figures", EVERY_HOUR, refresh_call_figures)
