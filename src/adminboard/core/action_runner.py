"""Running actions: permission, idempotency, locks, preview, acknowledgement, approval, audit, undo.

This is the one place through which pages, REST, the command line, bulk files and approvals change things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adminboard.core import idempotency
from adminboard.core.actions import Action, Actions, Applied, Preview, Undo
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.audit import AlreadyUndone
from adminboard.core.audit_models import AuditEntry
from adminboard.core.canonical import digest, to_plain
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError, Forbidden, NotFound
from adminboard.core.permissions import Permission
from adminboard.core.signing import SignedTexts
from adminboard.core.work import Work, moment

C = TypeVar("C", bound=Command)

PREVIEW_LIFETIME = timedelta(hours=1)
STEP_UP_LIFETIME = timedelta(minutes=15)


class StalePreview(DomainError):
    """The state moved since the preview was shown (guarantee 8)."""

    title = "Things changed in the meantime"


class AcknowledgementRequired(DomainError):
    """A warning must be acknowledged first. ``preview`` carries the warnings."""

    title = "A warning needs your acknowledgement"

    def __init__(self, detail: str, preview: Preview) -> None:
        super().__init__(detail)
        self.preview = preview


class ApprovalRequired(DomainError):
    """A second person must approve this first."""

    title = "This needs a second person"


class StepUpRequired(Forbidden):
    """The person must prove again who they are."""

    title = "Please confirm that it is you"


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

    ``shown_once`` are secrets by label, for this answer alone: never redirect away from them, never log them.
    """

    result: Mapping[str, Any]
    audit_id: UUID
    summary: str
    can_undo: bool
    replayed: bool = False
    shown_once: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came with the command: the preview's token, acknowledged warnings, the idempotency key.

    ``accepts_all`` acknowledges whatever there is to be warned of.
    """

    token: str | None = None
    acknowledged: frozenset[str] = frozenset()
    idempotency_key: str | None = None
    undoes: UUID | None = None
    accepts_all: bool = False


OpenSession = Callable[[Actor], AbstractContextManager[Session]]
OpenWork = Callable[[Actor], AbstractContextManager[Work]]


class ActionRunner:
    """Previews and runs actions; the actor's rights are checked here and nowhere else."""

    def __init__(self, reading: OpenSession, work: OpenWork, signed: SignedTexts, actions: Actions) -> None:
        self._reading = reading
        self._work = work
        self._signed = signed
        self.actions = actions

    def preview(self, actor: Actor, action: Action[C], command: C) -> Prepared:
        """What the action would do, and the token to confirm it. Changes nothing."""
        actor.require(action.permission)
        with self._reading(actor) as session:
            preview = action.preview(session, command)
            expires_at = moment(session) + PREVIEW_LIFETIME
        fingerprint = _confirmation(action, command, preview)
        token = self._signed.sign(f"preview {actor.identity}", fingerprint, expires_at=expires_at)
        return Prepared(preview, token)

    def run(self, actor: Actor, action: Action[C], command: C, confirmation: Confirmation) -> Outcome:
        """Does it: one transaction with its audit entry; refused entirely when any rule says no.

        Raises `StalePreview`, `AcknowledgementRequired`, `ApprovalRequired`, `StepUpRequired`, `Forbidden`,
        `idempotency.KeyReused`, `NotUndoable` and `AlreadyUndone` for an undo, or what the action's preview
        raises. Twice with one idempotency key is once.
        """
        with self._work(actor) as work:
            outcome = self.run_in(work, action, command, confirmation)
            if outcome.replayed:
                work.abandon()
            return outcome

    def run_in(self, work: Work, action: Action[C], command: C, confirmation: Confirmation) -> Outcome:
        """The same as a part of a transaction that does more; what it raises must undo that part at least.

        A replayed outcome has written nothing. The rights are those of the work's actor.
        """
        work.actor.require(action.permission)
        if action.step_up:
            require_step_up(work)
        key = confirmation.idempotency_key
        if key is not None:
            request = digest([action.name, command.to_data(), str(confirmation.undoes)])
            known = idempotency.claim(work, key, request)
            if known is not None:
                return _replayed(known)
        if confirmation.undoes is not None:
            _check_inverse(work.session, action, command, confirmation.undoes)
        action.lock(work, command)
        preview = action.preview(work.session, command)
        self._check(work, action, command, preview, confirmation)
        applied = action.apply(work, command)
        if applied.undo is not None:
            self.actions.get(applied.undo.action)
        outcome = _record(work, action, command, preview, applied, confirmation.undoes)
        if key is not None:
            idempotency.store(work, key, _answer(outcome))
        return outcome

    def find_undo(self, actor: Actor, audit_id: UUID) -> tuple[Action[Any], Command]:
        """The action and command that undo an audited change.

        Raises `NotFound`, `NotUndoable`, `AlreadyUndone`, or `Forbidden` when the actor may not undo it.
        """
        with self._reading(actor) as session:
            entry = session.execute(select(AuditEntry.undo).where(AuditEntry.id == audit_id)).one_or_none()
            undone = session.scalar(select(exists().where(AuditEntry.undoes == audit_id)))
        if entry is None:
            raise NotFound("There is no such change in the audit log.")
        if entry.undo is None:
            raise NotUndoable("This change cannot be undone. Make the opposite change instead.")
        action = self.actions.get(entry.undo["action"])
        actor.require(action.permission)
        if undone:
            raise AlreadyUndone("This change has been undone already.")
        return action, parse_command(action.command, entry.undo["command"])

    def _check(
        self, work: Work, action: Action[C], command: C, preview: Preview, confirmation: Confirmation
    ) -> None:
        if confirmation.token is not None:
            purpose = f"preview {work.actor.identity}"
            confirmed = self._signed.read(purpose, confirmation.token, now=work.now())
            if confirmed != _confirmation(action, command, preview):
                raise StalePreview(
                    "What you confirmed no longer holds: something changed since the preview was made. "
                    "Look at the new preview and confirm again. Nothing was changed."
                )
        missing = preview.acknowledgements - confirmation.acknowledged
        if missing and not confirmation.accepts_all:
            messages = " ".join(w.message for w in preview.warnings if w.code in missing)
            raise AcknowledgementRequired(f"{messages} Acknowledge: {', '.join(sorted(missing))}.", preview)
        if preview.needs_approval and not work.actor.may(Permission.APPROVALS_EXEMPT):
            raise ApprovalRequired(preview.needs_approval)


