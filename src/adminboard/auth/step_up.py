"""Proving again who one is, before changes to people, keys and refunds (guarantee 15)."""

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
from adminboard.core.errors import Forbidden
from adminboard.core.work import Work
from adminboard.runtime import Runtime


class PasswordRefused(Forbidden):
    """The password given to confirm an identity is wrong."""

    title = "This password was not accepted"


class ProofKind(StrEnum):
    """What a person is asked for."""

    PASSWORD = "password"
    CODE = "code"


def proof_kind(session: Session, admin_id: UUID) -> ProofKind:
    """A code where a second factor is set, else the password."""
    admin = get_admin(session, str(admin_id))
    return ProofKind.PASSWORD if admin.totp_confirmed_at is None else ProofKind.CODE


def prove(runtime: Runtime, visitor: Visitor, actor: Actor, session_id: UUID, proof: str) -> None:
    """Notes that the person of this session has just given the password, or a code where that is set.

    Raises `PasswordRefused`, `CodeRefused`, `TooManyAttempts`. Counted like a login.
    """
    with runtime.work(actor) as work:
        admin = get_admin(work.session, str(actor.id))
        attempt_id = reserve_attempt(work, make_guess(runtime, visitor, admin.email), admin_target(admin))
    by_code = admin.totp_confirmed_at is not None
    matches = not by_code and verify_password(proof, admin.password_hash).matches
    with runtime.work(actor) as work:
        stored = lock_unchanged(work, admin.id, fingerprint_of(admin.password_hash))
        if matches or (by_code and accept_code(runtime, work, stored.id, proof)):
            settle_attempt(work, attempt_id, LoginOutcome.SUCCEEDED)
            _note_proof(work, stored, session_id)
            return
        note_refusal(
            work,
            attempt_id,
            admin_target(stored),
            "the code was wrong" if by_code else "the password was wrong",
        )
    if by_code:
        raise CodeRefused("This code is not right, or it was used before. Wait for the next one.")
    raise PasswordRefused("This password is not right.")


def _note_proof(work: Work, admin: Admin, session_id: UUID) -> None:
    work.session.execute(
        update(AdminSession)
        .where(AdminSession.id == session_id, AdminSession.admin_id == admin.id)
        .values(stepped_up_at=work.now())
    )
    work.audit("session.proved", admin_target(admin), f"{admin.email} proved again who they are.")
