"""Making the calls that were written down: claim, call, outcome (see `core.operations`).

An executor that dies at any point leaves the call to the next one, which asks again under the same key. Of
several executors at once exactly one holds the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor, system_actor
from adminboard.core.errors import TooFast, Unavailable
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operation_outcomes import Claim, Reply, make_claim, note_outcome
from adminboard.core.operations import (
    STAYS_FOR,
    Answer,
    OperationKind,
    Operations,
    OutcomeUnknown,
    Refused,
)
from adminboard.core.standing import Standing, get_standing
from adminboard.core.traces import span
from adminboard.core.work import Work, forbid_inside_work, moment

logger = structlog.get_logger(__name__)
UNFINISHED = (OperationStatus.PENDING, OperationStatus.RUNNING, OperationStatus.UNKNOWN)
MOST_AT_A_TIME = 500
EXECUTOR = system_actor("operations")
NEVER_ARRIVED = "There is no trace of it over there, so it was not done. Make the change again."


class Doors(Protocol):
    """The part of the runtime that is needed here; calls get all of it."""

    def reading(self) -> AbstractContextManager[Session]: ...

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


class OperationRunner:
    """Makes calls and writes down what came of them, in any number of threads and processes at once."""

    def __init__(self, doors: Doors, kinds: Operations) -> None:
        self._doors = doors
        self.kinds = kinds

    def run_at_once(self, operation_id: UUID, actor: Actor) -> Standing:
        """Makes the call for the request that decided on it; returns how it stands then.

        The decision is committed already, so whatever goes wrong here is no failure of the request: the call
        stays unfinished, and a worker goes on with it. Raises what reading raises.
        """
        shown_once: Mapping[str, str] = {}
        try:
            shown_once = self.attempt(operation_id, actor)
        except Exception as error:
            logger.exception("operation_interrupted", operation=str(operation_id), exc_info=error)
        with self._doors.reading() as session:
            return replace(get_standing(session, operation_id), shown_once=shown_once)

    def run_due(self) -> int:
        """Makes every call that is due, also those that a killed executor held; returns how many were tried.

        What goes wrong with one call is logged and leaves the others alone.
        """
        due = self._list_due()
        for operation_id in due:
            try:
                self.attempt(operation_id)
            except Exception as error:
                logger.exception("operation_interrupted", operation=str(operation_id), exc_info=error)
        return len(due)

    def attempt(self, operation_id: UUID, actor: Actor = EXECUTOR) -> Mapping[str, str]:
        """One attempt, when the call is due or was never tried; nothing otherwise, or while another makes it.
        Returns what its answer shows once.

        The entry of the outcome names ``actor``. Raises `AuditUnavailable` before anything is sent while no
        entry could be written, and what the kind's ``settle`` raises; the call is then made again later,
        under the same key.
        """
        forbid_inside_work()
        claim = self._claim(operation_id)
        if claim is None:
            return {}
        kind = self.kinds.find(claim.call.kind)
        assert kind is not None, "only kinds that are known are claimed"
        with span(f"operation {kind.name}", SpanKind.CLIENT) as traced:
            reply = self._make(kind, claim)
            traced.set_attribute("adminboard.outcome", type(reply).__name__)
        with self._doors.work(actor) as work:
            is_noted = note_outcome(work, kind, claim, reply)
            if not is_noted:
                work.abandon()
        return reply.shown_once if is_noted and isinstance(reply, Answer) else {}

    def _list_due(self) -> list[UUID]:
        with self._doors.reading() as session:
            due = (
                select(Operation.id)
                .where(
                    Operation.status.in_(UNFINISHED),
                    Operation.next_attempt_at <= moment(session),
                    Operation.kind.in_(self.kinds.names),
                )
                .order_by(Operation.next_attempt_at, Operation.id)
                .limit(MOST_AT_A_TIME)
            )
            return list(session.scalars(due))

    def _claim(self, operation_id: UUID) -> Claim | None:
        """Takes the call for this executor, by one compare-and-set; None when it is not to be had."""
        with self._doors.work(EXECUTOR) as work:
            now = work.now()
            claimed = work.session.execute(
                update(Operation)
                .where(
                    Operation.id == operation_id,
                    Operation.kind.in_(self.kinds.names),
                    Operation.status.in_(UNFINISHED),
                    or_(Operation.next_attempt_at <= now, Operation.attempts == 0),
                )
                .values(
                    status=OperationStatus.RUNNING,
                    attempts=Operation.attempts + 1,
                    claimed_at=now,
                    first_sent_at=func.coalesce(Operation.first_sent_at, now),
                    next_attempt_at=now + STAYS_FOR,
                    updated_at=now,
                )
                .returning(*Operation.__table__.columns)
                .execution_options(synchronize_session=False)
            ).one_or_none()
            if claimed is None:
                work.abandon()
                return None
            work.keep_operations()
            return make_claim(claimed)

    def _make(self, kind: OperationKind, claim: Claim) -> Reply:
        """The answer, or why there is none. What a call raises unforeseen may have come after its effect."""
        try:
            if kind.look_up is not None and claim.is_forgotten_after(kind.key_lifetime):
                return kind.look_up(self._doors, claim.call) or Refused(NEVER_ARRIVED)
            return kind.call(self._doors, claim.call)
        except (Refused, OutcomeUnknown, Unavailable, TooFast) as error:
            return error
        except Exception as error:
            logger.exception("operation_failed", kind=kind.name, operation=str(claim.call.id), exc_info=error)
            return OutcomeUnknown(
                f"The call ended with an error of the board's own ({type(error).__name__})."
            )
