"""Running actions: permission, idempotency, locks, preview, acknowledgement, approval, audit, undo.

This is the one place through which pages, REST, the command line, bulk files and approvals change things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adminboard.core import idempotency
from adminboard.core.actions import Action, Actions, Applied, Preview
from adminboard.core.actor import Actor
from adminboard.core.approvals import must_wait, request_approval, summary_of
from adminboard.core.audit import AlreadyUndone
from adminboard.core.audit_models import AuditEntry
from adminboard.core.canonical import digest, to_plain
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.limits import check_limit, count_start
from adminboard.core.masking import sees_personal_data
from adminboard.core.models import OperationStatus
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import link_decision
from adminboard.core.preview_tokens import PreviewTokens, confirmation_of
from adminboard.core.signing import SignedTexts
from adminboard.core.standing import OperationRefused, Standing
from adminboard.core.step_up import require_step_up
from adminboard.core.work import Work, moment

C = TypeVar("C", bound=Command)

PREVIEW_LIFETIME = timedelta(hours=1)
OPERATION = "operation_id"
"""Where the entry of a decision names the call to the outside that it wrote down."""


class StalePreview(DomainError):
    """The state moved since the preview was shown (guarantee 8)."""

    title = "Things changed in the meantime"


class AcknowledgementRequired(DomainError):
    """A warning must be acknowledged first. ``preview`` carries the warnings."""

    title = "A warning needs your acknowledgement"

    def __init__(self, detail: str, preview: Preview) -> None:
        super().__init__(detail)
        self.preview = preview


class NotUndoable(DomainError):
    """This change has no undo."""

    title = "This cannot be undone"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A preview with the token that confirms exactly it."""

    preview: Preview
    token: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running an action answered. ``replayed`` tells that an earlier answer was given again.

    With ``approval_id`` nothing has happened yet but that it was asked for: that request waits for a second
    person, and ``audit_id`` is its entry.
    ``shown_once`` are secrets by label, for this answer alone: never redirect away from them, never log them.
    ``operation_id`` is the call to the outside that the change wrote down, ``operation`` how that stands.
    """

    result: Mapping[str, Any]
    audit_id: UUID
    summary: str
    can_undo: bool
    replayed: bool = False
    approval_id: UUID | None = None
    shown_once: Mapping[str, str] = field(default_factory=dict)
    operation_id: UUID | None = None
    operation: Standing | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came with the command: the preview's token, acknowledged warnings, the idempotency key.

    ``accepts_all`` acknowledges whatever there is to be warned of. ``approved_by`` names the second person,
    for the audit entry; it gives no right (`Work.approval_id`).
    """

    token: str | None = None
    acknowledged: frozenset[str] = frozenset()
    idempotency_key: str | None = None
    undoes: UUID | None = None
    accepts_all: bool = False
    approved_by: str | None = None


OpenSession = Callable[[Actor], AbstractContextManager[Session]]
OpenWork = Callable[[Actor], AbstractContextManager[Work]]


