"""What every command begins with: settings, a database that answers, and an actor for the audit log.

Anything wrong with them becomes a sentence on the terminal and an exit code, never a traceback.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from adminboard.core.actor import Actor, command_line_actor
from adminboard.core.errors import DomainError
from adminboard.db.embedded.errors import EmbeddedServerError
from adminboard.db.errors import DatabaseError
from adminboard.db.reachability import require_database
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import SettingsError, load_settings

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
EXIT_WAITS = 4
"""Not done yet: it waits for the approval of a second person."""


@contextmanager
def open_cli_runtime(
    *, application_name: str = "adminboard command", traced: bool = False
) -> Iterator[Runtime]:
    """A runtime for one command. What a rule refuses ends the program with its sentence and exit code 1,
    what cannot be reached with 3. ``traced`` is for commands that run on, like the worker."""
    with sentences():
        settings = load_settings()
        runtime = open_runtime(settings, application_name=application_name, traced=traced)
        assert settings.database_url is not None
        require_database(settings.database_url.get_secret_value())
        try:
            yield runtime
        finally:
            runtime.dispose()


@contextmanager
def sentences() -> Iterator[None]:
    """Turns the errors people can do something about into one sentence and an exit code."""
    try:
        yield
    except DomainError as error:
        stop(error.detail, EXIT_REFUSED if error.status < 500 else EXIT_UNAVAILABLE)
    except (SettingsError, DatabaseError, EmbeddedServerError) as error:
        stop(str(error), EXIT_UNAVAILABLE)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        stop(f"The database refused this: {reason}. `adminboard migrate` may be due.", EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        stop("Stopped.", 130)


def stop(sentence: str, code: int) -> NoReturn:
    """Ends the program with a sentence on standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)


def command_actor() -> Actor:
    """Whoever runs the command, by the name of their login."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = "unknown"
    return command_line_actor(login)