def require_step_up(work: Work) -> None:
    """Raises `StepUpRequired` when a person acts who has not proved who they are within 15 minutes."""
    if not has_fresh_proof(work.actor, work.now()):
        raise StepUpRequired("Enter your password again to go on: this change is a sensitive one.")


def has_fresh_proof(actor: Actor, now: datetime) -> bool:
    """Whether a sensitive change is open to the actor: always to programs, to people for 15 minutes."""
    if actor.kind is not ActorKind.ADMIN:
        return True
    return actor.proved_at is not None and now - actor.proved_at <= STEP_UP_LIFETIME


def _check_inverse(session: Session, action: Action[Any], command: Command, undoes: UUID) -> None:
    """A change uses up the undo of another only when it is the very inverse that was recorded."""
    recorded = session.scalar(select(AuditEntry.undo).where(AuditEntry.id == undoes))
    if recorded != Undo(action.name, command).to_data():
        raise NotUndoable("This is not the change that undoes the other one. Nothing was changed.")


def _confirmation(action: Action[Any], command: Command, preview: Preview) -> str:
    return digest([action.name, command.to_data(), preview.fingerprint()]).hex()


def _record(
    work: Work,
    action: Action[Any],
    command: Command,
    preview: Preview,
    applied: Applied,
    undoes: UUID | None,
) -> Outcome:
    exempt = {"approval_exempt": True} if preview.needs_approval else {}
    audit_id = work.audit(
        action.name,
        preview.subject,
        applied.summary,
        before={change.field: to_plain(change.before) for change in preview.changes},
        after={change.field: to_plain(change.after) for change in preview.changes}
        | to_plain(dict(applied.record))
        | exempt,
        reason=getattr(command, "reason", None),
        undo=applied.undo.to_data() if applied.undo else None,
        undoes=undoes,
    )
    return Outcome(
        to_plain(dict(applied.result)),
        audit_id,
        applied.summary,
        applied.undo is not None,
        shown_once=applied.shown_once,
    )


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": outcome.result,
        "audit_id": str(outcome.audit_id),
        "summary": outcome.summary,
        "can_undo": outcome.can_undo,
    }


def _replayed(known: Mapping[str, Any]) -> Outcome:
    return Outcome(
        known["result"], UUID(known["audit_id"]), known["summary"], known["can_undo"], replayed=True
    )