class ActionRunner:
    """Previews and runs actions; the actor's rights are checked here and nowhere else."""

    def __init__(
        self,
        reading: OpenSession,
        work: OpenWork,
        signed: SignedTexts,
        actions: Actions,
        operations: OperationRunner | None = None,
        outside: Any = None,
    ) -> None:
        """Without ``operations`` the calls that actions write down are left to a worker. ``outside`` is the
        runtime, through which actions fetch what their previews need."""
        self._reading = reading
        self._work = work
        self._tokens = PreviewTokens(signed)
        self.actions = actions
        self._operations = operations
        self._outside = outside

    def preview(self, actor: Actor, action: Action[C], command: C) -> Prepared:
        """What the action would do, and the token to confirm it. Changes nothing. Raises what the action's
        fetching and its preview raise."""
        command = self.fetch(actor, action, command)
        with self._reading(actor) as session:
            return self.preview_in(session, actor, action, command)

    def fetch(self, actor: Actor, action: Action[C], command: C) -> C:
        """The command with what its preview needs from the outside, as far as the actor may see it."""
        actor.require(action.permission)
        if action.fetch is None:
            return command
        command = action.fetch(self._outside, command)
        return command if sees_personal_data(actor) else command.without_personal_data()

    def preview_in(self, session: Session, actor: Actor, action: Action[C], command: C) -> Prepared:
        """As `preview`, of a command that was fetched for, through a session of the actor's that is open."""
        session.info["runner"] = self
        preview = action.preview(session, command)
        expires_at = moment(session) + PREVIEW_LIFETIME
        return Prepared(preview, self._tokens.make(actor, action, command, preview, expires_at=expires_at))

    def run(self, actor: Actor, action: Action[C], command: C, confirmation: Confirmation) -> Outcome:
        """Does it: one transaction with its audit entry; refused entirely when any rule says no.

        Where a second person must agree, it is asked for instead: the outcome then has an ``approval_id``.
        Raises `StalePreview`, `AcknowledgementRequired`, `ApprovalRequired`, `StepUpRequired`, `Forbidden`,
        `idempotency.KeyReused`, `limits.TooManyChanges`, `NotUndoable` and `AlreadyUndone` for an undo, or
        what the action's fetching and its preview raise; after the commit what `follow` raises. Twice with
        one idempotency key is once.
        """
        command = self._complete(actor, action, command, confirmation)
        with self._work(actor) as work:
            outcome = self.run_in(work, action, command, confirmation)
            if outcome.replayed:
                work.abandon()
        return self.follow(actor, outcome)

    def follow(self, actor: Actor, outcome: Outcome) -> Outcome:
        """Makes the call that a committed change wrote down, if any; the outcome then says what came of it.

        Raises `OperationRefused`: the change stays decided and written down, but nothing was done.
        """
        if outcome.operation_id is None or self._operations is None:
            return outcome
        standing = self._operations.run_at_once(outcome.operation_id, actor)
        if standing.status is OperationStatus.REFUSED:
            raise OperationRefused(standing.sentence)
        return replace(
            outcome,
            operation=standing,
            summary=standing.summary or outcome.summary,
            result={**outcome.result, **(standing.result or {})},
            shown_once={**outcome.shown_once, **standing.shown_once},
        )

    def run_in(self, work: Work, action: Action[C], command: C, confirmation: Confirmation) -> Outcome:
        """The same as a part of a transaction that does more; what it raises must undo that part at least.

        A replayed outcome has written nothing. The rights are those of the work's actor. Whoever commits the
        work lets `follow` make the call that may have been written down.
        """
        work.actor.require(action.permission)
        work.session.info["runner"] = self
        if action.step_up:
            require_step_up(work)
        key = confirmation.idempotency_key
        if key is not None:
            request = digest([action.name, command.asked_data(), str(confirmation.undoes)])
            known = idempotency.claim(work, key, request)
            if known is not None:
                return _replayed(known)
        if action.fetch is not None and not action.fetches_to_show and not command.carried_data():
            raise _stale()
        if confirmation.undoes is not None:
            _check_inverse(work.session, action, command, confirmation.undoes)
        if action.limit is not None and work.run_id is None and work.approval_id is None:
            count_start(work, action.limit)
        action.lock(work, command)
        preview = action.preview(work.session, command)
        self._check(work, action, command, preview, confirmation)
        if must_wait(work, preview):
            outcome = _ask(work, action, command, preview, confirmation.undoes)
        else:
            outcome = self._apply(work, action, command, preview, confirmation)
        if key is not None:
            idempotency.store(work, key, _answer(outcome))
        return outcome

    def _complete(self, actor: Actor, action: Action[C], command: C, confirmation: Confirmation) -> C:
        """The command with what the preview needs of the outside: what was confirmed, else fetched anew;
        but nothing for a request that will be refused, or was answered before.
        """
        if action.fetch is None:
            return command
        actor.require(action.permission)
        token, key = confirmation.token, confirmation.idempotency_key
        with self._reading(actor) as session:
            if key is not None and idempotency.is_known(session, actor, key):
                return command
            if action.limit is not None:
                check_limit(session, actor, action.limit)
            confirmed = self._tokens.read(actor, token, now=moment(session)) if token is not None else None
        if token is None:
            return command if action.fetches_to_show else self.fetch(actor, action, command)
        carried = dict(confirmed.carried) if confirmed is not None else {}
        return parse_command(action.command, command.asked_data() | carried)

    def find_undo(self, actor: Actor, audit_id: UUID) -> tuple[Action[Any], Command]:
        """The action and command that undo an audited change.

        Raises `NotFound`, `NotUndoable`, `AlreadyUndone`, or `Forbidden` when the actor may not undo it.
        """
        with self._reading(actor) as session:
            entry = session.execute(select(AuditEntry.undo).where(AuditEntry.id == audit_id)).one_or_none()
            undone = session.scalar(select(exists().where(AuditEntry.undoes == audit_id)))
        if entry is None:
            raise NotFound("There is no such change in the audit log.")
        return self.read_undo(actor, entry.undo, undone=bool(undone))

    def read_undo(
        self, actor: Actor, recorded: Mapping[str, Any] | None, *, undone: bool
    ) -> tuple[Action[Any], Command]:
        """The same from what an entry recorded as its undo, and whether another entry has undone it."""
        if recorded is None:
            raise NotUndoable("This change cannot be undone. Make the opposite change instead.")
        action = self.actions.get(recorded["action"])
        actor.require(action.permission)
        if undone:
            raise AlreadyUndone("This change has been undone already.")
        return action, parse_command(action.command, recorded["command"])

    def _check(
        self, work: Work, action: Action[C], command: C, preview: Preview, confirmation: Confirmation
    ) -> None:
        if confirmation.token is not None:
            confirmed = self._tokens.read(work.actor, confirmation.token, now=work.now())
            if confirmed is None or confirmed.fingerprint != confirmation_of(action, command, preview):
                raise _stale(confirmed.find_moved(preview) if confirmed is not None else ())
        missing = preview.acknowledgements - confirmation.acknowledged
        if missing and not confirmation.accepts_all:
            messages = " ".join(w.message for w in preview.warnings if w.code in missing)
            raise AcknowledgementRequired(f"{messages} Acknowledge: {', '.join(sorted(missing))}.", preview)

    def _apply(
        self, work: Work, action: Action[C], command: C, preview: Preview, confirmation: Confirmation
    ) -> Outcome:
        applied = action.apply(work, command)
        if applied.undo is not None:
            self.actions.get(applied.undo.action)
        return _record(work, action, command, preview, applied, confirmation)


