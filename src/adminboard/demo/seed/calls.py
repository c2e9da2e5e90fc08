"""Calls: when, by whom, how they went, what was said; and the appointments that came of them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from adminboard.calls.models import CallStatus
from adminboard.demo.recordings import recording_url_of
from adminboard.demo.seed.conversations import Conversation, Talk, draw_conversation, draw_voicemail
from adminboard.demo.seed.copy_rows import Block, RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.places import draw_caller_phone
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.pools import draw_american_name, draw_name
from adminboard.demo.seed.telephony import SeedBusiness

HISTORY = timedelta(days=365)
LONGEST_SECONDS = 3_600
HOURS_OF_DAY = Weighted(
    {0: 0.4, 3: 0.2, 6: 1, 7: 3, 8: 7, 9: 11, 10: 12, 11: 11, 12: 8, 13: 9, 14: 10, 15: 10, 16: 9, 17: 6,
     18: 4, 19: 3, 20: 2, 21: 1.2, 22: 0.8, 23: 0.5}
)  # fmt: skip
STATUSES = Weighted(
    {
        CallStatus.ANSWERED_BY_AI: 67,
        CallStatus.FORWARDED: 14,
        CallStatus.MISSED: 9,
        CallStatus.VOICEMAIL: 8,
        CallStatus.ERROR: 2,
    }
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
TIMES = ("8:30", "9:00", "9:45", "10:30", "11:15", "1:00", "2:00", "2:45", "3:30", "4:15")
ERROR_NOTES = ("Carrier dropped the call", "Speech service timed out after 8 s", "No audio from the caller")
OWNER_NOTES = (
    "Called back, all settled.", "Regular, be nice :)", "Do NOT book before noon.",
    "Asked for an invoice by post.", "Left a message.", "Number is wrong, see e-mail.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BookingCall:
    """A call in which an appointment was made."""

    call_id: UUID
    business: SeedBusiness
    ended_at: datetime
    caller_name: str
    caller_phone: str | None


def add_calls(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    businesses: list[SeedBusiness],
    count: int,
    bookings: list[BookingCall],
) -> Iterator[Block]:
    """So many calls, spread over the businesses by their weight. Gives full blocks away as it goes.

    Notes the charged minutes with the businesses' owners, and in ``bookings`` a sample of the calls in
    which an appointment was made.
    """
    if not businesses:
        return
    weights = list(accumulate(business.weight for business in businesses))
    if not weights[-1]:
        weights = list(range(1, len(businesses) + 1))
    for index, calls in Counter(draw.choices(range(len(businesses)), cum_weights=weights, k=count)).items():
        business = businesses[index]
        business.regulars = [_draw_caller(draw, business) for _ in range(1 + calls // 6)][:40]
        for _ in range(calls):
            booking = _add_call(rows, draw, plan, business)
            if booking is not None and draw.random() < 0.3:
                bookings.append(booking)
            yield from rows.take_full()


def _add_call(rows: RowBuffer, draw: Draw, plan: SeedPlan, business: SeedBusiness) -> BookingCall | None:
    call_id = draw.new_id()
    status = STATUSES.pick(draw)
    started_at = _draw_start(draw, plan, business)
    duration_seconds = min(_draw_duration(draw, status), int((plan.as_of - started_at).total_seconds()))
    phone, name = _draw_known_or_new(draw, business)
    spoken = _draw_spoken(draw, business, status, name, started_at)
    ended_at = started_at + timedelta(seconds=duration_seconds)
    if duration_seconds and status in (CallStatus.ANSWERED_BY_AI, CallStatus.FORWARDED):
        business.owner.calls.append((ended_at, -(-duration_seconds // 60)))
    rows.add(
        "call_logs",
        id=call_id,
        business_id=business.id,
        caller_phone=phone,
        caller_name=name if draw.random() < 0.7 else None,
        receiving_phone=business.phone,
        started_at=started_at,
        duration_seconds=duration_seconds,
        status=status,
        ai_summary=spoken.summary if spoken else None,
        transcript=spoken.transcript if spoken else None,
        recording_url=recording_url_of(call_id) if spoken else None,
        notes=_draw_notes(draw, status),
        created_at=ended_at,
        updated_at=ended_at,
    )
    return BookingCall(call_id, business, ended_at, name, phone) if spoken and spoken.is_booking else None


def _draw_start(draw: Draw, plan: SeedPlan, business: SeedBusiness) -> datetime:
    """Since the business is here, more of them lately, mostly in its working hours, fewer at weekends."""
    oldest = max(business.created_at, plan.as_of - HISTORY)
    age = (plan.as_of - oldest) * math.pow(draw.random(), 1.35)
    local = plan.as_of - age + _utc_offset(business.city.time_zone)
    local = local.replace(hour=HOURS_OF_DAY.pick(draw), minute=int(draw.random() * 60))
    if local.weekday() >= 5 and draw.random() < 0.65:
        local -= timedelta(days=2)
    start = local - _utc_offset(business.city.time_zone)
    if start > plan.as_of:
        start -= timedelta(days=1)
    if start < oldest:
        start = draw.between(oldest, plan.as_of)
    return start


@cache
def _utc_offset(time_zone: str) -> timedelta:
    """In winter. An hour's difference in summer is nothing a caller would care about."""
    offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(time_zone)).utcoffset()
    return offset or timedelta(0)


def _draw_duration(draw: Draw, status: CallStatus) -> int:
    match status:
        case CallStatus.MISSED:
            return 0
        case CallStatus.VOICEMAIL:
            return 8 + int(draw.random() * 70)
        case CallStatus.ERROR:
            return int(draw.random() * 20)
        case CallStatus.FORWARDED:
            return min(20 + int(draw.expovariate(1 / 180)), LONGEST_SECONDS)
    return min(25 + int(draw.lognormvariate(4.6, 0.7)), LONGEST_SECONDS)


def _draw_caller(draw: Draw, business: SeedBusiness) -> tuple[str, str]:
    if draw.random() < 0.9:
        return draw_caller_phone(draw, business.city), " ".join(draw_american_name(draw))
    return draw_caller_phone(draw, business.city), draw_name(draw).full


def _draw_known_or_new(draw: Draw, business: SeedBusiness) -> tuple[str | None, str]:
    known = draw.random() < 0.35
    phone, name = draw.one_of(business.regulars) if known else _draw_caller(draw, business)
    return (None if draw.random() < 0.04 else phone), name


def _draw_spoken(
    draw: Draw, business: SeedBusiness, status: CallStatus, caller: str, at: datetime
) -> Conversation | None:
    if status in (CallStatus.MISSED, CallStatus.ERROR):
        return None
    talk = Talk(
        business=business.name,
        industry=business.industry,
        language=business.language,
        greeting=business.greeting,
        caller=caller,
        day=draw.one_of(WEEKDAYS),
        date=f"{1 + int(draw.random() * 28)}/{at.month % 12 + 1}",
        time=draw.one_of(TIMES),
    )
    return draw_voicemail(draw, talk) if status is CallStatus.VOICEMAIL else draw_conversation(draw, talk)


def _draw_notes(draw: Draw, status: CallStatus) -> str | None:
    if status is CallStatus.ERROR:
        return draw.one_of(ERROR_NOTES)
    return draw.one_of(OWNER_NOTES) if draw.random() < 0.02 else None
