"""The entitlements page of one user, without JavaScript: matrix, past, change, finder, by role."""

from uuid import uuid4

import pytest

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.entitlements.standing import DAY, Standing
from tests.factories import START, make_user
from tests.pages import Page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
NOTES = "Sales promised it for the pilot"


def get(board: BoardUnderTest, query: str = "", *, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/entitlements?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def row_of(page: Page, feature: str) -> str:
    return page.root.get("tr", id=f"feature-{feature}").text


def test_the_matrix_tells_plan_override_access_and_why(board: BoardUnderTest, jane: Standing) -> None:
    page = get(board, f"user={jane.user.id}")
    extra = row_of(page, "call_recording")
    for shown in ("Call recording critical", "An override grants it.", "No", "grant", "2026-01-16 04:00 PST"):
        assert shown in extra
    for step in ("The user is active and Acme is not suspended.", "The plan Growth does not include it."):
        assert step in extra
    panel = page.root.get("div", id="panel").text
    for shown in (
        "jane@example.com",
        "Acme",
        "Plan in force Growth",
        "active",
        "Plan includes 1 Transcripts",
    ):
        assert shown in panel


def test_a_user_is_named_by_address_too(board: BoardUnderTest, jane: Standing) -> None:
    assert "Plan in force Growth" in get(board, "user=JANE@example.com").text


def test_without_a_user_it_tells_what_plans_include(board: BoardUnderTest, jane: Standing) -> None:
    text = get(board).text
    assert "Transcripts Every plan on sale" in text
    assert "Call recording critical Scale" in text
    assert "Find a user to see every feature they may use" in text


def test_a_past_moment_is_answered_on_the_page(board: BoardUnderTest, jane: Standing) -> None:
    page = get(board, f"user={jane.user.id}&at=2026-01-15T03:30")
    assert "On 2026-01-15 03:30 PST the plan in force was not recorded" in page.text
    assert "An override grants it." in row_of(page, "call_recording")
    assert not any("/actions/entitlements" in link for link in page.links())
    assert "Write the moment like" in get(board, f"user={jane.user.id}&at=yesterday").text
    early = get(board, f"user={jane.user.id}&at=2020-01-01T00:00")
    assert "This user signed up later" in early.text
    assert "An override grants it." in row_of(early, "call_recording")


def test_an_override_that_says_the_same_again_is_changed_and_not_granted(board: BoardUnderTest) -> None:
    with board.rows() as session:
        ursula = Standing(session, "ursula")
        ursula.override(ursula.extra)
    browser = board.browser(Role.SUPPORT)
    links = get(board, f"user={ursula.user.id}").links()
    edit = next(link for link in links if "set_override" in link and "call_rec" in link)
    form = Page(browser.get(edit).text).form("/actions/entitlements.set_override/preview")
    preview = Page(browser.submit(form.action, form.values | {"notes": ["Promised for longer"]}).text)
    confirm = preview.form("/actions/entitlements.set_override")
    assert "Change the override" in preview.text
    page = Page(browser.get(browser.submit(confirm.action, confirm.values).headers["location"]).text)
    assert page.toasts == ["Changed the override of Call recording for ursula@example.com"]


def test_granting_editing_removing_and_undoing_need_no_javascript(board: BoardUnderTest) -> None:
    with board.rows() as session:
        otto = Standing(session, "otto")
    browser, here = board.browser(Role.SUPPORT), f"user={otto.user.id}"
    link = next(link for link in get(board, here).links() if "set_override" in link and "call_rec" in link)
    assert "has_access=true" in link
    form = Page(browser.get(link).text).form("/actions/entitlements.set_override/preview")
    assert 'data-value="2026-01-31T23:59">Month&#39;s end<' in browser.get(link).text
    typed = form.values | {"expires_at": ["2026-02-14T04:00"], "notes": [NOTES]}
    preview = Page(browser.submit(form.action, typed).text)
    for shown in ("Access now no Access after yes", "Plan default no", "Feature Call recording", NOTES):
        assert shown in preview.text
    confirm = preview.form("/actions/entitlements.set_override")
    done = browser.submit(confirm.action, confirm.values)
    assert done.status_code == 303
    page = Page(browser.get(done.headers["location"]).text)
    assert page.toasts == ["Granted Call recording for otto@example.com"]
    assert "An override grants it. Until 2026-02-14 04:00 PST" in row_of(page, "call_recording")

    edit = next(link for link in page.links() if "set_override" in link and "call_rec" in link)
    form = Page(browser.get(edit).text).form("/actions/entitlements.set_override/preview")
    assert form.values["notes"] == [NOTES]
    assert form.values["expires_at"] == ["2026-02-14T04:00"]

    remove = next(link for link in page.links() if "remove_override" in link)
    form = Page(browser.get(remove).text).form("/actions/entitlements.remove_override/preview")
    preview = Page(browser.submit(form.action, form.values | {"reason": ["The pilot has ended"]}).text)
    confirm = preview.form("/actions/entitlements.remove_override")
    page = Page(browser.get(browser.submit(confirm.action, confirm.values).headers["location"]).text)
    assert "There is no subscription" in row_of(page, "call_recording")
    undo = page.form("/undo/")
    assert browser.submit(undo.action, undo.values).status_code == 303
    assert "An override grants it." in row_of(get(board, here), "call_recording")


def test_what_is_wrong_stands_beside_its_field(board: BoardUnderTest, jane: Standing) -> None:
    browser = board.browser(Role.SUPPORT)
    form = {"user": jane.user.email, "feature_key": "call_recording", "has_access": "true"}
    past = form | {"notes": NOTES, "expires_at": "2026-01-01T00:00"}
    for typed, sentence in (
        (form | {"notes": "short"}, "At least 10 characters are needed; this has 5."),
        (past, "This time has passed already. Choose one in the future, or none."),
    ):
        answer = browser.submit("/actions/entitlements.set_override/preview", typed)
        assert answer.status_code == 422
        assert sentence in Page(answer.text).text


def test_the_live_preview_tells_the_access(board: BoardUnderTest, jane: Standing) -> None:
    asked = {"user": jane.user.email, "feature_key": "transcripts", "has_access": "false"}
    answer = board.browser(Role.SUPPORT).get(
        "/actions/entitlements.set_override/live", params=asked, headers=PARTIAL
    )
    assert Page(answer.text).text == "Access: yes becomes no"


@pytest.mark.parametrize(
    ("role", "changes", "plans"),
    [(Role.VIEWER, False, False), (Role.SUPPORT, True, False), (Role.BILLING, True, True)],
)
def test_only_what_one_may_do_is_offered(
    board: BoardUnderTest, jane: Standing, role: Role, changes: bool, plans: bool
) -> None:
    page = get(board, f"user={jane.user.id}", role=role)
    assert any("entitlements.set_override" in link for link in page.links()) is changes
    assert any("billing.override_entitlement" in link for link in page.links()) is plans
    assert ("jane@example.com" in page.html) is (role is not Role.VIEWER)
    assert ("Asked for it" in page.html) is (role is not Role.VIEWER)


def test_inactive_users_offer_no_change(board: BoardUnderTest) -> None:
    with board.rows() as session:
        gone = make_user(session, is_active=False)
    page = get(board, f"user={gone.id}", role=Role.BILLING)
    assert "Overrides of inactive users cannot be changed." in page.text
    assert not any("/actions/" in link for link in page.links())


def test_nobody_unknown_has_a_page(board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get(f"/entitlements?user={uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("target", "shown"),
    [("div#panel", "Plan in force"), ("div#matrix", "Call recording"), ("div#found", "jane@example.com")],
)
def test_each_part_of_the_page_is_given_alone(
    board: BoardUnderTest, jane: Standing, target: str, shown: str
) -> None:
    answer = board.browser(Role.SUPPORT).get(
        f"/entitlements?user={jane.user.id}&find=jane", headers=PARTIAL | {"HX-Target": target}
    )
    assert shown in answer.text
    assert "<html" not in answer.text


def test_who_was_looked_at_is_found_again_by_the_same_admin_only(
    board: BoardUnderTest, jane: Standing
) -> None:
    def recent(role: Role, path: str = "/entitlements") -> str:
        return Page(browser.get(path).text).root.get("div", id="found").text

    browser = board.new_browser(Role.SUPPORT)
    assert recent(Role.SUPPORT) == ""
    browser.get(f"/entitlements?user={jane.user.id}")
    assert "jane@example.com" in recent(Role.SUPPORT)
    assert "jane@example.com" in recent(Role.SUPPORT, "/credits")
    cookie = browser.cookies["board_recent_users"]
    browser = board.new_browser(Role.SUPPORT)
    browser.cookies.set("board_recent_users", cookie)
    assert recent(Role.SUPPORT) == ""


def test_the_page_costs_the_same_queries_for_every_user(board: BoardUnderTest, jane: Standing) -> None:
    with board.rows() as session:
        busy = Standing(session, "busy")
        for number in range(20):
            feature = busy.feature(f"extra_{number}", f"Extra {number}")
            busy.override(feature, expires_at=START + DAY)
    costs = []
    for user in (jane, busy):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert board.browser(Role.SUPPORT).get(f"/entitlements?user={user.user.id}").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 5
