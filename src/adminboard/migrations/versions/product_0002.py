"""Whether Stripe collects the payments of a subscription, which its row did not show.

Columns without a default and indexes of no rows: both are made while readers and writers go on, and the
version of the board before this one works with them unchanged. Pauses that are there already come with the
next event of their subscription, or with a comparison (reconciliation).
"""

from adminboard.migrations.scripts import run_script, run_sql

revision = "product_0002"
down_revision = "product_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "paused_collection")


def downgrade() -> None:
    run_sql("ALTER TABLE subscriptions DROP COLUMN pause_behavior, DROP COLUMN pause_resumes_at")
