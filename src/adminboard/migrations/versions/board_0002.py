"""Comparing with Stripe whether payments are collected."""

from adminboard.migrations.scripts import run_script, run_sql

revision = "board_0002"
down_revision = "board_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "paused_collection")


def downgrade() -> None:
    run_sql("""
        DELETE FROM board.discrepancies WHERE kind = 'pause';
        ALTER TABLE board.discrepancies
            DROP CONSTRAINT ck_discrepancies_kind,
            ADD CONSTRAINT ck_discrepancies_kind
                CHECK (kind IN ('missing_here', 'missing_in_stripe', 'status', 'quantity', 'plan', 'period',
                    'cancel_at_period_end', 'customer', 'several_live_subscriptions', 'unknown_price',
                    'unknown_status', 'error'));
        ALTER TABLE board.listed_subscriptions
            DROP COLUMN pause_behavior, DROP COLUMN pause_resumes_at;
    """)
