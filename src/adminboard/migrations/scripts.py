"""SQL files beside a revision: the tables as the database gets them, to be read without running anything."""

from pathlib import Path

from alembic import op

VERSIONS = Path(__file__).parent / "versions"


def run_sql(sql: str) -> None:
    """Runs one or more statements exactly as they stand: neither ``%`` nor ``:name`` means anything."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def run_script(revision: str, name: str) -> None:
    """Runs `versions/<revision>/<name>.sql`."""
    run_sql((VERSIONS / revision / f"{name}.sql").read_text(encoding="utf-8"))


def drop_tables(names: list[str]) -> None:
    """Drops tables with all that belongs to them. Fails when anything else refers to one."""
    run_sql(f"DROP TABLE {', '.join(names)}")
