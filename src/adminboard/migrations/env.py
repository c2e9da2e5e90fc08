"""Where Alembic enters. Only `adminboard.db.migrate` runs migrations; it hands its connection in."""

from alembic import context

from adminboard.db.base import BOARD

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=BOARD,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
