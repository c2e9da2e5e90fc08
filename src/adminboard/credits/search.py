"""Credits in the global search: "credits jane", "adjust credits for jane", and the id of a transaction."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.money import in_dollars
from adminboard.core.permissions import Permission
from adminboard.credits.models import CreditTransaction
from adminboard.users.search import find_users
from adminboard.web.area import Hit

_ASKED = re.compile(r"(?P<adjust>adjust\s+)?credits?\s+(?:(?:for|of)\s+)?(?P<who>\S.*)", re.IGNORECASE)


def find_credits(session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:
    """A jump to the credits of the users that are named after "credits", or to one transaction by its id."""
    asked = _ASKED.fullmatch(term.strip())
    if asked is None:
        return _find_transaction(session, term)
    adjusting = bool(asked["adjust"]) and actor.may(Permission.CREDITS_WRITE)
    hits = find_users(session, actor, asked["who"], limit)
    return [_make_hit(hit, adjusting=adjusting) for hit in hits]


def _make_hit(user: Hit, *, adjusting: bool) -> Hit:
    user_id = user.url.rpartition("=")[2]
    if adjusting:
        url = f"/actions/credits.adjust?user={user_id}&return_to=%2Fcredits%3Fuser%3D{user_id}"
        return Hit(f"Adjust credits of {user.title}", user.subtitle, url, "coins")
    return Hit(f"Credits of {user.title}", user.subtitle, f"/credits?user={user_id}", "coins")


def _find_transaction(session: Session, term: str) -> Sequence[Hit]:
    try:
        transaction_id = UUID(term.strip())
    except ValueError:
        return []
    row = session.execute(
        select(CreditTransaction.user_id, CreditTransaction.amount, CreditTransaction.description).where(
            CreditTransaction.id == transaction_id
        )
    ).one_or_none()
    if row is None:
        return []
    url = f"/credits?user={row.user_id}&selected={transaction_id}"
    return [Hit(in_dollars(row.amount, signed=True), row.description, url, "coins")]
