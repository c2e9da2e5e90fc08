"""The page: what it shows, to whom, when there is nothing, and when a part of it fails."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.models import Setting
from adminboard.core.permissions import Role
from adminboard.core.thresholds import Threshold
from adminboard.figures.refresh import refresh_figures
from tests.clients import BoardUnderTest, recorded_queries
from tests.credit_factories import make_balance
from tests.factories import (
    START,
    make_business,
    make_call,
    make_invoice,
    make_organization,
    make_refund,
    make_subscription,
    make_user,
)
from tests.pages import Page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#dashboard"}
DAY = timedelta(days=1)


def read(board: BoardUnderTest, path: str = "/", role: Role = Role.ADMIN, **options: Any) -> str:
    answer = board.browser(role).get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer.text


def put(board: BoardUnderTest, make: Callable[..., Any], **fields: Any) -> Any:
    with board.rows() as session:
        return make(session, **({"updated_at": START} | fields))


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def read_table(html: str, key: str) -> list[list[str]]:
    table = html.partition(f'id="chart-{key}"')[2].partition("</table>")[0].partition("<tbody>")[2]
    return [
        [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def test_the_four_figures_stand_against_what_they_were(board: BoardUnderTest) -> None:
    owner, *_ = [put(board, make_user, created_at=START - age * DAY) for age in (40, 20, 7, 6, 1)]
    business = put(board, make_business, owner_id=owner.id)
    put(board, make_subscription, created_at=START - DAY, organization_id=put(board, make_organization).id)
    put(board, make_subscription, status=SubscriptionStatus.TRIALING)
    for age in (0, 1, 5, 40):
        put(board, make_call, business_id=business.id, started_at=START - age * DAY)
    put(board, make_invoice, paid_at=START, amount_paid_cents=12345)
    put(board, make_invoice, paid_at=START - 45 * DAY, amount_paid_cents=10000)
    refresh_figures(board.runtime)
    put(board, make_call, business_id=business.id, started_at=START)

    shown = plain(read(board).partition('<dl class="numbers">')[2].partition("</dl>")[0])

    assert "Users 5 +2 (+66.7%) vs 7 days ago" in shown
    assert "Active subscriptions 1 +1 vs 7 days ago" in shown
    assert "Calls answered, 30 days 4 +3 (+300.0%) vs the 30 days before" in shown
    assert "Revenue, 30 days $123.45 +$23.45 (+23.4%) vs the 30 days before" in shown


def test_figures_that_fell_or_stayed_say_so(board: BoardUnderTest) -> None:
    put(board, make_call, started_at=START - 40 * DAY)
    refresh_figures(board.runtime)

    shown = plain(read(board).partition('<dl class="numbers">')[2].partition("</dl>")[0])

    assert "Calls answered, 30 days 0 -1 (-100.0%) vs the 30 days before" in shown
    assert "Revenue, 30 days $0.00 no change vs the 30 days before" in shown


def test_the_chart_of_calls_is_a_table_of_thirty_days(board: BoardUnderTest) -> None:
    put(board, make_call, started_at=START - DAY, status="missed", duration_seconds=0)
    put(board, make_call, started_at=START - DAY)
    refresh_figures(board.runtime)
    put(board, make_call, started_at=START)

    rows = read_table(read(board), "calls")

    assert len(rows) == 30
    assert rows[0] == ["Wed 2025-12-17", "0", "0"]
    assert rows[-2:] == [["Wed 2026-01-14", "1", "2"], ["Thu 2026-01-15, so far", "1", "1"]]


def test_the_chart_of_revenue_shows_one_currency_at_a_time(board: BoardUnderTest) -> None:
    paid = put(board, make_invoice, paid_at=START - DAY, amount_paid_cents=490000)
    put(
        board,
        make_refund,
        invoice_id=paid.id,
        organization_id=paid.organization_id,
        amount_cents=500,
        created_at=START - 2 * DAY,
    )
    put(board, make_invoice, paid_at=START - DAY, amount_paid_cents=1000, currency="jpy")
    refresh_figures(board.runtime)

    dollars, yen = read(board), read(board, "/?currency=jpy")

    assert read_table(dollars, "revenue")[-3:] == [
        ["Tue 2026-01-13", "-$5.00"], ["Wed 2026-01-14", "$4,900.00"], ["Thu 2026-01-15, so far", "$0.00"],
    ]  # fmt: skip
    assert read_table(yen, "revenue")[-2] == ["Wed 2026-01-14", "¥1,000"]
    assert 'data-value="1000"' in yen
    assert 'data-value="4900.00"' in dollars
    assert read_table(read(board, "/?currency=nonsense"), "revenue") == read_table(dollars, "revenue")
    assert '<a href="/?currency=jpy">JPY</a>' in dollars
    assert "¥1,000, +¥1,000" in plain(dollars)


def test_days_are_those_of_the_default_zone_and_not_the_readers(board: BoardUnderTest) -> None:
    """Two in the morning UTC is still the day before in Los Angeles."""
    put(board, make_call, started_at=START.replace(hour=2))
    refresh_figures(board.runtime)
    assert read_table(read(board), "calls")[-2:] == [
        ["Wed 2026-01-14", "1", "1"], ["Thu 2026-01-15, so far", "0", "0"],
    ]  # fmt: skip


def test_the_newest_ten_signups_are_linked(board: BoardUnderTest) -> None:
    users = [put(board, make_user, created_at=START - number * DAY) for number in range(12)]
    put(
        board,
        make_user,
        created_at=START + timedelta(seconds=1),
        full_name=None,
        email="unnamed@example.test",
    )

    shown = read(board).partition('id="signups-title"')[2]

    assert shown.count("/users?selected=") == 10
    assert f"/users?selected={users[8].id}" in shown
    assert f"/users?selected={users[9].id}" not in shown
    assert "unnamed@example.test" in plain(shown).partition(users[0].full_name)[0]


@pytest.mark.parametrize("name", ["x" * 300, "محمد العربي", "🦄 Zoë 🇨🇭", "<script>alert(1)</script>"])
def test_names_of_all_kinds_are_shown_as_text(board: BoardUnderTest, name: str) -> None:
    put(board, make_user, full_name=name)
    page = read(board)
    assert name.replace("<", "&lt;").replace(">", "&gt;") in page


def test_viewers_see_masked_addresses(board: BoardUnderTest) -> None:
    put(board, make_user, full_name=None, email="jane.doe@example.test")
    page = read(board, role=Role.VIEWER)
    assert "j•••@example.test" in page
    assert "jane.doe" not in page


def test_alerts_are_shown_to_those_who_may_see_what_they_mean(board: BoardUnderTest) -> None:
    put(
        board,
        make_subscription,
        status=SubscriptionStatus.TRIALING,
        trial_end=START + timedelta(hours=23),
    )
    with board.rows() as session:
        make_balance(session)
        make_balance(session, make_user(session, is_active=False).id)

    page = read(board, role=Role.VIEWER)

    alerts = page.partition('id="alerts-title"')[2].partition("</section>")[0]
    assert (
        '<a href="/billing/subscriptions?ending=yes"><strong>1</strong> trial that ends within 24 hours</a>'
        in alerts
    )
    low = "/credits/balances?low=yes&amp;active=yes"
    assert f'<a href="{low}"><strong>1</strong> active user below $5.00 of credits</a>' in alerts
    assert len(Page(read(board, low.replace("&amp;", "&"), Role.VIEWER)).rows) == 1
    assert "approval" not in alerts


@pytest.mark.parametrize("role", Role)
def test_every_role_has_the_dashboard(board: BoardUnderTest, role: Role) -> None:
    page = read(board, role=role)
    assert "Needs attention" in page
    assert 'aria-current="page"' in page


def test_an_empty_board_says_what_will_be_there(board: BoardUnderTest) -> None:
    refresh_figures(board.runtime)
    shown = plain(read(board))
    assert "Nothing right now." in shown
    assert "Nobody has signed up yet." in shown
    assert "Users 0 no change vs 7 days ago" in shown
    assert len(read_table(read(board), "revenue")) == 30


def test_figures_that_were_never_counted_are_not_shown_as_nothing(board: BoardUnderTest) -> None:
    put(board, make_user)
    shown = plain(read(board))
    assert "about to be counted for the first time" in shown
    assert "Users N/A" in shown


def test_figures_that_are_old_are_said_to_be(board: BoardUnderTest) -> None:
    refresh_figures(board.runtime)
    assert "is the worker running" not in read(board)

    board.clock.advance(timedelta(minutes=6))

    assert "Days before today were last brought up to date at 2026-01-15 04:00 PST" in plain(read(board))


def test_figures_of_other_days_are_said_to_be(board: BoardUnderTest) -> None:
    refresh_figures(board.runtime)
    with board.rows() as session:
        key = Threshold.DEFAULT_TIMEZONE.value
        session.add(Setting(key=key, value="Asia/Tokyo", updated_at=START, updated_by="x"))
    assert "The days are those of Asia/Tokyo now" in plain(read(board))


def test_today_is_counted_without_the_worker(board: BoardUnderTest) -> None:
    refresh_figures(board.runtime)
    put(board, make_call, started_at=START)
    put(board, make_user)
    shown = plain(read(board))
    assert "Calls answered, 30 days 1 +1" in shown
    assert "Users 2 +2" in shown


@pytest.mark.parametrize(
    ("table", "stays"),
    [("board.daily_metrics", "Newest signups"), ("credit_balances", "Calls per day")],
)
def test_a_part_that_fails_leaves_the_others(board: BoardUnderTest, table: str, stays: str) -> None:
    refresh_figures(board.runtime)
    with board.rows() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    page = read(board)
    assert "data-error-panel" in page
    assert "Try again" in page
    assert stays in page


def test_a_refresh_brings_the_changing_part_alone(board: BoardUnderTest) -> None:
    part = read(board, headers=PARTIAL)
    assert part.lstrip().startswith('<div class="updated">')
    assert "<html" not in part


def test_auto_refresh_is_off_unless_the_address_says_so(board: BoardUnderTest) -> None:
    assert 'role="switch">' in read(board)
    assert 'role="switch" checked>' in read(board, "/?refresh=auto")


def test_the_script_of_charts_is_loaded_here_and_not_elsewhere(board: BoardUnderTest) -> None:
    assert "/static/charts-" in read(board)
    assert "/static/charts-" not in read(board, "/users")


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    refresh_figures(board.runtime)
    browser = board.browser(Role.ADMIN)
    costs = []
    for _ in range(2):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get("/").status_code == 200
        costs.append(len(statements))
        for _ in range(12):
            put(board, make_call, started_at=START)
            put(board, make_invoice)
            put(board, make_subscription, status=SubscriptionStatus.TRIALING, trial_end=START + DAY)
        refresh_figures(board.runtime)
    assert costs[0] == costs[1] <= 14
