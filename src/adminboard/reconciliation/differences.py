"""What differs: one statement that joins what Stripe has with what we have, as a set.

The same statement compares the whole list of a run, and the few subscriptions of one customer. What was
changed here since Stripe was asked is left out, and so is what an event that waits to be applied is about:
they show something newer than what is compared. One that has ended, is not here, and was sold under a price
that makes no plan is left out too: nothing could be added for it, and it gives nobody anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.billing.mirror.subscriptions import OVER, UNKNOWN_STATUS_IS
from adminboard.billing.models import SubscriptionStatus
from adminboard.core.canonical import to_plain
from adminboard.reconciliation.models import DiscrepancyKind


def _words(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_OVER = _words(OVER)
_KNOWN = _words(list(SubscriptionStatus))

OF_RUN = "SELECT * FROM board.listed_subscriptions WHERE run_id = :run_id"
OF_CUSTOMER = """
    SELECT * FROM jsonb_to_recordset(CAST(:listed AS jsonb)) AS listed (
        stripe_subscription_id text, stripe_customer_id text, status text, stripe_price_id text,
        quantity integer, period_start timestamptz, period_end timestamptz, cancel_at_period_end boolean,
        cancel_at timestamptz, pause_behavior text, pause_resumes_at timestamptz, asked_at timestamptz)"""


def differences(listed: str, ours_to_be_listed: str) -> str:
    """The statement. ``listed`` selects what Stripe has; ``ours_to_be_listed`` says which of our rows must be
    among it. ``:began_at`` is the database's moment before Stripe was asked for the first of it."""
    return f"""
    WITH listed AS (SELECT *, status NOT IN ({_OVER}) AS is_live FROM ({listed}) AS listed),
    ours AS NOT MATERIALIZED (
        SELECT subscription.*, payer.stripe_customer_id, plan.slug AS plan
        FROM subscriptions AS subscription
            JOIN organizations AS payer ON payer.id = subscription.organization_id
            JOIN plans AS plan ON plan.id = subscription.plan_id
        WHERE subscription.stripe_subscription_id IS NOT NULL),
    crowded AS (
        SELECT stripe_customer_id, jsonb_agg(stripe_subscription_id ORDER BY stripe_subscription_id) AS live
        FROM listed WHERE is_live GROUP BY 1 HAVING count(*) > 1),
    pairs AS (
        SELECT listed.*, ours.id AS our_id, payer.id AS payer_id, payer.name AS payer_name,
            ours.organization_id AS our_payer_id, ours.stripe_customer_id AS our_customer,
            ours.status AS our_status, ours.quantity AS our_quantity, ours.plan AS our_plan,
            ours.plan_id AS our_plan_id, ours.current_period_start AS our_start,
            ours.current_period_end AS our_end, ours.cancel_at_period_end AS our_leaving,
            coalesce(ours.cancel_at, ours.current_period_end) AS our_last,
            ours.pause_behavior AS our_pause, ours.pause_resumes_at AS our_pause_ends,
            sold.id AS plan_id, sold.slug AS plan, listed.status IN ({_KNOWN}) AS is_known
        FROM listed
            LEFT JOIN ours USING (stripe_subscription_id)
            LEFT JOIN organizations AS payer ON payer.stripe_customer_id = listed.stripe_customer_id
            LEFT JOIN plans AS sold ON sold.stripe_price_id = listed.stripe_price_id
        WHERE (ours.updated_at < listed.asked_at
                OR (ours.id IS NULL AND (listed.is_live OR sold.id IS NOT NULL)))
            AND NOT (listed.is_live AND EXISTS (
                SELECT FROM crowded WHERE crowded.stripe_customer_id = listed.stripe_customer_id))),
    found AS (
        SELECT coalesce(our_payer_id, payer_id) AS organization_id, our_id AS subscription_id,
            stripe_customer_id, stripe_subscription_id, kind, here AS local_value, there AS stripe_value
        FROM pairs CROSS JOIN LATERAL (VALUES {_OF_PAIR}) AS difference (kind, is_one, here, there)
        WHERE is_one
        UNION ALL
        SELECT organization_id, id, stripe_customer_id, stripe_subscription_id,
            '{DiscrepancyKind.MISSING_IN_STRIPE}', to_jsonb(status), NULL
        FROM ours
        WHERE status NOT IN ({_OVER}) AND updated_at < :began_at AND ({ours_to_be_listed})
            AND NOT EXISTS (
                SELECT FROM listed WHERE listed.stripe_subscription_id = ours.stripe_subscription_id)
        UNION ALL
        SELECT payer.id, NULL, crowded.stripe_customer_id, NULL,
            '{DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS}', (
                SELECT coalesce(jsonb_agg(stripe_subscription_id ORDER BY stripe_subscription_id), '[]')
                FROM subscriptions WHERE organization_id = payer.id AND status NOT IN ({_OVER})),
            crowded.live
        FROM crowded LEFT JOIN organizations AS payer
            ON payer.stripe_customer_id = crowded.stripe_customer_id)
    SELECT * FROM found WHERE NOT EXISTS (
        SELECT FROM billing_events AS event
        WHERE event.stripe_subscription_id = found.stripe_subscription_id
            AND event.processing_status IN ('received', 'processing'))
    """  # noqa: S608 - nothing in it comes from outside


