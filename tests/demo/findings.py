"""Queries that find the odd and the impossible in filled tables, as of the parameter `as_of`."""

EDGE_CASES = {
    "users without businesses": """
        SELECT 1 FROM users WHERE NOT EXISTS (SELECT 1 FROM businesses WHERE owner_id = users.id)""",
    "users without a balance": """
        SELECT 1 FROM users WHERE NOT EXISTS (SELECT 1 FROM credit_balances WHERE user_id = users.id)""",
    "inactive users": "SELECT 1 FROM users WHERE NOT is_active",
    "people who never logged in": "SELECT 1 FROM users WHERE last_login_at IS NULL",
    "businesses without calls": """
        SELECT 1 FROM businesses
        WHERE NOT EXISTS (SELECT 1 FROM call_logs WHERE business_id = businesses.id)""",
    "debts": "SELECT 1 FROM credit_balances WHERE total < 0",
    "withheld numbers": "SELECT 1 FROM call_logs WHERE caller_phone IS NULL",
    "expired credits": "SELECT 1 FROM credit_transactions WHERE type = 'expiry'",
    "upcoming appointments": "SELECT 1 FROM appointments WHERE starts_at > :as_of",
    "right-to-left names": r"SELECT 1 FROM users WHERE full_name ~ '[\u0590-\u06ff]'",
    "customers Stripe does not know": "SELECT 1 FROM organizations WHERE stripe_customer_id IS NULL",
    "rare words": "SELECT 1 FROM call_logs WHERE transcript LIKE '%By the way%'",
    "overage": "SELECT 1 FROM usage_periods WHERE overage_cents > 0",
    "refunds": "SELECT 1 FROM refunds",
}

