"""The panel of one code: its figures, who has it, what happened last."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.permissions import Role
from adminboard.promotions.models import PromotionAction
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import (
    START,
    make_invoice,
    make_promotion_code,
    make_promotion_code_usage,
    make_promotion_figures,
    make_user,
)
from tests.promotions.asking import PANEL, panel


@pytest.fixture(scope="module")
def popular(board: BoardUnderTest) -> UUID:
    """Twelve users have it, the newest first; one lost it since; one failed last of all."""
    with board.rows() as session:
        code = make_promotion_code(session, code="POPULAR", stripe_promotion_id="promo_popular").id
        make_promotion_figures(session, promotion_code_id=code, users=12, uses=14)

        def use(
            email: str,
            action: PromotionAction,
            minutes: int,
            reason: str | None = None,
            invoice: str | None = None,
        ) -> None:
            make_promotion_code_usage(
                session,
                promotion_code_id=code,
                user_id=users.get(email) or users.setdefault(email, make_user(session, email=email).id),
                action=action,
                failure_reason=reason,
                stripe_invoice_id=invoice,
                created_at=START - timedelta(minutes=minutes),
            )

        users: dict[str, UUID] = {}
        for number in range(12):
            use(f"has{number:02}@users.test", PromotionAction.APPLIED, 100 + number)
        make_invoice(session, stripe_invoice_id="in_known", number="ACME-0042")
        use("has00@users.test", PromotionAction.APPLIED, 90, invoice="in_known")
        use("lost@users.test", PromotionAction.APPLIED, 50, invoice="in_untold")
        use("lost@users.test", PromotionAction.CLEARED, 40)
        use("failed@users.test", PromotionAction.FAILED, 30, "New customers only")
    return code


@pytest.fixture(scope="module")
def unused(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_promotion_code(session, code="UNUSED", stripe_promotion_id=None).id


def test_it_tells_how_much_the_code_is_used(board: BoardUnderTest, popular: UUID) -> None:
    page = panel(board, f"/promotions?selected={popular}")
    assert "12 users have it now" in page.text
    assert "Uses 14" in page.text
    assert "promo_popular" in page.text


def test_it_names_those_who_have_it_with_links(board: BoardUnderTest, popular: UUID) -> None:
    page = panel(board, f"/promotions?selected={popular}")
    first, last = page.root.find_all("ul", class_="detail-list")
    named = [item.find_all("a")[0] for item in first.find_all("li")]
    assert [link.text for link in named] == [f"has{number:02}@users.test" for number in range(10)]
    assert all(link.attributes["href"].startswith("/users?selected=") for link in named)
    assert f"/promotions/usages?code={popular}&action=applied&latest=yes" in page.links()
    assert "failed@users.test" in last.text
    assert "New customers only" in last.text
    assert len(last.find_all("li")) == 10


def test_its_last_usages_lead_to_their_invoices(board: BoardUnderTest, popular: UUID) -> None:
    page = panel(board, f"/promotions?selected={popular}")
    usages = page.root.find_all("ul", class_="detail-list")[-1]
    (link,) = [link for link in usages.find_all("a") if link.text == "ACME-0042"]
    opened = panel(board, link.attributes["href"])
    assert "ACME-0042" in opened.text
    assert "in_known" in opened.text
    assert "invoice in_untold" in usages.text, "one that the board does not have yet is named"
    assert usages.text.count("invoice") == 2


def test_its_whole_history_is_one_click_away(board: BoardUnderTest, popular: UUID) -> None:
    assert f"/promotions/usages?code={popular}" in panel(board, f"/promotions?selected={popular}").links()


def test_a_code_nobody_tried_says_so(board: BoardUnderTest, unused: UUID) -> None:
    page = panel(board, f"/promotions?selected={unused}")
    assert "0 users have it now" in page.text
    assert "Nobody has it now" in page.text
    assert "Nobody has tried it yet" in page.text
    assert "Last used N/A" in page.text
    assert "Stripe id N/A" in page.text


def test_viewers_see_the_users_masked(board: BoardUnderTest, popular: UUID) -> None:
    page = panel(board, f"/promotions?selected={popular}", Role.VIEWER)
    assert "h•••@users.test" in page.text
    assert "has00" not in page.html


def test_the_api_knows_a_code_by_id_and_by_its_text(board: BoardUnderTest, popular: UUID) -> None:
    program = board.program()
    record = program.get(f"/v1/admin/promotions/{popular}").json()
    assert record["code"] == "POPULAR"
    assert (record["user_count"], record["uses"]) == (12, 14)
    assert len(record["users"]) == len(record["usages"]) == 10
    assert program.get("/v1/admin/promotions/popular").json()["id"] == str(popular)
    assert program.get("/v1/admin/promotions/nothing").status_code == 404


def test_two_codes_that_differ_in_capitals_are_told_apart(board: BoardUnderTest) -> None:
    with board.rows() as session:
        upper, lower = make_promotion_code(session, code="Same"), make_promotion_code(session, code="same")
    program = board.program()
    assert program.get("/v1/admin/promotions/Same").json()["id"] == str(upper.id)
    assert program.get("/v1/admin/promotions/same").json()["id"] == str(lower.id)


@pytest.mark.parametrize("selected", [str(UUID(int=7)), "nonsense", "%00"])
def test_an_unknown_code_is_a_sentence(selected: str, board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get(f"/promotions?selected={selected}", headers=PANEL)
    assert response.status_code == 404
    assert "There is no" in response.text


def test_the_panel_costs_the_same_queries_whatever_the_code_has(
    board: BoardUnderTest, popular: UUID, unused: UUID
) -> None:
    costs = []
    for code in (popular, unused):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, f"/promotions?selected={code}")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 5
