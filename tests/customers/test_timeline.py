"""A customer's timeline as people and programs read it: what is in it, for whom, chosen how."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from adminboard.billing.event_models import BillingEventSource, ProcessingStatus
from adminboard.core.permissions import Permission, Role
from adminboard.customers.models import MembershipStatus
from tests.clients import BoardUnderTest, recorded_queries
from tests.customers import happening
from tests.factories import START, make_business, make_membership, make_organization, make_user
from tests.pages import Element, Page
from tests.web.problems import read_problem

HOUR = timedelta(hours=1)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#timeline"}


@pytest.fixture(scope="module")
def acme(board: BoardUnderTest) -> UUID:
    """One thing of each kind, an hour apart, the newest three hours ago; and things that are not theirs."""
    with board.rows() as session:
        acme = make_organization(session, name="Acme Plumbing", slug="acme").id
        jane = happening.add_member(session, acme, email="jane@acme.test")
        shop = make_business(session, owner_id=jane, name="Acme Shop").id
        happening.add_credits(session, acme, START - 9 * HOUR, user_id=jane)
        happening.add_plan_override(session, acme, START - 8 * HOUR)
        happening.add_feature_override(session, acme, START - 7 * HOUR, user_id=jane)
        happening.add_invoice(session, acme, START - 6 * HOUR)
        happening.add_event(
            session,
            acme,
            START - 5 * HOUR,
            event_type="customer.subscription.updated",
            source=BillingEventSource.MANUAL,
            stripe_event_id=None,
            processing_status=ProcessingStatus.PROCESSED,
            previous_quantity=2,
            quantity=5,
            notes="Asked for on the phone",
        )
        happening.add_call(
            session,
            acme,
            START - 4 * HOUR,
            business_id=shop,
            ai_summary="A leak in the cellar",
            caller_phone="+14155550123",
        )
        happening.add_change(session, acme, START - 3 * HOUR)

        gone = make_user(session)
        make_membership(session, organization_id=acme, user_id=gone.id, status=MembershipStatus.REMOVED)
        happening.add_credits(session, acme, START, user_id=gone.id)
        for add in happening.ADD.values():
            add(session, make_organization(session).id, START)
        return acme


def address(customer: UUID) -> str:
    return f"/customers/{customer}/timeline"


def open_timeline(
    board: BoardUnderTest, customer: UUID, query: str = "", role: Role = Role.ADMIN, **options: Any
) -> Page:
    answer = board.browser(role).get(f"{address(customer)}{query}", **options)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def find_lines(page: Page) -> list[Element]:
    return page.root.find_all("li", class_="timeline-line")


def sources(page: Page) -> list[str]:
    return [line.attributes["id"].removeprefix("line-").partition("-")[0] for line in find_lines(page)]


def test_all_that_happened_is_in_one_stream_newest_first(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme)
    assert sources(page) == [
        "change", "call", "event", "invoice", "feature_override", "plan_override", "credit",
    ]  # fmt: skip
    change, call, event, invoice, override, plan, credit = (line.text for line in find_lines(page))
    assert "Added a note about their move" in change
    assert "by sam@board.test" in change
    for part in (
        "Call to Acme Shop",
        "answered by ai",
        "from (415) 555-0123",
        "jane@acme.test",
        "1:00",
        "leak",
    ):
        assert part in call, part
    for part in ("customer.subscription.updated", "2 seats", "5 seats", "processed", "on the phone"):
        assert part in event, part
    assert "$49.00" in invoice
    assert "grant" in override
    assert "given" in plan
    assert "+$10.00" in credit
    assert "Adjustment" in credit


def test_lines_stand_under_their_day_and_time_in_the_readers_zone(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme)
    assert [heading.text for heading in page.root.find_all("h2") if heading.find_all("time")] == [
        "Today, 15 January 2026",
        "Yesterday, 14 January 2026",
    ]
    assert find_lines(page)[0].get("span", class_="timeline-time").text == "01:00"


def test_every_line_leads_to_its_record(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme)
    browser = board.browser(Role.ADMIN)
    for line in find_lines(page):
        if "line-plan_override" in line.attributes["id"]:
            continue
        (link,) = line.find_all("a")
        answer = browser.get(link.attributes["href"])
        assert answer.status_code == 200, link.attributes["href"]
        assert Page(answer.text).root.find_all("aside"), link.attributes["href"]


def test_kinds_are_chosen_by_boxes_and_kept_in_the_address(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme, "?kind=override&kind=credit")
    assert sources(page) == ["feature_override", "plan_override", "credit"]
    ticked = [
        box.attributes["value"]
        for box in page.root.find_all("input", type="checkbox")
        if "checked" in box.attributes
    ]
    assert ticked == ["override", "credit"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?date=today", 2),
        ("?date_from=2026-01-15&date_to=2026-01-15", 2),
        ("?date_to=2026-01-14", 5),
        ("?date_from=2026-01-16", 0),
        ("?date=30d&kind=call", 1),
    ],
)
def test_days_are_those_of_the_reader(board: BoardUnderTest, acme: UUID, query: str, found: int) -> None:
    assert len(find_lines(open_timeline(board, acme, query))) == found


def test_what_cannot_be_read_is_said_and_everything_shown(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme, "?kind=nonsense&date_from=yesterday&cursor=broken")
    assert "'nonsense' is none of" in page.alerts[0]
    assert "write a date like" in page.alerts[0]
    assert len(find_lines(page)) == 7
    assert "damaged" in open_timeline(board, acme, "?cursor=broken").alerts[0]


def test_pages_lead_on_and_back(board: BoardUnderTest) -> None:
    with board.rows() as session:
        busy = make_organization(session).id
        for number in range(120):
            happening.add_event(session, busy, START - timedelta(minutes=number))
    first = open_timeline(board, busy, "?kind=event")
    assert first.link("page-newer") == ""
    second = Page(board.browser(Role.ADMIN).get(first.link("page-older"), headers=PARTIAL).text)
    third = Page(board.browser(Role.ADMIN).get(second.link("page-older")).text)
    assert [len(find_lines(page)) for page in (first, second, third)] == [50, 50, 20]
    assert third.link("page-older") == ""
    back = Page(board.browser(Role.ADMIN).get(third.link("page-newer")).text)
    assert [line.attributes["id"] for line in find_lines(back)] == [
        line.attributes["id"] for line in find_lines(second)
    ]
    assert second.link("page-newest") == f"{address(busy)}?kind=event"


def test_what_is_empty_says_why(board: BoardUnderTest, acme: UUID) -> None:
    with board.rows() as session:
        nobody = make_organization(session).id
    assert "Nothing has happened yet" in open_timeline(board, nobody).text
    assert "Nothing matches" in open_timeline(board, acme, "?date_to=2020-01-01").text
    assert board.browser(Role.ADMIN).get(address(uuid4())).status_code == 404


def test_viewers_see_neither_changes_nor_what_was_said(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme, role=Role.VIEWER)
    assert sources(page) == ["call", "event", "invoice", "feature_override", "plan_override", "credit"]
    for hidden in (
        "jane@acme.test",
        "leak",
        "555-0123",
        "on the phone",
        "Asked for it",
        "Goodwill",
        "Added a note",
    ):
        assert hidden not in page.html, hidden
    assert "j•••@acme.test" in page.html
    assert "•••0123" in page.html
    assert [box.attributes["value"] for box in page.root.find_all("input", type="checkbox")] == [
        "call", "invoice", "event", "override", "credit",
    ]  # fmt: skip
    assert "is none of" in open_timeline(board, acme, "?kind=change", role=Role.VIEWER).alerts[0]


def test_support_sees_changes_and_is_led_to_what_was_changed(board: BoardUnderTest, acme: UUID) -> None:
    """The whole log is not for them, one record's history is."""
    change = find_lines(open_timeline(board, acme, role=Role.SUPPORT))[0]
    assert [link.attributes["href"] for link in change.find_all("a")] == [f"/customers?selected={acme}"]


