"""The audit log as a list."""

from sqlalchemy import select

from adminboard.audit.queries import get_entry
from adminboard.audit.targets import find_target_page
from adminboard.core.audit_models import AuditEntry
from adminboard.core.listings import (
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    ExactText,
    IdPrefix,
    Listing,
    Noun,
    Records,
    Reference,
    Search,
    Sort,
    Tab,
    TextPart,
    words_of,
)
from adminboard.core.masking import Mask
from adminboard.core.models import Run
from adminboard.core.permissions import Permission
from adminboard.customers.models import customer_records

TABS = (Tab("Entries", "/audit"), Tab("Verify the chain", "/audit/chain"))

audit_log = Listing(
    name="audit",
    title="Audit log",
    noun=Noun("entry", "entries"),
    path="/audit",
    permission=Permission.AUDIT_READ,
    select=select(AuditEntry.id),
    key=AuditEntry.id,
    columns=[
        Column("Time", AuditEntry.at, key="at", cell="datetime", sort=Sort(AuditEntry.position), priority=1),
        Column("Admin", AuditEntry.actor_name, key="actor_name", priority=1),
        Column("Action", AuditEntry.action),
        Column(
            "Target",
            AuditEntry.target_label,
            key="target_label",
            mask=Mask.EMAIL,
            link=lambda row: find_target_page(row.target_kind, row.target_id),
        ),
        Column(
            "What changed", AuditEntry.summary, key="summary", mask=Mask.HIDDEN, cell="long_text", priority=1
        ),
        Column("Reason", AuditEntry.reason, mask=Mask.HIDDEN, cell="long_text", priority=3),
        Column("IP", AuditEntry.ip_address, key="ip_address", priority=3),
        Column("Kind of target", AuditEntry.target_kind, key="target_kind", shown=False),
        Column("Position", AuditEntry.position, cell="number", align="end", shown=False),
        Column("Request", AuditEntry.request_id, key="request_id", cell="id", shown=False),
    ],
    search=Search(
        sources=(
            Contains((AuditEntry.summary, AuditEntry.target_label, AuditEntry.reason), has_beginnings=False),
            IdPrefix(AuditEntry.id),
            ExactText(AuditEntry.request_id),
        ),
        placeholder="Change, target, reason, id",
    ),
    filters=[
        Choice("admin", "Admin", AuditEntry.actor_name, options=words_of(AuditEntry.actor_name)),
        Choice("action", "Action", AuditEntry.action, options=words_of(AuditEntry.action)),
        Choice("kind", "Kind of target", AuditEntry.target_kind, options=words_of(AuditEntry.target_kind)),
        TextPart("target", "Target", (AuditEntry.target_label,), personal=True),
        DateRange("date", "Date", AuditEntry.at),
        Reference("customer", "Customer", AuditEntry.customer_id, records=customer_records),
        Reference("run", "Run", AuditEntry.run_id, records=Records(Run.id, Run.title)),
    ],
    sort="-at",
    extras={"target_id": AuditEntry.target_id},
    detail=Detail(get_entry, "audit/detail.html", title=lambda entry: f"Entry {entry.position:,}"),
    empty="Every change that somebody makes is written here.",
    tabs=TABS,
)
