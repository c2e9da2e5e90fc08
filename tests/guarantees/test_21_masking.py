"""What viewers must not see they see nowhere: compared by role on pages, in the API, exports and search."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS, Permission, Role
from adminboard.customers.models import Organization
from adminboard.db.embedded import EmbeddedServer
from adminboard.notes.models import NoteTarget
from tests.clients import BoardUnderTest, Program, open_board
from tests.credit_factories import make_grant
from tests.db.templates import copied_database
from tests.factories import (
    make_agent,
    make_appointment,
    make_billing_event,
    make_business,
    make_call,
    make_end_user,
    make_membership,
    make_note,
    make_promotion_code_usage,
    make_subscription,
    make_user,
)
from tests.guarantees.hostile import Scene, addresses_of
from tests.guarantees.routes import ANY_ID, list_routes, pages_that_show
from tests.pages import without_breaks

EMAIL = "canary.person@private.test"
MASKED = "c•••@private.test"
HIDDEN = (
    "canary.person",
    "anary.perso",
    "8675309",
    "867-5309",
    "canary-summary",
    "canary-transcript",
    "canary-recording",
)
FRAGMENTS: tuple[dict[str, str], ...] = (
    {},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"},
)


@dataclass(frozen=True)
class People:
    canary: Scene
    inactive: UUID


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.fixture(scope="module")
def people(board: BoardUnderTest) -> People:
    with board.rows() as session:
        payer = make_subscription(session).organization_id
        person = make_user(session, email=EMAIL, full_name="Some Body", organization_id=payer)
        business = make_business(session, owner_id=person.id, primary_phone="+15558675309")
        agent = make_agent(session, business_id=business.id, forwarding_number="+15558675309")
        call = make_call(
            session,
            business_id=business.id,
            caller_phone="+15558675309",
            ai_summary="canary-summary",
            transcript="canary-transcript",
            recording_url="https://calls.test/canary-recording",
        )
        booked = make_appointment(
            session,
            user_id=person.id,
            business_id=business.id,
            end_user_id=make_end_user(session, email=EMAIL, phone="+15558675309").id,
            description="canary-summary",
            extra={"said": "canary-transcript"},
        )
        event, member = put_customer(session, payer, person.id, call.id)
        usage = make_promotion_code_usage(session, user_id=person.id)
        make_grant(session, person.id, "45.50")
        inactive = make_user(session, email=f"inactive.{EMAIL}", is_active=False)
    answer = board.program().post(
        f"/v1/admin/users/{person.id}/credit-adjustments",
        json={"amount": "5.00", "reason": "Goodwill for the outage"},
        headers={"Idempotency-Key": uuid4().hex},
    )
    admin = board.browser(Role.ADMIN).admin
    assert admin is not None
    records: dict[str, UUID | str] = {
        "/businesses": business.id,
        "/agents": agent.id,
        "/calls": call.id,
        "/appointments": booked.id,
        "/promotions": usage.promotion_code_id,
        "/promotions/usages": usage.id,
        "/customers": payer,
        f"/customers/{payer}/members": member,
        f"/customers/{payer}/events": event,
        "/webhooks": event,
    }
    return People(Scene(person.id, admin.id, UUID(answer.json()["audit_id"]), records), inactive.id)


def put_customer(session: Session, payer: UUID, person: UUID, call: UUID) -> tuple[UUID, UUID]:
    """What is personal about a customer, and in notes; returns a billing event and a membership."""
    session.get_one(Organization, payer).billing_email = EMAIL
    member = make_membership(session, organization_id=payer, user_id=person)
    for kind, target in ((NoteTarget.CUSTOMER, payer), (NoteTarget.CALL, call)):
        make_note(session, target_kind=kind, target_id=target, body="canary-summary")
    event = make_billing_event(
        session, organization_id=payer, notes="canary-summary", raw_payload={"said": "canary-transcript"}
    )
    return event.id, member.id


def assert_masked(text: str, where: str) -> None:
    found = [word for word in HIDDEN if word in without_breaks(text)]
    assert not found, f"{found} at {where}"


def test_a_viewer_meets_nothing_personal_on_any_page(board: BoardUnderTest, people: People) -> None:
    browser = board.browser(Role.VIEWER)
    seen = 0
    for address in [*pages_that_show(board), *addresses_of(people.canary)]:
        for headers in FRAGMENTS:
            answer = browser.get(address, headers=headers)
            assert answer.status_code < 500, address
            assert_masked(answer.text, f"{address} {headers}")
            seen += MASKED in without_breaks(answer.text)
    assert seen >= 4


def test_support_meets_it(board: BoardUnderTest, people: People) -> None:
    browser = board.browser(Role.SUPPORT)
    for address in ("/users", f"/users?selected={people.canary.user}", "/users/export.csv"):
        assert EMAIL in without_breaks(browser.get(address).text)
    assert "867-5309" in browser.get(f"/users?selected={people.canary.user}").text


def masked_programs(board: BoardUnderTest) -> dict[str, Program]:
    """Keys of everything but personal data, and of what a viewer may."""
    viewer = ROLE_PERMISSIONS[Role.VIEWER] & KEY_SCOPES
    return {
        "all but personal data": board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ})),
        "a viewer's": board.program(*viewer, role=Role.VIEWER),
        "of a viewer with every scope": board.program(role=Role.VIEWER),
    }


def test_a_key_without_personal_data_meets_nothing_personal_in_any_call(
    board: BoardUnderTest, people: People
) -> None:
    seen = 0
    records = (people.canary.user, people.canary.audit, *people.canary.records.values())
    calls = [route.address for route in list_routes(board.app) if route.door == "api_read"]
    paths = {address.replace(ANY_ID, str(record)) for address in calls for record in records}
    for name, program in masked_programs(board).items():
        for path, accept in product(sorted(paths), ("application/json", "text/csv")):
            answer = program.get(path, headers={"Accept": accept})
            assert_masked(answer.text, f"{path} as {accept} with the key {name}")
            seen += MASKED in without_breaks(answer.text)
    assert seen >= 6


def test_it_meets_nothing_personal_in_what_it_may_change(board: BoardUnderTest, people: People) -> None:
    program = masked_programs(board)["all but personal data"]
    for user in (people.canary.user, people.inactive):
        path = f"/v1/admin/users/{user}/credit-adjustments"
        body = {"amount": "1.00", "reason": "Goodwill for the outage"}
        for query in ("", "?dry_run=true"):
            answer = program.post(f"{path}{query}", json=body, headers={"Idempotency-Key": uuid4().hex})
            assert_masked(answer.text, f"{path}{query}")


@pytest.mark.parametrize("term", ["canary", "person@private.test", "canary.person@private", "ca", "%", "_"])
def test_a_part_finds_nobody_for_who_sees_it_masked(term: str, board: BoardUnderTest, people: People) -> None:
    browser = board.browser(Role.VIEWER)
    for path in ("/users", "/search", "/credits/balances", "/users/export.csv"):
        assert MASKED not in without_breaks(browser.get(path, params={"q": term}).text), path
    assert MASKED not in without_breaks(browser.get("/users/picker", params={"user": term}).text)
    for headers in ({}, {"HX-Request-Type": "partial", "HX-Target": "div#found"}):
        found = browser.get("/credits", params={"find": term}, headers=headers)
        assert "Some Body" not in found.text
    for program in masked_programs(board).values():
        assert program.get("/v1/admin/users", params={"q": term}).json()["items"] == []


def test_the_whole_address_finds_it_masked(board: BoardUnderTest, people: People) -> None:
    browser = board.browser(Role.VIEWER)
    assert MASKED in without_breaks(browser.get("/users", params={"q": EMAIL}).text)
    assert MASKED in without_breaks(browser.get("/search", params={"q": EMAIL}).text)


def test_nothing_masked_can_be_sorted_by(board: BoardUnderTest, people: People) -> None:
    """An order tells a masked value bit by bit, and a cursor in it tells it outright."""
    listings = board.app.state.board.listings.values()
    program = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    tried = 0
    for listing in listings:
        for column in listing.columns:
            if column.mask is None or column.sorting is None:
                continue
            tried += 1
            answer = program.get(f"/v1/admin{listing.api_path or listing.path}?sort={column.name}")
            assert answer.status_code == 422, f"{listing.name} by {column.name}"
    assert tried >= 1
