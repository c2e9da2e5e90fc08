"""Appointments made in calls or by hand, and the people they are for."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped


class AppointmentStatus(StrEnum):
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class BookingSource(StrEnum):
    AI_CALL = "ai_call"
    MANUAL = "manual"


class AppointmentEndUser(Identified, Timestamped, Base):
    """The customer of a business who has the appointment."""

    __tablename__ = "appointment_end_users"

    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]

    __table_args__ = (
        Index("ix_appointment_end_users_email_prefix", text("lower(email) text_pattern_ops")),
        Index("ix_appointment_end_users_name_prefix", text("lower(name) text_pattern_ops")),
        Index(
            "ix_appointment_end_users_search",
            text("name gin_trgm_ops"),
            text("email gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


class Appointment(Identified, Timestamped, Base):
    __tablename__ = "appointments"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    end_user_id: Mapped[UUID] = mapped_column(ForeignKey("appointment_end_users.id"))
    call_log_id: Mapped[UUID | None] = mapped_column(ForeignKey("call_logs.id"), index=True)
    title: Mapped[str]
    description: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(default="UTC")
    status: Mapped[AppointmentStatus] = mapped_column(default=AppointmentStatus.CONFIRMED)
    booking_source: Mapped[BookingSource]
    nylas_event_id: Mapped[str | None]
    confirmation_sent_at: Mapped[datetime | None]
    reminder_sent_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)

    # Status and source ride along with the start, so that the figures of a range of days need no row.
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "ix_appointments_starts_at", "starts_at", "id", postgresql_include=["status", "booking_source"]
        ),
        Index("ix_appointments_created_at", "created_at", "id"),
        Index("ix_appointments_status", "status", "starts_at", "id"),
        Index("ix_appointments_booking_source", "booking_source", "starts_at", "id"),
        Index("ix_appointments_user_id", "user_id", "starts_at", "id"),
        Index("ix_appointments_business_id", "business_id", "starts_at", "id"),
        Index("ix_appointments_end_user_id", "end_user_id", "starts_at", "id"),
        Index("ix_appointments_title_prefix", text("lower(title) text_pattern_ops")),
        Index("ix_appointments_search", text("title gin_trgm_ops"), postgresql_using="gin"),
    )
