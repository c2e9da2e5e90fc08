"""Plans and promotion codes kept in step with what Stripe sells."""

from typing import Any

import pytest
from sqlalchemy import select, update

from adminboard.billing.models import Plan
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Run
from adminboard.core.permissions import Permission, Role
from adminboard.credits.models import CreditBalance
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.promotions.models import PromotionCode
from adminboard.stripe.fake import records
from tests.credit_factories import make_grant
from tests.factories import make_feature, make_plan, make_promotion_code, make_user
from tests.reconciliation.planting import Twins

PATH = "/v1/admin/billing/plans/sync"


def sync(twins: Twins, key: str = "once", **asked: Any) -> Any:
    program = twins.board.program(role=Role.BILLING)
    answer = program.post(PATH, headers={"Idempotency-Key": key}, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def offer(twins: Twins, name: str, cents: int = 7_900, **more: Any) -> records.Price:
    """A product with one price, in the stand-in alone."""
    account = twins.standin.account
    product = account.products.add(records.Product(id=f"prod_{name}", name=name.title(), **more))
    return account.prices.add(
        records.Price(id=f"price_{name}", product=product.id, unit_amount=cents, currency="usd")
    )


def plans(twins: Twins) -> dict[str, Plan]:
    with twins.board.rows() as session:
        return {plan.slug: plan for plan in session.scalars(select(Plan))}


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[word] for word in ("created", "updated", "deactivated", "unchanged"))


def test_plans_are_created_updated_deactivated_and_left_as_they_are(twins: Twins) -> None:
    twins.sell("same")
    changed, gone = twins.sell("changed"), twins.sell("gone")
    offer(twins, "fresh", metadata={"included_minutes": "90", "monthly_credits": "30.00"})
    account = twins.standin.account
    account.get(records.Price, str(changed.stripe_price_id)).unit_amount = 9_900
    account.get(records.Price, str(gone.stripe_price_id)).active = False

    assert counts(sync(twins)) == (1, 1, 1, 1)
    now = plans(twins)
    assert now["changed"].amount_cents == 9_900
    assert not now["gone"].is_active
    assert (now["fresh"].name, now["fresh"].included_minutes) == ("Fresh", 90)
    assert counts(sync(twins, "again")) == (0, 0, 0, 4)


def test_a_plan_that_stripe_no_longer_has_is_deactivated_and_never_removed(twins: Twins) -> None:
    twin = twins.subscribe(plan="old")
    with twins.board.rows() as session:
        own = make_plan(session, stripe_price_id=None, slug="own")
    price = str(twins.plans["old"].stripe_price_id)
    del twins.standin.account.prices._records[price]
    twins.standin.account.prices._in_order.clear()

    program = twins.board.program(role=Role.BILLING)
    asked = program.post(PATH, json={"acknowledge": []})
    assert (asked.status_code, asked.json()["code"]) == (409, "acknowledgement_required")
    assert counts(sync(twins)) == (0, 0, 1, 0)
    now = plans(twins)
    assert (now["old"].is_active, now[own.slug].is_active) == (False, True)
    assert twins.row(twin).plan_id == now["old"].id


def test_features_come_from_stripe_and_unknown_ones_are_reported(twins: Twins) -> None:
    with twins.board.rows() as session:
        for key in ("sso", "analytics"):
            make_feature(session, feature_key=key)
    offer(twins, "growth")
    offer(twins, "scale", metadata={"features": "sso, analytics, teleport"})
    for key in ("sso", "levitation"):
        twins.standin.account.product_features.add(
            records.ProductFeature(id=f"f_{key}", product="prod_growth", lookup_key=key, name=key)
        )

    result = sync(twins)
    assert result["unknown_features"] == ["levitation", "teleport"]
    with twins.board.rows() as session:
        pairs = session.execute(
            select(Plan.slug, Feature.feature_key)
            .join_from(PlanFeature, Plan, PlanFeature.plan_id == Plan.id)
            .join(Feature, PlanFeature.feature_id == Feature.id)
        )
        assert {tuple(pair) for pair in pairs} == {
            ("growth", "sso"),
            ("scale", "sso"),
            ("scale", "analytics"),
        }
        assert len(session.scalars(select(Feature)).all()) == 2


