"""The usage history: what users did with which code, when, and why it failed; and its panel."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from adminboard.promotions.models import PromotionAction
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_promotion_code, make_promotion_code_usage, make_user
from tests.promotions.asking import PANEL, find, get, panel

PATH = "/promotions/usages"


@dataclass(frozen=True)
class Used:
    spring: UUID
    autumn: UUID
    jane: UUID
    john: UUID
    failed: UUID
    bare: UUID


@pytest.fixture(scope="module")
def used(board: BoardUnderTest) -> Used:
    """Jane tries SPRING, fails, applies it; John applies and loses it; both look at AUTUMN a month before."""
    with board.rows() as session:
        spring = make_promotion_code(session, code="SPRING", stripe_promotion_id="promo_spring").id
        autumn = make_promotion_code(session, code="AUTUMN", stripe_promotion_id=None).id
        jane = make_user(session, email="jane@example.com", full_name="Jane Smith").id
        john = make_user(session, email="john@example.com", full_name=None).id

        def use(code: UUID, user: UUID, action: PromotionAction, hours: int, **fields: Any) -> UUID:
            at = START - timedelta(hours=hours)
            made = make_promotion_code_usage(
                session, promotion_code_id=code, user_id=user, action=action, created_at=at, **fields
            )
            return made.id

        failed = use(
            spring,
            jane,
            PromotionAction.FAILED,
            9,
            failure_reason="=The code has expired, says \u202eeveryone 👩🏽‍💻 " + "and again " * 40,
        )
        use(spring, jane, PromotionAction.APPLIED, 8, stripe_invoice_id="in_Jane42")
        use(spring, john, PromotionAction.APPLIED, 7)
        bare = use(spring, john, PromotionAction.CLEARED, 6)
        use(autumn, jane, PromotionAction.VALIDATED, 24 * 30)
        use(autumn, john, PromotionAction.APPLIED, 24 * 31)
    return Used(spring, autumn, jane, john, failed, bare)


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, used: Used) -> Program:
    return board.program()


def actions(program: Program, **parameters: Any) -> list[Any]:
    return find(program, "/promotion-usages", "action", **parameters)


def test_a_row_tells_who_did_what_with_which_code(board: BoardUnderTest, used: Used) -> None:
    page = get(board, PATH)
    assert page.headers == ["Date", "Code", "User", "Action", "Reason", "Invoice"]
    row = page.rows[2]
    assert row["Date"] == "2026-01-14 20:00 PST"
    assert (row["Code"], row["User"], row["Action"]) == ("SPRING", "jane@example.com", "applied")
    assert (row["Reason"], row["Invoice"]) == ("N/A", "in_Jane42")
    for link in (f"/promotions?selected={used.spring}", f"/users?selected={used.jane}"):
        assert link in page.links()
    assert "/billing/invoices?q=in_Jane42" in page.links()
    assert "The code has expired" in page.rows[3]["Reason"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["cleared", "applied", "applied", "failed", "validated", "applied"]),
        ({"sort": "created_at"}, ["applied", "validated", "failed", "applied", "applied", "cleared"]),
        ({"action": "failed"}, ["failed"]),
        ({"action": ["failed", "cleared"]}, ["cleared", "failed"]),
        ({"code": "AUTUMN"}, ["validated", "applied"]),
        ({"code": "autumn", "action": "applied"}, ["applied"]),
        ({"code": ["AUTUMN", "SPRING"], "action": "validated"}, ["validated"]),
        ({"user": "jane@example.com"}, ["applied", "failed", "validated"]),
        ({"user": "JOHN@example.com", "code": "SPRING"}, ["cleared", "applied"]),
        ({"date": "today"}, ["cleared", "applied", "applied", "failed"]),
        ({"date": "7d", "action": "applied"}, ["applied", "applied"]),
        ({"date_to": "2025-12-31"}, ["validated", "applied"]),
        ({"latest": "yes"}, ["cleared", "applied", "validated", "applied"]),
        ({"latest": "no"}, ["applied", "failed"]),
        ({"latest": "yes", "action": "applied", "code": "SPRING"}, ["applied"]),
        ({"q": "jane", "action": "applied"}, ["applied"]),
        ({"q": "smith"}, ["applied", "failed", "validated"]),
        ({"q": "in_Jane42"}, []),
    ],
)
def test_search_and_filters_keep_what_they_say(
    parameters: dict[str, Any], found: Sequence[str], program: Program
) -> None:
    assert actions(program, **parameters) == found


def test_the_history_of_one_code_leaves_the_code_out(board: BoardUnderTest, used: Used) -> None:
    page = get(board, f"{PATH}?code={used.spring}")
    assert "Code" not in page.headers
    assert len(page.rows) == 4
    assert "SPRING" in page.root.get("div", id="filter-code").text


def test_viewers_see_users_masked_and_find_whole_values_only(board: BoardUnderTest, used: Used) -> None:
    assert get(board, PATH, Role.VIEWER).rows[0]["User"] == "j•••@example.com"
    masked = board.program(Permission.BILLING_READ)
    assert actions(masked, q="jane") == []
    assert len(actions(masked, q="jane@example.com")) == 3
    assert "jane@" not in board.browser(Role.VIEWER).get(f"{PATH}/export.csv").text


def test_the_export_has_everything_that_matches(board: BoardUnderTest, used: Used) -> None:
    response = board.browser(Role.SUPPORT).get(f"{PATH}/export.csv?code={used.spring}")
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert [row["Action"] for row in rows] == ["cleared", "applied", "applied", "failed"]
    assert rows[3]["Reason"].startswith("'=The code")
    assert rows[2]["Invoice"] == "in_Jane42"
    assert rows[0]["Code"] == "SPRING"


def test_the_panel_tells_all_of_one_usage(board: BoardUnderTest, used: Used) -> None:
    page = panel(board, f"{PATH}?selected={used.failed}")
    for told in ("SPRING", "failed", "jane@example.com", "Jane Smith", "promo_spring", "has expired"):
        assert told in page.text
    assert "Latest with this code No" in page.text
    assert f"/promotions/usages?user={used.jane}" in page.links()
    bare = panel(board, f"{PATH}?selected={used.bare}").text
    assert "Reason N/A" in bare
    assert "Invoice N/A" in bare
    assert "Latest with this code Yes" in bare
    assert "j•••@example.com" in panel(board, f"{PATH}?selected={used.bare}", Role.VIEWER).text


def test_an_unknown_usage_is_a_sentence(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get(f"{PATH}?selected={UUID(int=7)}", headers=PANEL)
    assert answer.status_code == 404
    assert "There is no usage" in answer.text


def test_the_page_costs_the_same_queries_whatever_it_shows(board: BoardUnderTest, used: Used) -> None:
    browser = board.browser(Role.SUPPORT)
    for query in ("", "limit=100", f"code={used.spring}&action=applied&latest=yes", "q=jane"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"{PATH}?{query}").status_code == 200
        assert len(statements) <= 9
