"""Removes overrides that have expired: the job behind "expired overrides" (domain: "Feature access").

Nothing depends on when it runs, because the rule stops counting an override the moment it expires.
"""

from typing import Any

from sqlalchemy import delete, select

from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.listings.columns import AnyRow
from adminboard.core.work import Work
from adminboard.entitlements.models import Feature, UserFeatureOverride
from adminboard.entitlements.override_history import EXPIRE, describe_change
from adminboard.runtime import Runtime
from adminboard.users.models import User

OVERRIDES_PER_BATCH = 50
"""Small, because a batch holds the head of the audit chain until it commits."""


def remove_expired(runtime: Runtime) -> int:
    """Removes every override that has expired, in small committed batches; returns how many.

    Twice is once, and a run that was killed is simply taken up by the next one.
    """
    removed = 0
    while batch := _remove_batch(runtime):
        removed += batch
    return removed


def _remove_batch(runtime: Runtime) -> int:
    with runtime.work(system_actor("override expiry")) as work:
        expired = work.session.execute(_list_expired(work)).all()
        if not expired:
            work.abandon()
            return 0
        ids = [row.id for row in expired]
        work.session.execute(delete(UserFeatureOverride).where(UserFeatureOverride.id.in_(ids)))
        for row in expired:
            _tell(work, row)
        return len(expired)


def _list_expired(work: Work) -> Any:
    """The next few, locked; those that somebody is just changing are left to the next run."""
    return (
        select(
            UserFeatureOverride.id,
            UserFeatureOverride.feature_id,
            UserFeatureOverride.has_access,
            UserFeatureOverride.expires_at,
            Feature.name.label("feature"),
            User.id.label("user_id"),
            User.email,
            User.organization_id,
        )
        .join(User, User.id == UserFeatureOverride.user_id)
        .join(Feature, Feature.id == UserFeatureOverride.feature_id)
        .where(UserFeatureOverride.expires_at <= work.now())
        .order_by(UserFeatureOverride.expires_at, UserFeatureOverride.id)
        .limit(OVERRIDES_PER_BATCH)
        .with_for_update(of=UserFeatureOverride, skip_locked=True)
    )


def _tell(work: Work, row: AnyRow) -> None:
    word = "grant" if row.has_access else "revoke"
    work.audit(
        EXPIRE,
        Target("user", str(row.user_id), row.email, row.organization_id),
        f"The {word} of {row.feature} for {row.email} expired",
        before={"Override": word, "Expires": row.expires_at},
        after={"Override": None, **describe_change(row.feature_id, row._asdict(), None)},
    )
