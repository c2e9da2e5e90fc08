from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.entitlements import expiry
from adminboard.entitlements.expiry import remove_expired
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.runtime import Runtime
from tests.entitlements.standing import DAY, Standing
from tests.factories import START, make_override


def test_the_job_removes_what_expired_and_tells_the_audit_log_as_the_system(
    runtime: Runtime, standing: Standing, session: Session, clock: MovableClock
) -> None:
    standing.override(standing.extra, expires_at=START + DAY)
    kept = standing.override(standing.included, expires_at=START + 2 * DAY)
    assert remove_expired(runtime) == 0
    clock.set(START + DAY)
    assert remove_expired(runtime) == 1
    assert session.scalars(select(UserFeatureOverride.id)).all() == [kept.id]
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_name) == ("entitlements.expire_override", "override expiry")
    assert entry.summary == "The grant of Call recording for jane@example.com expired"
    assert (entry.target_id, entry.customer_id) == (str(standing.user.id), standing.payer.id)
    assert remove_expired(runtime) == 0


def test_overrides_without_an_end_stay(runtime: Runtime, standing: Standing, clock: MovableClock) -> None:
    standing.override(standing.extra)
    clock.advance(timedelta(days=9_999))
    assert remove_expired(runtime) == 0


def test_the_job_works_through_more_than_fit_one_batch(
    runtime: Runtime, standing: Standing, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "OVERRIDES_PER_BATCH", 2)
    for _ in range(5):
        make_override(session, feature_id=standing.extra.id, expires_at=START)
    assert remove_expired(runtime) == 5
    assert session.scalars(select(UserFeatureOverride)).all() == []
    assert len(session.scalars(select(AuditEntry)).all()) == 5