CONTRADICTIONS = {
    "calls before their business": """
        SELECT 1 FROM call_logs JOIN businesses ON businesses.id = business_id
        WHERE started_at < businesses.created_at""",
    "calls that end in the future": """
        SELECT 1 FROM call_logs WHERE started_at + duration_seconds * interval '1 second' > :as_of""",
    "missed calls with a length": "SELECT 1 FROM call_logs WHERE status = 'missed' AND duration_seconds > 0",
    "transcripts of missed calls": """
        SELECT 1 FROM call_logs WHERE status = 'missed' AND transcript IS NOT NULL""",
    "appointments of another business than their call": """
        SELECT 1 FROM appointments AS a JOIN call_logs AS c ON c.id = a.call_log_id
        WHERE c.business_id <> a.business_id""",
    "appointments of another than the owner": """
        SELECT 1 FROM appointments AS a JOIN businesses AS b ON b.id = business_id
        WHERE owner_id <> user_id""",
    "payers that the user does not belong to": """
        SELECT 1 FROM users WHERE NOT EXISTS (SELECT 1 FROM memberships AS m
            WHERE m.user_id = users.id AND m.organization_id = users.organization_id
                AND m.status = 'active')""",
    "organizations without one owner": """
        SELECT organization_id FROM memberships GROUP BY 1
        HAVING count(*) FILTER (WHERE role = 'owner') <> 1""",
    "subscriptions Stripe has no customer for": """
        SELECT 1 FROM subscriptions JOIN organizations AS o ON o.id = organization_id
        WHERE stripe_customer_id IS NULL""",
    "trials that should have ended": """
        SELECT 1 FROM subscriptions WHERE status = 'trialing' AND trial_end <= :as_of""",
    "live periods that are over": """
        SELECT 1 FROM subscriptions WHERE status IN ('active', 'past_due')
            AND current_period_end <= :as_of""",
    "paid invoices that are not": """
        SELECT 1 FROM invoices WHERE (status = 'paid') <> (paid_at IS NOT NULL)
            OR (status = 'paid') AND amount_paid_cents <> amount_due_cents""",
    "invoices that deny their refunds": """
        SELECT 1 FROM invoices LEFT JOIN (SELECT invoice_id, sum(amount_cents) AS refunded FROM refunds
            WHERE status <> 'failed' GROUP BY 1) AS sums ON invoice_id = invoices.id
        WHERE coalesce(refunded, 0) <> amount_refunded_cents""",
    "open grace periods that are over": """
        SELECT 1 FROM grace_periods WHERE status = 'open' AND ends_at <= :as_of""",
    "suspended customers of whom the log knows nothing": """
        SELECT 1 FROM organizations AS o WHERE status = 'suspended' AND NOT EXISTS (
            SELECT 1 FROM audit_entries WHERE customer_id = o.id AND action = 'customers.suspend')""",
    "adjustments of which the log knows nothing": """
        SELECT 1 FROM credit_transactions AS t
        WHERE metadata ->> 'adjustment_type' = 'manual_admin' AND NOT EXISTS (
            SELECT 1 FROM audit_entries WHERE "after" ->> 'transaction_id' = t.id::text)""",
    "overrides of which the log knows nothing": """
        SELECT 1 FROM user_feature_overrides AS o WHERE NOT EXISTS (SELECT 1 FROM audit_entries AS e
            WHERE target_id = o.user_id::text AND action = 'entitlements.set_override'
                AND e.at = o.created_at)""",
    "minutes that the calls do not account for": """
        SELECT 1 FROM usage_periods AS p LEFT JOIN LATERAL (
            SELECT sum((duration_seconds + 59) / 60) AS minutes FROM users AS u
            JOIN businesses AS b ON b.owner_id = u.id JOIN call_logs AS c ON c.business_id = b.id
            WHERE u.organization_id = p.organization_id AND c.status IN ('answered_by_ai', 'forwarded')
                AND started_at + duration_seconds * interval '1 second' >= period_start
                AND started_at + duration_seconds * interval '1 second' < period_end
        ) AS used ON true WHERE minutes_used <> coalesce(minutes, 0)""",
    "figures of users that the calls deny": """
        SELECT 1 FROM users LEFT JOIN user_figures AS f ON f.user_id = users.id LEFT JOIN LATERAL (
            SELECT count(*) AS calls FROM businesses AS b JOIN call_logs AS c ON c.business_id = b.id
            WHERE b.owner_id = users.id
                AND (CAST(:as_of AS timestamptz) AT TIME ZONE 'America/Los_Angeles')::date
                    - (started_at AT TIME ZONE 'America/Los_Angeles')::date < 30
        ) AS counted ON true WHERE calls <> coalesce(calls_30d, 0)""",
    "figures of businesses that the calls deny": """
        SELECT 1 FROM businesses LEFT JOIN business_figures AS f ON f.business_id = businesses.id
        LEFT JOIN LATERAL (SELECT count(*) AS calls FROM call_logs AS c WHERE c.business_id = businesses.id
                AND (CAST(:as_of AS timestamptz) AT TIME ZONE 'America/Los_Angeles')::date
                    - (started_at AT TIME ZONE 'America/Los_Angeles')::date < 30
        ) AS counted ON true WHERE calls <> coalesce(calls_30d, 0)""",
    "figures of promotion codes that their usages deny": """
        SELECT 1 FROM promotion_codes AS p LEFT JOIN promotion_figures AS f ON f.promotion_code_id = p.id
        LEFT JOIN LATERAL (SELECT count(*) AS uses, max(created_at) AS last_used_at
            FROM promotion_code_usages AS u WHERE u.promotion_code_id = p.id AND action = 'applied'
        ) AS applied ON true
        LEFT JOIN LATERAL (SELECT count(*) AS users FROM (
            SELECT DISTINCT ON (user_id) action FROM promotion_code_usages AS u
            WHERE u.promotion_code_id = p.id ORDER BY user_id, created_at DESC, id DESC
        ) AS latest WHERE action = 'applied') AS standing ON true
        WHERE (applied.uses, applied.last_used_at, standing.users)
            IS DISTINCT FROM (coalesce(f.uses, 0), f.last_used_at, coalesce(f.users, 0))""",
    "days that the calls deny": """
        SELECT 1 FROM (SELECT business_id, (started_at AT TIME ZONE 'America/Los_Angeles')::date AS day,
                count(*) AS calls, sum(duration_seconds) AS duration_seconds
            FROM call_logs GROUP BY 1, 2) AS counted
        FULL JOIN business_call_days AS d USING (business_id, day)
        WHERE (counted.calls, counted.duration_seconds) IS DISTINCT FROM (d.calls, d.duration_seconds)""",
    "active subscriptions that the events deny": """
        SELECT 1 FROM daily_metrics AS kept WHERE metric = 'active_subscriptions' AND value <> (
            SELECT count(*) FROM subscriptions AS s LEFT JOIN LATERAL (
                SELECT previous_status FROM billing_events AS e
                WHERE e.stripe_subscription_id = s.stripe_subscription_id AND previous_status <> e.status
                    AND event_type LIKE 'customer.subscription.%'
                    AND received_at > (kept.day + 1)::timestamp AT TIME ZONE 'America/Los_Angeles'
                ORDER BY received_at LIMIT 1
            ) AS later ON true
            WHERE coalesce(previous_status, s.status) = 'active'
                AND s.created_at <= (kept.day + 1)::timestamp AT TIME ZONE 'America/Los_Angeles')""",
    "daily metrics that the rows deny": """
        WITH counted AS (
            SELECT 'signups' AS metric, '' AS dimension, created_at AS at, 1 AS value FROM users
            UNION ALL SELECT 'calls', '', started_at, 1 FROM call_logs
            UNION ALL SELECT 'calls_answered', '', started_at, 1 FROM call_logs
                WHERE status IN ('answered_by_ai', 'forwarded')
            UNION ALL SELECT 'revenue_cents', currency, paid_at, amount_paid_cents FROM invoices
                WHERE status = 'paid'
            UNION ALL SELECT 'refunds_cents', currency, created_at, amount_cents FROM refunds
                WHERE status = 'succeeded'
        )
        SELECT 1 FROM (SELECT metric, dimension, (at AT TIME ZONE 'America/Los_Angeles')::date AS day,
                sum(value) AS value FROM counted GROUP BY 1, 2, 3) AS summed
        FULL JOIN (SELECT * FROM daily_metrics WHERE metric <> 'active_subscriptions') AS kept
            USING (metric, dimension, day)
        WHERE summed.value IS DISTINCT FROM kept.value""",
}
