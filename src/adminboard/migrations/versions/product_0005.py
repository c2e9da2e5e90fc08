"""Calls of one status by their length: those of most statuses all lie at one end of the order by length."""

from adminboard.migrations.scripts import build_concurrently, drop_concurrently

revision = "product_0005"
down_revision = "product_0004"
branch_labels = None
depends_on = None

INDEX = "ix_call_logs_status_duration"


def upgrade() -> None:
    build_concurrently(INDEX, "public.call_logs (status, duration_seconds, id)", schema="public")


def downgrade() -> None:
    drop_concurrently(INDEX, schema="public")
