"""What can be wrong with the database before the first page is served, each a sentence for the terminal."""


class DatabaseError(Exception):
    """The board cannot use its database. `str(error)` says why and what to do, and holds no password."""


class BadDatabaseUrl(DatabaseError):
    """The address of the database cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The address of the database cannot be used: {why}.")


class DatabaseUnreachable(DatabaseError):
    """No connection can be made with the address that was given."""
