"""Work: the only way to write.

A transaction that knows who acts and when, and that cannot be committed without its audit trail. A
function whose first parameter is a ``Work`` may write; one whose first parameter is a ``Session`` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core import audit
from adminboard.core.actor import Actor
from adminboard.core.audit import Draft, Target

T = TypeVar("T")
Announce = Callable[["Work", Sequence[Draft]], None]
"""Writes down whom to tell of what a work is about to put into the trail."""
_FIGURES = Target("figures", "all", "the board's figures")
_OPERATIONS = Target("operations", "all", "calls in flight")
_inside: ContextVar[bool] = ContextVar("inside_work", default=False)


class UnauditedWork(RuntimeError):
    """A programming error: a transaction wanted to commit without an audit entry."""


class CalledInsideWork(RuntimeError):
    """A programming error: something outside was to be called while a transaction was open."""


class Work:
    """One transaction of one actor. Made by `Runtime.work`; nobody else commits."""

    def __init__(
        self, session: Session, actor: Actor, now: datetime, announce: Announce | None = None
    ) -> None:
        self.session = session
        self.actor = actor
        self._now = now
        self._announce = announce
        self._drafts: list[Draft] = []
        self._abandoned = False
        self._keeps: Target | None = None

    def keep_figures(self) -> None:
        """This work writes nothing but figures, which anyone can count again from rows that are audited: it
        needs no entry of its own. It still commits only while an entry could be written (docs/adr/0006).
        """
        self._keeps = _FIGURES

    def keep_operations(self) -> None:
        """The same for one that only notes how far calls have come, whose decision has an entry already and
        whose outcome will have one. So nothing is sent while no entry could be written (docs/adr/0007).
        """
        self._keeps = _OPERATIONS

    def abandon(self) -> None:
        """There was nothing to do after all: the transaction will be rolled back without an error."""
        self._abandoned = True

    def now(self) -> datetime:
        """The moment of this work, the same for everything done in it."""
        return self._now

    def audit(
        self,
        action: str,
        target: Target,
        summary: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str | None = None,
        undo: Mapping[str, Any] | None = None,
        undoes: UUID | None = None,
        approval_id: UUID | None = None,
        run_id: UUID | None = None,
    ) -> UUID:
        """Adds an entry to the trail, written when the work commits; returns its id.

        ``summary`` is the whole sentence people read in the log; ``before`` and ``after`` hold only what
        changed, as JSON-able values without floats.
        """
        draft = self._draft(
            action,
            target,
            summary,
            before=before,
            after=after,
            reason=reason,
            undo=undo,
            undoes=undoes,
            approval_id=approval_id,
            run_id=run_id,
        )
        self._drafts.append(draft)
        return draft.id

    def _draft(self, action: str, target: Target, summary: str, **more: Any) -> Draft:
        return Draft(
            at=self._now,
            actor_kind=self.actor.kind.value,
            actor_id=self.actor.id,
            actor_name=self.actor.name,
            action=action,
            target_kind=target.kind,
            target_id=target.id,
            target_label=target.label,
            customer_id=target.customer_id,
            summary=summary,
            ip_address=self.actor.ip_address,
            user_agent=self.actor.user_agent,
            request_id=self.actor.request_id,
            **more,
        )

    def seal(self) -> None:
        """Writes the trail; the last step before the commit. Raises `UnauditedWork` when there is none."""
        if self._abandoned:
            self.session.rollback()
            return
        if self._keeps is not None and not self._drafts:
            self.session.flush()
            draft = self._draft(f"{self._keeps.kind}.keep", self._keeps, f"Kept {self._keeps.label}")
            audit.prove_writable(self.session, draft)
            return
        if not self._drafts:
            raise UnauditedWork("this work changed something without saying so in the audit log")
        if self._announce is not None:
            self._announce(self, tuple(self._drafts))
        self.session.flush()
        audit.append(self.session, self._drafts)
        self._drafts = []


@contextmanager
def work_in(
    transaction: AbstractContextManager[Session],
    actor: Actor,
    now: datetime,
    announce: Announce | None = None,
) -> Iterator[Work]:
    """A `Work` over a transaction that commits when left normally and rolls back on an exception."""
    outer = _inside.get()
    _inside.set(True)
    try:
        with transaction as session:
            situate(session, actor, now)
            work = Work(session, actor, now, announce)
            yield work
            work.seal()
    finally:
        _inside.set(outer)


def forbid_inside_work() -> None:
    """Raises `CalledInsideWork` in a transaction that writes. Whatever calls the outside begins with this:
    a call cannot be rolled back, and a slow one would hold locks that others wait for.
    """
    if _inside.get():
        raise CalledInsideWork("nothing outside may be called while a work is open: write an operation")


def situate(session: Session, actor: Actor | None, now: datetime) -> None:
    """Tells a session its moment and its reader, for the rules that depend on them."""
    session.info["now"] = now
    session.info["remembered"] = {}
    session.info["actor"] = actor


def moment(session: Session) -> datetime:
    """The moment this session speaks of: the same through a whole request."""
    now: datetime = session.info["now"]
    return now


def remember(session: Session, key: Hashable, load: Callable[[], T]) -> T:
    """What ``load`` gives, asked once in this transaction: for facts that lock, preview and apply all need.

    Whoever changes what is remembered must `forget` it.
    """
    memory: dict[Hashable, Any] = session.info.setdefault("remembered", {})
    if key not in memory:
        memory[key] = load()
    value: T = memory[key]
    return value


def forget(session: Session, key: Hashable) -> None:
    """What was remembered under the key no longer holds: it is asked anew."""
    session.info["remembered"].pop(key, None)


def reader(session: Session) -> Actor:
    """Who reads through this session."""
    actor: Actor | None = session.info["actor"]
    if actor is None:
        raise LookupError("this session was opened for nobody in particular")
    return actor
