"""Suspending a customer cuts off those they pay for in the same second; activating lets them in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import BillingInterval, PauseBehavior, SubscriptionStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.customers.models import MembershipStatus, Organization, OrganizationStatus
from adminboard.entitlements.access import list_access
from tests.clients import BoardUnderTest
from tests.factories import (
    START,
    make_feature,
    make_membership,
    make_organization,
    make_plan,
    make_plan_feature,
    make_subscription,
    make_user,
)
from tests.pages import Page

REASON = "Chargebacks on three invoices in a row"
BODY = {"reason": REASON}
ACCEPTED = BODY | {"acknowledge": ["goes_on_paying"]}


@dataclass(frozen=True)
class Paying:
    """A customer whose plan includes a feature, the two users they pay for, and a member they do not."""

    id: UUID
    name: str
    feature: str
    users: tuple[UUID, UUID]
    guest: UUID

    @property
    def suspension(self) -> str:
        return f"/v1/admin/customers/{self.id}/suspension"


@pytest.fixture
def paying(board: BoardUnderTest) -> Paying:
    return make_paying(board)


def make_paying(board: BoardUnderTest, *, interval: str = "month", **subscription: Any) -> Paying:
    """Each with a payer of its own, so that nobody's limit is another's."""
    with board.rows() as session:
        customer = make_organization(session, stripe_customer_id=f"cus_{uuid4().hex}")
        plan = make_plan(
            session, name="Growth", slug=uuid4().hex, amount_cents=7900, interval=BillingInterval(interval)
        )
        feature = make_feature(session)
        make_plan_feature(session, plan_id=plan.id, feature_id=feature.id)
        fields = {"quantity": 3} | subscription
        make_subscription(session, organization_id=customer.id, plan_id=plan.id, **fields)
        users = [make_user(session, organization_id=customer.id).id for _ in range(2)]
        make_user(session, organization_id=customer.id, is_active=False)
        guest = make_user(session)
        for user_id in (*users, guest.id):
            make_membership(
                session, organization_id=customer.id, user_id=user_id, status=MembershipStatus.ACTIVE
            )
        return Paying(customer.id, customer.name, feature.feature_key, (users[0], users[1]), guest.id)


def suspend(board: BoardUnderTest, paying: Paying, **fields: Any) -> Any:
    return board.program(role=Role.BILLING).post(paying.suspension, json=ACCEPTED | fields)


def activate(board: BoardUnderTest, paying: Paying, **fields: Any) -> Any:
    return board.program(role=Role.BILLING).request("DELETE", paying.suspension, json=BODY | fields)


def undo(board: BoardUnderTest, answer: Any, codes: Sequence[str] = ("goes_on_paying",)) -> Any:
    href = answer.json()["undo"]["href"]
    return board.program(role=Role.BILLING).post(href, json={"acknowledge": list(codes)})


def row_of(board: BoardUnderTest, paying: Paying) -> Organization:
    with board.runtime.reading() as session:
        return session.get_one(Organization, paying.id)


def standing_of(board: BoardUnderTest, paying: Paying) -> tuple[Any, ...]:
    row = row_of(board, paying)
    return row.status, row.suspended_at, row.suspension_reason


def told(board: BoardUnderTest, paying: Paying) -> list[tuple[Any, ...]]:
    """The billing events of the customer, in their order."""
    with board.runtime.reading() as session:
        events = session.scalars(
            select(BillingEvent)
            .where(BillingEvent.organization_id == paying.id)
            .order_by(BillingEvent.created_at, BillingEvent.id)
        )
        return [(one.event_type, one.source, one.previous_status, one.status, one.notes) for one in events]


def accesses(board: BoardUnderTest, paying: Paying) -> set[Any]:
    """Whether the users may use the feature: as REST says, as their page says, and by the query of many."""
    program, support = board.program(role=Role.SUPPORT), board.new_browser(Role.SUPPORT)
    answers = set()
    for user_id in paying.users:
        [rest] = [
            one["has_access"]
            for one in program.get(f"/v1/admin/users/{user_id}/access").json()["features"]
            if one["feature_key"] == paying.feature
        ]
        page = support.get(f"/entitlements?user={user_id}").text
        answers |= {rest, "which pays for the user, is suspended." not in page}
    with board.runtime.reading() as session:
        answers |= {one.get_feature(paying.feature).has_access for one in list_access(session, paying.users)}
    return answers


def test_every_user_is_cut_off_in_the_same_second_and_let_in_again(
    board: BoardUnderTest, paying: Paying
) -> None:
    assert accesses(board, paying) == {True}
    suspended = suspend(board, paying)
    assert suspended.status_code == 200, suspended.text
    assert suspended.json()["result"] == {
        "customer_id": str(paying.id),
        "status": "suspended",
        "suspended_at": board.clock.now().isoformat(timespec="microseconds"),
        "suspension_reason": REASON,
    }
    assert accesses(board, paying) == {False}
    activated = activate(board, paying)
    assert activated.status_code == 200, activated.text
    assert accesses(board, paying) == {True}
    assert standing_of(board, paying) == (OrganizationStatus.ACTIVE, None, None)


def test_both_directions_are_billing_events_and_audit_entries(board: BoardUnderTest, paying: Paying) -> None:
    suspend(board, paying)
    board.clock.advance(timedelta(seconds=1))
    activate(board, paying, reason="The invoices were paid by transfer")
    assert told(board, paying) == [
        ("customers.suspend", "manual", "active", "suspended", REASON),
        ("customers.activate", "manual", "suspended", "active", "The invoices were paid by transfer"),
    ]
    with board.runtime.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.customer_id == paying.id).order_by(AuditEntry.position)
        ).all()
    assert [(one.action, one.reason, one.target_kind, one.target_id) for one in entries] == [
        ("customers.suspend", REASON, "customer", str(paying.id)),
        ("customers.activate", "The invoices were paid by transfer", "customer", str(paying.id)),
    ]
    assert entries[0].summary == f"Suspended {paying.name}: 2 users cut off"


def test_what_happened_then_is_known_of_the_past(board: BoardUnderTest, paying: Paying) -> None:
    begun = board.clock.now()
    board.clock.advance(timedelta(hours=1))
    suspend(board, paying)
    board.clock.advance(timedelta(hours=1))
    activate(board, paying)
    address = f"/v1/admin/users/{paying.users[0]}/access"
    program = board.program(role=Role.SUPPORT)

    def status_at(hours: float) -> Any:
        at = (begun + timedelta(hours=hours)).isoformat()
        return program.get(address, params={"at": at}).json()["organization_status"]

    assert [status_at(0.5), status_at(1.5), status_at(2)] == ["active", "suspended", "active"]


def test_the_preview_says_whom_it_cuts_off_and_what_goes_on_being_charged(
    board: BoardUnderTest, paying: Paying
) -> None:
    program = board.program(role=Role.BILLING)
    preview = program.post(f"{paying.suspension}?dry_run=true", json=BODY).json()["preview"]
    assert preview["changes"] == [
        {"field": "Status", "before": "active", "after": "suspended"},
        {"field": "Users cut off", "before": 0, "after": 2},
        {"field": "Reason of the suspension", "before": None, "after": REASON},
    ]
    assert preview["details"] == [{"label": "Members another customer pays for, untouched", "value": 1}]
    [warning] = preview["warnings"]
    assert (warning["code"], warning["must_acknowledge"]) == ("goes_on_paying", True)
    assert warning["message"] == (
        "The subscription to Growth is left as it is, and Stripe goes on charging $237.00 a month. "
        "Cancel it, or pause its collection, if that is not meant."
    )
    assert row_of(board, paying).status is OrganizationStatus.ACTIVE


SUBSCRIPTIONS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("yearly", {"interval": "year"}, True, "charging $237.00 a year, which is $19.75 a month."),
    ("behind", {"status": SubscriptionStatus.PAST_DUE}, True, "goes on charging $237.00 a month."),
    (
        "on trial",
        {"status": SubscriptionStatus.TRIALING, "trial_end": START + timedelta(days=3)},
        True,
        "after the trial, on 18 January 2026 at 12:00 UTC, Stripe begins to charge $237.00 a month.",
    ),
    (
        "leaving",
        {"cancel_at_period_end": True},
        True,
        "it is paid until it ends on 14 February 2026 at 12:00 UTC.",
    ),
    (
        "leaving later",
        {"cancel_at_period_end": True, "cancel_at": START + timedelta(days=100)},
        True,
        "Stripe goes on charging $237.00 a month until it ends on 25 April 2026 at 12:00 UTC.",
    ),
    ("paused", {"pause_behavior": PauseBehavior.VOID}, False, "its collection is paused"),
    ("unpaid", {"status": SubscriptionStatus.UNPAID}, False, "it is unpaid, so nothing is charged"),
    ("ended", {"status": SubscriptionStatus.CANCELED}, False, "has no live subscription"),
]


@pytest.mark.parametrize(
    ("fields", "pays", "sentence"), [row[1:] for row in SUBSCRIPTIONS], ids=[row[0] for row in SUBSCRIPTIONS]
)
def test_who_pays_is_only_suspended_by_whoever_accepts_that(
    board: BoardUnderTest, fields: dict[str, Any], pays: bool, sentence: str
) -> None:
    paying = make_paying(board, **fields)
    program = board.program(role=Role.BILLING)
    [warning] = program.post(f"{paying.suspension}?dry_run=true", json=BODY).json()["preview"]["warnings"]
    assert sentence in warning["message"]
    assert warning["must_acknowledge"] is pays
    answer = program.post(paying.suspension, json=BODY)
    expected = (409, "acknowledgement_required") if pays else (200, None)
    assert (answer.status_code, answer.json().get("code")) == expected
    assert row_of(board, paying).status == ("active" if pays else "suspended")


def test_the_subscription_is_left_as_it_is(board: BoardUnderTest, paying: Paying) -> None:
    program = board.program(role=Role.BILLING)
    address = f"/v1/admin/billing/subscriptions?customer={paying.id}"
    before = program.get(address).json()["items"]
    suspend(board, paying)
    assert program.get(address).json()["items"] == before


def test_twice_is_once(board: BoardUnderTest, paying: Paying) -> None:
    program, headers = board.program(role=Role.BILLING), {"Idempotency-Key": f"once {paying.id}"}
    first, again = (program.post(paying.suspension, json=ACCEPTED, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()) == (200, first.json())
    refused = suspend(board, paying)
    assert (refused.status_code, refused.json()["code"]) == (409, "suspended_already")
    assert refused.json()["detail"] == (
        f"{paying.name} has been suspended since {board.clock.now():%-d %B %Y at %H:%M} UTC, "
        f"for this reason: {REASON}"
    )
    assert len(told(board, paying)) == 1
    activate(board, paying)
    refused = activate(board, paying)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_suspended")
    assert len(told(board, paying)) == 2


def test_each_undoes_the_other(board: BoardUnderTest, paying: Paying) -> None:
    assert undo(board, suspend(board, paying)).status_code == 200
    assert standing_of(board, paying) == (OrganizationStatus.ACTIVE, None, None)


def test_undoing_an_activation_restores_exactly_what_was(board: BoardUnderTest, paying: Paying) -> None:
    """Also a reason that the product's backend wrote, by rules of its own."""
    since = START - timedelta(days=90, microseconds=7)
    with board.rows() as session:
        row = session.get_one(Organization, paying.id)
        row.status, row.suspended_at = OrganizationStatus.SUSPENDED, since
        row.suspension_reason = "Abuse"
    before = standing_of(board, paying)
    activated = activate(board, paying)
    assert accesses(board, paying) == {True}
    board.clock.advance(timedelta(seconds=1))
    restored = undo(board, activated)
    assert restored.status_code == 200, restored.text
    assert standing_of(board, paying) == before
    assert accesses(board, paying) == {False}
    assert told(board, paying)[-1][-1] == f"Undo of: {REASON}"


