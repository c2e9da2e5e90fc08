"""What the role the board runs as may do: read, and write what the board writes, and nothing else.

It owns no table, so it can neither change nor drop one, nor switch off a trigger (guarantee 2). The
append-only tables are those it may insert into and not update.
"""

import re
from collections.abc import Mapping

from sqlalchemy import Connection, text

READ = "SELECT"
APPEND = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE"
"""For rows that are never deleted."""
WRITE = "SELECT, INSERT, UPDATE, DELETE"

CUSTOMER = (
    "SELECT, UPDATE (status, suspended_at, suspension_reason, stripe_customer_id, billing_email, "
    "stripe_default_payment_method_id, stripe_deleted_at, stripe_state_at, updated_at)"
)
"""For suspending an organization, and for what Stripe says of it."""

PRODUCT_PRIVILEGES = {
    "organizations": CUSTOMER,
    "memberships": READ,
    "users": READ,
    "businesses": READ,
    "ai_agents": READ,
    "call_logs": READ,
    "appointment_end_users": READ,
    "appointments": READ,
    "features": READ,
    "plans": KEEP,
    "plan_features": WRITE,
    "subscriptions": KEEP,
    "invoices": KEEP,
    "payment_methods": KEEP,
    "refunds": KEEP,
    "usage_periods": READ,
    "billing_events": KEEP,
    "grace_periods": WRITE,
    "user_feature_overrides": WRITE,
    "plan_overrides": KEEP,
    "credit_balances": KEEP,
    "credit_transactions": APPEND,
    "credit_allocations": APPEND,
    "promotion_codes": KEEP,
    "promotion_code_usages": READ,
}
"""By table of `public`; what the product alone writes is only read."""

BOARD_PRIVILEGES = {
    "alembic_version": READ,
    "admins": KEEP,
    "sessions": WRITE,
    "api_keys": KEEP,
    "login_attempts": WRITE,
    "recovery_codes": WRITE,
    "audit_entries": APPEND,
    "audit_head": "SELECT, UPDATE",
    "audit_checkpoints": APPEND,
    "idempotency_keys": WRITE,
    "settings": WRITE,
    "feature_flags": WRITE,
    "saved_views": WRITE,
    "notes": KEEP,
    "approvals": KEEP,
    "operations": KEEP,
    "action_starts": WRITE,
    "runs": KEEP,
    "run_rows": WRITE,
    "discrepancies": WRITE,
    "listed_subscriptions": WRITE,
    "open_grants": WRITE,
    "open_debts": WRITE,
    "user_figures": WRITE,
    "business_figures": WRITE,
    "promotion_figures": WRITE,
    "business_call_days": WRITE,
    "daily_metrics": WRITE,
    "kept_cards": WRITE,
    "figures_state": WRITE,
    "procrastinate_jobs": WRITE,
    "procrastinate_events": WRITE,
    "procrastinate_periodic_defers": WRITE,
    "procrastinate_workers": WRITE,
}
"""By table of `board`."""

SCHEMA_PRIVILEGES = {"public": PRODUCT_PRIVILEGES, "board": BOARD_PRIVILEGES}


def read_privileges(privileges: str) -> Mapping[str, frozenset[str] | None]:
    """The privileges in a text like the above: by their word, the columns they are for; None for all."""
    return {
        word: frozenset(column.strip() for column in columns.split(",")) if columns else None
        for word, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", privileges)
    }


def apply(connection: Connection, app_role: str, *, board_only: bool = False) -> None:
    """Gives the role exactly these privileges, taking away others it had; commits nothing.

    Run as the owner of the tables. With `board_only` the owner of `public` grants what
    `PRODUCT_PRIVILEGES` lists. Tables that are not there are passed over.
    """
    role = connection.dialect.identifier_preparer.quote(app_role)
    schemas = {"board": BOARD_PRIVILEGES} if board_only else SCHEMA_PRIVILEGES
    statements = [f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA board TO {role}"]
    for schema, privileges in schemas.items():
        statements.append(f"REVOKE CREATE ON SCHEMA {schema} FROM {role}, PUBLIC")
        statements.append(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        for table in sorted(_existing_tables(connection, schema) & privileges.keys()):
            statements.append(f"REVOKE ALL ON {schema}.{table} FROM {role}, PUBLIC")
            statements.append(f"GRANT {privileges[table]} ON {schema}.{table} TO {role}")
    for statement in statements:
        connection.exec_driver_sql(statement)


def _existing_tables(connection: Connection, schema: str) -> set[str]:
    query = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")
    return set(connection.scalars(query, {"schema": schema}))
