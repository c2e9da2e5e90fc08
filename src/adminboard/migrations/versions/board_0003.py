"""Comparing with Stripe on which date a subscription is set to cancel."""

from adminboard.migrations.scripts import run_script, run_sql

revision = "board_0003"
down_revision = "board_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "end_dates")


def downgrade() -> None:
    run_sql("ALTER TABLE board.listed_subscriptions DROP COLUMN cancel_at")
