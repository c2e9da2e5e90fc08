"""The list of promotion codes: how much each is used, its order, search, filters and export."""

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_promotion_code, make_promotion_figures
from tests.pages import Page
from tests.promotions.asking import find, get

SPRING = UUID("0a1b2c3d-0000-4000-8000-000000000001")
CODES = {
    "SPRING26": {"users": 12, "uses": 1500, "last": 1},
    "welcome_10%": {"users": 40, "uses": 60, "last": 3},
    "אביב👩🏽‍💻": {"users": 0, "uses": 2, "last": 50},
    "UNUSED": None,
}
BY_USES = ["SPRING26", "welcome_10%", "אביב👩🏽‍💻", "UNUSED"]


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        for number, (code, used) in enumerate(CODES.items()):
            made = make_promotion_code(
                session,
                code=code,
                stripe_promotion_id=None if used is None else f"promo_Stripe{number}",
                created_at=START - timedelta(days=10 * number),
                **({"id": SPRING} if code == "SPRING26" else {}),
            )
            if used is not None:
                make_promotion_figures(
                    session,
                    promotion_code_id=made.id,
                    users=used["users"],
                    uses=used["uses"],
                    last_used_at=START - timedelta(days=used["last"]),
                )
    return board.program()


def codes(program: Program, **parameters: Any) -> list[Any]:
    return find(program, "/promotions", "code", **parameters)


def test_a_row_tells_how_much_a_code_is_used(board: BoardUnderTest, program: Program) -> None:
    page = get(board, "/promotions")
    assert page.headers == ["Code", "Stripe id", "Users", "Uses", "Last used", "Created"]
    assert page.rows[0] == {
        "Code": "SPRING26",
        "Stripe id": "promo_Stripe0",
        "Users": "12",
        "Uses": "1,500",
        "Last used": "2026-01-14 04:00 PST",
        "Created": "2026-01-15 04:00 PST",
    }


def test_a_code_nobody_used_says_so(board: BoardUnderTest, program: Program) -> None:
    row = get(board, "/promotions?q=unused").rows[0]
    assert (row["Stripe id"], row["Users"], row["Uses"], row["Last used"]) == ("N/A", "0", "0", "N/A")


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-created_at", ["SPRING26", "welcome_10%", "אביב👩🏽‍💻", "UNUSED"]),
        ("code", ["SPRING26", "UNUSED", "welcome_10%", "אביב👩🏽‍💻"]),
        ("-code", ["אביב👩🏽‍💻", "welcome_10%", "UNUSED", "SPRING26"]),
        ("-uses", BY_USES),
        ("uses", BY_USES[::-1]),
        ("-users", ["welcome_10%", "SPRING26", "אביב👩🏽‍💻", "UNUSED"]),
        ("users", ["UNUSED", "אביב👩🏽‍💻", "SPRING26", "welcome_10%"]),
        ("-last_used_at", BY_USES),
        ("last_used_at", ["אביב👩🏽‍💻", "welcome_10%", "SPRING26", "UNUSED"]),
    ],
)
def test_every_figure_can_be_sorted_by(sort: str, order: Sequence[str], program: Program) -> None:
    assert codes(program, sort=sort) == order
    seen: list[Any] = []
    parameters: dict[str, Any] = {"sort": sort, "limit": 1}
    while parameters.get("cursor", "") is not None:
        answer = program.get("/v1/admin/promotions", params=parameters).json()
        seen += [item["code"] for item in answer["items"]]
        parameters["cursor"] = answer["next_cursor"]
    assert seen == order


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("spring", ["SPRING26"]),
        ("ring2", ["SPRING26"]),
        ("sp", ["SPRING26"]),
        ("10%", ["welcome_10%"]),
        ("e_1", ["welcome_10%"]),
        ("אביב", ["אביב👩🏽‍💻"]),
        ("promo_Stripe1", ["welcome_10%"]),
        ("promo_Str", BY_USES[:3]),
        (str(SPRING), ["SPRING26"]),
        ("0a1b2c3d", ["SPRING26"]),
        ("nothing", []),
    ],
)
def test_a_code_is_found_by_its_text_and_by_its_ids(
    term: str, found: Sequence[str], program: Program
) -> None:
    assert codes(program, q=term) == found


@pytest.mark.parametrize(("term", "found"), [("spring26", ["SPRING26"]), ("spring", []), ("promo_Str", [])])
def test_who_sees_masked_data_finds_whole_codes_only(
    term: str, found: Sequence[str], board: BoardUnderTest, program: Program
) -> None:
    assert codes(board.program(Permission.BILLING_READ), q=term) == found


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"created": "7d"}, ["SPRING26"]),
        ({"created_to": "2026-01-06"}, ["welcome_10%", "אביב👩🏽‍💻", "UNUSED"]),
        ({"used": "30d"}, ["SPRING26", "welcome_10%"]),
        ({"used_to": "2025-12-31"}, ["אביב👩🏽‍💻"]),
        ({"applied": "yes"}, ["SPRING26", "welcome_10%"]),
        ({"applied": "no"}, ["אביב👩🏽‍💻", "UNUSED"]),
        ({"applied": "yes", "used": "30d", "sort": "-users"}, ["welcome_10%", "SPRING26"]),
    ],
)
def test_a_filter_keeps_what_it_says(
    parameters: dict[str, Any], found: Sequence[str], program: Program
) -> None:
    assert codes(program, **parameters) == found


def test_the_other_tab_is_the_usage_history(board: BoardUnderTest, program: Program) -> None:
    tabs = get(board, "/promotions").root.get("nav", class_="tabs").find_all("a")
    assert [(tab.text, tab.attributes["href"]) for tab in tabs] == [
        ("Codes", "/promotions"),
        ("Usage history", "/promotions/usages"),
    ]


def test_the_built_in_views_sort_by_use(board: BoardUnderTest, program: Program) -> None:
    links = get(board, "/promotions").root.find_all("a", class_="menu-item")
    views = {link.text: link.attributes["href"] for link in links}
    page = Page(board.browser(Role.SUPPORT).get(views["Most used"]).text)
    assert [row["Code"] for row in page.rows] == BY_USES


def test_the_export_has_all_of_them_in_order(board: BoardUnderTest, program: Program) -> None:
    response = board.browser(Role.SUPPORT).get("/promotions/export.csv?sort=-uses")
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert [row["Code"] for row in rows] == BY_USES
    assert rows[0]["Uses"] == "1500"
    assert rows[0]["Last used"] == "2026-01-14T12:00:00Z"
    assert rows[3]["Stripe id"] == rows[3]["Last used"] == ""


def test_nothing_found_offers_to_clear(board: BoardUnderTest, program: Program) -> None:
    page = get(board, "/promotions?q=nothing-like-it")
    assert "No promotion codes match" in page.text


def test_the_page_costs_the_same_queries_whatever_it_shows(board: BoardUnderTest, program: Program) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = []
    for query in ("", "sort=-uses", "limit=100", "q=nothing"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/promotions?{query}").status_code == 200
        costs.append(len(statements))
    assert max(costs) <= 8


def test_the_global_search_finds_codes(board: BoardUnderTest, program: Program) -> None:
    page = Page(board.browser(Role.SUPPORT).get("/search", params={"q": "spring"}).text)
    assert "SPRING26" in page.text
    assert "promo_Stripe0" in page.text
    assert any(link.startswith("/promotions?") and str(SPRING) in link for link in page.links())
    assert "SPRING26" not in board.browser(Role.VIEWER).get("/search", params={"q": "spring"}).text
    assert "SPRING26" in board.browser(Role.VIEWER).get("/search", params={"q": "SPRING26"}).text