def test_prices_that_make_no_plan_are_passed_over_with_a_reason(twins: Twins) -> None:
    offer(twins, "quarterly").interval_count = 3
    result = sync(twins)

    assert counts(result) == (0, 0, 0, 0)
    [skipped] = result["skipped"]
    assert skipped["stripe_price_id"] == "price_quarterly"
    assert "every 3 months" in skipped["reason"]


def test_editing_a_plan_wipes_no_credits(twins: Twins) -> None:
    plan = twins.sell("growth")
    with twins.board.rows() as session:
        user = make_user(session)
        make_grant(session, user.id, 50)
        session.execute(update(Plan).where(Plan.id == plan.id).values(monthly_credits=30))
    twins.standin.account.get(records.Product, str(plan.stripe_product_id)).name = "Grown"

    assert counts(sync(twins)) == (0, 1, 0, 0)
    with twins.board.rows() as session:
        assert session.get_one(CreditBalance, user.id).total == 50
        assert session.get_one(Plan, plan.id).monthly_credits == 30


def test_a_dry_run_shows_what_would_change_and_changes_nothing(twins: Twins) -> None:
    offer(twins, "fresh")
    program = twins.board.program(role=Role.BILLING)
    shown = program.post(f"{PATH}?dry_run=true").json()["preview"]

    assert shown["changes"] == [{"field": "Plans added", "before": "none", "after": "fresh"}]
    assert plans(twins) == {}
    with twins.board.rows() as session:
        assert session.scalars(select(Run)).all() == []


def test_the_same_request_twice_syncs_once_and_each_sync_is_audited(twins: Twins) -> None:
    offer(twins, "fresh")
    program = twins.board.program(role=Role.BILLING)
    answers = [program.post(PATH, headers={"Idempotency-Key": "one"}).json() for _ in range(2)]

    assert answers[0] == answers[1]
    with twins.board.rows() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "plans.sync"))
    assert entry.summary == "Synced the plans from Stripe: 1 created, 0 updated, 0 deactivated, 0 unchanged."
    assert (entry.after or {})["Plans added"] == "fresh"


def test_only_who_may_change_billing_syncs(twins: Twins) -> None:
    offer(twins, "fresh")
    answer = twins.board.program(Permission.BILLING_READ).post(PATH)
    assert answer.status_code == 403
    assert plans(twins) == {}


def test_people_say_their_own_reason(twins: Twins) -> None:
    form = twins.board.browser(Role.BILLING).get("/actions/plans.sync").text
    assert 'name="reason"' in form
    assert "by the program" not in form


def test_without_stripe_nothing_is_changed(twins: Twins) -> None:
    twins.control("down")
    answer = twins.board.program(role=Role.BILLING).post(PATH)
    assert answer.status_code == 503
    twins.control("up")


@pytest.mark.parametrize("known", [True, False])
def test_promotion_codes_are_kept_in_step_page_by_page(twins: Twins, known: bool) -> None:
    account = twins.standin.account
    account.coupons.add(records.Coupon(id="coup", percent_off=None, amount_off=500, currency="usd"))
    for number in range(205):
        account.promotion_codes.add(
            records.PromotionCode(
                id=f"promo_{number}", created=number + 1, code=f"CODE{number}", coupon="coup"
            )
        )
    account.promotion_codes.add(
        records.PromotionCode(id="promo_again", created=900, code="CODE7", coupon="coup", active=False)
    )
    if known:
        with twins.board.rows() as session:
            make_promotion_code(session, code="CODE3", stripe_promotion_id="promo_3")
            make_promotion_code(session, code="CODE4", stripe_promotion_id="promo_former")
            make_promotion_code(session, code="CODE5", stripe_promotion_id=None)

    run_id = sync(twins)["promotion_codes"]["run"]
    run = twins.finish(run_id)
    with twins.board.rows() as session:
        codes = dict(session.execute(select(PromotionCode.code, PromotionCode.stripe_promotion_id)).all())
    assert codes == {f"CODE{number}": f"promo_{number}" for number in range(205)}
    assert run.outcome == {"codes": 206, "changed": 205 if known else 206}
    assert twins.calls("/v1/promotion_codes") == 3 + (2 if known else 1)
