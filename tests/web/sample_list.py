"""A list of calls as an area would declare it, with every part of the kit that needs data of its own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.errors import NotFound
from adminboard.core.listings import (
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Listing,
    Noun,
    NumberRange,
    Option,
    Pick,
    Records,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.users.models import User
from adminboard.web.area import Area

MISSED = CallLog.status == CallStatus.MISSED
NO_SUCH_TABLE = select(column("anything")).select_from(table("no_such_table")).scalar_subquery()


@dataclass(frozen=True)
class SampleCall:
    """One call; only those of a minute and more can be read, all others the database refuses."""

    id: UUID
    caller: str


def load_call(session: Session, call_id: UUID) -> SampleCall:
    call = session.get(CallLog, call_id)
    if call is None:
        raise NotFound("There is no such call.")
    if call.duration_seconds < 60:
        session.execute(select(NO_SUCH_TABLE))
    return SampleCall(call.id, call.caller_name or "Somebody")


def divide_by_duration(_: Any) -> Any:
    """A condition that the database gives up at when it meets a call of no length."""
    return 1 / CallLog.duration_seconds > -1


def make_listing(name: str, **fields: Any) -> Listing:
    declared: dict[str, Any] = {
        "columns": [
            Column("Time", CallLog.started_at, key="started_at", cell="datetime", sort=True, priority=1),
            Column("Business", Business.name, key="business"),
            Column("Status", CallLog.status, cell="badge"),
            Column("Duration", CallLog.duration_seconds, cell="duration", sort=True),
        ],
        "filters": [
            DateRange("started", "Time", CallLog.started_at),
            Pick(
                "business",
                "Business",
                CallLog.business_id,
                Records(Business.id, Business.name, hint=Business.industry),
                settles="business",
            ),
            Pick(
                "owner",
                "Owner",
                Business.owner_id,
                Records(User.id, User.email, hint=User.full_name, mask=Mask.EMAIL),
            ),
            Choice(
                "status",
                "Status",
                CallLog.status,
                options=[Option(status.value, status.value) for status in CallStatus],
            ),
            NumberRange("minutes", "Minutes", CallLog.duration_seconds, scale=60),
            Choice("fails", "Fails", options=[Option("late", "late")], where=divide_by_duration),
        ],
        "cards": [
            Card("Calls", func.count()),
            Card("Missed", func.count().filter(MISSED), tone="error", query="status=missed"),
            Card("Longest", func.max(CallLog.duration_seconds), cell="duration", hint="of all"),
        ],
        "start": "started=7d",
        "detail": Detail(load_call, "ui/skeleton.html", title=lambda call: call.caller),
        "views": [BuiltInView("Missed", "status=missed")],
    }
    return Listing(
        name=name,
        title="Sample calls",
        noun=Noun("call", "calls"),
        path=f"/{name}",
        permission=Permission.CUSTOMERS_READ,
        select=select(CallLog.id).outerjoin(Business, Business.id == CallLog.business_id),
        key=CallLog.id,
        sort="-started_at",
        **(declared | fields),
    )


samples = make_listing("samples")
broken = make_listing("broken", cards=[Card("Impossible", func.max(NO_SUCH_TABLE))])
area = Area(name="samples", listings=[samples, broken])
