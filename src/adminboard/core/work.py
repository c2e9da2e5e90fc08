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

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session

from adminboard.core import audit
from adminboard.core.actor import Actor
from adminboard.core.audit import Draft, Target

T = TypeVar("T")
Announce = Callable[["Work", Sequence[Draft]], None]
"""Writes down whom to tell of what a work is about to put into the trail."""
_WITHOUT_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Unicode's embeddings, overrides and isolates of writing direction."""
_FIGURES = Target("figures", "all", "the board's figures")
_OPERATIONS = Target("operations", "all", "calls in flight")
_EVENTS = Target("billing_events", "all", "events to be applied")
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
        self.run_id: UUID | None = None
        """The run this work is a step of; every entry names it."""
        self.approval_id: UUID | None = None
        """The approval this work acts under; every entry names it. Set only by what found it approved."""

    def keep_figures(self) -> None:
        """This work writes nothing but figures, which anyone can count again from rows that are audited: it
        needs no entry of its own. It still commits only while an entry could be written (docs/adr/0006).
        """
        self._keeps = _FIGURES

    def keep_operations(self) -> None:
        """The same for one that only notes how far calls have come, whose decision has an entry already and
        whose outcome will have one, or that makes a letter about such entries. So nothing is sent while no
        entry could be written (docs/adr/0007).
        """
        self._keeps = _OPERATIONS

    def keep_events(self) -> None:
        """The same for one that only notes how far Stripe's events have come: what they change has entries of
        its own, and so has one that is given up (docs/adr/0012).
        """
        self._keeps = _EVENTS

    @contextmanager
    def acting(self, actor: Actor, approval_id: UUID) -> Iterator[None]:
        """What is done in this part is done in the name of ``actor``, with their rights, under the approval;
        its entries say so."""
        mine, before = self.actor, self.approval_id
        self.actor, self.approval_id = actor, approval_id
        try:
            with reading_as(self.session, actor):
                yield
        finally:
            self.actor, self.approval_id = mine, before

    def keep_progress(self, run: Target) -> None:
        """This work only moves a run on, which changes nothing but the run's own rows: the same holds for it
        (docs/adr/0008).
        """
        self._keeps = run

    def write_rows(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Executes the statement for each of the rows: at once, or within `gathering` with others."""
        gathered = self.session.info.get("gathered")
        if gathered is None:
            self.session.execute(statement, rows)
        else:
            gathered.setdefault(statement, []).extend(rows)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Within it, rows that `write_rows` is given are sent together at the end: one statement for many
        changes. Whoever reads what may have been gathered calls `write_gathered` before."""
        self.session.info["gathered"] = {}
        try:
            yield
            write_gathered(self.session)
        finally:
            del self.session.info["gathered"]

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that may fail by itself: what is raised in it takes back its changes and its entries, and
        what was remembered in it, and leaves the rest of the work as it was."""
        entries, remembered = len(self._drafts), dict(self.session.info["remembered"])
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            del self._drafts[entries:]
            self.session.info["remembered"] = remembered
            raise

    @property
    def sentences(self) -> tuple[str, ...]:
        """What has been entered so far, as the log will say it."""
        return tuple(draft.summary for draft in self._drafts)

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
    ) -> UUID:
        """Adds an entry to the trail, written when the work commits; returns its id.

        ``summary`` is the whole sentence people read in the log, kept without the signs by which a name in it
        could turn the direction of what follows, and so the digits of an amount; ``before`` and ``after``
        hold only what changed, as JSON-able values without floats.
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
            summary=summary.translate(_WITHOUT_DIRECTIONS),
            ip_address=self.actor.ip_address,
            user_agent=self.actor.user_agent,
            request_id=self.actor.request_id,
            approval_id=self.approval_id,
            run_id=self.run_id,
            **more,
        )

    def seal(self) -> None:
        """Writes the trail; the last step before the commit. Raises `UnauditedWork` when there is none."""
        if self._abandoned:
            self.session.rollback()
            return
        if self._keeps is not None and not self._drafts:
            self.session.flush()
            proof = self._draft(f"{self._keeps.kind}.keep", self._keeps, f"Kept {self._keeps.label}")
            audit.prove_writable(self.session, proof)
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


def write_gathered(session: Session) -> None:
    """Sends what was gathered so far, statement by statement in the order of their first rows."""
    gathered: dict[Executable, list[Any]] = session.info.get("gathered") or {}
    for statement in list(gathered):
        session.execute(statement, gathered.pop(statement))


def lock_by_name(work: Work, name: str) -> None:
    """Holds the name until the work ends, for what has no row to lock yet, or one that may not be locked."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def situate(session: Session, actor: Actor | None, now: datetime) -> None:
    """Tells a session its moment and its reader, for the rules that depend on them."""
    session.info["now"] = now
    session.info["remembered"] = {}
    session.info["actor"] = actor


@contextmanager
def reading_as(session: Session, actor: Actor) -> Iterator[None]:
    """What is read in this part is read as ``actor`` would read it."""
    mine = session.info["actor"]
    session.info["actor"] = actor
    try:
        yield
    finally:
        session.info["actor"] = mine


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


def memorize(session: Session, key: Hashable, value: Any) -> None:
    """The same for a fact that was found together with many others."""
    session.info.setdefault("remembered", {})[key] = value


def recall(session: Session, key: Hashable, otherwise: T) -> T:
    """What is remembered under the key, or ``otherwise``: nothing is asked."""
    memory: dict[Hashable, Any] = session.info.setdefault("remembered", {})
    value: T = memory.get(key, otherwise)
    return value


def forget(session: Session, key: Hashable) -> None:
    """What was remembered under the key no longer holds: it is asked anew."""
    session.info.setdefault("remembered", {}).pop(key, None)


def reader(session: Session) -> Actor:
    """Who reads through this session."""
    actor: Actor | None = session.info["actor"]
    if actor is None:
        raise LookupError("this session was opened for nobody in particular")
    return actor
