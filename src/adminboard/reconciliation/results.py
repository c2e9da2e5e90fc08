"""How each subscription stands to Stripe, as SQL: ours beside the open differences (docs/adr/0017).

Nothing is written down of what is in step. A subscription is in step when the last finished comparison was
begun after it was made, and left no difference open.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.sql.visitors import replacement_traverse

from adminboard.billing.models import Subscription
from adminboard.billing.stripe_differences import KIND_WORDS
from adminboard.core.listings import Probe
from adminboard.core.listings.columns import AnySelect
from adminboard.core.listings.page_rows import PAGE_KEYS
from adminboard.reconciliation.models import Discrepancy

MOMENT = DateTime(timezone=True)


class Result(StrEnum):
    """How a subscription stands to what Stripe has."""

    IN_STEP = "in_step"
    DIFFERS = "differs"
    ERROR = "error"
    """It could not be compared."""
    NOT_COMPARED = "not_compared"
    """It is newer than the last comparison, or there was none yet."""


_NAME = "coalesce(stripe_subscription_id, stripe_customer_id)"
_OPEN = f"""
    SELECT {_NAME} AS key, kind, created_at, checked_at FROM board.discrepancies WHERE status = 'open'
    UNION ALL
    SELECT live.id, kind, created_at, checked_at
    FROM board.discrepancies CROSS JOIN jsonb_array_elements_text(stripe_value) AS live (id)
    WHERE status = 'open' AND kind = 'several_live_subscriptions'"""  # noqa: S608 - nothing comes from outside
"""The open differences of each subscription by Stripe's id. Where several are live at one customer, that
is one difference, of the customer and of each of these subscriptions."""
_DIFFERING = f"""
    SELECT key, CASE WHEN bool_or(kind = 'error') THEN '{Result.ERROR}' ELSE '{Result.DIFFERS}' END AS result,
        bool_or(kind = 'error') AS is_failed, min(created_at) AS since, max(checked_at) AS checked_at,
        array_agg(CAST(kind AS text)) AS kinds
    FROM ({_OPEN}) AS opened"""  # noqa: S608 - as above
_COMPARED = f"""
    SELECT stripe_subscription_id AS key, id AS subscription_id, organization_id, created_at,
        CAST(NULL AS text) AS stripe_customer_id, true AS is_ours, CAST(NULL AS varchar) AS status,
        CAST(NULL AS varchar) AS kind, CAST(NULL AS uuid) AS about
    FROM subscriptions
    UNION ALL
    SELECT {_NAME}, NULL, organization_id, NULL, stripe_customer_id, false, status, kind, subscription_id
    FROM board.discrepancies"""  # noqa: S608 - as above
_IS_STRANGER = f"""
    compared.status = 'open' AND compared.about IS NULL
    AND NOT EXISTS (SELECT FROM subscriptions AS ours WHERE ours.stripe_subscription_id = compared.key)
    AND NOT EXISTS (SELECT FROM board.discrepancies AS other
        WHERE other.status = 'open' AND {_NAME} = compared.key AND other.kind < compared.kind)"""  # noqa: S608 - as above
"""Of a difference: that it is about what is not here, and the first of those."""
_WORDS = " ".join(f"WHEN '{kind}' THEN '{words}'" for kind, words in KIND_WORDS.items())
_FIELDS = f"""
    (SELECT string_agg(CASE kind {_WORDS} END, ', ' ORDER BY kind)
    FROM ({_OPEN}) AS opened WHERE opened.key = compared.key)"""  # noqa: S608 - as above
_OF_LAST_RUN = """
    (SELECT {} FROM board.runs WHERE kind = 'reconciliation' AND status = 'finished'
    ORDER BY created_at DESC, id DESC LIMIT 1)"""

_BEGAN_AT = "coalesce(CAST(cursor ->> 'began_at' AS timestamptz), started_at)"


@lru_cache(maxsize=8)
def _group_differing(rest: str) -> Any:
    fragment = text(f"{_DIFFERING} {rest}")
    if PAGE_KEYS in rest:
        fragment = fragment.bindparams(bindparam(PAGE_KEYS, type_=ARRAY(Text)))
    named = fragment.columns(
        column("key", Text),
        column("result", Text),
        column("is_failed", Boolean),
        column("since", MOMENT),
        column("checked_at", MOMENT),
        column("kinds", ARRAY(Text)),
    )
    return named.subquery("differing")


differing: Any = _group_differing("GROUP BY key")
"""Those with open differences: a row for each of Stripe's subscriptions."""
compared: Any = (
    text(_COMPARED)
    .columns(
        column("key", Text),
        column("subscription_id", Uuid),
        column("organization_id", Uuid),
        column("created_at", MOMENT),
        column("stripe_customer_id", Text),
        column("is_ours", Boolean),
    )
    .subquery("compared")
)
"""Our subscriptions and all differences. Together with `is_row` a row for each subscription that Stripe has a
name for, for each that Stripe has and we do not, and for each customer with several live ones. ``key`` is
Stripe's id of it; ``stripe_customer_id`` is there only for those that are not here."""


