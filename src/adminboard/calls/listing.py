"""The list of calls."""

from sqlalchemy import select

from adminboard.businesses.lookup import business_records
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog, CallStatus
from adminboard.calls.queries import get_call_detail
from adminboard.calls.transcripts import CALL_TEXT
from adminboard.core.listings import (
    BuiltInView,
    Choice,
    Column,
    DateRange,
    Detail,
    IdPrefix,
    Listing,
    Noun,
    NumberRange,
    Option,
    Owned,
    PhoneNumber,
    PhonePart,
    Pick,
    Search,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.users.lookup import user_records

calls = Listing(
    name="calls",
    title="Calls",
    noun=Noun("call", "calls"),
    path="/calls",
    permission=Permission.CUSTOMERS_READ,
    select=select(CallLog).outerjoin(Business, Business.id == CallLog.business_id),
    key=CallLog.id,
    columns=[
        Column("Time", CallLog.started_at, key="started_at", cell="datetime", sort=True, priority=1),
        Column(
            "Business",
            Business.name,
            link=lambda row: f"/businesses?selected={row.business_id}",
            priority=1,
        ),
        Column(
            "Caller",
            CallLog.caller_phone,
            key="caller_phone",
            cell="phone",
            mask=Mask.PHONE,
            missing="Withheld",
        ),
        Column(
            "Duration",
            CallLog.duration_seconds,
            key="duration_seconds",
            cell="duration",
            align="end",
            sort=True,
        ),
        Column("Status", CallLog.status, cell="badge", width_px=152, priority=1),
        Column("Summary", CallLog.ai_summary, key="ai_summary", cell="long_text", mask=Mask.HIDDEN),
        Column("Caller name", CallLog.caller_name, key="caller_name", shown=False),
        Column(
            "Received by",
            CallLog.receiving_phone,
            key="receiving_phone",
            cell="phone",
            mask=Mask.PHONE,
            shown=False,
        ),
    ],
    search=Search(
        sources=(CALL_TEXT, IdPrefix(CallLog.id), PhoneNumber(CallLog.caller_phone)),
        placeholder="Words said, number or id",
    ),
    filters=[
        DateRange("started", "Time", CallLog.started_at),
        Pick(
            "business",
            "Business",
            CallLog.business_id,
            records=business_records,
            settles="business",
        ),
        Choice(
            "status",
            "Status",
            CallLog.status,
            options=[Option(status.value, status.value.replace("_", " ")) for status in CallStatus],
        ),
        PhonePart("caller", "Caller's number", (CallLog.caller_phone,)),
        NumberRange("minutes", "Minutes", CallLog.duration_seconds, scale=60),
        Pick(
            "user",
            "User",
            CallLog.business_id,
            records=user_records,
            through=Owned(Business.id, Business.owner_id),
        ),
    ],
    sort="-started_at",
    start="started=7d",
    extras={"business_id": CallLog.business_id},
    detail=Detail(
        get_call_detail,
        "calls/detail.html",
        title=lambda record: f"Call to {record.business_name}",
    ),
    empty="Calls appear here as soon as an agent takes one.",
    views=[
        BuiltInView("Missed today", "started=today&status=missed"),
        BuiltInView("Failed, last 7 days", "started=7d&status=error"),
    ],
)
