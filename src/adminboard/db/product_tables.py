"""Whether the product's tables are as new as this version needs, where the product's own backend keeps them.

No chain of revisions says so there (`migrate --board-only`).
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from adminboard.db.base import Base
from adminboard.db.errors import DatabaseError

_LIVE_COLUMNS = text(
    "SELECT relation.relname, attribute.attname FROM pg_attribute AS attribute "
    "JOIN pg_class AS relation ON relation.oid = attribute.attrelid "
    "WHERE relation.relnamespace = CAST('public' AS regnamespace) AND relation.relname = ANY(:tables) "
    "AND attribute.attnum > 0 AND NOT attribute.attisdropped"
)


class ProductIsBehind(DatabaseError):
    """The product's tables lack what this version of the board reads or writes."""


def require_product_tables(connection: Connection) -> None:
    """Raises `ProductIsBehind`, which names the missing tables and columns of the models that are imported.

    Whether types, keys and rules are right takes longer, and is the doctor's to say.
    """
    missing = list(find_missing(connection))
    if missing:
        raise ProductIsBehind(
            f"The product's tables lack what this version needs: {', '.join(missing)}. Their owner must "
            "bring it first (docs/OPERATIONS.md says how); `adminboard doctor` names pages that would break."
        )


def find_missing(connection: Connection) -> Iterator[str]:
    """Tables that are not in `public`, and `table.column` of those that are."""
    declared = [table for table in Base.metadata.sorted_tables if table.schema is None]
    rows = connection.execute(_LIVE_COLUMNS, {"tables": [table.name for table in declared]})
    live = {(table, column) for table, column in rows}
    there = {table for table, _ in live}
    for table in declared:
        if table.name not in there:
            yield table.name
            continue
        yield from (
            f"{table.name}.{column.name}" for column in table.columns if (table.name, column.name) not in live
        )
