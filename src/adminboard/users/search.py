"""Users in the global search."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.listings.paging import is_any
from adminboard.core.masking import Mask, mask_text, sees_personal_data
from adminboard.users.listing import users
from adminboard.users.models import User
from adminboard.web.area import Hit


def find_users(session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:
    """Users whose e-mail, name or id matches, newest first among the first found. Two queries."""
    assert users.search is not None
    exact = not sees_personal_data(actor)
    probe = users.search.probe(term, User.id, exact=exact)
    keys = [] if probe is None else list(session.scalars(probe.limit(limit * 5)))
    if not keys:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name)
        .where(is_any(User.id, keys))
        .order_by(User.created_at.desc())
        .limit(limit)
    )
    return [
        Hit(
            title=row.full_name or _shown(row.email, exact),
            subtitle=_shown(row.email, exact),
            url=f"/users?q={row.id}&selected={row.id}",
            icon="user",
        )
        for row in rows
    ]


def _shown(email: str, masked: bool) -> str:
    return (mask_text(Mask.EMAIL, email) or "") if masked else email
