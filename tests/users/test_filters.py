"""The filters of the list of users: each alone, several together, and days in the reader's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, Program
from tests.factories import (
    START,
    make_feature,
    make_organization,
    make_override,
    make_plan,
    make_plan_override,
    make_subscription,
    make_user,
)
from tests.pages import Page
from tests.users.asking import find

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        plans = {slug: make_plan(session, slug=slug, name=slug.title()) for slug in ("scale", "starter")}
        for status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE):
            payer = make_organization(session)
            plan = plans["scale" if status is SubscriptionStatus.ACTIVE else "starter"]
            make_subscription(session, organization_id=payer.id, plan_id=plan.id, status=status)
            make_user(session, email=f"{status.value}@pays.test", organization_id=payer.id)
        ended = make_organization(session)
        make_subscription(
            session,
            organization_id=ended.id,
            plan_id=plans["scale"].id,
            status=SubscriptionStatus.CANCELED,
            canceled_at=START,
        )
        make_user(session, email="ended@pays.test", organization_id=ended.id)
        expired = SubscriptionStatus.INCOMPLETE_EXPIRED
        never = make_organization(session)
        for payer, age in ((never, 1), (ended, 90)):
            begun = START - timedelta(days=age)
            make_subscription(session, organization_id=payer.id, status=expired, created_at=begun)
        make_user(session, email="never@pays.test", organization_id=never.id)
        make_user(session, email="inactive@pays.test", is_active=False)
        feature = make_feature(session)
        for email, expires_at in (
            ("forever@has.test", None),
            ("later@has.test", START + timedelta(seconds=1)),
            ("now@has.test", START),
            ("before@has.test", START - timedelta(days=1)),
        ):
            holder = make_user(session, email=email)
            make_override(session, user_id=holder.id, feature_id=feature.id, expires_at=expires_at)
        evening = datetime(2025, 6, 10, 23, 30, tzinfo=PACIFIC)
        make_user(session, email="evening@day.test", created_at=evening)
        make_user(session, email="midnight@day.test", created_at=evening + timedelta(minutes=30))
    return board.program()


@pytest.mark.usefixtures("probing")
def test_by_plan(program: Program) -> None:
    assert find(program, plan="scale") == ["active@pays.test"]
    assert sorted(find(program, plan=["scale", "starter"])) == [
        "active@pays.test",
        "past_due@pays.test",
        "trialing@pays.test",
    ]


@pytest.mark.usefixtures("probing")
def test_by_subscription(program: Program) -> None:
    assert find(program, subscription="trialing") == ["trialing@pays.test"]
    assert len(find(program, subscription=["trialing", "past_due"])) == 2
    assert find(program, subscription="unpaid") == []
    assert find(program, subscription="canceled") == ["ended@pays.test"]
    assert find(program, subscription="incomplete_expired") == ["never@pays.test"]
    assert sorted(find(program, subscription=["canceled", "past_due"])) == [
        "ended@pays.test",
        "past_due@pays.test",
    ]


def test_by_activity(program: Program) -> None:
    assert find(program, active="no") == ["inactive@pays.test"]
    assert "inactive@pays.test" not in find(program, active="yes", limit=200)


def test_an_override_counts_until_the_second_it_expires(board: BoardUnderTest, program: Program) -> None:
    assert sorted(find(program, override="yes")) == ["forever@has.test", "later@has.test"]
    without = find(program, override="no", limit=200)
    assert {"now@has.test", "before@has.test"} <= set(without)
    assert not {"forever@has.test", "later@has.test"} & set(without)


def test_days_are_those_of_the_reader(board: BoardUnderTest, program: Program) -> None:
    """A key has no time zone: UTC. The people of this test live in Los Angeles."""
    tenth = "created_from=2025-06-10&created_to=2025-06-10"
    eleventh = "created_from=2025-06-11&created_to=2025-06-11"
    browser = board.browser(Role.SUPPORT)
    assert [row["Email"] for row in Page(browser.get(f"/users?{tenth}").text).rows] == ["evening@day.test"]
    assert [row["Email"] for row in Page(browser.get(f"/users?{eleventh}").text).rows] == [
        "midnight@day.test"
    ]
    assert find(program, created_from="2025-06-10", created_to="2025-06-10") == []
    assert len(find(program, created_from="2025-06-11", created_to="2025-06-11")) == 2


def test_a_range_may_be_open_at_either_end(program: Program) -> None:
    assert len(find(program, created_to="2025-12-31")) == 2
    assert "evening@day.test" not in find(program, created_from="2026-01-01", limit=200)


def test_filters_narrow_each_other(program: Program) -> None:
    assert find(program, plan="starter", subscription="past_due", active="yes") == ["past_due@pays.test"]
    assert find(program, plan="scale", subscription="past_due") == []


def test_the_built_in_views_answer_what_they_are_called(board: BoardUnderTest, program: Program) -> None:
    browser = board.browser(Role.SUPPORT)
    page = Page(browser.get("/users").text)
    views = {link.text: link.attributes["href"] for link in page.root.find_all("a", class_="menu-item")}
    trial = Page(browser.get(views["On trial"]).text)
    assert [row["Email"] for row in trial.rows] == ["trialing@pays.test"]
    callers = Page(browser.get(views["Top callers"]).text)
    assert callers.root.get("th", aria_sort="descending").text == "Calls (30 d)"
    marked = [link.text for link in callers.root.find_all("a", class_="menu-item", aria_current="true")]
    assert marked == ["Top callers"]


def test_the_plan_in_force_is_filtered_by_as_it_is_shown(board: BoardUnderTest, program: Program) -> None:
    with board.rows() as session:
        payer = make_organization(session)
        paid, given = make_plan(session, slug="paid"), make_plan(session, slug="given")
        make_subscription(session, organization_id=payer.id, plan_id=paid.id)
        make_plan_override(session, organization_id=payer.id, plan_id=given.id)
        make_user(session, email="overridden@pays.test", organization_id=payer.id)
    assert find(program, plan="given") == ["overridden@pays.test"]
    assert find(program, plan="paid") == []
