"""The numbers are those that plain SQL over the rows gives; alerts lead to exactly the rows they count."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from adminboard.areas import AREAS
from adminboard.auth.models import Admin
from adminboard.core.listings import Listing
from adminboard.core.permissions import ROLE_PERMISSIONS, Permission, Role
from adminboard.dashboard.alerts import RULES, find_listing
from adminboard.web.formatting import format_money
from tests.clients import BoardUnderTest
from tests.demo.plans import AS_OF, TIME_ZONE
from tests.pages import Page

ZONE = ZoneInfo(TIME_ZONE)
LISTINGS: dict[str, Listing] = {listing.name: listing for area in AREAS for listing in area.listings}
ALERTS = {
    "failed_payments": """
        SELECT count(DISTINCT invoices.id) FROM invoices JOIN billing_events USING (stripe_invoice_id)
        WHERE event_type = 'invoice.payment_failed' AND received_at > :now - interval '7 days'""",
    "failed_webhooks": "SELECT count(*) FROM billing_events WHERE processing_status = 'failed'",
    "open_discrepancies": """
        SELECT count(DISTINCT stripe_subscription_id) FROM board.discrepancies
        WHERE status = 'open' AND kind <> 'error'""",
    "failed_comparisons": """
        SELECT count(DISTINCT stripe_subscription_id) FROM board.discrepancies
        WHERE status = 'open' AND kind = 'error'""",
    "waiting_approvals": """
        SELECT count(*) FROM board.approvals WHERE status = 'waiting' AND expires_at > :now""",
    "ending_grace_periods": """
        SELECT count(*) FROM grace_periods WHERE status = 'open' AND ends_at > :now
            AND ends_at <= :now + interval '48 hours'""",
    "ending_trials": """
        SELECT count(*) FROM subscriptions WHERE status = 'trialing' AND trial_end > :now
            AND trial_end <= :now + interval '24 hours'""",
    "low_balances": """
        SELECT count(*) FROM credit_balances JOIN users ON users.id = user_id
        WHERE total < 5 AND is_active""",
}


@pytest.fixture(scope="module")
def answer(seeded_board: BoardUnderTest) -> dict[str, Any]:
    found: dict[str, Any] = seeded_board.program().get("/v1/admin/dashboard").json()
    return found


def ask(board: BoardUnderTest, query: str, **values: Any) -> Any:
    with board.rows() as session:
        bound = {name: value for name, value in values.items() if f":{name}" in query}
        return session.execute(text(query.replace(":now", "CAST(:now AS timestamptz)")), bound).all()


def number(board: BoardUnderTest, query: str, **values: Any) -> int:
    return int(ask(board, query, **values)[0][0] or 0)


def midnight(days_ago: int) -> datetime:
    """When the day so many days before today began in Los Angeles."""
    day = AS_OF.astimezone(ZONE).date() - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def test_users_are_all_against_a_week_ago(seeded_board: BoardUnderTest, answer: dict[str, Any]) -> None:
    before = "SELECT count(*) FROM users WHERE created_at < :end"
    assert answer["users"] == {
        "value": number(seeded_board, "SELECT count(*) FROM users"),
        "before": number(seeded_board, before, end=midnight(6)),
    }
    assert answer["users"]["value"] == 300


def test_active_subscriptions_are_those_of_that_status(
    seeded_board: BoardUnderTest, answer: dict[str, Any]
) -> None:
    active = "SELECT count(*) FROM subscriptions WHERE status = 'active'"
    assert answer["active_subscriptions"]["value"] == number(seeded_board, active)
    then = """
        SELECT count(*) FROM subscriptions AS s WHERE created_at <= :end AND coalesce((
            SELECT previous_status FROM billing_events AS e
            WHERE e.stripe_subscription_id = s.stripe_subscription_id AND received_at > :end
                AND event_type LIKE 'customer.subscription.%' AND previous_status <> e.status
            ORDER BY received_at LIMIT 1), status) = 'active'"""
    assert answer["active_subscriptions"]["before"] == number(seeded_board, then, end=midnight(6))


def test_answered_calls_are_those_by_ai_or_forwarded(
    seeded_board: BoardUnderTest, answer: dict[str, Any]
) -> None:
    query = """
        SELECT count(*) FROM call_logs WHERE status IN ('answered_by_ai', 'forwarded')
            AND started_at >= :start AND started_at < :end"""
    assert answer["calls_answered"] == {
        "value": number(seeded_board, query, start=midnight(29), end=midnight(-1)),
        "before": number(seeded_board, query, start=midnight(59), end=midnight(29)),
    }


def test_revenue_is_what_was_paid_less_what_was_refunded(
    seeded_board: BoardUnderTest, answer: dict[str, Any]
) -> None:
    paid = """
        SELECT sum(amount_paid_cents) FROM invoices WHERE status = 'paid' AND currency = :currency
            AND paid_at >= :start AND paid_at < :end"""
    refunded = """
        SELECT sum(amount_cents) FROM refunds WHERE status = 'succeeded' AND currency = :currency
            AND created_at >= :start AND created_at < :end"""
    assert {item["currency"] for item in answer["revenue"]} >= {"usd"}
    for item in answer["revenue"]:
        sums = [
            number(seeded_board, query, currency=item["currency"], start=midnight(start), end=midnight(end))
            for query in (paid, refunded)
            for start, end in ((29, -1), (59, 29))
        ]
        assert (item["paid_cents"], item["refunded_cents"]) == (sums[0], sums[2])
        assert (item["net_cents"], item["net_before_cents"]) == (sums[0] - sums[2], sums[1] - sums[3])


def test_the_charts_have_every_day_of_thirty(seeded_board: BoardUnderTest, answer: dict[str, Any]) -> None:
    rows = ask(
        seeded_board,
        """SELECT (started_at AT TIME ZONE 'America/Los_Angeles')::date AS day, count(*),
            count(*) FILTER (WHERE status IN ('answered_by_ai', 'forwarded')) FROM call_logs GROUP BY 1""",
    )
    counted = {day: (calls, answered) for day, calls, answered in rows}
    days = [date.fromisoformat(item["day"]) for item in answer["calls_per_day"]]
    today = AS_OF.astimezone(ZONE).date()
    assert days == [today - timedelta(days=age) for age in reversed(range(30))]
    for item, day in zip(answer["calls_per_day"], days, strict=True):
        assert (item["calls"], item["answered"]) == counted.get(day, (0, 0))
    for money in answer["revenue"]:
        of_currency = [d for d in answer["revenue_per_day"] if d["currency"] == money["currency"]]
        assert len(of_currency) == 30
        assert sum(day["net_cents"] for day in of_currency) == money["net_cents"]


def test_the_newest_signups_are_the_newest(seeded_board: BoardUnderTest, answer: dict[str, Any]) -> None:
    rows = ask(seeded_board, "SELECT id, email FROM users ORDER BY created_at DESC, id DESC LIMIT 10")
    shown = [(item["id"], item["email"]) for item in answer["newest_signups"]]
    assert shown == [(str(row.id), row.email) for row in rows]


@pytest.mark.parametrize("zone", [TIME_ZONE, "Asia/Tokyo"])
def test_a_figure_leads_to_exactly_what_it_counted(
    seeded_board: BoardUnderTest, answer: dict[str, Any], zone: str
) -> None:
    """Also for somebody whose days begin at other moments than those of the figures."""
    browser = seeded_board.new_browser(Role.ADMIN)
    assert browser.admin is not None
    with seeded_board.rows() as session:
        session.get_one(Admin, browser.admin.id).time_zone = zone
    heads = Page(browser.get("/").text).root.get("dl", class_="numbers").find_all("dt")
    pages = {}
    for head in heads:
        address = head.get("a").attributes["href"]
        more = "&" if "?" in address else "?"
        page = browser.get(f"{address}{more}count=exact&cards=shown")
        pages[head.text] = Page(page.text)

    for label, name, noun in (
        ("Users", "users", "users"),
        ("Active subscriptions", "active_subscriptions", "subscriptions"),
        ("Calls answered, 30 days", "calls_answered", "calls"),
    ):
        assert pages[label].count == f"{answer[name]['value']:,} {noun}"
    cards = pages["Revenue, 30 days"].root.find_all("div", class_="figure-card")
    paid = next(card.text for card in cards if card.get("dt").text == "Paid")
    for item in answer["revenue"]:
        assert format_money(item["paid_cents"], item["currency"]) in paid


def test_alerts_count_what_the_rules_say(seeded_board: BoardUnderTest, answer: dict[str, Any]) -> None:
    counted = {code: number(seeded_board, query, now=AS_OF) for code, query in ALERTS.items()}
    shown = {item["code"]: item["count"]["value"] for item in answer["alerts"]}
    assert shown == {code: count for code, count in counted.items() if count}
    assert len(shown) >= 5


@pytest.mark.parametrize("code", ALERTS)
def test_an_alert_leads_to_exactly_the_rows_it_counted(
    seeded_board: BoardUnderTest, answer: dict[str, Any], code: str
) -> None:
    for alert in [item for item in answer["alerts"] if item["code"] == code and item["page"]]:
        address = urlsplit(alert["page"])
        listing = next(item for item in LISTINGS.values() if item.path == address.path)
        program = seeded_board.program()
        keys, cursor = [], None
        while True:
            query = {name: values[0] for name, values in parse_qs(address.query).items()} | {"limit": "200"}
            page = program.get(
                f"/v1/admin{listing.api_path or listing.path}",
                params=query | ({"cursor": cursor} if cursor else {}),
            ).json()
            keys += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(set(keys)) == len(keys) == alert["count"]["value"]


def test_every_rule_of_an_alert_leads_to_a_page_that_knows_its_filter() -> None:
    without = {rule.listing for rule in RULES if find_listing(LISTINGS, rule) is None}
    assert not without, "an alert needs a page with the filter that it names"
    found = [(rule, find_listing(LISTINGS, rule)) for rule in RULES]
    for rule, listing in found:
        for permissions in ROLE_PERMISSIONS.values():
            opens = listing is None or listing.permission in permissions
            assert opens or rule.permission not in permissions, f"{rule.code} leads somebody nowhere"


def test_a_key_sees_what_its_scopes_allow(seeded_board: BoardUnderTest) -> None:
    answer = seeded_board.program(Permission.CUSTOMERS_READ).get("/v1/admin/dashboard").json()

    assert answer["users"]["value"] == 300
    assert [answer[name] for name in ("active_subscriptions", "revenue", "revenue_per_day")] == [None] * 3
    assert answer["alerts"] == []
    assert all("•••@" in item["email"] for item in answer["newest_signups"])


def test_a_key_without_the_scope_is_refused(seeded_board: BoardUnderTest) -> None:
    assert seeded_board.program(Permission.AUDIT_READ).get("/v1/admin/dashboard").status_code == 403
