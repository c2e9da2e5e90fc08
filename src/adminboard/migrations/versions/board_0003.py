"""A customer's changes by their time, without what billing events and the credit ledger tell of them; and
comparing with Stripe on which date a subscription is set to cancel.

Reading the log once for the index holds up those who write entries for a few seconds where there are some
millions. The version of the board before this one works with it, its timelines more slowly.
"""

from adminboard.migrations.scripts import run_script, run_sql

revision = "board_0003"
down_revision = "board_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "customer_changes")
    run_script(revision, "end_dates")


def downgrade() -> None:
    run_sql("""
        ALTER TABLE board.listed_subscriptions DROP COLUMN cancel_at;
        CREATE INDEX ix_audit_entries_customer_at
            ON board.audit_entries (customer_id, at, id) WHERE customer_id IS NOT NULL;
        DROP INDEX board.ix_audit_entries_customer_changes;
    """)
