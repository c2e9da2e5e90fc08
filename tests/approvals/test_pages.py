"""Approvals on pages: asking for one in a form, the list, the panel, and deciding."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.actor import Actor
from adminboard.core.listings.filters import OPTIONS_LIFETIME
from adminboard.core.models import ApprovalStatus
from adminboard.core.permissions import Role
from adminboard.users.models import User
from tests.approvals.asking import REASON, Office
from tests.clients import Browser, recorded_queries
from tests.factories import START, make_approval
from tests.pages import Page


def read(browser: Browser, path: str) -> Page:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return Page(answer.text)


def of(office: Office, browser: Browser) -> Actor:
    assert browser.admin is not None
    return office.as_actor(browser.admin)


@pytest.fixture
def ada(office: Office) -> Browser:
    return office.board.new_browser(Role.SUPPORT)


@pytest.fixture
def bob(office: Office) -> Browser:
    return office.board.new_browser(Role.BILLING)


@pytest.fixture
def jane(office: Office) -> User:
    return office.new_user()


def test_the_form_says_that_a_second_person_is_needed_and_asks_for_them(
    office: Office, ada: Browser, jane: User
) -> None:
    fields = {"user": str(jane.id), "amount": "1500", "type": "adjustment", "reason": REASON}
    live = ada.get(
        "/actions/credits.adjust/live",
        params=fields,
        headers={"HX-Request-Type": "partial", "HX-Target": "live"},
    )
    assert "needs the approval of a second admin" in live.text

    preview = Page(ada.submit("/actions/credits.adjust/preview", fields).text)
    assert "Nothing is changed before that person approves." in preview.text
    assert "Request approval: Add $1,500.00" in preview.text

    form = preview.form("/actions/credits.adjust")
    sent = {**form.values, "acknowledged": ["large_amount"], "return_to": ["/users"]}
    answer = ada.post("/actions/credits.adjust", data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text[:500]
    page = read(ada, answer.headers["location"])
    assert page.toasts == [f"Asked for approval: Add $1,500.00 for {jane.email}"]
    request = UUID(next(link for link in page.links() if "/approvals?selected=" in link)[-36:])
    assert office.request(request).status is ApprovalStatus.WAITING
    assert office.balance(jane) == "0.00"


def test_the_list_begins_with_what_waits(office: Office, bob: Browser, jane: User) -> None:
    asking = of(office, bob)
    waiting, done = office.ask(asking, jane), office.ask(asking, jane, "-2500.00")
    office.reject(office.hire(), done)

    page = read(bob, f"/approvals?status=waiting&by={asking.name}")
    assert page.headers == ["Requested", "By", "Action", "Target", "Amount", "Status", "Expires", "Reason"]
    assert page.rows == [
        {
            "Requested": "2026-01-15 04:00 PST",
            "By": asking.name,
            "Action": "Adjust credits",
            "Target": jane.email,
            "Amount": "$1,500.00",
            "Status": "waiting",
            "Expires": "2026-01-22 04:00 PST",
            "Reason": REASON,
        }
    ]
    assert page.row_ids == [str(waiting)]
    assert str(done) not in read(bob, "/approvals").row_ids
    everything = read(bob, f"/approvals?by={asking.name}&sort=-created_at")
    assert {row["Status"] for row in everything.rows} == {"waiting", "rejected"}
    assert {row["Amount"] for row in everything.rows} == {"$1,500.00", "-$2,500.00"}


def test_filters_search_sort_and_export(office: Office, bob: Browser) -> None:
    with office.board.rows() as session:
        for number, status in enumerate((ApprovalStatus.WAITING, ApprovalStatus.VOID)):
            make_approval(
                session,
                status=status,
                action=f"refunds.try{number}",
                credits=None,
                amount_cents=29_00,
                currency="eur",
                target_label=f"filtered{number}@example.test",
                created_at=START - timedelta(days=400 + number),
                expires_at=START + timedelta(days=1),
            )
    path = "/approvals?q=filtered"
    both = ["filtered0@example.test", "filtered1@example.test"]
    for query, found in {
        "": both,
        "&sort=created_at": both[::-1],
        "&action=refunds.try1": both[1:],
        "&status=waiting": both[:1],
        "&status=void&status=waiting": both,
        "&status=expired": [],
        "&requested=today": [],
    }.items():
        assert [row["Target"] for row in read(bob, path + query).rows] == found, query
    assert read(bob, path).rows[0]["Amount"] == "€29.00"
    export = bob.get("/approvals/export.csv?q=filtered&status=waiting").text.splitlines()
    assert len(export) == 2
    assert "€29.00" in export[1]
    assert read(bob, "/approvals?q=nobody-asked-for-this").text.count("No requests match") == 1
    with recorded_queries(office.board.runtime.database.engine) as statements:
        read(bob, path)
    assert len(statements) <= 8, statements


def test_one_past_its_time_reads_as_expired_before_any_job(office: Office, bob: Browser) -> None:
    with office.board.rows() as session:
        late = make_approval(session, expires_at=START, target_label="late@example.test")
    assert read(bob, "/approvals?q=late@example.test&status=expired").row_ids == [str(late.id)]
    assert read(bob, "/approvals?q=late@example.test&status=waiting").row_ids == []
    panel = read(bob, f"/approvals?selected={late.id}&sort=-created_at")
    assert "/actions/approvals.approve" not in panel.html


def test_the_panel_shows_what_was_asked_and_what_it_would_do_now(
    office: Office, bob: Browser, jane: User
) -> None:
    asking = office.hire()
    office.adjust(asking, jane, "45.50")
    request = office.ask(asking, jane)
    panel = read(bob, f"/approvals?selected={request}")
    assert "Balance $45.50 $1,545.50" in panel.text
    assert "$1,500.00 is a large adjustment, over $100.00." in panel.text
    assert panel.link("approve").startswith(f"/actions/approvals.approve?approval={request}")
    assert "Approve: Add $1,500.00" in panel.text
    assert f"/users?selected={jane.id}" in panel.links()

    assert "The same as when it was asked." in read(bob, f"/approvals/{request}/now").text
    office.adjust(asking, jane, "-40.00")
    now = read(bob, f"/approvals/{request}/now").text
    assert "Balance $5.50 $1,505.50" in now
    assert "nothing that the decision rests on" in now
    office.change(User, jane.id, is_active=False)
    assert "This user is inactive" in read(bob, f"/approvals/{request}/now").text


def test_approving_on_a_page_makes_the_change(office: Office, bob: Browser, jane: User) -> None:
    request = office.ask(office.hire(), jane)
    preview = Page(
        bob.submit("/actions/approvals.approve/preview", {"approval": str(request), "note": "Agreed"}).text
    )
    assert "Balance now $0.00 Balance after $1,500.00" in preview.text
    assert "Approve: Add $1,500.00" in preview.text
    form = preview.form("/actions/approvals.approve")
    answer = bob.post("/actions/approvals.approve", data=form.values, follow_redirects=False)
    assert answer.status_code == 303, answer.text[:500]
    assert office.balance(jane) == "1500.00"
    panel = read(bob, f"/approvals?selected={request}")
    assert f"+$1,500.00 for {jane.email}: $0.00 → $1,500.00" in panel.text
    change = office.request(request).audit_entry_id
    assert f"/audit?selected={change}" in panel.links()
    entry = read(bob, f"/audit?selected={change}")
    assert f"/approvals?selected={request}" in entry.links()
    assert entry.has_form(f"/undo/{change}")


def test_a_void_request_says_so_before_it_is_marked(office: Office, bob: Browser, jane: User) -> None:
    request = office.ask(office.hire(), jane)
    office.change(User, jane.id, is_active=False)
    preview = Page(bob.submit("/actions/approvals.approve/preview", {"approval": str(request)}).text)
    assert "This user is inactive" in preview.text
    assert "Mark as void" in preview.text


def test_who_asked_sees_a_way_to_withdraw_and_none_to_approve(
    office: Office, bob: Browser, jane: User
) -> None:
    request = office.ask(of(office, bob), jane)
    panel = read(bob, f"/approvals?selected={request}")
    assert "/actions/approvals.approve" not in panel.html
    assert panel.link("withdraw").startswith("/actions/approvals.withdraw")
    refused = bob.submit("/actions/approvals.approve/preview", {"approval": str(request)})
    assert (refused.status_code, "You asked for this yourself" in refused.text) == (403, True)


def test_support_sees_only_their_own_requests(office: Office, ada: Browser, jane: User) -> None:
    own, other = office.ask(of(office, ada), jane), office.ask(office.hire(), jane)
    me = of(office, ada).name

    assert read(ada, "/approvals").row_ids == [str(own)]
    assert read(ada, f"/approvals?q={jane.email}").row_ids == [str(own)]
    assert ada.get("/approvals/count?sort=-created_at").text.strip().startswith("1 request")
    listed = read(ada, "/approvals?sort=-created_at")
    assert {row["By"] for row in listed.rows} == {me}
    assert office.request(other).requested_by_name not in listed.html
    assert str(other) not in ada.get("/approvals/export.csv").text
    assert len(ada.get("/approvals/export.csv").text.splitlines()) == 2
    assert "There is no such request" in ada.get(f"/approvals?selected={other}&sort=-created_at").text
    assert ada.get(f"/approvals/{other}/now").status_code == 404
    assert f"selected={other}" not in ada.get(f"/search?q={jane.email}").text
    assert f"selected={own}" in ada.get(f"/search?q={jane.email}").text
    withdrawn = ada.submit("/actions/approvals.withdraw/preview", {"approval": str(other)})
    assert withdrawn.status_code == 404
    office.reject(office.hire(), own)
    assert read(ada, "/approvals").row_ids == [str(own)], "what came of it is there without asking for it"


def test_filters_offer_support_only_who_asked_for_what_they_see(
    office: Office, ada: Browser, bob: Browser, jane: User
) -> None:
    """Also where somebody who sees everything has just opened the same list."""
    office.ask(of(office, ada), jane)
    other = office.hire()
    office.ask(other, jane)
    me, path = of(office, ada).name, "/approvals?sort=-created_at"

    def offered(browser: Browser) -> set[str]:
        chip = read(browser, path).root.get("div", id="filter-by")
        return {str(box.attributes["value"]) for box in chip.find_all("input", name="by")}

    assert offered(ada) == {me}
    office.board.clock.advance(OPTIONS_LIFETIME)
    assert {me, other.name} <= offered(bob)
    assert offered(ada) == {me}
    assert {me, other.name} <= offered(bob)


def test_the_sidebar_counts_what_waits_for_those_who_may_see_it(
    office: Office, ada: Browser, bob: Browser, jane: User
) -> None:
    def count(browser: Browser) -> str:
        link = read(browser, "/users").root.get("a", href="/approvals").text
        return link.removeprefix("Approvals").strip()

    assert count(ada) == ""
    before = int(count(bob) or 0)
    office.ask(of(office, ada), jane)
    office.ask(office.hire(), jane)
    assert (count(ada), int(count(bob))) == ("1", before + 2)
    viewer = office.board.browser(Role.VIEWER)
    assert "/approvals" not in read(viewer, "/users").links()


def test_the_sidebar_counts_anew_after_a_decision(
    office: Office, ada: Browser, bob: Browser, jane: User
) -> None:
    """The page stays, so the answer to the dialog brings the figure."""
    requests = [office.ask(of(office, ada), jane) for _ in range(2)]
    for request, left in zip(requests, ("1", ""), strict=True):
        form = Page(ada.submit("/actions/approvals.withdraw/preview", {"approval": str(request)}).text)
        sent = form.form("/actions/approvals.withdraw").values
        dialog = {"HX-Request-Type": "partial", "HX-Target": "dialog"}
        done = ada.post("/actions/approvals.withdraw", data=sent, headers=dialog)
        assert f'hx-target="#count-approvals" hx-swap="innerHTML">{left}</hx-partial>' in done.text


def test_the_dashboard_says_what_waits_to_those_who_decide(
    office: Office, ada: Browser, bob: Browser, jane: User
) -> None:
    office.ask(of(office, ada), jane)
    link = read(bob, "/").root.get("a", href="/approvals?status=waiting")
    number = int(link.get("strong").text)
    assert read(bob, "/approvals?status=waiting").count.startswith(f"{number} request")
    assert "/approvals?status=waiting" not in read(ada, "/").links()
