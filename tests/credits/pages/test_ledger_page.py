"""The credits page of one user: panel, transactions, one entry, adjustment and undo, without JavaScript."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from adminboard.core.permissions import Role
from adminboard.credits.models import CreditBalance
from adminboard.users.models import User
from tests.clients import BoardUnderTest, recorded_queries
from tests.credits.pages.changing import adjust, new_user, tick
from tests.pages import Page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
REASON = "Goodwill for the outage"


def get(board: BoardUnderTest, query: str = "", *, role: Role = Role.SUPPORT, path: str = "/credits") -> Page:
    answer = board.browser(role).get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def total_of(board: BoardUnderTest, user: User) -> str | None:
    with board.runtime.reading() as session:
        total = session.scalar(select(CreditBalance.total).where(CreditBalance.user_id == user.id))
        return None if total is None else str(total)


def test_the_panel_shows_total_buckets_and_what_expires(board: BoardUnderTest, jane: User) -> None:
    panel = get(board, f"user={jane.id}").root.get("div", id="panel").text
    for shown in ("Jane Smith", "$25.00", "Trial $10.00", "Subscription $15.00", "$15.00 of $30.00", "soon"):
        assert shown in panel


def test_the_list_shows_what_happened_newest_first(board: BoardUnderTest, jane: User) -> None:
    page = get(board, f"user={jane.id}")
    assert [(row["Type"], row["Amount"], row["Balance"], row["By"]) for row in page.rows] == [
        ("Deduct usage", "-$15.00", "$25.00", "product"),
        ("Grant subscription", "+$30.00", "$40.00", "product"),
        ("Grant trial", "+$10.00", "$10.00", "product"),
    ]
    assert page.count == "3 transactions"
    assert "User" not in page.headers


def test_a_user_is_named_by_e_mail_too(board: BoardUnderTest, jane: User) -> None:
    page = get(board, "user=JANE@example.com")
    assert page.count == "3 transactions"
    assert "Jane Smith" in page.text


def test_without_a_user_the_newest_transactions_of_all_are_shown(board: BoardUnderTest, jane: User) -> None:
    page = get(board)
    assert "User" in page.headers
    assert "jane@example.com" in {row["User"] for row in page.rows}
    assert "Find a user to see their credits" in page.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("type=grant_trial", ["Grant trial"]),
        ("type=grant_trial&type=deduct_usage", ["Deduct usage", "Grant trial"]),
        ("date_to=2026-01-14", []),
        ("sort=created_at", ["Grant trial", "Grant subscription", "Deduct usage"]),
    ],
)
def test_filters_and_sort_keep_the_user(
    board: BoardUnderTest, jane: User, query: str, shown: list[str]
) -> None:
    page = get(board, f"user={jane.id}&{query}")
    assert [row["Type"] for row in page.rows] == shown
    assert page.form("/credits").values["user"] == [str(jane.id)]
    assert all(f"user={jane.id}" in link for link in page.links() if link.startswith("/credits?sort="))


@pytest.mark.parametrize("find", ["jane", "jane@example.com", "Smith"])
def test_a_user_is_found_with_the_balance(board: BoardUnderTest, jane: User, find: str) -> None:
    found = get(board, f"find={find}").root.get("div", id="found")
    assert f"/credits?user={jane.id}" in [link.attributes["href"] for link in found.find_all("a")]
    assert "$25.00" in found.text


def test_nobody_found_says_what_to_try(board: BoardUnderTest) -> None:
    assert "No user matches “nobody here”" in get(board, "find=nobody+here").text


def test_a_viewer_finds_by_whole_values_only_and_sees_them_masked(board: BoardUnderTest, jane: User) -> None:
    def find(term: str) -> str:
        return get(board, f"find={term}", role=Role.VIEWER).root.get("div", id="found").text

    assert "No user matches" in find("jane")
    assert "j•••@example.com" in find("jane@example.com")
    for query in (f"user={jane.id}", "find=Jane+Smith", f"user={jane.id}&tab=proof", ""):
        page = get(board, query, role=Role.VIEWER)
        assert "jane@example.com" not in page.html
    assert "j•••@example.com" in page.text


def test_a_user_without_a_balance_is_told_of_the_first_adjustment(board: BoardUnderTest) -> None:
    page = get(board, f"user={new_user(board).id}")
    assert "No balance yet: it will be created on the first adjustment." in page.text
    assert "No transactions yet" in page.text


def test_debt_is_shouted(board: BoardUnderTest) -> None:
    user = new_user(board)
    adjust(board, user, "-4.20", acknowledge=["negative_balance"])
    assert "In debt: $4.20 is owed." in get(board, f"user={user.id}").text


def test_nobody_unknown_has_a_page(board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get(f"/credits?user={uuid4()}").status_code == 404


def test_a_viewer_cannot_adjust_and_sees_no_button(board: BoardUnderTest, jane: User) -> None:
    for role, offered in ((Role.VIEWER, False), (Role.SUPPORT, True)):
        page = get(board, f"user={jane.id}", role=role)
        assert any("/actions/credits.adjust" in link for link in page.links()) is offered
    assert board.browser(Role.VIEWER).get("/actions/credits.adjust").status_code == 403


def test_credits_of_an_inactive_user_offer_no_change(board: BoardUnderTest) -> None:
    page = get(board, f"user={new_user(board, is_active=False).id}")
    assert "Credits of inactive users cannot be adjusted." in page.text
    assert not any("/actions/" in link for link in page.links())


def test_an_entry_shows_who_paid_it_and_what_it_paid(board: BoardUnderTest, jane: User) -> None:
    debit, subscription, _ = get(board, f"user={jane.id}").row_ids
    detail = get(board, f"user={jane.id}&selected={debit}").root.get("aside", id="detail").text
    assert "Paid by Grant subscription entry 2 $15.00" in detail
    detail = get(board, f"user={jane.id}&selected={subscription}").root.get("aside", id="detail").text
    assert "Used for Deduct usage entry 3 $15.00" in detail
    assert "Left of it $15.00" in detail


def test_adjusting_and_undoing_needs_no_javascript(board: BoardUnderTest) -> None:
    user = new_user(board, email="otto@example.com")
    browser = board.browser(Role.SUPPORT)
    link = next(link for link in get(board, f"user={user.id}").links() if "credits.adjust" in link)
    form = Page(browser.get(link).text).form("/actions/credits.adjust/preview")
    typed = form.values | {"amount": ["20.00"], "reason": [REASON]}
    preview = Page(browser.submit(form.action, typed).text)
    assert "Balance now $0.00 Balance after $20.00" in preview.text
    confirm = preview.form("/actions/credits.adjust")
    done = browser.submit(confirm.action, confirm.values)
    assert done.status_code == 303
    assert done.headers["location"].startswith(f"/credits?user={user.id}&done=")
    page = Page(browser.get(done.headers["location"]).text)
    assert page.toasts == ["+$20.00 for otto@example.com: $0.00 → $20.00"]
    assert total_of(board, user) == "20.00"

    tick(board)
    undo = page.form("/undo/")
    undone = browser.submit(undo.action, undo.values)
    assert undone.status_code == 303
    assert undone.headers["location"].startswith(f"/credits?user={user.id}&done=")
    assert total_of(board, user) == "0.00"
    again = browser.submit(undo.action, undo.values)
    assert again.status_code == 409
    assert "undone already" in again.text


def test_an_adjustment_offers_its_undo_and_its_audit_entry_until_it_was_used(board: BoardUnderTest) -> None:
    user = new_user(board)
    made = adjust(board, user, "20.00")
    path = f"user={user.id}&selected={made['result']['id']}"
    page = get(board, path, role=Role.BILLING)
    assert page.has_form(f"/undo/{made['audit_id']}")
    assert f"/audit?selected={made['audit_id']}" in page.links()
    assert not any("/audit?" in link for link in get(board, path).links())
    assert not get(board, path, role=Role.VIEWER).has_form("/undo/")

    undo = page.form("/undo/")
    asked = Page(board.browser(Role.BILLING).submit(undo.action, undo.values).text)
    assert "Reversed by a later entry" not in get(board, path, role=Role.BILLING).text
    confirmation = asked.form("/undo/")
    board.browser(Role.BILLING).submit(confirmation.action, confirmation.values)
    page = get(board, path, role=Role.BILLING)
    assert "Reversed by a later entry" in page.text
    assert not page.has_form("/undo/")
    assert not any("credits.reverse" in link for link in page.links())


def test_usage_can_be_reversed_with_a_reason(board: BoardUnderTest, jane: User) -> None:
    debit = get(board, f"user={jane.id}").row_ids[0]
    page = get(board, f"user={jane.id}&selected={debit}")
    link = next(link for link in page.links() if "credits.reverse" in link)
    form = Page(board.browser(Role.SUPPORT).get(link).text)
    assert "jane@example.com" in form.text
    assert form.form("/actions/credits.reverse/preview").values["transaction_id"] == [debit]


def test_the_live_preview_tells_the_difference(board: BoardUnderTest, jane: User) -> None:
    answer = board.browser(Role.SUPPORT).get(
        "/actions/credits.adjust/live", params={"user": str(jane.id), "amount": "20"}, headers=PARTIAL
    )
    assert Page(answer.text).text == "Balance: $25.00 becomes $45.00 +$20.00"


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("div#list", "3 transactions"),
        ("div#panel", "Expiring grants"),
        ("div#found", "jane@example.com"),
        ("aside#detail", "Grant trial"),
    ],
)
def test_each_part_of_the_page_is_given_alone(
    board: BoardUnderTest, jane: User, target: str, shown: str
) -> None:
    oldest = get(board, f"user={jane.id}").row_ids[-1]
    answer = board.browser(Role.SUPPORT).get(
        f"/credits?user={jane.id}&selected={oldest}&find=jane", headers=PARTIAL | {"HX-Target": target}
    )
    assert shown in answer.text
    assert "<html" not in answer.text


def test_a_view_saved_on_one_users_page_serves_every_user(board: BoardUnderTest, jane: User) -> None:
    browser = board.new_browser(Role.SUPPORT)
    page = Page(browser.get(f"/credits?user={jane.id}&type=refund").text)
    form = page.form("/views/credit_transactions")
    saved = browser.submit(form.action, form.values | {"name": ["Refunds"]})
    assert saved.headers["location"] == f"/credits?user={jane.id}&type=refund"
    other = new_user(board)
    assert (
        f"/credits?user={other.id}&type=refund" in Page(browser.get(f"/credits?user={other.id}").text).links()
    )


def test_the_export_holds_the_users_transactions_alone(board: BoardUnderTest, jane: User) -> None:
    other = new_user(board)
    adjust(board, other, "1.00")
    answer = board.browser(Role.SUPPORT).get(f"/credits/export.csv?user={jane.id}")
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert len(lines) == 4
    assert all("jane@example.com" in line for line in lines[1:])


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest, jane: User) -> None:
    browser = board.browser(Role.SUPPORT)
    busy = new_user(board)
    for _ in range(30):
        adjust(board, busy, "1.00")
    costs = {}
    for user in (jane, busy):
        for query in ("", "&limit=25", "&tab=proof"):
            with recorded_queries(board.runtime.database.engine) as statements:
                assert browser.get(f"/credits?user={user.id}{query}").status_code == 200
            costs[user.email, query] = len(statements)
    for query in ("", "&limit=25", "&tab=proof"):
        assert costs[jane.email, query] == costs[busy.email, query]
    assert max(costs.values()) <= 9