def test_a_program_pages_through_it(board: BoardUnderTest, acme: UUID) -> None:
    program = board.program(
        Permission.CUSTOMERS_READ, Permission.PERSONAL_READ, Permission.CREDITS_READ, Permission.WEBHOOKS_READ
    )
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = program.get("/v1/admin/customers/acme/timeline", params={"limit": 2, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    assert [item["source"] for item in found] == ["call", "event", "credit"]
    call, event, credit = found
    assert call["text"] == "A leak in the cellar"
    assert call["at"] == "2026-01-15T08:00:00.000000+00:00"
    assert (event["was"], event["became"]) == ("2 seats", "5 seats")
    assert credit["credits"] == "10.00"


def test_a_program_is_told_what_is_wrong(board: BoardUnderTest, acme: UUID) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    problem = read_problem(
        program.get(f"/v1/admin/customers/{acme}/timeline?kind=invoice&limit=0"), 422, "bad_query"
    )
    assert {error["field"] for error in problem["errors"]} == {"kind", "limit"}
    read_problem(program.get("/v1/admin/customers/nobody/timeline"), 404, "customer_unknown")


def test_the_number_of_queries_does_not_grow(board: BoardUnderTest, acme: UUID) -> None:
    """Who it is, the customer and the figures of the tabs, how many members, the keys, and one query for each
    of the seven sources."""
    open_timeline(board, acme)
    with recorded_queries(board.runtime.database.engine) as statements:
        open_timeline(board, acme)
    assert len(statements) <= 13, statements


def test_of_many_members_no_more_is_asked(board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """At worst four statements for each source that is found through members."""
    monkeypatch.setattr("adminboard.customers.timeline.searching.FEW_MEMBERS", 0)
    monkeypatch.setattr("adminboard.customers.timeline.gathering.MOST_SIFTED", -1)
    monkeypatch.setattr("adminboard.customers.timeline.gathering.MOST_GATHERED", 1)
    with board.rows() as session:
        many = make_organization(session).id
        for number in range(12):
            for add in (happening.add_call, happening.add_credits, happening.add_feature_override):
                add(session, many, START - timedelta(minutes=number))
    with recorded_queries(board.runtime.database.engine) as statements:
        assert len(find_lines(open_timeline(board, many))) == 36
    assert len(statements) <= 3 + 1 + 1 + 12 + 3, statements


def test_the_links_of_days_keep_the_kinds(board: BoardUnderTest, acme: UUID) -> None:
    page = open_timeline(board, acme, "?kind=call&date=7d")
    (today,) = [link for link in page.links() if link.startswith(address(acme)) and "date=today" in link]
    assert parse_qs(urlsplit(today).query) == {"kind": ["call"], "date": ["today"]}


def test_what_other_lines_tell_is_no_change(board: BoardUnderTest) -> None:
    """Stripe's events and charges for usage have entries too, and lines of their own. What the board's jobs
    did has no other."""
    with board.rows() as session:
        customer = make_organization(session).id
        for action, kind, name in (
            ("webhooks.apply", "system", "webhooks"),
            ("webhooks.explain", "system", "webhooks"),
            ("webhooks.fail", "system", "webhooks"),
            ("credits.deduct_usage", "api_key", "the product"),
            ("credits.expire", "system", "credit expiry"),
            ("grace_periods.open", "system", "webhooks"),
            ("entitlements.override_expired", "system", "override expiry"),
            ("webhooks.replay", "admin", "sam@board.test"),
            ("credits.adjust", "api_key", "a key"),
        ):
            happening.add_change(session, customer, START, action=action, actor_kind=kind, actor_name=name)
    lines = [line.text for line in find_lines(open_timeline(board, customer, "?kind=change"))]
    told = [line.partition(" by ")[2] for line in lines]
    for name in ("webhooks", "override expiry", "sam@board.test", "a key"):
        assert sum(one.startswith(name) for one in told) == 1, lines
    assert len(lines) == 4, lines
