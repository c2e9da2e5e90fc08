"""The list of subscriptions by how they stand to Stripe, and the list of the runs that saw to it."""

from sqlalchemy import ColumnElement, Integer, cast, extract, func, select

from adminboard.billing.customer import StripeId, by_customer, customer_filter
from adminboard.billing.stripe_differences import KIND_WORDS
from adminboard.core.listings import (
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Listing,
    Noun,
    Option,
    Search,
    Sort,
    Tab,
    Ticked,
)
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import CUSTOMER_ID, SUBSCRIPTION_ID
from adminboard.customers.models import Organization
from adminboard.reconciliation.result_detail import get_result
from adminboard.reconciliation.results import (
    Result,
    compared,
    differing,
    differs_in,
    fields_of_row,
    in_order,
    is_result,
    last_checked,
    of_page,
    probe_results,
    result_of_row,
    with_differences,
)
from adminboard.reconciliation.run_detail import RUN_KINDS, get_run_detail

TABS = (Tab("Results", "/reconciliation"), Tab("Runs", "/reconciliation/runs"))
_OWN = (
    StripeId(compared.c.key, beginnings=SUBSCRIPTION_ID),
    StripeId(compared.c.stripe_customer_id, beginnings=CUSTOMER_ID),
)


def _count_of(result: Result) -> ColumnElement[int]:
    return func.count().filter(is_result(result))


results = Listing(
    name="reconciliation",
    title="Reconciliation",
    noun=Noun("subscription", "subscriptions"),
    path="/reconciliation",
    permission=Permission.BILLING_READ,
    has_page=False,
    select=with_differences(compared.c.key).outerjoin(
        Organization, Organization.id == compared.c.organization_id
    ),
    key=compared.c.key,
    columns=[
        Column("Customer", Organization.name, key="customer", priority=1, missing="Nobody here"),
        Column(
            "Subscription",
            compared.c.key,
            key="stripe_subscription_id",
            cell="id",
            link=lambda row: (
                f"/billing/subscriptions?selected={row.subscription_id}" if row.subscription_id else None
            ),
            width_px=250,
        ),
        Column(
            "Result",
            result_of_row(),
            key="result",
            cell="badge",
            sort=Sort(differing.c.result, differing.c.key, nullable=True, given_by=differing.c.key),
            priority=1,
            width_px=128,
        ),
        Column("Differs in", fields_of_row(), key="fields", cell="sentence", missing="nothing", priority=1),
        Column("Last checked", last_checked(), key="checked_at", cell="datetime", missing="never"),
        Column(
            "Differs since",
            differing.c.since,
            key="differs_since",
            cell="datetime",
            sort=Sort(differing.c.since, differing.c.key, nullable=True, given_by=differing.c.key),
            missing="does not",
            priority=3,
        ),
        Column(
            "Stripe customer",
            func.coalesce(Organization.stripe_customer_id, compared.c.stripe_customer_id),
            key="stripe_customer_id",
            cell="id",
            shown=False,
        ),
        Column("Customer id", compared.c.organization_id, key="organization_id", cell="id", shown=False),
    ],
    extras={"subscription_id": compared.c.subscription_id},
    search=Search(_OWN, "Customer, email or any id", by_customer(compared.c.organization_id, _OWN)),
    filters=[
        Choice(
            "result",
            "Result",
            options=[Option(result.value, result.value.replace("_", " ")) for result in Result],
            where=lambda words: is_result(*words),
            probe=probe_results,
        ),
        Choice(
            "field",
            "Differs in",
            options=[Option(kind.value, words) for kind, words in KIND_WORDS.items()],
            where=differs_in,
        ),
        customer_filter(compared.c.organization_id),
    ],
    sort="-result",
    in_order=in_order,
    of_page=of_page,
    detail=Detail(
        get_result,
        "reconciliation/result.html",
        title=lambda record: str(record.customer_name or record.stripe_id),
    ),
    empty="Subscriptions appear here as soon as Stripe tells of them, or a comparison finds them there.",
    views=[
        BuiltInView("Longest different", "result=differs&sort=differs_since"),
        BuiltInView("Without a plan or an owner", "field=unknown_price&field=customer"),
    ],
    cards=[
        Card("Subscriptions", func.count()),
        Card("In step", _count_of(Result.IN_STEP), query="result=in_step"),
        Card("Different", _count_of(Result.DIFFERS), query="result=differs", tone="warning"),
        Card("Errors", _count_of(Result.ERROR), query="result=error", tone="error"),
        Card("Not compared", _count_of(Result.NOT_COMPARED), query="result=not_compared"),
    ],
    ticked=Ticked(
        "reconciliation.fix",
        "subscriptions",
        "Repair from Stripe",
        when=lambda row: row.result == Result.DIFFERS,
        matching="matching",
        all_label="Repair all found",
    ),
    tabs=TABS,
    note="reconciliation/note.html",
)

runs = Listing(
    name="reconciliation_runs",
    title="Reconciliation runs",
    noun=Noun("run", "runs"),
    path="/reconciliation/runs",
    permission=Permission.BILLING_READ,
    select=select(Run).where(Run.kind.in_(RUN_KINDS)),
    key=Run.id,
    columns=[
        Column("Run", Run.title, key="title", priority=1, width_px=220),
        Column("Status", Run.status, cell="badge", priority=1, width_px=112),
        Column("By", Run.actor_name, key="actor_name"),
        Column("Begun", Run.created_at, key="created_at", cell="datetime", sort=True, priority=1),
        Column(
            "Took",
            cast(func.ceil(extract("epoch", Run.finished_at - Run.started_at)), Integer),
            key="took_seconds",
            cell="duration",
            align="end",
        ),
        Column("Rows", Run.rows_total, key="rows_total", cell="number", align="end"),
        Column(
            "Found",
            cast(Run.outcome["different"].astext, Integer),
            key="different",
            cell="number",
            align="end",
            missing="none",
        ),
        Column("Done", Run.rows_done, key="rows_done", cell="number", align="end"),
        Column("Failed", Run.rows_failed, key="rows_failed", cell="number", align="end"),
        Column("Left alone", Run.rows_skipped, key="rows_skipped", cell="number", align="end", priority=3),
    ],
    filters=[
        Choice("kind", "Kind", Run.kind, options=[Option(kind, words) for kind, words in RUN_KINDS.items()]),
        Choice(
            "status", "Status", Run.status, options=[Option(word.value, word.value) for word in RunStatus]
        ),
        DateRange("begun", "Begun", Run.created_at),
    ],
    sort="-created_at",
    detail=Detail(get_run_detail, "reconciliation/run_detail.html", title=lambda run: str(run.title)),
    empty="The first comparison is begun by the clock within an hour, or by you: Compare with Stripe.",
    tabs=TABS,
)