def test_a_suspension_that_is_another_by_now_is_not_undone(board: BoardUnderTest, paying: Paying) -> None:
    suspended = suspend(board, paying)
    activate(board, paying)
    board.clock.advance(timedelta(minutes=5))
    suspend(board, paying, reason="Spam to thousands of numbers")
    refused = undo(board, suspended)
    assert (refused.status_code, refused.json()["code"]) == (409, "suspended_anew")
    assert "Spam to thousands of numbers" in refused.json()["detail"]
    assert row_of(board, paying).status is OrganizationStatus.SUSPENDED


@pytest.mark.parametrize("field", ["since", "former_reason"])
def test_only_an_undo_says_how_it_was(board: BoardUnderTest, paying: Paying, field: str) -> None:
    refused = suspend(board, paying, **{field: "2025-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert row_of(board, paying).status is OrganizationStatus.ACTIVE


def test_nobody_was_suspended_in_the_future(board: BoardUnderTest, paying: Paying) -> None:
    later = (board.clock.now() + timedelta(days=1)).isoformat()
    form = {"customer": str(paying.id), "since": later, **BODY}
    page = board.new_browser(Role.BILLING).submit("/actions/customers.suspend/preview", form)
    assert page.status_code == 422
    assert row_of(board, paying).status is OrganizationStatus.ACTIVE


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_without_a_reason_nothing_happens(board: BoardUnderTest, paying: Paying, method: str) -> None:
    answer = board.program(role=Role.BILLING).request(method, paying.suspension, json={"reason": "short"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")
    assert told(board, paying) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
@pytest.mark.parametrize("action", ["suspend", "activate"])
def test_only_billing_does_this(board: BoardUnderTest, paying: Paying, action: str, role: Role) -> None:
    form = {"customer": str(paying.id), **BODY}
    assert board.new_browser(role).submit(f"/actions/customers.{action}", form).status_code == 403
    assert f"customers.{action}" not in board.new_browser(role).get(f"/customers?selected={paying.id}").text
    assert told(board, paying) == []


def test_the_panel_offers_the_direction_that_applies(board: BoardUnderTest, paying: Paying) -> None:
    billing, panel = board.new_browser(Role.BILLING), f"/customers?selected={paying.id}"

    def offered() -> list[str]:
        links = " ".join(Page(billing.get(panel).text).links())
        return [name for name in ("suspend", "activate") if f"/actions/customers.{name}?" in links]

    assert offered() == ["suspend"]
    suspend(board, paying)
    assert offered() == ["activate"]


def test_an_unknown_customer_is_a_404_with_a_sentence(board: BoardUnderTest) -> None:
    answer = board.program(role=Role.BILLING).post("/v1/admin/customers/nobody/suspension", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (404, "customer_unknown")


def test_activated_without_a_plan_they_get_back_only_overrides(board: BoardUnderTest) -> None:
    paying = make_paying(board, status=SubscriptionStatus.CANCELED)
    suspend(board, paying, acknowledge=[])
    answer = board.program(role=Role.BILLING).request(
        "DELETE", f"{paying.suspension}?dry_run=true", json=BODY
    )
    preview = answer.json()["preview"]
    assert [warning["code"] for warning in preview["warnings"]] == ["no_plan"]
    assert preview["details"][0] == {"label": "Plan in force", "value": "none"}
