"""One customer as large as they come, put beside those of a data set: 5,000 members with a business, calls
and credits each, and 50,000 billing events. For measuring what a page about one customer costs."""

from uuid import UUID

import psycopg

MEMBERS = 5_000
EVENTS = 50_000
_FEW = """SELECT organization_id FROM memberships GROUP BY organization_id
    HAVING count(*) BETWEEN 10 AND 20 ORDER BY count(*) DESC LIMIT 1"""
_STATEMENTS = (
    "SET LOCAL synchronous_commit = off",
    """INSERT INTO organizations (id, name, slug, status, timezone, created_at)
    VALUES (gen_random_uuid(), %(slug)s, %(slug)s, 'active', 'UTC', now() - interval '2 years')""",
    "CREATE TEMP TABLE big ON COMMIT DROP AS SELECT id FROM organizations WHERE slug = %(slug)s",
    """CREATE TEMP TABLE people ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, gen_random_uuid() AS business, number
    FROM generate_series(1, %(members)s) AS number""",
    """INSERT INTO users (id, email, full_name, is_active, is_superuser, onboarding_status, organization_id)
    SELECT people.id, 'member' || number || '@' || %(slug)s || '.example.com', 'Member ' || number, true,
    false, 'completed', big.id FROM people, big""",
    """INSERT INTO memberships (id, organization_id, user_id, role, status, last_activity_at)
    SELECT gen_random_uuid(), big.id, people.id, 'member', 'active', now() - number * interval '1 minute'
    FROM people, big""",
    """INSERT INTO businesses (id, owner_id, name, timezone, operating_hours, core_services)
    SELECT business, id, 'Business ' || number, 'UTC', '{}', '[]' FROM people""",
    """INSERT INTO call_logs (id, business_id, caller_phone, receiving_phone, started_at, duration_seconds,
    status,
        ai_summary)
    SELECT gen_random_uuid(), business, '+14155550100', '+14155550199',
        now() - %(quiet)s::interval - random() * interval '1 year', 60, 'answered_by_ai', 'Wants a quote'
    FROM people, generate_series(1, 20)""",
    """INSERT INTO credit_transactions (id, user_id, sequence, type, amount, balance_after, description,
    metadata,
        created_at)
    SELECT gen_random_uuid(), id, entry, 'grant_subscription', 1, entry, 'Monthly credits', '{}',
        now() - %(quiet)s::interval - (12 - entry) * interval '30 days' - (number %% 30) * interval '1 day'
    FROM people, generate_series(1, 12) AS entry""",
    """INSERT INTO credit_balances (user_id, total, trial, subscription, credit_pack, adjustment,
    last_sequence,
        last_updated)
    SELECT id, 12, 0, 12, 0, 0, 12, now() FROM people""",
    """INSERT INTO user_feature_overrides (id, user_id, feature_id, has_access, notes, created_by, created_at)
    SELECT gen_random_uuid(), people.id, features.id, true, 'Benchmark', 'benchmark', now() - number *
    interval '1 hour' FROM people, (SELECT id FROM features ORDER BY feature_key LIMIT 2) AS features""",
    """INSERT INTO invoices (id, organization_id, stripe_invoice_id, number, amount_due_cents,
    amount_paid_cents,
        amount_refunded_cents, currency, status, created_at)
    SELECT gen_random_uuid(), big.id, 'in_' || %(slug)s || number, 'BIG-' || number, 4900, 4900, 0, 'usd',
    'paid',
        now() - number * interval '1 week'
    FROM big, generate_series(1, 100) AS number""",
    """INSERT INTO billing_events (id, organization_id, stripe_event_id, event_type, source,
    processing_status, attempts,
        received_at)
    SELECT gen_random_uuid(), big.id, 'evt_' || %(slug)s || number, 'customer.subscription.updated',
    'webhook', 'processed', 1,
        now() - number * interval '10 minutes'
    FROM big, generate_series(1, %(events)s) AS number""",
)


def add_big_customer(connection: psycopg.Connection, slug: str, *, quiet: str = "0 days") -> UUID:
    """Adds the customer of this slug as the owner of the tables, once; returns its id.

    ``quiet`` is an interval like "90 days" in which none of the members had a call or moved credits: whoever
    walks along all customers' newest then meets none of theirs.
    """
    values = {"slug": slug, "members": MEMBERS, "events": EVENTS, "quiet": quiet}
    known = _find(connection, slug)
    if known is not None:
        return known
    with connection.transaction():
        for statement in _STATEMENTS:
            connection.execute(statement, values)
    connection.execute(
        "VACUUM (ANALYZE) organizations, users, memberships, businesses, call_logs, credit_transactions, "
        "credit_balances, user_feature_overrides, invoices, billing_events"
    )
    added = _find(connection, slug)
    assert added is not None
    return added


def find_customers(connection: psycopg.Connection) -> dict[str, UUID]:
    """One customer with few members and two with 5,000, by what they stand for; adds those that are missing,
    as the owner of the tables."""
    few = connection.execute(_FEW).fetchone()
    assert few is not None
    return {
        "up to 20 members": few[0],
        "5,000 members": add_big_customer(connection, "benchmark-big"),
        "5,000 quiet members": add_big_customer(connection, "benchmark-quiet", quiet="180 days"),
    }


def _find(connection: psycopg.Connection, slug: str) -> UUID | None:
    row = connection.execute("SELECT id FROM organizations WHERE slug = %s", [slug]).fetchone()
    return None if row is None else UUID(str(row[0]))
