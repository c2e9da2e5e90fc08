"""Writing down who read a transcript or heard a recording, before it is shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.calls.queries import CallDetail
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.work import Work, moment, reader

READ_TRANSCRIPT = "calls.read_transcript"
HEAR_RECORDING = "calls.hear_recording"
SAME_HEARING = timedelta(minutes=15)
"""A player asks for a recording in several pieces; within this time they are one hearing."""


def target_of(call: CallDetail) -> Target:
    """A call as the subject of an audit entry. Says nothing personal."""
    label = f"call to {call.business_name}, {call.started_at:%Y-%m-%d %H:%M} UTC"
    return Target("call", str(call.id), label, call.organization_id)


def note_transcript_read(work: Work, call: CallDetail, term: str = "") -> None:
    """Each reading is an entry; ``term`` is what was marked in it."""
    searched = {"search": term} if term else None
    work.audit(READ_TRANSCRIPT, target_of(call), "Read the transcript of a call", after=searched)


def note_recording_heard(work: Work, call: CallDetail) -> None:
    work.audit(HEAR_RECORDING, target_of(call), "Heard the recording of a call")


def was_just_heard(session: Session, call_id: UUID) -> bool:
    """Whether it is written down already that this reader hears the recording."""
    actor = reader(session)
    found = session.execute(
        select(AuditEntry.id)
        .where(
            AuditEntry.target_kind == "call",
            AuditEntry.target_id == str(call_id),
            AuditEntry.action == HEAR_RECORDING,
            AuditEntry.actor_id == actor.id,
            AuditEntry.actor_kind == actor.kind.value,
            AuditEntry.at > moment(session) - SAME_HEARING,
        )
        .limit(1)
    )
    return actor.id is not None and found.first() is not None
