"""Calls to the outside as a list: those in flight, and what came of the others."""

from sqlalchemy import select

from adminboard.audit.targets import find_target_page
from adminboard.core.listings import (
    BuiltInView,
    Choice,
    Column,
    DateRange,
    Detail,
    ExactText,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Reference,
    Search,
    Tab,
    words_of,
)
from adminboard.core.masking import Mask
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.permissions import Permission
from adminboard.core.titles import title_of
from adminboard.customers.models import customer_records
from adminboard.system.operation_queries import get_operation_detail

TABS = (Tab("How the board is", "/system"), Tab("Calls to the outside", "/system/operations"))

operations = Listing(
    name="operations",
    title="Calls to the outside",
    noun=Noun("call", "calls"),
    path="/system/operations",
    api_path="/operations",
    permission=Permission.SYSTEM_READ,
    select=select(Operation.id),
    key=Operation.id,
    columns=[
        Column(
            "Decided",
            Operation.created_at,
            key="created_at",
            cell="datetime",
            sort=True,
            priority=1,
        ),
        Column("Kind", Operation.kind, cell="title", priority=1, width_px=134),
        Column(
            "Target",
            Operation.target_label,
            key="target_label",
            mask=Mask.EMAIL,
            link=lambda row: find_target_page(row.target_kind, row.target_id),
            priority=1,
        ),
        Column("Status", Operation.status, cell="badge", priority=1),
        Column("Attempts", Operation.attempts, cell="number", align="end"),
        Column("Next attempt", Operation.next_attempt_at, key="next_attempt_at", cell="datetime"),
        Column("Error", Operation.error, cell="long_text", mask=Mask.HIDDEN),
        Column("By", Operation.actor_name, key="actor_name", priority=3),
        Column("Ended", Operation.finished_at, key="finished_at", cell="datetime", priority=3),
        Column("Id over there", Operation.external_id, key="external_id", cell="id", shown=False),
        Column("Key", Operation.idempotency_key, key="idempotency_key", cell="id", shown=False),
    ],
    search=Search(
        sources=(IdPrefix(Operation.id), ExactText(Operation.idempotency_key)),
        placeholder="Id or key",
    ),
    filters=[
        Choice("kind", "Kind", Operation.kind, options=words_of(Operation.kind, title_of)),
        Choice(
            "status",
            "Status",
            Operation.status,
            options=[Option(status.value, status.value) for status in OperationStatus],
        ),
        DateRange("decided", "Decided", Operation.created_at),
        Reference("customer", "Customer", Operation.customer_id, records=customer_records),
    ],
    sort="-created_at",
    extras={"target_kind": Operation.target_kind, "target_id": Operation.target_id},
    detail=Detail(get_operation_detail, "system/operation.html", title=lambda record: title_of(record.kind)),
    empty="A call to Stripe, a mail server or a chat is listed here as soon as somebody decides on one.",
    views=[
        BuiltInView("In flight", "status=pending&status=running&status=unknown"),
        BuiltInView("Not known", "status=unknown"),
        BuiltInView("Refused", "status=refused"),
    ],
    tabs=TABS,
)
