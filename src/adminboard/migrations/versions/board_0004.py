"""A customer's timeline reads what staff changed without the far more entries of programs."""

from adminboard.migrations.scripts import build_concurrently, drop_concurrently

revision = "board_0004"
down_revision = "board_0003"
branch_labels = None
depends_on = None

INDEX = "ix_audit_entries_customer_told"


def upgrade() -> None:
    build_concurrently(
        INDEX,
        "board.audit_entries (customer_id, at, id) WHERE customer_id IS NOT NULL AND action NOT IN "
        "('webhooks.apply', 'webhooks.explain', 'webhooks.fail', 'credits.deduct_usage', 'credits.expire')",
    )


def downgrade() -> None:
    drop_concurrently(INDEX)
