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

READER_ROLE = "adminboard_reader"
"""For whoever evaluates the data without the board. Its privileges are given where the role is there."""

READER_PRIVILEGES = {
    "public": dict.fromkeys(PRODUCT_PRIVILEGES, READ),
    "board": {
        "admins": (
            "SELECT (id, email, name, role, time_zone, totp_confirmed_at, invited_at, last_login_at, "
            "disabled_at, created_at, updated_at)"
        ),
        "api_keys": (
            "SELECT (id, prefix, name, owner_admin_id, scopes, created_at, expires_at, last_used_at, "
            "revoked_at)"
        ),
        "operations": (
            "SELECT (id, kind, status, target_kind, target_id, target_label, customer_id, actor_kind, "
            "actor_id, actor_name, attempts, first_sent_at, finished_at, external_id, error, created_at, "
            "updated_at)"
        ),
        **dict.fromkeys(
            (
                "audit_entries",
                "audit_checkpoints",
                "approvals",
                "notes",
                "runs",
                "run_rows",
                "discrepancies",
                "listed_subscriptions",
                "open_grants",
                "open_debts",
                "user_figures",
                "business_figures",
                "promotion_figures",
                "business_call_days",
                "daily_metrics",
                "settings",
                "feature_flags",
            ),
            READ,
        ),
    },
}
"""No password, second factor, session, key or answer kept for a repeated request, not even as a hash, and
nothing to write."""


def read_privileges(privileges: str) -> Mapping[str, frozenset[str] | None]:
    """The privileges in a text like the above: by their word, the columns they are for; None for all."""
    return {
        word: frozenset(column.strip() for column in columns.split(",")) if columns else None
        for word, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", privileges)
    }


def apply(connection: Connection, app_role: str, *, board_only: bool = False) -> None:
    """Gives the role exactly these privileges, taking away others it had; commits nothing.

    Run as the owner of the tables. With `board_only` the owner of `public` grants what
    `PRODUCT_PRIVILEGES` lists. Tables that are not there are passed over. Where there is a `READER_ROLE`, it
    gets its own.
    """
    kept = {"board"} if board_only else {"public", "board"}
    role = connection.dialect.identifier_preparer.quote(app_role)
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA board TO {role}")
    _give(connection, role, {name: SCHEMA_PRIVILEGES[name] for name in kept})
    if connection.scalar(text("SELECT to_regrole(:role)"), {"role": READER_ROLE}) is not None:
        _give(connection, READER_ROLE, {name: READER_PRIVILEGES[name] for name in kept})


def _give(connection: Connection, role: str, schemas: Mapping[str, Mapping[str, str]]) -> None:
    statements = []
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
