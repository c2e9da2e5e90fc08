"""The figures of the System page: what is counted, where days begin, and when a count becomes an estimate."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.permissions import Role
from adminboard.system import counting, figures
from adminboard.system.counting import count_bounded, count_rows, estimate, load_table_sizes, round_figure
from adminboard.system.facts import Figure
from adminboard.users.models import User
from tests.clients import BoardUnderTest, open_board
from tests.credit_factories import make_grant
from tests.db.templates import Addresses
from tests.factories import (
    START,
    make_agent,
    make_appointment,
    make_business,
    make_call,
    make_promotion_code,
    make_subscription,
    make_user,
)
from tests.system.reading import ask, open_panel, read_facts, read_rows

EMPTY = {"value": 0, "exact": True}


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


def put_everything(session: Session) -> None:
    """Four users, the first of whom has everything, and nothing that is made along the way unasked."""
    subscription = make_subscription(session, status="active")
    ada = make_user(session, organization_id=subscription.organization_id, created_at=START)
    bob = make_user(session, is_active=False, created_at=START - timedelta(days=3))
    cleo = make_user(session, created_at=START - timedelta(days=20))
    dan = make_user(session, created_at=START - timedelta(days=90))
    shop = make_business(session, owner_id=ada.id, created_at=START)
    bar = make_business(session, owner_id=bob.id, created_at=START - timedelta(days=60))
    make_agent(session, business_id=shop.id, is_active=True)
    make_agent(session, business_id=bar.id, is_active=False)
    for days in (0, 1, 6, 29, 30, 300):
        make_call(session, business_id=shop.id, started_at=START - timedelta(days=days))
    for days in (-1, 1, 2):
        starts_at = START + timedelta(days=days)
        make_appointment(
            session,
            user_id=ada.id,
            business_id=shop.id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
        )
    for status in ("trialing", "canceled", "canceled", "past_due"):
        make_subscription(session, status=status)
    make_grant(session, cleo.id, 5)
    make_promotion_code(session)
    assert dan.is_active


def test_every_row_is_counted_for_what_it_is(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_everything(session)
    assert read_facts(open_panel(board.browser(Role.VIEWER), "row_counts"), "row_counts") == {
        "Users": "4",
        "Users, active": "3",
        "Businesses": "2",
        "AI agents": "2",
        "Calls": "6",
        "Calls, 30 days": "4",
        "Appointments, upcoming": "2",
        "Appointments, past": "1",
        "Subscriptions, active": "1",
        "Subscriptions, trial": "1",
        "Subscriptions, cancelled": "2",
        "Credit transactions": "1",
        "Promotion codes": "1",
    }


def test_growth_is_that_of_today_and_the_days_before(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_everything(session)
    assert read_rows(open_panel(board.browser(Role.VIEWER), "growth"), "growth") == [
        ["users", "1", "2", "3"],
        ["businesses", "1", "1", "1"],
        ["calls", "1", "3", "4"],
    ]


def test_days_are_those_of_the_boards_time_zone(board: BoardUnderTest) -> None:
    """In Los Angeles the day of the test began at 08:00 UTC."""
    midnight = datetime(2026, 1, 15, 8, tzinfo=UTC)
    with board.rows() as session:
        make_user(session, created_at=midnight)
        make_user(session, created_at=midnight - timedelta(seconds=1))
        make_user(session, created_at=START + timedelta(hours=1))
    [users, *_] = read_rows(open_panel(board.browser(Role.VIEWER), "growth"), "growth")
    assert users == ["users", "1", "2", "2"]


def test_quality_counts_users_with_what_they_need(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_everything(session)
    page = open_panel(board.browser(Role.VIEWER), "data_quality")
    assert read_facts(page, "data_quality") == {
        "Users with a business": "2 50.0%",
        "Users with an active agent": "1 25.0%",
        "Users with a subscription": "1 25.0%",
    }
    assert "Of all 4 users." in page.text


def test_quality_of_very_many_users_is_told_from_a_sample(
    board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "EXACT_UP_TO", 1_000)
    monkeypatch.setattr(figures, "SAMPLED_USERS", 900)
    with board.rows() as session:
        payer = make_subscription(session, status="active").organization_id
        for number in range(6_000):
            session.add(User(email=f"user{number}@many.test", full_name=None, organization_id=payer))
        session.flush()
        session.connection().exec_driver_sql("ANALYZE users")
    page = open_panel(board.browser(Role.VIEWER), "data_quality")
    assert read_facts(page, "data_quality") == {
        "Users with a business": "about 0 0.0%",
        "Users with an active agent": "about 0 0.0%",
        "Users with a subscription": "about 6,000 100.0%",
    }
    assert "taken at random" in page.text


def test_nothing_at_all_is_counted_as_nothing(board: BoardUnderTest) -> None:
    told = ask(board.program())
    assert set(map(str, told["row_counts"].values())) == {str(EMPTY)}
    assert told["data_quality"]["users_with_business"] == EMPTY
    assert [row["days_30"] for row in told["growth"]["rows"]] == [EMPTY] * 3


@pytest.fixture
def many(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A hundred and twenty users, where a hundred are the most that are counted one by one."""
    monkeypatch.setattr(counting, "EXACT_UP_TO", 100)
    for number in range(120):
        make_user(session, is_active=number % 4 != 0)
    session.connection().exec_driver_sql("ANALYZE users")
    return session


def test_a_count_within_the_limit_is_exact(many: Session) -> None:
    inactive = select(User.id).where(~User.is_active)
    assert count_bounded(many, inactive) == Figure(30)
    assert count_rows(many, inactive, table_rows=100) == Figure(30)
    assert count_rows(many, inactive, table_rows=None) == Figure(30)


def test_a_count_beyond_the_limit_is_an_estimate_and_says_so(many: Session) -> None:
    figure = count_bounded(many, select(User.id))
    assert not figure.exact
    assert 100 <= figure.value <= 140


def test_a_large_table_is_never_read(many: Session) -> None:
    sizes = load_table_sizes(many)
    assert sizes["users"] == 120
    figure = count_rows(many, select(User.id).where(~User.is_active), sizes["users"])
    assert figure == estimate(many, select(User.id).where(~User.is_active))
    assert not figure.exact


@pytest.mark.parametrize(
    ("value", "rounded"), [(0, 0), (7, 7), (999, 999), (1_234, 1_230), (9_999_614, 10_000_000)]
)
def test_an_estimate_has_three_digits(value: int, rounded: int) -> None:
    assert round_figure(value) == rounded
