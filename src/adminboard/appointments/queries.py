"""What the board knows of an appointment: its row with the parties, for the list, and all for the panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Text, cast, extract, select
from sqlalchemy.orm import Session

from adminboard.appointments.models import Appointment, AppointmentEndUser
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.errors import NotFound
from adminboard.core.json_text import read_json, write_json
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.users.models import User


class AppointmentUnknown(NotFound):
    """No appointment has this id."""

    title = "No such appointment"


def appointments_with_parties() -> AnySelect:
    """Appointments with the user who owns them, the business, and the person who comes."""
    return (
        select(Appointment)
        .outerjoin(User, User.id == Appointment.user_id)
        .outerjoin(Business, Business.id == Appointment.business_id)
        .outerjoin(AppointmentEndUser, AppointmentEndUser.id == Appointment.end_user_id)
    )


def length_in_seconds() -> ColumnElement[int]:
    """From start to end, in whole seconds."""
    return cast(extract("epoch", Appointment.ends_at - Appointment.starts_at), Integer)


@dataclass(frozen=True, slots=True)
class AppointmentDetail:
    """Everything the panel beside the list shows.

    ``timezone`` is what the product wrote, usually an IANA name. ``extra`` is whatever it keeps beside the
    fields, with decimals for numbers that are not whole.
    """

    id: UUID
    title: str
    description: str | None = field(metadata={"mask": Mask.HIDDEN})
    starts_at: datetime
    ends_at: datetime
    duration_seconds: int
    timezone: str
    status: str
    booking_source: str
    user_id: UUID
    owner_email: str = field(metadata={"mask": Mask.EMAIL})
    owner_name: str | None
    business_id: UUID
    business_name: str
    end_user_id: UUID
    customer_name: str
    customer_email: str | None = field(metadata={"mask": Mask.EMAIL})
    customer_phone: str | None = field(metadata={"mask": Mask.PHONE})
    call_log_id: UUID | None
    call_started_at: datetime | None
    nylas_event_id: str | None
    confirmation_sent_at: datetime | None
    reminder_sent_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None
    extra: Any = field(metadata={"mask": Mask.HIDDEN})
    created_at: datetime
    updated_at: datetime

    @property
    def zone(self) -> str | None:
        """The time zone where it is one; None for any other text."""
        try:
            return ZoneInfo(self.timezone).key
        except (KeyError, ValueError, OSError):
            return None

    @property
    def extra_text(self) -> str | None:
        """The extra data as people read it; None where there is nothing in it."""
        return write_json(self.extra) if self.extra else None


def get_appointment_detail(session: Session, appointment_id: UUID) -> AppointmentDetail:
    """The panel of one appointment: one query. Raises `AppointmentUnknown`."""
    row = session.execute(_facts().where(Appointment.id == appointment_id)).one_or_none()
    if row is None:
        raise AppointmentUnknown(f"There is no appointment {appointment_id}.")
    return AppointmentDetail(**dict(row._mapping) | {"extra": read_json(row.extra)})


def _facts() -> AnySelect:
    return (
        appointments_with_parties()
        .outerjoin(CallLog, CallLog.id == Appointment.call_log_id)
        .with_only_columns(
            Appointment.id,
            Appointment.title,
            Appointment.description,
            Appointment.starts_at,
            Appointment.ends_at,
            length_in_seconds().label("duration_seconds"),
            Appointment.timezone,
            Appointment.status,
            Appointment.booking_source,
            Appointment.user_id,
            User.email.label("owner_email"),
            User.full_name.label("owner_name"),
            Appointment.business_id,
            Business.name.label("business_name"),
            Appointment.end_user_id,
            AppointmentEndUser.name.label("customer_name"),
            AppointmentEndUser.email.label("customer_email"),
            AppointmentEndUser.phone.label("customer_phone"),
            Appointment.call_log_id,
            CallLog.started_at.label("call_started_at"),
            Appointment.nylas_event_id,
            Appointment.confirmation_sent_at,
            Appointment.reminder_sent_at,
            Appointment.cancelled_at,
            Appointment.cancellation_reason,
            cast(Appointment.extra, Text).label("extra"),
            Appointment.created_at,
            Appointment.updated_at,
        )
    )
