"""Proving again who one is, before changes to people, keys, refunds and the own password (guarantee 15)."""

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from adminboard.auth.attempts import reserve_attempt, settle_attempt
from adminboard.auth.models import Admin, AdminSession, LoginOutcome
from adminboard.auth.passwords import verify_password
from adminboard.auth.proof import (
    CodeRefused,
    accept_code,
    fingerprint_of,
    lock_unchanged,
    make_guess,
    note_refusal,
)
from adminboard.auth.queries import admin_target, get_admin
from adminboard.auth.visitors import Visitor
from adminboard.core.actor import Actor
from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.work import Work
from adminboard.runtime import Runtime

Then = Callable[[Work, Admin], None]
"""What is done once the proof is accepted, in the same transaction; it writes the audit entry."""


class PasswordRefused(InvalidInput):
    """The password given to confirm an identity is wrong."""

    title = "This password was not accepted"


class ProofKind(StrEnum):
    """What a person is asked for."""

    PASSWORD = "password"  # noqa: S105 - the word for a kind of proof, not a password
    CODE = "code"


def proof_kind(session: Session, admin_id: UUID) -> ProofKind:
    """A code where a second factor is set, else the password."""
    admin = get_admin(session, str(admin_id))
    return ProofKind.PASSWORD if admin.totp_confirmed_at is None else ProofKind.CODE


def prove(runtime: Runtime, visitor: Visitor, actor: Actor, proof: str) -> None:
    """Notes that the person of ``actor.session_id`` has just given the password, or a code where one is due.

    Raises `PasswordRefused`, `CodeRefused`, `TooManyAttempts`. Counted like a login.
    """
    assert actor.id is not None
    with runtime.reading(actor) as session:
        kind = proof_kind(session, actor.id)
    if kind is ProofKind.CODE:
        _prove_code(runtime, visitor, actor, proof)
    else:
        prove_password(runtime, visitor, actor, proof, _note_proof)


def prove_password(
    runtime: Runtime, visitor: Visitor, actor: Actor, password: str, then: Then, *, field: str = "proof"
) -> None:
    """Checks the actor's own password and does ``then``. Raises `PasswordRefused`, `TooManyAttempts`."""
    admin, attempt_id = _reserve(runtime, visitor, actor)
    matches = verify_password(password, admin.password_hash).matches
    with runtime.work(actor) as work:
        stored = lock_unchanged(work, admin.id, fingerprint_of(admin.password_hash))
        if matches:
            settle_attempt(work, attempt_id, LoginOutcome.SUCCEEDED)
            then(work, stored)
            return
        note_refusal(work, attempt_id, admin_target(stored), "the password was wrong")
    sentence = "This password is not right."
    raise PasswordRefused(sentence, errors=[FieldError(field, sentence)])


def _prove_code(runtime: Runtime, visitor: Visitor, actor: Actor, code: str) -> None:
    admin, attempt_id = _reserve(runtime, visitor, actor)
    with runtime.work(actor) as work:
        stored = lock_unchanged(work, admin.id, fingerprint_of(admin.password_hash))
        if accept_code(runtime, work, stored.id, code):
            settle_attempt(work, attempt_id, LoginOutcome.SUCCEEDED)
            _note_proof(work, stored)
            return
        note_refusal(work, attempt_id, admin_target(stored), "the code was wrong or used before")
    sentence = "This code is not right, or it was used before. Wait for the next one."
    raise CodeRefused(sentence, errors=[FieldError("proof", sentence)])


def _reserve(runtime: Runtime, visitor: Visitor, actor: Actor) -> tuple[Admin, UUID]:
    with runtime.work(actor) as work:
        admin = get_admin(work.session, str(actor.id))
        guess = make_guess(runtime, visitor, admin.email)
        return admin, reserve_attempt(work, guess, admin_target(admin))


def _note_proof(work: Work, admin: Admin) -> None:
    work.session.execute(
        update(AdminSession)
        .where(AdminSession.id == work.actor.session_id, AdminSession.admin_id == admin.id)
        .values(stepped_up_at=work.now())
    )
    work.audit("session.proved", admin_target(admin), f"{admin.email} proved again who they are.")
