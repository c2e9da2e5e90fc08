"""Replaying all events that failed and match: at once, or by a run where there are very many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Change, Detail, Preview
from adminboard.core.audit import Target
from adminboard.core.listings.columns import is_any
from adminboard.core.listings.found import say_found
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.webhooks.commands import ReplayFailed
from adminboard.webhooks.listing import events
from adminboard.webhooks.replay_run import open_replay
from adminboard.webhooks.replaying import (
    A_MINUTE,
    ASKS_STRIPE,
    NothingToReplay,
    count_failed,
    failed_events,
    put_back_failed,
)

MOST_AT_ONCE = 500
"""More than these are put back by a run."""
SHOWN_TYPES = 12
"""So many types stand in a preview with their numbers, the most frequent ones."""
FAILED_EVENTS = Target("billing_events", "failed", "failed events")


def preview(session: Session, command: ReplayFailed) -> Preview:
    """Raises `NothingToReplay`, `UserUnknown`."""
    by_type = count_failed(session, command)
    if not by_type:
        raise NothingToReplay("No failed event matches this. There is nothing to do.")
    return Preview(
        FAILED_EVENTS,
        (Change("Events put back", 0, sum(by_type.values()), cell="number"),),
        warnings=(ASKS_STRIPE,),
        details=(*_whose(session, command), *_matching(session, command), *_of_each_type(by_type)),
    )


def _whose(session: Session, command: ReplayFailed) -> list[Detail]:
    """The customers by their names, where the command names some by their ids."""
    if not command.customers:
        return []
    known = select(Organization.name).where(is_any(Organization.id, command.customers))
    return [Detail("Of the customers", ", ".join(session.scalars(known.order_by(Organization.name))))]


def _matching(session: Session, command: ReplayFailed) -> list[Detail]:
    words = say_found(session, events, command.matching) if command.matching else None
    return [Detail("Of those with", words)] if words else []


def _of_each_type(by_type: Mapping[str, int]) -> list[Detail]:
    shown = list(by_type.items())[:SHOWN_TYPES]
    others = sum(by_type.values()) - sum(count for _, count in shown)
    details = [Detail(event_type, count, cell="number") for event_type, count in shown]
    return [*details, Detail("Of other types", others, cell="number")] if others else details


def apply(work: Work, command: ReplayFailed) -> Applied:
    """Puts them back at once, or has a run do it where there are very many."""
    chosen = work.session.scalars(failed_events(work.session, command).limit(_one_more(command))).all()
    if len(chosen) > MOST_AT_ONCE:
        run = open_replay(work, command)
        result = {"events": [], "run": run.id}
        summary = f"A run puts {run.rows_total:,} failed events back, to be applied."
        return Applied(result, summary, record={"run": run.id})
    events = put_back_failed(work, chosen, command.reason)
    noun = "event" if len(events) == 1 else "events"
    summary = f"Put {len(events):,} failed {noun} back, to be applied in a moment."
    return Applied({"events": events, "run": None}, summary)


def find_run_page(result: Mapping[str, Any]) -> str | None:
    """The page of the run, where there were so many that one does it."""
    return f"/webhooks/replays/{result['run']}" if result["run"] else None


def _one_more(command: ReplayFailed) -> int:
    return min(command.limit or MOST_AT_ONCE + 1, MOST_AT_ONCE + 1)


replay_failed = Action(
    name="webhooks.replay_failed",
    title="Replay failed events",
    also_called=("replay failed webhooks",),
    stands_alone=True,
    command=ReplayFailed,
    preview=preview,
    apply=apply,
    permission=Permission.WEBHOOKS_REPLAY,
    limit=A_MINUTE,
    confirm_label=lambda _, preview: f"Replay {preview.changes[0].after:,}",
    leads_to=find_run_page,
)
