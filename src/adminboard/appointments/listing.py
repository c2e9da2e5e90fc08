"""The list of appointments."""

from sqlalchemy import func, select

from adminboard.appointments.models import (
    Appointment,
    AppointmentEndUser,
    AppointmentStatus,
    BookingSource,
)
from adminboard.appointments.queries import (
    appointments_with_parties,
    get_appointment_detail,
    length_in_seconds,
)
from adminboard.businesses.lookup import business_records
from adminboard.businesses.models import Business
from adminboard.core.listings import (
    COMING_DAYS,
    NOW,
    PAST_DAYS,
    BuiltInView,
    Card,
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    Flag,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Pick,
    Records,
    Reference,
    Search,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.users.lookup import user_named, user_records
from adminboard.users.models import User

STATUS_WORDS = {
    AppointmentStatus.CONFIRMED: "confirmed",
    AppointmentStatus.COMPLETED: "completed",
    AppointmentStatus.CANCELLED: "cancelled",
    AppointmentStatus.NO_SHOW: "no show",
}
SOURCE_WORDS = {BookingSource.AI_CALL: "AI call", BookingSource.MANUAL: "manual"}

_OF_OWNER = select(Appointment.id.label("key")).join(User, User.id == Appointment.user_id)
_OF_CUSTOMER = select(Appointment.id.label("key")).join(
    AppointmentEndUser, AppointmentEndUser.id == Appointment.end_user_id
)
_IS_UPCOMING = Appointment.starts_at >= NOW


def _cards() -> list[Card]:
    total = Card("Total", func.count())
    statuses = [
        Card(
            words.capitalize(),
            func.count().filter(Appointment.status == status),
            key=status.value,
            query=f"status={status.value}",
            tone="warning" if status is AppointmentStatus.NO_SHOW else None,
        )
        for status, words in STATUS_WORDS.items()
    ]
    sources = [
        Card(
            words[0].upper() + words[1:],
            func.count().filter(Appointment.booking_source == source),
            key=source.value,
            query=f"source={source.value}",
        )
        for source, words in SOURCE_WORDS.items()
    ]
    return [total, *statuses, *sources]


appointments = Listing(
    name="appointments",
    title="Appointments",
    noun=Noun("appointment", "appointments"),
    path="/appointments",
    permission=Permission.CUSTOMERS_READ,
    select=appointments_with_parties(),
    key=Appointment.id,
    columns=[
        Column(
            "Start",
            Appointment.starts_at,
            key="starts_at",
            cell="datetime",
            sort=True,
            priority=1,
            width_px=104,
        ),
        Column(
            "Owner",
            User.email,
            key="owner_email",
            cell="email",
            mask=Mask.EMAIL,
            link=lambda row: f"/users?selected={row.user_id}",
            width_px=176,
        ),
        Column(
            "Business",
            Business.name,
            key="business_name",
            link=lambda row: f"/businesses?selected={row.business_id}",
            width_px=142,
        ),
        Column(
            "Customer",
            AppointmentEndUser.name,
            key="customer_name",
            link=lambda row: f"/appointments?customer={row.end_user_id}",
            width_px=132,
            priority=1,
        ),
        Column("Title", Appointment.title, priority=1, width_px=130),
        Column("Status", Appointment.status, cell="badge", width_px=126, priority=1),
        Column(
            "Source", Appointment.booking_source, key="booking_source", cell="word", priority=3, width_px=72
        ),
        Column("Duration", length_in_seconds(), key="duration_seconds", cell="duration", align="end"),
        Column("End", Appointment.ends_at, key="ends_at", cell="datetime", shown=False),
        Column("Time zone", Appointment.timezone, key="timezone", shown=False),
        Column(
            "Customer email",
            AppointmentEndUser.email,
            key="customer_email",
            cell="email",
            mask=Mask.EMAIL,
            shown=False,
        ),
        Column(
            "Customer phone",
            AppointmentEndUser.phone,
            key="customer_phone",
            cell="phone",
            mask=Mask.PHONE,
            shown=False,
        ),
        Column("Booked", Appointment.created_at, key="created_at", cell="datetime", sort=True, shown=False),
        Column("Confirmation", Appointment.confirmation_sent_at, cell="datetime", shown=False),
        Column("Reminder", Appointment.reminder_sent_at, cell="datetime", shown=False),
        Column("Cancelled", Appointment.cancelled_at, key="cancelled_at", cell="datetime", shown=False),
        Column("Cancellation reason", Appointment.cancellation_reason, shown=False),
        Column("Calendar event", Appointment.nylas_event_id, key="nylas_event_id", cell="id", shown=False),
        Column("Call", Appointment.call_log_id, key="call_log_id", cell="id", shown=False),
    ],
    search=Search(
        sources=(
            Contains((User.email,), through=_OF_OWNER),
            Contains((AppointmentEndUser.name, AppointmentEndUser.email), through=_OF_CUSTOMER),
            Contains((Appointment.title,)),
            IdPrefix(Appointment.id),
        ),
        placeholder="Owner, customer, title, id",
    ),
    filters=[
        DateRange("starts", "Start", Appointment.starts_at, presets=(*COMING_DAYS, *PAST_DAYS[1:4])),
        Flag(
            "upcoming",
            "When",
            _IS_UPCOMING,
            Appointment.starts_at < NOW,
            yes_label="upcoming",
            no_label="past",
        ),
        Choice(
            "status",
            "Status",
            Appointment.status,
            options=[Option(status.value, words) for status, words in STATUS_WORDS.items()],
        ),
        Choice(
            "source",
            "Source",
            Appointment.booking_source,
            options=[Option(source.value, words) for source, words in SOURCE_WORDS.items()],
        ),
        Pick(
            "business",
            "Business",
            Appointment.business_id,
            records=business_records,
            settles="business_name",
        ),
        Reference(
            "user",
            "Owner",
            Appointment.user_id,
            named=user_named,
            settles="owner_email",
            records=user_records,
        ),
        Reference(
            "customer",
            "Customer",
            Appointment.end_user_id,
            settles="customer_name",
            records=Records(AppointmentEndUser.id, AppointmentEndUser.name),
        ),
    ],
    sort="-starts_at",
    extras={
        "user_id": Appointment.user_id,
        "business_id": Appointment.business_id,
        "end_user_id": Appointment.end_user_id,
    },
    detail=Detail(get_appointment_detail, "appointments/detail.html", title=lambda record: str(record.title)),
    empty="Appointments appear here as soon as an agent books one in a call, or an owner does by hand.",
    views=[
        BuiltInView("Upcoming, soonest first", "upcoming=yes&sort=starts_at"),
        BuiltInView("Past, newest first", "upcoming=no&sort=-starts_at"),
        BuiltInView("Last booked", "sort=-created_at"),
        BuiltInView("No-shows", "status=no_show"),
    ],
    cards=_cards(),
)
