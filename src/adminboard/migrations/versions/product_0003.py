"""Finding a subscription by Stripe's id of its item, which its panel shows.

Reading the table once for the index holds up those who write subscriptions for a fraction of a second, also
where there are several hundred thousand. The version of the board before this one works with it unchanged.
"""

from adminboard.migrations.scripts import run_script, run_sql

revision = "product_0003"
down_revision = "product_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(revision, "item_ids")


def downgrade() -> None:
    run_sql("DROP INDEX ix_subscriptions_stripe_item_id")
