"""Finding the one user that a command names by id or e-mail address."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, Text, func, select
from sqlalchemy.orm import Session

from adminboard.core.audit import Target
from adminboard.core.commands import TRIMMED_PATTERN
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.listings import Contains, ExactText, IdPrefix, Records, Search
from adminboard.core.listings.columns import is_any
from adminboard.core.masking import Mask
from adminboard.core.work import memorize, remember
from adminboard.users.models import User

UserReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=320),
    Field(title="User", json_schema_extra={"widget": "user", "pattern": TRIMMED_PATTERN}),
]
"""A user as people and programs name them: the id, or the e-mail address in any case."""


user_search = Search((Contains((User.email, User.full_name)), IdPrefix(User.id)), "Email, name or id")
"""Users by part of address or name, and by id."""

user_records = Records(
    User.id,
    User.email,
    hint=User.full_name,
    mask=Mask.EMAIL,
    search=user_search,
)
"""All users, chosen by address or name in the filters of other lists."""


@dataclass(frozen=True, eq=False)
class GoogleId(ExactText):
    """Google's id of a person: some twenty digits, looked for as a whole only."""

    sign: re.Pattern[str] = field(default=re.compile("[0-9]{10}"), kw_only=True)

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:  # noqa: ARG002 - it is whole
        return ExactText.clause(self, term, exact=True) if self.sign.search(term) else None


class UserUnknown(NotFound):
    """No user has this id or e-mail address."""

    title = "No such user"


class InactiveUser(DomainError):
    """What inactive users have is left as it is."""

    title = "This user is inactive"


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who a user is, as far as changing something about them needs to know."""

    id: UUID
    email: str
    full_name: str | None
    is_active: bool
    organization_id: UUID

    @property
    def target(self) -> Target:
        """The user as the subject of an audit entry."""
        return Target("user", str(self.id), self.email, self.organization_id)


def get_user(session: Session, reference: str | UUID) -> UserIdentity:
    """The user of this id or e-mail address. Raises `UserUnknown`. One query by index, once a transaction."""
    return remember(session, ("user", str(reference)), lambda: _load_user(session, reference))


def remember_users(session: Session, references: Collection[str]) -> list[UserIdentity]:
    """Looks many users up at once, for `get_user` to know; returns those there are. Two queries by index."""
    keys = {reference: _as_id(reference) or reference.strip().lower() for reference in references}
    ids = [key for key in keys.values() if isinstance(key, UUID)]
    emails = [key for key in keys.values() if isinstance(key, str)]
    known: dict[UUID | str, UserIdentity] = {user.id: user for user in _load_users(session, User.id, ids)}
    for user in _load_users(session, func.lower(User.email, type_=Text()), emails):
        known[user.email.lower()] = user
    found = {reference: known[key] for reference, key in keys.items() if key in known}
    for reference, user in found.items():
        memorize(session, ("user", reference), user)
    return list(found.values())


def get_active_user(session: Session, reference: str | UUID, forbidden: str) -> UserIdentity:
    """The same, for a change that inactive users do not get. ``forbidden`` says which, as a clause.

    Raises `UserUnknown`, `InactiveUser`.
    """
    user = get_user(session, reference)
    if not user.is_active:
        raise InactiveUser(f"This user is inactive, and {forbidden}. Activate the user first.")
    return user


def find_user_named(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whom a form is about, when the link that opened it names a user there is."""
    try:
        return get_user(session, given.get("user", "")).target
    except UserUnknown:
        return None


def user_named(email: str) -> ColumnElement[Any]:
    """The id, as SQL, of the user who goes by this e-mail address in any case; null without one."""
    return select(User.id).where(func.lower(User.email) == email.lower()).scalar_subquery()


def _load_user(session: Session, reference: str | UUID) -> UserIdentity:
    user_id = _as_id(reference)
    matches = User.id == user_id if user_id else func.lower(User.email) == str(reference).strip().lower()
    row = session.execute(
        select(User.id, User.email, User.full_name, User.is_active, User.organization_id).where(matches)
    ).one_or_none()
    if row is None:
        raise UserUnknown(f"There is no user {reference}. Check the e-mail address or the id.")
    return UserIdentity(*row)


def _load_users(session: Session, column: Any, values: Collection[Any]) -> list[UserIdentity]:
    if not values:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name, User.is_active, User.organization_id).where(
            is_any(column, list(values))
        )
    )
    return [UserIdentity(*row) for row in rows]


def _as_id(reference: str | UUID) -> UUID | None:
    if isinstance(reference, UUID):
        return reference
    try:
        return UUID(reference.strip())
    except ValueError:
        return None
