"""What the board knows of a call: everything for the panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.appointments.models import Appointment
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.calls.recordings import RecordingPlace
from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask
from adminboard.runtime import settings_of
from adminboard.users.models import User

SHOWN_APPOINTMENTS = 5


class CallUnknown(NotFound):
    """No call has this id."""

    title = "No such call"


@dataclass(frozen=True, slots=True)
class CallAppointment:
    id: UUID
    title: str
    starts_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class CallDetail:
    """Everything the panel beside the list shows, but for the transcript, which is read on its own.

    ``caller_phone`` is None for a withheld number. ``recording`` is a `RecordingState`, None where nothing
    was recorded. ``user_id`` and so on are the owner of the business.
    """

    id: UUID
    started_at: datetime
    duration_seconds: int
    status: str
    caller_phone: str | None = field(metadata={"mask": Mask.PHONE})
    caller_name: str | None
    receiving_phone: str = field(metadata={"mask": Mask.PHONE})
    business_id: UUID
    business_name: str
    business_timezone: str
    user_id: UUID
    user_email: str = field(metadata={"mask": Mask.EMAIL})
    user_full_name: str | None
    organization_id: UUID
    ai_summary: str | None = field(metadata={"mask": Mask.HIDDEN})
    notes: str | None = field(metadata={"mask": Mask.HIDDEN})
    has_transcript: bool
    recording: str | None = field(metadata={"mask": Mask.HIDDEN})
    created_at: datetime
    updated_at: datetime
    appointments: tuple[CallAppointment, ...]

    @property
    def business_zone(self) -> str | None:
        """The time zone of the business where it is one; None for any other text."""
        try:
            return ZoneInfo(self.business_timezone).key
        except (KeyError, ValueError, OSError):
            return None


def get_call_detail(session: Session, call_id: UUID) -> CallDetail:
    """The panel of one call: two queries. Raises `CallUnknown`."""
    row = session.execute(
        select(
            CallLog.id,
            CallLog.started_at,
            CallLog.duration_seconds,
            CallLog.status,
            CallLog.caller_phone,
            CallLog.caller_name,
            CallLog.receiving_phone,
            CallLog.business_id,
            Business.name.label("business_name"),
            Business.timezone.label("business_timezone"),
            Business.owner_id.label("user_id"),
            User.email.label("user_email"),
            User.full_name.label("user_full_name"),
            User.organization_id,
            CallLog.ai_summary,
            CallLog.notes,
            (CallLog.transcript.is_not(None) & (CallLog.transcript != "")).label("has_transcript"),
            CallLog.recording_url,
            CallLog.created_at,
            CallLog.updated_at,
        )
        .join(Business, Business.id == CallLog.business_id)
        .join(User, User.id == Business.owner_id)
        .where(CallLog.id == call_id)
    ).one_or_none()
    if row is None:
        raise CallUnknown(f"There is no call {call_id}.")
    values = dict(row._mapping)
    recording_url = values.pop("recording_url")
    return CallDetail(
        **values,
        recording=_place(session).get_state(recording_url) if recording_url else None,
        appointments=_appointments(session, call_id),
    )


def find_recording_url(session: Session, call_id: UUID) -> str | None:
    """The address the product wrote down, None where nothing was recorded. Raises `CallUnknown`."""
    row = session.execute(select(CallLog.recording_url).where(CallLog.id == call_id)).one_or_none()
    if row is None:
        raise CallUnknown(f"There is no call {call_id}.")
    return row.recording_url or None


def _place(session: Session) -> RecordingPlace:
    return RecordingPlace.read(settings_of(session).recordings)


def _appointments(session: Session, call_id: UUID) -> tuple[CallAppointment, ...]:
    rows = session.execute(
        select(Appointment.id, Appointment.title, Appointment.starts_at, Appointment.status)
        .where(Appointment.call_log_id == call_id)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(SHOWN_APPOINTMENTS)
    )
    return tuple(CallAppointment(*row) for row in rows)
