"""Requests for approval as a list: what waits, and what became of the others."""

from sqlalchemy import BigInteger, cast, func, literal, select

from adminboard.approvals.detail import get_approval_detail
from adminboard.approvals.queries import has_status, status_now, visible_to, words_seen
from adminboard.audit.targets import find_target_page
from adminboard.core.listings import (
    BuiltInView,
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Search,
)
from adminboard.core.masking import Mask
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.permissions import Permission
from adminboard.core.titles import title_of

AMOUNT = func.coalesce(Approval.amount_cents, cast(Approval.credits * 100, BigInteger))
"""Credits are dollars in what is shown, so that one column has both."""

approvals = Listing(
    name="approvals",
    title="Approvals",
    noun=Noun("request", "requests"),
    path="/approvals",
    permission=Permission.APPROVALS_READ,
    select=select(Approval.id),
    key=Approval.id,
    columns=[
        Column("Requested", Approval.created_at, key="created_at", cell="datetime", sort=True, priority=1),
        Column("By", Approval.requested_by_name, key="requested_by_name", width_px=176),
        Column("Action", Approval.action, cell="title"),
        Column(
            "Target",
            Approval.target_label,
            key="target_label",
            mask=Mask.EMAIL,
            priority=1,
            width_px=170,
            link=lambda row: find_target_page(row.target_kind, row.target_id),
        ),
        Column(
            "Amount",
            AMOUNT,
            cell="money",
            align="end",
            companion=func.coalesce(Approval.currency, literal("usd")),
            priority=1,
        ),
        Column("Status", status_now(), cell="badge", priority=1),
        Column("Expires", Approval.expires_at, key="expires_at", cell="datetime", priority=3),
        Column("Reason", Approval.reason, mask=Mask.HIDDEN, cell="long_text", priority=3),
        Column("Decided by", Approval.decided_by_name, key="decided_by_name", shown=False),
        Column("Decided", Approval.decided_at, key="decided_at", cell="datetime", shown=False),
        Column("Credits", Approval.credits, cell="signed_credits", align="end", shown=False),
        Column("Kind of target", Approval.target_kind, key="target_kind", shown=False),
    ],
    search=Search(
        sources=(
            Contains((Approval.target_label, Approval.requested_by_name), has_beginnings=False),
            IdPrefix(Approval.id),
        ),
        placeholder="Target, who asked, or id",
    ),
    filters=[
        Choice(
            "status",
            "Status",
            options=[Option(word.value, word.value) for word in ApprovalStatus],
            where=has_status,
        ),
        Choice(
            "action",
            "Action",
            Approval.action,
            options=words_seen(Approval.action, title_of),
            visible_to=visible_to,
        ),
        Choice(
            "by",
            "By",
            Approval.requested_by_name,
            options=words_seen(Approval.requested_by_name),
            visible_to=visible_to,
        ),
        DateRange("requested", "Requested", Approval.created_at),
    ],
    sort="-created_at",
    start="status=waiting",
    start_permission=Permission.APPROVALS_DECIDE,
    visible_to=visible_to,
    extras={"target_id": Approval.target_id},
    detail=Detail(get_approval_detail, "approvals/detail.html", title=lambda record: str(record.label)),
    empty="What needs a second person, like a large adjustment of credits, is asked for in its own form.",
    views=[BuiltInView("Waiting", "status=waiting"), BuiltInView("All requests", "sort=-created_at")],
)
