"""How much each promotion code is used: counted as the rows say, soon after they change, and only there."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.figures.promotion_uses import refresh_promotion_uses
from adminboard.figures.rebuild import check_figures, rebuild_figures
from adminboard.promotions.models import PromotionAction, PromotionCodeUsage, PromotionFigures
from adminboard.runtime import Runtime
from tests.factories import (
    make_promotion_code,
    make_promotion_code_usage,
    make_promotion_figures,
    make_user,
)
from tests.figures.conftest import NOW

APPLIED, CLEARED = PromotionAction.APPLIED, PromotionAction.CLEARED
VALIDATED, FAILED = PromotionAction.VALIDATED, PromotionAction.FAILED


def use(session: Session, code: UUID, user: UUID, *actions: PromotionAction, days_ago: float = 0) -> None:
    """What a user does with a code, one a minute, the last at that many days before `NOW`."""
    for index, action in enumerate(reversed(actions)):
        at = NOW - timedelta(days=days_ago, minutes=index)
        make_promotion_code_usage(session, promotion_code_id=code, user_id=user, action=action, created_at=at)


def figures(session: Session, code: UUID) -> tuple[int, int] | None:
    session.expire_all()
    row = session.get(PromotionFigures, code)
    return (row.users, row.uses) if row else None


def test_users_are_those_whose_latest_action_is_that_they_applied_it(
    runtime: Runtime, session: Session
) -> None:
    code = make_promotion_code(session).id
    has_it, lost_it, came_back, twice, tried = (make_user(session).id for _ in range(5))
    use(session, code, has_it, VALIDATED, APPLIED)
    use(session, code, lost_it, APPLIED, CLEARED)
    use(session, code, came_back, APPLIED, CLEARED, APPLIED)
    use(session, code, twice, APPLIED, APPLIED, days_ago=3)
    use(session, code, tried, VALIDATED, FAILED)
    assert refresh_promotion_uses(runtime) == 1
    assert figures(session, code) == (3, 6)
    row = session.get(PromotionFigures, code)
    assert row is not None
    assert row.last_used_at == NOW


def test_each_code_counts_for_itself(runtime: Runtime, session: Session) -> None:
    first, second = make_promotion_code(session).id, make_promotion_code(session).id
    user = make_user(session).id
    use(session, first, user, APPLIED)
    use(session, second, user, APPLIED, CLEARED)
    refresh_promotion_uses(runtime)
    assert (figures(session, first), figures(session, second)) == ((1, 1), (0, 1))


def test_a_code_that_was_only_tried_has_no_use(runtime: Runtime, session: Session) -> None:
    code = make_promotion_code(session).id
    use(session, code, make_user(session).id, VALIDATED, FAILED)
    refresh_promotion_uses(runtime)
    assert figures(session, code) == (0, 0)


def test_what_happens_later_is_counted_with_the_next_minute(runtime: Runtime, session: Session) -> None:
    code, user = make_promotion_code(session).id, make_user(session).id
    use(session, code, user, APPLIED, days_ago=1)
    refresh_promotion_uses(runtime)
    use(session, code, user, CLEARED)
    assert refresh_promotion_uses(runtime) == 1
    assert figures(session, code) == (0, 1)


def test_each_minute_looks_only_at_codes_with_news(runtime: Runtime, session: Session) -> None:
    stale, fresh = make_promotion_code(session).id, make_promotion_code(session).id
    use(session, stale, make_user(session).id, APPLIED, days_ago=9)
    make_promotion_figures(
        session, promotion_code_id=stale, users=5, uses=7, refreshed_at=NOW - timedelta(days=1)
    )
    use(session, fresh, make_user(session).id, APPLIED)
    refresh_promotion_uses(runtime)
    assert (figures(session, stale), figures(session, fresh)) == ((5, 7), (1, 1))


@pytest.mark.parametrize("recount", [rebuild_figures, check_figures])
def test_counting_anew_and_the_nightly_check_put_all_right(
    recount: Callable[[Runtime], int], runtime: Runtime, session: Session
) -> None:
    wrong, gone = make_promotion_code(session).id, make_promotion_code(session).id
    use(session, wrong, make_user(session).id, APPLIED, days_ago=9)
    make_promotion_figures(session, promotion_code_id=wrong, users=5, uses=7)
    make_promotion_figures(session, promotion_code_id=gone)
    recount(runtime)
    assert figures(session, wrong) == (1, 1)
    assert figures(session, gone) is None


def test_counting_twice_changes_nothing_the_second_time(runtime: Runtime, session: Session) -> None:
    use(session, make_promotion_code(session).id, make_user(session).id, APPLIED)
    assert refresh_promotion_uses(runtime) == 1
    assert refresh_promotion_uses(runtime) == 0


def test_figures_leave_nothing_in_the_audit_log(runtime: Runtime, session: Session) -> None:
    use(session, make_promotion_code(session).id, make_user(session).id, APPLIED)
    refresh_promotion_uses(runtime)
    assert session.scalars(select(AuditEntry.action)).all() == []


def test_without_usages_nothing_is_done(runtime: Runtime, session: Session) -> None:
    session.execute(delete(PromotionCodeUsage))
    assert refresh_promotion_uses(runtime) == 0
