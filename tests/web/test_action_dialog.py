"""The same change in a dialog, as htmx asks for it: each step a fragment, the last one a toast."""

from uuid import UUID

import pytest

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, Browser
from tests.credit_factories import make_grant
from tests.factories import make_user
from tests.pages import Page

ADJUST = "/actions/credits.adjust"
DIALOG = {
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "HX-Target": "dialog#dialog",
    "HX-Current-URL": "https://board.test/users",
}
FIELDS = {"amount": "20.00", "type": "adjustment", "reason": "Goodwill for the outage"}


@pytest.fixture
def jane(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        user = make_user(session, full_name="Jane Smith")
        make_grant(session, user.id, "45.50")
    return user.id


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.browser(Role.SUPPORT)


def preview(browser: Browser, user: UUID, **changes: str) -> Page:
    fields = {**FIELDS, "user": str(user), **changes}
    return Page(browser.submit(f"{ADJUST}/preview", fields, headers=DIALOG).text)


def test_each_step_is_a_fragment(browser: Browser, jane: UUID) -> None:
    form = browser.get(f"{ADJUST}?user={jane}", headers=DIALOG)
    assert "<html" not in form.text
    assert 'hx-post="' in form.text
    page = preview(browser, jane)
    assert "<html" not in page.html
    assert "$65.50" in page.text


def test_the_last_step_closes_the_dialog_and_brings_a_toast_with_undo(browser: Browser, jane: UUID) -> None:
    form = preview(browser, jane).form(ADJUST)
    answer = browser.post(form.action, data=form.values, headers=DIALOG)
    assert answer.status_code == 200
    assert "data-action-done" in answer.text
    page = Page(answer.text)
    assert "+$20.00" in page.toasts[0]
    undo = page.form("/undo/")
    undone = browser.post(undo.action, data=undo.values, headers=DIALOG)
    assert "-$20.00" in Page(undone.text).toasts[0]
    again = browser.post(undo.action, data=undo.values, headers=DIALOG)
    assert again.status_code == 409
    assert "data-error-panel" in again.text


def test_one_begins_to_type_in_the_first_field_that_nobody_has_answered(
    board: BoardUnderTest, browser: Browser, jane: UUID
) -> None:
    def begin(**given: str) -> str | None:
        return Page(browser.get(ADJUST, params={"user": str(jane), **given}, headers=DIALOG).text).focused

    assert begin() == "amount"
    assert begin(amount="20.00", type="refund") == "reason"


def test_what_a_form_begins_with_is_still_to_be_answered(board: BoardUnderTest) -> None:
    with board.rows() as session:
        customer = make_user(session).organization_id
    browser, path = board.browser(Role.SUPPORT), "/actions/billing.reset_grace_period"
    given = {"customer": str(customer)}
    page = Page(browser.get(path, params=given, headers=DIALOG).text)
    assert page.form(path).values["days"] == ["7"]
    assert page.focused == "days"
    assert Page(browser.get(path, params=given | {"days": "14"}, headers=DIALOG).text).focused == "reason"


def test_a_refusal_keeps_the_dialog_with_what_was_typed(browser: Browser, jane: UUID) -> None:
    fields = {**FIELDS, "user": str(jane), "amount": "12.345"}
    answer = browser.submit(f"{ADJUST}/preview", fields, headers=DIALOG)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.field_errors == {"amount": "An amount has at most two decimals."}
    assert page.form(ADJUST).values["amount"] == ["12.345"]
    assert "<html" not in answer.text


def test_a_missing_tick_and_a_stale_preview_stay_in_the_dialog(browser: Browser, jane: UUID) -> None:
    form = preview(browser, jane, amount="-50.00").form(ADJUST)
    unticked = browser.post(form.action, data=form.values, headers=DIALOG)
    assert unticked.status_code == 409
    assert "Tick this to go on." in unticked.text
    stale = browser.post(form.action, data=form.values | {"token": "old"}, headers=DIALOG)
    assert stale.status_code == 409
    assert "no longer holds" in stale.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("amount=20", "Balance: $45.50 becomes $65.50 +$20.00"),
        ("amount=-50&reason=short", "Balance: $45.50 becomes -$4.50 -$50.00"),
        ("amount=", ""),
        ("amount=12.345", ""),
        ("amount=abc", ""),
    ],
)
def test_the_live_preview_follows_what_is_typed(query: str, shown: str, browser: Browser, jane: UUID) -> None:
    answer = browser.get(f"{ADJUST}/live?user={jane}&{query}", headers=DIALOG)
    assert answer.status_code == 200
    assert Page(answer.text).text == shown


def test_a_session_that_ended_leads_to_the_login_page(board: BoardUnderTest, jane: UUID) -> None:
    stranger = board.stranger()
    answer = stranger.get(f"{ADJUST}?user={jane}", headers=DIALOG)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/login?next=/users")


def test_a_refused_role_gets_a_panel_in_the_dialog(board: BoardUnderTest, jane: UUID) -> None:
    answer = board.browser(Role.VIEWER).get(f"{ADJUST}?user={jane}", headers=DIALOG)
    assert answer.status_code == 403
    assert "data-error-panel" in answer.text
    assert "credits.write" in answer.text
