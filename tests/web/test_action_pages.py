"""Changing something on pages: form, preview, confirmation, toast, undo. By the example of credits.

First as without JavaScript: every step is a page, every form a plain post.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.credits.models import CreditBalance, CreditTransaction
from tests.clients import BoardUnderTest, Browser
from tests.credit_factories import make_grant
from tests.factories import make_user
from tests.pages import Form, Page

ADJUST = "/actions/credits.adjust"
REASON = "Goodwill for the outage"


@pytest.fixture
def jane(board: BoardUnderTest) -> UUID:
    """A user with 45.50 credits, another for each test."""
    with board.rows() as session:
        user = make_user(session, full_name="Jane Smith")
        make_grant(session, user.id, "45.50")
    return user.id


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.browser(Role.SUPPORT)


def post(browser: Browser, form: Form, **changes: Any) -> Any:
    values = form.values | changes
    return browser.post(form.action, data=values, follow_redirects=False)


def open_form(browser: Browser, user: UUID) -> Form:
    page = Page(browser.get(f"{ADJUST}?user={user}&return_to=%2Fusers%3Fq%3D{user}").text)
    return page.form(f"{ADJUST}/preview")


def open_preview(browser: Browser, user: UUID, amount: str = "20.00", **fields: str) -> Page:
    answer = post(browser, open_form(browser, user), amount=amount, reason=REASON, **fields)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def balance_of(board: BoardUnderTest, user: UUID) -> Decimal:
    with board.runtime.reading() as session:
        return session.scalars(select(CreditBalance.total).where(CreditBalance.user_id == user)).one()


def entries_of(board: BoardUnderTest, user: UUID) -> int:
    with board.runtime.reading() as session:
        query = select(func.count()).where(CreditTransaction.user_id == user)
        return session.scalar(query) or 0


def audits_of(board: BoardUnderTest, user: UUID) -> list[str]:
    with board.runtime.reading() as session:
        query = select(AuditEntry.action).where(AuditEntry.target_id == str(user))
        return list(session.scalars(query.order_by(AuditEntry.position)))


@pytest.fixture
def unchanged(board: BoardUnderTest, jane: UUID) -> Iterator[None]:
    """For refusals: neither the ledger nor the audit log has moved."""
    yield
    assert balance_of(board, jane) == Decimal("45.50")
    assert entries_of(board, jane) == 1
    assert audits_of(board, jane) == []


def test_the_form_says_whom_it_is_about_and_asks_for_the_rest(browser: Browser, jane: UUID) -> None:
    page = Page(browser.get(f"{ADJUST}?user={jane}").text)
    form = page.form(f"{ADJUST}/preview")
    assert form.values["user"] == [str(jane)]
    assert {"amount", "type", "reason", "expires_at", "csrf_token"} <= form.values.keys()
    assert "@example.test" in page.root.get("header", class_="action-head").text


def test_the_preview_shows_before_and_after(browser: Browser, jane: UUID) -> None:
    page = open_preview(browser, jane)
    figures = page.root.get("dl", class_="change-main").text
    assert "Balance now $45.50" in figures
    assert "Balance after $65.50" in figures
    assert "+$20.00" in figures
    assert page.root.find_all("button", type="submit")[-1].text == "Add $20.00"
    assert REASON in page.text


def test_a_preview_changes_nothing(
    board: BoardUnderTest, browser: Browser, jane: UUID, unchanged: None
) -> None:
    open_preview(browser, jane)


def test_confirming_does_what_was_previewed_and_leads_back_with_a_toast(
    board: BoardUnderTest, browser: Browser, jane: UUID
) -> None:
    answer = post(browser, open_preview(browser, jane).form(ADJUST))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/users?q={jane}&done=")
    assert balance_of(board, jane) == Decimal("65.50")
    assert audits_of(board, jane) == ["credits.adjust"]
    toasts = Page(browser.get(answer.headers["location"]).text).toasts
    assert len(toasts) == 1
    assert "+$20.00" in toasts[0]
    assert "$45.50 → $65.50" in toasts[0]


def test_the_toast_is_for_who_did_it(board: BoardUnderTest, browser: Browser, jane: UUID) -> None:
    location = post(browser, open_preview(browser, jane).form(ADJUST)).headers["location"]
    assert Page(board.new_browser(Role.SUPPORT).get(location).text).toasts == []
    assert Page(browser.get("/users?done=nonsense").text).toasts == []


def test_undo_takes_it_back_once(board: BoardUnderTest, browser: Browser, jane: UUID) -> None:
    location = post(browser, open_preview(browser, jane).form(ADJUST)).headers["location"]
    undo = Page(browser.get(location).text).form("/undo/")
    undone = post(browser, undo)
    assert undone.status_code == 303
    assert balance_of(board, jane) == Decimal("45.50")
    assert audits_of(board, jane) == ["credits.adjust", "credits.reverse"]
    again = post(browser, undo)
    assert again.status_code == 409
    assert "undone already" in again.text
    assert entries_of(board, jane) == 3
    assert not Page(browser.get(location).text).has_form("/undo/")


def test_what_was_typed_stays_beside_what_is_wrong_with_it(
    browser: Browser, jane: UUID, unchanged: None
) -> None:
    form = open_form(browser, jane)
    answer = post(browser, form, amount="12.345", reason="short", type="refund")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.field_errors == {
        "amount": "An amount has at most two decimals.",
        "reason": "At least 10 characters are needed; this has 5.",
    }
    kept = page.form(f"{ADJUST}/preview").values
    assert (kept["amount"], kept["reason"], kept["type"]) == (["12.345"], ["short"], ["refund"])
    assert kept["user"] == [str(jane)]
    corrected = post(browser, page.form(f"{ADJUST}/preview"), amount="12.34", reason=REASON)
    assert corrected.status_code == 200


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "This is not an amount. Write it like 20.00 or -5.50."),
        ("0", "The amount must not be zero."),
        ("10000.01", "At most $10,000.00 can be adjusted at once."),
        ("NaN", "This is not an amount. Write it like 20.00 or -5.50."),
        ("1e3", "This is not an amount. Write it like 20.00 or -5.50."),
    ],
)
def test_a_wrong_amount_is_refused_with_its_sentence(
    amount: str, sentence: str, browser: Browser, jane: UUID, unchanged: None
) -> None:
    answer = post(browser, open_form(browser, jane), amount=amount, reason=REASON)
    assert Page(answer.text).field_errors["amount"] == sentence


def test_an_inactive_user_is_refused(board: BoardUnderTest, browser: Browser) -> None:
    with board.rows() as session:
        inactive = make_user(session, is_active=False).id
    answer = post(browser, open_form(browser, inactive), amount="5", reason=REASON)
    assert answer.status_code == 409
    assert "is inactive" in Page(answer.text).alerts[0]


def test_an_unknown_user_is_refused(browser: Browser, jane: UUID) -> None:
    answer = post(browser, open_form(browser, jane), user="nobody@example.com", amount="5", reason=REASON)
    assert answer.status_code == 404
    assert "There is no user nobody@example.com" in answer.text


def test_a_preview_gone_stale_is_shown_anew_not_confirmed(
    board: BoardUnderTest, browser: Browser, jane: UUID
) -> None:
    early, late = open_preview(browser, jane).form(ADJUST), open_preview(browser, jane, "-5.50").form(ADJUST)
    assert post(browser, late).status_code == 303
    answer = post(browser, early)
    assert answer.status_code == 409
    page = Page(answer.text)
    assert "no longer holds" in page.alerts[0]
    assert "Balance now $40.00" in page.text
    assert balance_of(board, jane) == Decimal("40.00")
    assert post(browser, page.form(ADJUST)).status_code == 303
    assert balance_of(board, jane) == Decimal("60.00")


@pytest.mark.parametrize(
    "change", [{"amount": "2000.00"}, {"token": "forged"}, {"token": ""}, {"user": "other"}]
)
def test_what_is_confirmed_cannot_differ_from_what_was_previewed(
    change: dict[str, str], board: BoardUnderTest, browser: Browser, jane: UUID, unchanged: None
) -> None:
    with board.rows() as session:
        other = make_user(session).id
    change = {name: str(other) if value == "other" else value for name, value in change.items()}
    answer = post(browser, open_preview(browser, jane).form(ADJUST), **change)
    assert answer.status_code == 409
    assert entries_of(board, other) == 0


def test_a_preview_belongs_to_who_asked_for_it(
    board: BoardUnderTest, browser: Browser, jane: UUID, unchanged: None
) -> None:
    form = open_preview(browser, jane).form(ADJUST)
    other = board.new_browser(Role.SUPPORT)
    assert post(other, form, csrf_token=other.csrf_token()).status_code == 409


def test_a_warning_must_be_ticked(board: BoardUnderTest, browser: Browser, jane: UUID) -> None:
    page = open_preview(browser, jane, "-145.50")
    assert "large adjustment" in page.text
    assert "will owe $100.00" in page.text
    form = page.form(ADJUST)
    refused = post(browser, form, acknowledged="large_amount")
    assert refused.status_code == 409
    assert Page(refused.text).root.get("p", id="warning-negative_balance").text == "Tick this to go on."
    assert balance_of(board, jane) == Decimal("45.50")
    ticked = Page(refused.text).form(ADJUST)
    assert ticked.values["acknowledged"] == ["large_amount"]
    done = post(browser, ticked, acknowledged=["large_amount", "negative_balance"])
    assert done.status_code == 303
    assert balance_of(board, jane) == Decimal("-100.00")


def test_confirming_twice_is_once(board: BoardUnderTest, browser: Browser, jane: UUID) -> None:
    form = open_preview(browser, jane).form(ADJUST)
    first, second = post(browser, form), post(browser, form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert balance_of(board, jane) == Decimal("65.50")
    assert entries_of(board, jane) == 2


def test_a_viewer_sees_no_button_and_is_refused(
    board: BoardUnderTest, browser: Browser, jane: UUID, unchanged: None
) -> None:
    viewer = board.browser(Role.VIEWER)
    assert "credits.adjust" not in viewer.get(f"/users?selected={jane}").text
    form = open_preview(browser, jane).form(ADJUST)
    assert viewer.get(f"{ADJUST}?user={jane}").status_code == 403
    assert viewer.get(f"{ADJUST}/live?user={jane}&amount=5").status_code == 403
    assert post(viewer, form, csrf_token=viewer.csrf_token()).status_code == 403
    assert viewer.submit(f"{ADJUST}/preview", {"user": str(jane), "amount": "5"}).status_code == 403


def test_a_viewer_cannot_undo(board: BoardUnderTest, browser: Browser, jane: UUID) -> None:
    location = post(browser, open_preview(browser, jane).form(ADJUST)).headers["location"]
    done = location.rpartition("=")[2]
    assert board.browser(Role.VIEWER).submit(f"/undo/{done}").status_code == 403
    assert balance_of(board, jane) == Decimal("65.50")


def test_cancel_and_back_lead_where_one_came_from(browser: Browser, jane: UUID) -> None:
    page = Page(browser.get(f"{ADJUST}?user={jane}&return_to=%2Fusers%3Fq%3Djane").text)
    assert page.root.get("a", data_dialog_close="").attributes["href"] == "/users?q=jane"
    back = post(browser, open_preview(browser, jane).form(f"{ADJUST}/preview"))
    values = Page(back.text).form(f"{ADJUST}/preview").values
    assert (values["amount"], values["reason"]) == (["20.00"], [REASON])
    assert back.status_code == 200


def test_what_was_typed_stays_out_of_addresses(browser: Browser, jane: UUID) -> None:
    page = open_preview(browser, jane)
    addresses = [*page.links(), *(form.attributes["action"] for form in page.root.find_all("form"))]
    assert not [address for address in addresses if "Goodwill" in address or "20.00" in address]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "\\\\evil.test"]
)
def test_nobody_is_led_to_another_site(elsewhere: str, browser: Browser, jane: UUID) -> None:
    form = open_preview(browser, jane).form(ADJUST)
    location = post(browser, form, return_to=elsewhere).headers["location"]
    assert location.startswith("/?done=")


def test_an_expiry_is_meant_in_the_time_zone_of_who_types(
    board: BoardUnderTest, browser: Browser, jane: UUID
) -> None:
    page = open_preview(browser, jane, expires_at="2026-02-01T09:00")
    post(browser, page.form(ADJUST))
    with board.runtime.reading() as session:
        query = select(CreditTransaction.expires_at).where(
            CreditTransaction.user_id == jane, CreditTransaction.amount == 20
        )
        expires_at = session.scalars(query).one()
    assert expires_at is not None
    assert expires_at.isoformat() == "2026-02-01T17:00:00+00:00"
