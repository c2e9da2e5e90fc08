"""What forbids a change to the staff: nobody does it to themselves, and one administrator always stays."""

from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.auth.queries import count_other_administrators
from adminboard.core.errors import DomainError, NothingToDo
from adminboard.core.permissions import Role
from adminboard.core.work import reader


class EmailTaken(DomainError):
    """Somebody of the staff has this address already."""

    title = "This address is taken"


class NotToYourself(DomainError):
    """Another administrator must do this."""

    title = "Not to yourself"


class LastAdministrator(DomainError):
    """Nobody would be left to look after the staff."""

    title = "This is the last administrator"


class NothingToChange(NothingToDo):
    """It is so already."""


class AdminDisabled(DomainError):
    """The account is disabled, and this makes no sense for it."""

    title = "This account is disabled"


def forbid_own_account(session: Session, admin: Admin) -> None:
    """Raises `NotToYourself` when the reader is that admin, or a key of theirs."""
    actor = reader(session)
    if admin.id in (actor.id, actor.owner_id):
        raise NotToYourself(
            "You cannot do this to your own account. Ask another administrator, or use the Account page."
        )


def keep_an_administrator(session: Session, admin: Admin) -> None:
    """Raises `LastAdministrator` when no active administrator is left without this one.

    Holds only under `queries.lock_administrators`.
    """
    if admin.role is Role.ADMIN and count_other_administrators(session, admin.id) == 0:
        raise LastAdministrator(
            f"{admin.email} is the last active administrator. Make somebody else an administrator first."
        )


def require_enabled(admin: Admin) -> None:
    """Raises `AdminDisabled`."""
    if admin.disabled_at is not None:
        raise AdminDisabled(f"{admin.email} is disabled. Enable the account first.")