def _of_last_run(value: str) -> ColumnElement[Any]:
    return literal_column(_OF_LAST_RUN.format(value), MOMENT)


def was_compared() -> ColumnElement[bool]:
    """Of one without a difference: whether the last finished comparison has seen it."""
    return func.coalesce(compared.c.created_at < _of_last_run(_BEGAN_AT), literal_column("false"))


def result_of_row() -> ColumnElement[Any]:
    """How the row stands, as a word of `Result`."""
    alike = case(
        (was_compared(), literal_column(f"'{Result.IN_STEP}'")),
        else_=literal_column(f"'{Result.NOT_COMPARED}'"),
    )
    return func.coalesce(differing.c.result, alike, type_=Text)


def fields_of_row() -> ColumnElement[Any]:
    """What the row differs in, in words; null where it does not."""
    return case((differing.c.key.is_not(None), literal_column(_FIELDS, Text)))


def is_result(*results: str) -> ColumnElement[bool]:
    """Whether the row stands in one of these ways."""
    # By the key and a truth value: of an equal word the planner would expect next to none.
    alike = differing.c.key.is_(None)
    conditions: dict[str, ColumnElement[bool]] = {
        Result.IN_STEP: and_(alike, was_compared()),
        Result.DIFFERS: and_(differing.c.key.is_not(None), differing.c.is_failed.is_not(True)),
        Result.ERROR: and_(differing.c.key.is_not(None), differing.c.is_failed.is_(True)),
        Result.NOT_COMPARED: and_(alike, ~was_compared()),
    }
    return or_(*(conditions[result] for result in results))


def probe_results(results: Sequence[str]) -> Probe | None:
    """Those that were not compared are mostly few, and found by when they were made."""
    if set(results) != {Result.NOT_COMPARED}:
        return None
    began_at = func.coalesce(_of_last_run(_BEGAN_AT), literal_column("CAST('-infinity' AS timestamptz)"))
    named = Subscription.stripe_subscription_id
    return Probe(select(named.label("key")).where(named.is_not(None), Subscription.created_at >= began_at))


def differs_in(kinds: Sequence[str]) -> ColumnElement[bool]:
    """Whether the row has an open difference of one of these kinds."""
    wanted = bindparam(None, list(kinds), type_=ARRAY(Text))
    found: ColumnElement[bool] = differing.c.kinds.op("&&", is_comparison=True)(wanted)
    return found


def last_checked() -> ColumnElement[Any]:
    """When the row was last compared with Stripe, or repaired from it since."""
    repaired = (
        select(func.max(Discrepancy.settled_at))
        .where(
            Discrepancy.stripe_subscription_id == compared.c.key,
            Discrepancy.status == literal_column("'fixed'"),
        )
        .correlate(compared)
        .scalar_subquery()
    )
    alike = func.greatest(case((was_compared(), _of_last_run("finished_at"))), repaired)
    return func.coalesce(differing.c.checked_at, alike, type_=MOMENT)


def is_row() -> ColumnElement[bool]:
    """Which rows of `compared` are meant.

    It is asked here and not in `compared`: PostgreSQL joins the parts of a UNION through their indexes only
    while they are plain tables. ``is_ours`` is a constant of each part, so one of them skips the rest.
    """
    is_stranger = literal_column(f"({_IS_STRANGER})", Boolean)
    return and_(compared.c.key.is_not(None), or_(compared.c.is_ours, is_stranger))


def with_differences(*columns: Any) -> AnySelect:
    """Selects from all rows, beside what differs of each."""
    beside = compared.outerjoin(differing, differing.c.key == compared.c.key)
    return select(*columns).select_from(beside).where(is_row())


def in_order(statement: AnySelect, sort_name: str, descending: bool) -> AnySelect:
    """The statement of a page's keys with the open differences grouped in the very order of the page.

    PostgreSQL does not sort before a nested loop by itself: it would look up all that differ for the 50 that
    come first.
    """
    by = {"result": "result", "differs_since": "since"}.get(sort_name)
    if by is None:
        return statement
    way = "DESC" if descending else "ASC"
    return _replace(statement, _group_differing(f"GROUP BY key ORDER BY {by} {way}, key {way}"))


def of_page(statement: AnySelect) -> AnySelect:
    """The statement of a page's rows with only their differences grouped: by itself a condition on the key
    does not go through an outer join."""
    return _replace(statement, _group_differing(f"WHERE key = ANY (:{PAGE_KEYS}) GROUP BY key"))


def _replace(statement: AnySelect, grouped: Any) -> AnySelect:
    def find(element: Any, **_: Any) -> Any:
        if element is differing:
            return grouped
        if getattr(element, "table", None) is differing:
            return grouped.c[element.name]
        return None

    return cast(AnySelect, replacement_traverse(statement, {}, find))
