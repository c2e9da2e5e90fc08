"""The board's figures, summed up from the rows that were loaded, so that they cannot differ from them."""

from psycopg import Connection

from adminboard.demo.seed.plan import SeedPlan

FIGURES = {
    "board.business_figures": """
        INSERT INTO board.business_figures (business_id, calls_30d, refreshed_at)
        SELECT business_id, count(*), %(as_of)s FROM call_logs
        WHERE started_at <= %(as_of)s AND started_at >=
            (date_trunc('day', %(as_of)s AT TIME ZONE %(time_zone)s) - interval '29 days')
                AT TIME ZONE %(time_zone)s
        GROUP BY business_id
    """,
    "board.user_figures": """
        INSERT INTO board.user_figures (user_id, calls_30d, refreshed_at)
        SELECT owner_id, sum(calls_30d), %(as_of)s
        FROM board.business_figures JOIN businesses ON businesses.id = business_id
        GROUP BY owner_id
    """,
    "board.promotion_figures": """
        INSERT INTO board.promotion_figures (promotion_code_id, users, uses, last_used_at, refreshed_at)
        SELECT promotion_code_id, count(*) FILTER (WHERE is_latest AND action = 'applied'),
            count(*) FILTER (WHERE action = 'applied'), max(created_at) FILTER (WHERE action = 'applied'),
            %(as_of)s
        FROM (
            SELECT promotion_code_id, action, created_at, row_number() OVER (
                PARTITION BY promotion_code_id, user_id ORDER BY created_at DESC, id DESC) = 1 AS is_latest
            FROM promotion_code_usages
        ) AS usages
        GROUP BY promotion_code_id
    """,
    "board.business_call_days": """
        INSERT INTO board.business_call_days
            (business_id, day, calls, answered, forwarded, missed, voicemail, failed, duration_seconds)
        SELECT business_id, (started_at AT TIME ZONE %(time_zone)s)::date, count(*),
            count(*) FILTER (WHERE status = 'answered_by_ai'), count(*) FILTER (WHERE status = 'forwarded'),
            count(*) FILTER (WHERE status = 'missed'), count(*) FILTER (WHERE status = 'voicemail'),
            count(*) FILTER (WHERE status = 'error'), sum(duration_seconds)
        FROM call_logs GROUP BY 1, 2
    """,
    "board.daily_metrics": """
        WITH ends AS (
            SELECT midnight::date AS day, (midnight + interval '1 day') AT TIME ZONE %(time_zone)s AS ends_at
            FROM generate_series(
                date_trunc('day', %(as_of)s AT TIME ZONE %(time_zone)s) - interval '61 days',
                date_trunc('day', %(as_of)s AT TIME ZONE %(time_zone)s), '1 day') AS midnights (midnight)
        ), changes AS MATERIALIZED (
            SELECT stripe_subscription_id, received_at, previous_status FROM billing_events
            WHERE received_at > %(as_of)s - interval '63 days' AND stripe_subscription_id IS NOT NULL
                AND event_type LIKE 'customer.subscription.%%' AND previous_status <> status
        ), next_changes AS (
            SELECT DISTINCT ON (day, stripe_subscription_id) day, ends_at, stripe_subscription_id,
                previous_status
            FROM ends JOIN changes ON received_at > ends_at
            ORDER BY day, stripe_subscription_id, received_at
        )
        INSERT INTO board.daily_metrics (metric, dimension, day, value, refreshed_at)
        SELECT metric, dimension, day, value, %(as_of)s FROM (
            SELECT 'signups' AS metric, '' AS dimension, (created_at AT TIME ZONE %(time_zone)s)::date AS day,
                count(*)::numeric AS value
            FROM users GROUP BY 3
            UNION ALL
            SELECT 'calls', '', day, sum(calls) FROM board.business_call_days GROUP BY day
            UNION ALL
            SELECT 'calls_answered', '', day, sum(answered + forwarded)
            FROM board.business_call_days GROUP BY day
            UNION ALL
            SELECT 'revenue_cents', currency, (paid_at AT TIME ZONE %(time_zone)s)::date,
                sum(amount_paid_cents)
            FROM invoices WHERE status = 'paid' GROUP BY 2, 3
            UNION ALL
            SELECT 'refunds_cents', currency, (created_at AT TIME ZONE %(time_zone)s)::date, sum(amount_cents)
            FROM refunds WHERE status = 'succeeded' GROUP BY 2, 3
            UNION ALL
            SELECT 'active_subscriptions', '', day, active FROM (
                SELECT day,
                    (SELECT count(*) FROM subscriptions WHERE status = 'active' AND created_at <= ends_at)
                        + coalesce(difference, 0) AS active
                FROM ends LEFT JOIN (
                    SELECT day,
                        sum((previous_status = 'active')::int - (status = 'active')::int) AS difference
                    FROM next_changes JOIN subscriptions USING (stripe_subscription_id)
                    WHERE created_at <= ends_at GROUP BY day
                ) AS differences USING (day)
            ) AS counted
        ) AS figures
    """,
    "board.figures_state": """
        INSERT INTO board.figures_state (id, time_zone, day, read_until, refreshed_at, checked_at,
            settled_until, settled_calls, settled_calls_answered)
        SELECT 1, %(time_zone)s, (%(as_of)s AT TIME ZONE %(time_zone)s)::date,
            %(as_of)s, %(as_of)s, %(as_of)s, %(as_of)s - interval '10 minutes', count(*),
            count(*) FILTER (WHERE status IN ('answered_by_ai', 'forwarded'))
        FROM call_logs WHERE created_at <= %(as_of)s - interval '10 minutes' AND started_at >=
            date_trunc('day', %(as_of)s AT TIME ZONE %(time_zone)s) AT TIME ZONE %(time_zone)s
    """,
}
"""By table, in an order in which each finds what it needs."""


def sum_up(connection: Connection, plan: SeedPlan, table: str) -> int:
    """Fills one table of figures; returns how many rows it got."""
    parameters = {"as_of": plan.as_of, "time_zone": plan.time_zone}
    return connection.execute(FIGURES[table].encode(), parameters).rowcount
