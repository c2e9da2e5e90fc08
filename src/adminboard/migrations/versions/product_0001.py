"""The product's tables, with the rules of the credit ledger.

Left out by `migrate --board-only`, where the product's own backend keeps these tables.
"""

from adminboard.migrations.scripts import drop_tables, run_script, run_sql

revision = "product_0001"
down_revision = None
branch_labels = ("product",)
depends_on = None


def upgrade() -> None:
    for extension in ("pg_trgm", "btree_gist"):
        run_sql(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA public")
    for name in ("customers", "telephony", "billing", "entitlements", "credits", "promotions"):
        run_script(revision, name)
    run_script(revision, "ledger_rules")


def downgrade() -> None:
    drop_tables(["promotion_code_usages", "promotion_codes"])
    drop_tables(["credit_allocations", "credit_transactions", "credit_balances"])
    for function in ("refuse_ledger_change", "check_credit_transactions", "check_credit_balance"):
        run_sql(f"DROP FUNCTION {function}()")
    drop_tables(["plan_overrides", "user_feature_overrides", "plan_features", "features"])
    drop_tables(["grace_periods", "billing_events", "usage_periods", "refunds", "payment_methods"])
    drop_tables(["invoices", "subscriptions", "plans"])
    drop_tables(["appointments", "appointment_end_users", "call_logs", "ai_agents", "businesses"])
    drop_tables(["memberships", "users", "organizations"])
