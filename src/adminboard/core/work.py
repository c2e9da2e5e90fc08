"""Work: the only way to write.

A transaction that knows who acts and when, and that cannot be committed without its audit trail. A
function whose first parameter is a ``Work`` may write; one whose first parameter is a ``Session`` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core import audit
from adminboard.core.actor import Actor
from adminboard.core.audit import Draft, Target

T = TypeVar("T")
_FIGURES = Target("figures", "all", "the board's figures")


class UnauditedWork(RuntimeError):
    """A programming error: a transaction wanted to commit without an audit entry."""


class Work:
    """One transaction of one actor. Made by `Runtime.work`; nobody else commits."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self._now = now
        self._drafts: list[Draft] = []
        self._abandoned = False
        self._keeps_figures = False

    def keep_figures(self) -> None:
        """This work writes nothing but figures, which anyone can count again from rows that are audited: it
        needs no entry of its own. It still commits only while an entry could be written (docs/adr/0006).
        """
        self._keeps_figures = True

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
        if self._keeps_figures and not self._drafts:
            self.session.flush()
            audit.prove_writable(self.session, self._draft("figures.keep", _FIGURES, "Kept figures"))
            return
        if not self._drafts:
            raise UnauditedWork("this work changed something without saying so in the audit log")
        self.session.flush()
        audit.append(self.session, self._drafts)
        self._drafts = []


@contextmanager
def work_in(transaction: AbstractContextManager[Session], actor: Actor, now: datetime) -> Iterator[Work]:
    """A `Work` over a transaction that commits when left normally and rolls back on an exception."""
    with transaction as session:
        situate(session, actor, now)
        work = Work(session, actor, now)
        yield work
        work.seal()


def lock_by_name(work: Work, name: str) -> None:
    """Holds the name until the work ends, for what has no row to lock yet, or one that may not be locked."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


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
