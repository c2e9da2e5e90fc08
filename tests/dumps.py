"""The content of the whole database as digests, to see that something has not changed, or what has."""

from sqlalchemy import text

from adminboard.models import core
from tests.clients import BoardUnderTest

_TABLES = core.IdempotencyKey.metadata.tables
_DIGEST = "SELECT md5(coalesce(string_agg(row::text, '\n' ORDER BY row::text), '')) FROM {} row"


def dump_tables(board: BoardUnderTest) -> dict[str, str]:
    """Every table's digest by its name."""
    with board.owner.reading() as session:
        return {
            table.fullname: session.execute(text(_DIGEST.format(table.fullname))).scalar_one()
            for table in _TABLES.values()
        }


def dump_texts(board: BoardUnderTest) -> str:
    """Every row of every table as text."""
    rows = "SELECT coalesce(string_agg(row::text, '\n'), '') FROM {} row"
    with board.owner.reading() as session:
        return "\n".join(
            session.execute(text(rows.format(table.fullname))).scalar_one() for table in _TABLES.values()
        )


def changed_tables(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name, digest in after.items() if digest != before[name]}
