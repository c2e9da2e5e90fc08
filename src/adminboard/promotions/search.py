"""Promotion codes in the global search."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.listings.paging import is_any
from adminboard.core.masking import sees_personal_data
from adminboard.promotions.listing import promotion_codes
from adminboard.promotions.models import PromotionCode, PromotionFigures
from adminboard.web.area import Hit


def find_promotion_codes(session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:
    """Codes that contain the term, or go by this Stripe id or id. Two queries; newest first."""
    assert promotion_codes.search is not None
    probe = promotion_codes.search.probe(term, PromotionCode.id, exact=not sees_personal_data(actor))
    keys = [] if probe is None else list(session.scalars(probe.limit(limit * 5)))
    if not keys:
        return []
    rows = session.execute(
        select(
            PromotionCode.id,
            PromotionCode.code,
            PromotionCode.stripe_promotion_id,
            func.coalesce(PromotionFigures.users, 0).label("users"),
        )
        .outerjoin(PromotionFigures, PromotionFigures.promotion_code_id == PromotionCode.id)
        .where(is_any(PromotionCode.id, keys))
        .order_by(PromotionCode.created_at.desc(), PromotionCode.id)
        .limit(limit)
    )
    return [
        Hit(
            title=row.code,
            subtitle=_described(row.users, row.stripe_promotion_id),
            url=f"/promotions?q={row.id}&selected={row.id}",
            icon="ticket",
        )
        for row in rows
    ]


def _described(users: int, stripe_id: str | None) -> str:
    used = "1 user" if users == 1 else f"{users:,} users"
    return f"{used}, {stripe_id}" if stripe_id else used