def runner_of(session: Session) -> ActionRunner:
    """Who runs the action that this session is of, for actions that run others."""
    runner: ActionRunner = session.info["runner"]
    return runner


def _stale(moved: Sequence[str] = ()) -> StalePreview:
    return StalePreview(
        f"What you confirmed no longer holds: {', '.join(moved) or 'something'} changed since the preview "
        "was made. Look at the new preview and confirm again. Nothing was changed."
    )


def _check_inverse(session: Session, action: Action[Any], command: Command, undoes: UUID) -> None:
    """A change uses up the undo of another only when it is the very inverse that was recorded."""
    recorded = session.scalar(select(AuditEntry.undo).where(AuditEntry.id == undoes))
    if recorded is None or (recorded["action"], recorded["command"]) != (action.name, command.asked_data()):
        raise NotUndoable("This is not the change that undoes the other one. Nothing was changed.")


def _record(
    work: Work,
    action: Action[Any],
    command: Command,
    preview: Preview,
    applied: Applied,
    confirmation: Confirmation,
) -> Outcome:
    asked = {OPERATION: str(applied.operation)} if applied.operation is not None else {}
    audit_id = work.audit(
        action.name,
        preview.subject,
        applied.summary,
        before={change.field: to_plain(change.before) for change in preview.changes},
        after={change.field: to_plain(change.after) for change in preview.changes}
        | to_plain(dict(applied.record))
        | asked
        | _agreement(work, preview, confirmation),
        reason=command.stated_reason,
        undo=applied.undo.to_data() if applied.undo else None,
        undoes=confirmation.undoes,
    )
    if applied.operation is not None:
        link_decision(work, applied.operation, audit_id)
    return Outcome(
        to_plain(dict(applied.result)),
        audit_id,
        applied.summary,
        applied.undo is not None,
        shown_once=applied.shown_once,
        operation_id=applied.operation,
    )


def _agreement(work: Work, preview: Preview, confirmation: Confirmation) -> dict[str, Any]:
    """Who agreed to what needs a second person, or that nobody had to."""
    if confirmation.approved_by is not None:
        return {"approved_by": confirmation.approved_by}
    if preview.needs_approval is not None and work.approval_id is None:
        return {"approval_exempt": True}
    return {}


def _ask(work: Work, action: Action[C], command: C, preview: Preview, undoes: UUID | None) -> Outcome:
    approval = request_approval(work, action, command, preview, undoes=undoes)
    return Outcome(
        to_plain({"id": approval.id, "status": approval.status, "expires_at": approval.expires_at}),
        approval.request_entry_id,
        f"Waits for approval: {summary_of(approval)}",
        can_undo=False,
        approval_id=approval.id,
    )


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": outcome.result,
        "audit_id": str(outcome.audit_id),
        "summary": outcome.summary,
        "can_undo": outcome.can_undo,
        "approval_id": str(outcome.approval_id) if outcome.approval_id else None,
        "operation_id": str(outcome.operation_id) if outcome.operation_id else None,
    }


def _replayed(known: Mapping[str, Any]) -> Outcome:
    approval_id, operation_id = known.get("approval_id"), known.get("operation_id")
    return Outcome(
        known["result"],
        UUID(known["audit_id"]),
        known["summary"],
        known["can_undo"],
        replayed=True,
        approval_id=UUID(approval_id) if approval_id else None,
        operation_id=UUID(operation_id) if operation_id else None,
    )
