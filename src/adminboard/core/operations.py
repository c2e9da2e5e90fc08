"""Operations: calls to the outside, written down before they are made.

A call is written down in the transaction of the decision, with one key for ever; it is made outside any
transaction; what came of it is written in one transaction (`core.operation_runner`). So whatever dies in
between, nothing is lost, and nothing is asked for twice under two keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import update

from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.core.errors import DomainError
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.queue import queue
from adminboard.core.work import Work

RUN_OPERATION = "run_operation"
"""The job that makes one call, named by ``operation_id``."""
REQUEST_HAS = timedelta(seconds=15)
"""How long a request that makes its call itself has for it before a worker may take it."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
STAYS_FOR = timedelta(minutes=5)
"""How long an executor holds a call. Whoever died with it loses it then; no call may take longer."""


class Refused(DomainError):
    """The outside said no, finally, and did nothing. ``detail`` is its reason."""

    title = "This was refused"


class OutcomeUnknown(DomainError):
    """The call may have had its effect or not: a timeout, a broken connection, an error over there."""

    status: ClassVar[int] = 503
    title = "Nobody knows yet whether it was done"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was written down. ``key`` is sent with it, the same at every attempt."""

    id: UUID
    kind: str
    key: str
    parameters: Mapping[str, Any]
    target: Target
    requested_by: str
    requested_at: datetime
    attempt: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the outside answered: its own id of what it made, and what `settle` needs, JSON-able.

    ``shown_once`` is for whoever asked and waits, and is kept nowhere, as that of `Applied`; nobody sees it
    when a worker made the call.
    """

    external_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    shown_once: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a call on the board: the sentence of toast and audit log, and what the entry shows.

    ``result`` is added to the answer of the REST call that asked for it.
    """

    summary: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


def leave_as_is(work: Work, call: Call, reason: str) -> None:
    """For kinds that change nothing on the board when they are refused."""


@dataclass(frozen=True, slots=True)
class OperationKind:
    """One kind of call, declared by the area that makes it.

    ``call`` makes it through the runtime and returns the answer, well within `STAYS_FOR`. It raises
    `Refused`, `OutcomeUnknown`, or, when surely nothing was done, `errors.Unavailable` or `errors.TooFast`;
    anything else it raises counts as unknown. ``settle`` writes what follows on the board, once, in the
    transaction that also notes the outcome; ``settle_refusal`` does so when it was refused.
    """

    name: str
    title: str
    """What is asked, like "Refund"."""
    call: Callable[[Any, Call], Answer]
    settle: Callable[[Work, Call, Answer], Settled]
    settle_refusal: Callable[[Work, Call, str], None] = leave_as_is
    look_up: Callable[[Any, Call], Answer | None] | None = None
    """Finds out what became of a call whose key may be forgotten; None when it never arrived. Raises as
    ``call`` does."""
    key_lifetime: timedelta | None = None
    """How long after the first attempt the key still makes a repeat harmless; afterwards the call is looked
    up, never repeated. Choose it shorter than the outside says, by the longest a call can take. None for
    calls that may be repeated at any time."""
    pauses: Sequence[timedelta] = PAUSES
    """Before the next attempts; the last one is repeated."""
    gives_up_after: timedelta | None = None
    """For calls that are worth nothing later: refused when none was accepted so long after the decision.
    Only what surely was never done is given up, and `operations.retry` takes it up again, so ``settle`` may
    come after ``settle_refusal``."""
    at_once: bool = True
    """Whether the request that decided makes the call itself; otherwise a worker does."""

    def __post_init__(self) -> None:
        """Raises `TypeError` for a kind that could not be settled once its key is forgotten."""
        if self.key_lifetime is not None and self.look_up is None:
            raise TypeError(f"{self.name}: a key that is forgotten some day needs a look_up")

    def pause(self, attempt: int) -> timedelta:
        """Until the attempt after this one, which is counted from 1."""
        return self.pauses[min(attempt, len(self.pauses)) - 1]


class Operations:
    """All kinds by name; areas register theirs when the board is put together."""

    def __init__(self, kinds: Iterable[OperationKind] = ()) -> None:
        self._by_name: dict[str, OperationKind] = {}
        for kind in kinds:
            if kind.name in self._by_name:
                raise ValueError(f"two kinds of operations are called {kind.name}")
            self._by_name[kind.name] = kind

    def find(self, name: str) -> OperationKind | None:
        """None for a kind that this version of the board does not know."""
        return self._by_name.get(name)

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._by_name)


def write(
    work: Work,
    kind: OperationKind,
    target: Target,
    parameters: Mapping[str, Any],
    *,
    decided_by: UUID | None = None,
    run_id: UUID | None = None,
) -> UUID:
    """Writes a call down and queues it, in the transaction of the decision; returns the operation's id.

    ``parameters`` are exactly what will be sent, without floats and secrets. ``decided_by`` is the audit
    entry of the decision; an action names the operation in its `Applied` instead: the runner then links them,
    and makes the call as soon as the decision is committed. Where the decision was approved, the entry of the
    outcome names the approval too.
    """
    operation_id = uuid4()
    begins_at = work.now() + (REQUEST_HAS if kind.at_once else timedelta())
    work.session.add(
        Operation(
            id=operation_id,
            kind=kind.name,
            idempotency_key=f"adminboard-{operation_id}",
            parameters=to_plain(dict(parameters)),
            status=OperationStatus.PENDING,
            target_kind=target.kind,
            target_id=target.id,
            target_label=target.label,
            customer_id=target.customer_id,
            actor_kind=work.actor.kind.value,
            actor_id=work.actor.id,
            actor_name=work.actor.name,
            attempts=0,
            next_attempt_at=begins_at,
            audit_entry_id=decided_by,
            approval_id=work.approval_id,
            run_id=run_id,
            created_at=work.now(),
            updated_at=work.now(),
        )
    )
    work.session.flush()
    queue(work, RUN_OPERATION, at=begins_at, operation_id=str(operation_id))
    return operation_id


def link_decision(work: Work, operation_id: UUID, audit_id: UUID) -> None:
    """Notes the audit entry of the decision, which is made after the call was written down.

    The first one stays, so that whoever has a call made again does not become the one who decided on it.
    """
    work.session.execute(
        update(Operation)
        .where(Operation.id == operation_id, Operation.audit_entry_id.is_(None))
        .values(audit_entry_id=audit_id)
    )
