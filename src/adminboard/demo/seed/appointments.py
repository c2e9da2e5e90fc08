"""Appointments in every state, and the people they are for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adminboard.appointments.models import AppointmentStatus, BookingSource
from adminboard.demo.seed.calls import BookingCall
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.places import draw_caller_phone
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.pools import draw_name
from adminboard.demo.seed.telephony import SeedBusiness

PAST = Weighted(
    {
        AppointmentStatus.COMPLETED: 76,
        AppointmentStatus.CANCELLED: 14,
        AppointmentStatus.NO_SHOW: 8,
        AppointmentStatus.CONFIRMED: 2,
    }
)
FUTURE = Weighted({AppointmentStatus.CONFIRMED: 89, AppointmentStatus.CANCELLED: 11})
REASONS = (
    "Cancelled by the customer", "The customer is ill", "Found another provider", "Booked twice",
    "Closed that day",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Booking:
    business: SeedBusiness
    made_at: datetime
    source: BookingSource
    name: str
    phone: str | None
    call_id: UUID | None


def add_appointments(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, businesses: list[SeedBusiness], booked: list[BookingCall]
) -> None:
    """Those made in calls, and a third as many that owners put in by hand."""
    known: dict[tuple[UUID, str], UUID] = {}
    bookings = [
        Booking(
            call.business,
            call.ended_at,
            BookingSource.AI_CALL,
            call.caller_name,
            call.caller_phone,
            call.call_id,
        )
        for call in booked
    ]
    for _ in range(len(booked) // 3):
        business = draw.one_of(businesses)
        made_at = draw.between(max(business.created_at, plan.as_of - timedelta(days=300)), plan.as_of)
        phone = draw_caller_phone(draw, business.city)
        bookings.append(Booking(business, made_at, BookingSource.MANUAL, draw_name(draw).full, phone, None))
    for booking in bookings:
        person = (booking.business.id, booking.name)
        if person not in known:
            known[person] = _add_end_user(rows, draw, booking)
        _add_appointment(rows, draw, plan, booking, known[person])


def _add_end_user(rows: RowBuffer, draw: Draw, booking: Booking) -> UUID:
    end_user_id = draw.new_id()
    local = "".join(letter for letter in booking.name.lower() if letter.isascii() and letter.isalpha())
    rows.add(
        "appointment_end_users",
        id=end_user_id,
        name=booking.name,
        email=f"{local or 'guest'}{draw.randrange(1000)}@example.org" if draw.happens(0.6) else None,
        phone=booking.phone,
        created_at=booking.made_at,
        updated_at=booking.made_at,
    )
    return end_user_id


def _add_appointment(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, booking: Booking, end_user_id: UUID
) -> None:
    business = booking.business
    day = booking.made_at + timedelta(days=1 + draw.random() ** 2 * 40)
    starts_at = day.replace(
        hour=draw.randrange(14, 24), minute=draw.randrange(4) * 15, second=0, microsecond=0
    )
    if draw.happens(0.005):
        starts_at = booking.made_at + timedelta(days=365)
    status = (PAST if starts_at < plan.as_of else FUTURE).pick(draw)
    confirmed_at = booking.made_at + timedelta(seconds=draw.randrange(4, 90))
    reminded_at = starts_at - timedelta(hours=24)
    cancelled_at = None
    if status is AppointmentStatus.CANCELLED:
        cancelled_at = draw.between(booking.made_at, min(starts_at, plan.as_of))
    is_reminded = confirmed_at < reminded_at <= plan.as_of and (
        not cancelled_at or cancelled_at > reminded_at
    )
    service = draw.one_of(business.industry.services)
    rows.add(
        "appointments",
        id=draw.new_id(),
        user_id=business.owner.id,
        business_id=business.id,
        end_user_id=end_user_id,
        call_log_id=booking.call_id,
        title=f"{service[0].upper()}{service[1:]} – {booking.name}",
        description=f"{draw.one_of(business.industry.problems)}." if draw.happens(0.5) else None,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=business.industry.minutes),
        timezone=business.city.time_zone,
        status=status,
        booking_source=booking.source,
        nylas_event_id=f"evt_{draw.token(22)}" if draw.happens(0.8) else None,
        confirmation_sent_at=confirmed_at if confirmed_at <= plan.as_of and draw.happens(0.95) else None,
        reminder_sent_at=reminded_at if is_reminded and draw.happens(0.9) else None,
        cancelled_at=cancelled_at,
        cancellation_reason=draw.one_of(REASONS) if cancelled_at and draw.happens(0.85) else None,
        extra={"party_size": draw.randint(1, 8)} if business.industry.name == "Restaurant" else {},
        created_at=booking.made_at,
        updated_at=cancelled_at or booking.made_at,
    )
