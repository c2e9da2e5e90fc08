"""Errors that a rule of the board raises, each with a sentence its reader can act on.

A rule's own error is a subclass named after the rule and lives beside the code that raises it. One
handler (``web.errors``) turns any of them into a page, a fragment or problem+json; routes never catch them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the input. ``field`` is the name the sender used, "" for the whole."""

    field: str
    message: str
    code: str = "invalid"


class DomainError(Exception):
    """A rule was broken. ``detail`` is the sentence for the admin; nothing has been changed.

    ``status`` is an HTTP status because every door of the board (pages, REST, exit codes of the command
    line) needs the same coarse classes; 409 is "a rule forbids it as things stand".
    """

    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not possible as things stand"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)

    @property
    def code(self) -> str:
        """The machine's name of the rule: ``StalePreview`` → ``stale_preview``."""
        return code_of(type(self))


def code_of(kind: type[DomainError]) -> str:
    """The machine's name of an error: ``StalePreview`` is ``stale_preview``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


class InvalidInput(DomainError):
    """What was sent is not of the required form; ``errors`` names each field."""

    status = 422
    title = "Some of what was entered is not valid"


class NothingToDo(DomainError):
    """What was asked for is so already, or there is nothing of it: news for who asked, and nobody's fault."""

    title = "Nothing would change"


class NotFound(DomainError):
    """The named thing does not exist, or not for this reader."""

    status = 404
    title = "Not found"


class Forbidden(DomainError):
    """The actor may not do this. Says which permission is missing, never what it would have shown."""

    status = 403
    title = "Not allowed"


class NotAuthenticated(DomainError):
    """Nobody is logged in, or the session ended."""

    status = 401
    title = "Please log in"


class TooFast(DomainError):
    """A limit per time was reached; it is free again after ``retry_after_seconds``."""

    status = 429
    title = "Too many at once"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(DomainError):
    """Something the board needs (database, audit trail, Stripe) does not answer; trying again may help."""

    status = 503
    title = "Not available at the moment"

    def __init__(self, detail: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