_OF_PAIR = f"""
            ('{DiscrepancyKind.MISSING_HERE}', our_id IS NULL, NULL, to_jsonb(status)),
            ('{DiscrepancyKind.CUSTOMER}',
                CASE WHEN our_id IS NULL THEN payer_id IS NULL
                    ELSE our_customer IS DISTINCT FROM stripe_customer_id END,
                to_jsonb(our_customer), to_jsonb(stripe_customer_id)),
            ('{DiscrepancyKind.UNKNOWN_PRICE}', is_live AND stripe_price_id IS NOT NULL AND plan_id IS NULL,
                to_jsonb(our_plan), to_jsonb(stripe_price_id)),
            ('{DiscrepancyKind.ERROR}', is_live AND stripe_price_id IS NULL,
                to_jsonb(our_plan), to_jsonb(text 'It has no items.')),
            ('{DiscrepancyKind.UNKNOWN_STATUS}',
                NOT is_known AND our_status IS DISTINCT FROM '{UNKNOWN_STATUS_IS}',
                to_jsonb(our_status), to_jsonb(status)),
            ('{DiscrepancyKind.STATUS}', is_known AND status <> our_status,
                to_jsonb(our_status), to_jsonb(status)),
            ('{DiscrepancyKind.QUANTITY}', plan_id IS NOT NULL AND greatest(quantity, 1) <> our_quantity,
                to_jsonb(our_quantity), to_jsonb(quantity)),
            ('{DiscrepancyKind.PLAN}', plan_id <> our_plan_id, to_jsonb(our_plan), to_jsonb(plan)),
            ('{DiscrepancyKind.PERIOD}', our_id IS NOT NULL AND plan_id IS NOT NULL
                    AND (period_start, period_end) IS DISTINCT FROM (our_start, our_end),
                jsonb_build_object('start', our_start, 'end', our_end),
                jsonb_build_object('start', period_start, 'end', period_end)),
            ('{DiscrepancyKind.CANCEL_AT_PERIOD_END}', is_live AND cancel_at_period_end <> our_leaving,
                to_jsonb(our_leaving), to_jsonb(cancel_at_period_end)),
            ('{DiscrepancyKind.CANCEL_AT_PERIOD_END}', is_live AND cancel_at_period_end AND our_leaving
                    AND cancel_at <> our_last,
                jsonb_build_object('ends_at', our_last), jsonb_build_object('ends_at', cancel_at)),
            ('{DiscrepancyKind.PAUSE}', our_id IS NOT NULL
                    AND (pause_behavior, pause_resumes_at) IS DISTINCT FROM (our_pause, our_pause_ends),
                jsonb_build_object('invoices', our_pause, 'resumes_at', our_pause_ends),
                jsonb_build_object('invoices', pause_behavior, 'resumes_at', pause_resumes_at))"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a customer's subscription, or their number, differs. Values are JSON."""

    organization_id: UUID | None
    subscription_id: UUID | None
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    kind: DiscrepancyKind
    local_value: Any
    stripe_value: Any

    def to_data(self) -> dict[str, Any]:
        """As the API shows it."""
        data: dict[str, Any] = to_plain(asdict(self))
        return data


def find_differences_of(
    session: Session,
    organization_id: UUID,
    listed: Sequence[Mapping[str, Any]],
    began_at: datetime,
) -> list[Difference]:
    """What differs for a customer of whom ``listed`` is everything Stripe has."""
    columns = [{name: value for name, value in row.items() if name != "state"} for row in listed]
    statement = differences(OF_CUSTOMER, "organization_id = :organization_id")
    rows = session.execute(
        text(f"{statement} ORDER BY stripe_subscription_id, kind"),
        {
            "listed": json.dumps(to_plain(columns)),
            "organization_id": organization_id,
            "began_at": began_at,
        },
    )
    return [Difference(**{**row, "kind": DiscrepancyKind(row["kind"])}) for row in rows.mappings()]
