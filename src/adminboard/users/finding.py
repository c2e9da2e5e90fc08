"""Finding users by what somebody types, and by their ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import CTE, func, select
from sqlalchemy.orm import Session

from adminboard.core.masking import Mask, sees_personal_data
from adminboard.core.work import reader
from adminboard.users.lookup import user_search
from adminboard.users.models import User

MAX_FOUND_USERS = 10


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user as a finder lists them."""

    id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    is_active: bool


def match_users(session: Session, term: str) -> CTE | None:
    """The ids, as SQL, of the first users that a term finds by part of e-mail or name, or by id.

    By whole values only for readers who do not see personal data. None for a term that finds nobody.
    """
    exact = not sees_personal_data(reader(session))
    clause = user_search.clause(term.strip(), User.id, exact=exact)
    if clause is None:
        return None
    return select(User.id).where(clause).limit(MAX_FOUND_USERS).cte("found")


def find_users(session: Session, term: str) -> list[FoundUser]:
    """The first users that a term finds, by address. One query."""
    found = match_users(session, term)
    if found is None:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name, User.is_active)
        .join(found, found.c.id == User.id)
        .order_by(func.lower(User.email))
    )
    return [FoundUser(*row) for row in rows]


def list_users(session: Session, user_ids: Sequence[UUID]) -> list[FoundUser]:
    """The users of these ids, in their order; those that are not there are left out. One query."""
    if not user_ids:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name, User.is_active).where(User.id.in_(user_ids))
    )
    users = {row.id: FoundUser(*row) for row in rows}
    return [users[user_id] for user_id in user_ids if user_id in users]
