"""How much promotion codes are used, counted by the clock, because a popular code has very many usages.

Each minute the codes with news are counted anew; what did not change is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from adminboard.core.actor import system_actor
from adminboard.core.listings.columns import AnySelect, is_any
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.figures.state import Doors
from adminboard.promotions.models import PromotionAction, PromotionCodeUsage, PromotionFigures

LATE = timedelta(hours=1)
"""How long after its own time a usage may still arrive, and be counted before the night."""
TIMEOUT = "2min"
_FIGURES = ("users", "uses", "last_used_at")


def refresh_promotion_uses(doors: Doors) -> int:
    """Counts the codes with usages since the figures last changed; returns how many changed."""
    with doors.work(system_actor("figures")) as work:
        set_statement_timeout(work.session, TIMEOUT)
        changed = _count(work, _find_codes_with_news(work))
        if changed:
            work.keep_figures()
        else:
            work.abandon()
        return changed


def recount_promotion_uses(work: Work) -> int:
    """Brings the figures of every code up to date, whatever they say; returns how many changed."""
    usages = select(PromotionCodeUsage.id).where(
        PromotionCodeUsage.promotion_code_id == PromotionFigures.promotion_code_id
    )
    dropped = work.session.execute(
        delete(PromotionFigures).where(~usages.exists()).returning(PromotionFigures.promotion_code_id)
    )
    return len(dropped.all()) + _count(work, None)


def _find_codes_with_news(work: Work) -> Sequence[UUID] | None:
    """The codes that were used since the newest figures; None when there are no figures yet."""
    latest = work.session.scalar(select(func.max(PromotionFigures.refreshed_at)))
    if latest is None:
        return None
    recent = select(PromotionCodeUsage.promotion_code_id).where(PromotionCodeUsage.created_at > latest - LATE)
    return work.session.scalars(recent.distinct()).all()


def _count(work: Work, codes: Sequence[UUID] | None) -> int:
    """Writes what differs for these codes, for all when None; returns how many did."""
    if codes is not None and not codes:
        return 0
    columns = ["promotion_code_id", *_FIGURES, "refreshed_at"]
    statement = insert(PromotionFigures).from_select(columns, _select_figures(work, codes))
    new = [statement.excluded[name] for name in _FIGURES]
    old = [getattr(PromotionFigures, name) for name in _FIGURES]
    changed = work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[PromotionFigures.promotion_code_id],
            set_={name: statement.excluded[name] for name in columns[1:]},
            where=func.row(*old).is_distinct_from(func.row(*new)),
        ).returning(PromotionFigures.promotion_code_id)
    )
    return len(changed.all())


def _select_figures(work: Work, codes: Sequence[UUID] | None) -> AnySelect:
    """Each code's figures. A usage is its user's latest when none follows, in the order of the index."""
    following = func.lead(PromotionCodeUsage.id).over(
        partition_by=(PromotionCodeUsage.promotion_code_id, PromotionCodeUsage.user_id),
        order_by=(PromotionCodeUsage.created_at, PromotionCodeUsage.id),
    )
    usages = select(
        PromotionCodeUsage.promotion_code_id,
        case((PromotionCodeUsage.action == PromotionAction.APPLIED, PromotionCodeUsage.created_at)).label(
            "applied_at"
        ),
        following.is_(None).label("is_latest"),
    )
    if codes is not None:
        usages = usages.where(is_any(PromotionCodeUsage.promotion_code_id, codes))
    told = usages.subquery()
    return select(
        told.c.promotion_code_id,
        func.count(told.c.applied_at).filter(told.c.is_latest),
        func.count(told.c.applied_at),
        func.max(told.c.applied_at),
        literal(work.now()),
    ).group_by(told.c.promotion_code_id)
