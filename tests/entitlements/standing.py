"""A user whose customer pays for a plan, and two features, of which the plan includes one."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.entitlements.models import UserFeatureOverride
from adminboard.models import billing, billing_events, customers, entitlements, users
from tests.factories import (
    START,
    make_feature,
    make_grace_period,
    make_organization,
    make_override,
    make_plan,
    make_plan_feature,
    make_plan_override,
    make_subscription,
    make_user,
)

DAY = timedelta(days=1)
INCLUDED, EXTRA = "transcripts", "call_recording"


class Standing:
    """``included`` is in the plan Growth, ``extra`` only in the plan Scale."""

    def __init__(self, session: Session, name: str = "jane") -> None:
        self.session = session
        self.payer = make_organization(session, name="Acme", slug=f"acme-{name}", created_at=START - 90 * DAY)
        self.user = make_user(
            session,
            email=f"{name}@example.com",
            organization_id=self.payer.id,
            created_at=START - 90 * DAY,
        )
        self.growth = make_plan(session, name="Growth", slug=f"growth-{name}")
        self.scale = make_plan(session, name="Scale", slug=f"scale-{name}")
        self.included = self.feature(INCLUDED, "Transcripts")
        self.extra = self.feature(EXTRA, "Call recording", is_critical=True)
        for plan, feature in (
            (self.growth, self.included),
            (self.scale, self.included),
            (self.scale, self.extra),
        ):
            make_plan_feature(session, plan_id=plan.id, feature_id=feature.id)

    def feature(self, key: str, name: str, **fields: Any) -> Any:
        """The feature of this key, made where it is not there."""
        called = select(entitlements.Feature).where(entitlements.Feature.feature_key == key)
        known = self.session.scalar(called)
        return known or make_feature(self.session, feature_key=key, name=name, **fields)

    def change(self, row: users.User | customers.Organization, **fields: Any) -> Any:
        for name, value in fields.items():
            setattr(row, name, value)
        self.session.flush()
        return row

    def subscribe(self, status: str = "active", **fields: Any) -> billing.Subscription:
        word = billing.SubscriptionStatus(status)
        return make_subscription(
            self.session,
            organization_id=self.payer.id,
            plan_id=self.growth.id,
            status=word,
            created_at=START - 60 * DAY,
            **fields,
        )

    def open_grace(self, **fields: Any) -> billing_events.GracePeriod:
        return make_grace_period(self.session, organization_id=self.payer.id, **fields)

    def give_scale(self, **fields: Any) -> Any:
        given = {"organization_id": self.payer.id, "plan_id": self.scale.id}
        return make_plan_override(self.session, **(given | fields))

    def override(self, feature: Any, **fields: Any) -> UserFeatureOverride:
        return make_override(self.session, user_id=self.user.id, feature_id=feature.id, **fields)

    def suspend(self) -> None:
        self.change(
            self.payer,
            status=customers.OrganizationStatus.SUSPENDED,
            suspended_at=START,
            suspension_reason="Fraud",
        )
