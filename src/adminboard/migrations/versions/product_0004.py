"""When a subscription that is set to cancel does, where Stripe names a date, and why a refund failed.

Columns without a default: they are made while readers and writers go on, and the version of the board before
this one works with them unchanged. Dates that are set already come with the next event of their subscription,
or with a comparison (reconciliation); of refunds that failed before, the reason comes with their next event.
"""

from adminboard.migrations.scripts import run_script, run_sql

revision = "product_0004"
down_revision = "product_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "end_dates")
    run_script(revision, "failed_refunds")


def downgrade() -> None:
    run_sql("""
        ALTER TABLE subscriptions DROP COLUMN cancel_at;
        ALTER TABLE refunds DROP COLUMN failure_reason;
    """)
