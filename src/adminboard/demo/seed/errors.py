"""Why a database cannot be filled, each a sentence for the terminal."""

from collections.abc import Sequence

from adminboard.db.errors import DatabaseError


class DatabaseNotEmpty(DatabaseError):
    """There is data already, which made-up data must never be mixed with."""

    def __init__(self, tables: Sequence[str]) -> None:
        shown = ", ".join(tables[:5]) + (" and others" if len(tables) > 5 else "")
        super().__init__(
            f"This database already holds data, in {shown}. Nothing was changed. "
            "Made-up data goes into an empty database only: create a new one and "
            "run `adminboard migrate` on it."
        )


class DatabaseNotMigrated(DatabaseError):
    """The tables are not there, or not the owner's."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The tables cannot be filled: {why}. Run `adminboard migrate` first, as their owner."
        )


class DatabaseInUse(DatabaseError):
    """Somebody else works with the tables."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else is using the tables of this database, perhaps another `adminboard seed`. "
            "Nothing was changed. Stop whatever uses it and try again."
        )


class MakingFailed(Exception):
    """A process that makes rows died; its traceback is the message."""
