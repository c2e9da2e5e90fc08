"""Four eyes: nobody approves their own request, what is approved is what was asked, and it happens once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from adminboard.app import make_operation_runner
from adminboard.approvals.actions import (
    AlreadyDecided,
    NotYourRequest,
    OwnRequest,
    PersonNeeded,
    RequestExpired,
)
from adminboard.approvals.expiry import expire_requests
from adminboard.auth.models import Admin, ApiKey
from adminboard.core.actor import Actor, ActorKind, command_line_actor
from adminboard.core.approvals import fingerprint_of
from adminboard.core.audit_models import AuditEntry
from adminboard.core.errors import DomainError, Forbidden
from adminboard.core.models import Approval, ApprovalStatus, OperationStatus
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.stripe.fake.faults import Fault, FaultKind
from adminboard.stripe.fake.standin import StandIn
from adminboard.users.models import User
from tests.approvals.asking import LARGE, REASON, Office
from tests.billing.sold import operations_on, sell
from tests.clients import open_board
from tests.db.templates import Addresses, copied_database
from tests.factories import make_plan
from tests.stand_in import Served, open_board_on_stripe

VOID, WAITING = ApprovalStatus.VOID, ApprovalStatus.WAITING


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, template_database: str) -> Iterator[Office]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield Office(board)


@pytest.fixture
def ada(office: Office) -> Actor:
    return office.hire(Role.ADMIN)


@pytest.fixture
def bob(office: Office) -> Actor:
    return office.hire(Role.BILLING)


@pytest.fixture
def jane(office: Office) -> User:
    return office.new_user()


def entries_under(office: Office, approval_id: UUID) -> list[AuditEntry]:
    with office.board.runtime.reading() as session:
        named = select(AuditEntry).where(AuditEntry.approval_id == approval_id)
        return list(session.scalars(named.order_by(AuditEntry.position)))


def test_nothing_is_changed_until_a_second_person_approves(
    office: Office, ada: Actor, bob: Actor, jane: User
) -> None:
    request = office.ask(ada, jane)
    assert (office.balance(jane), office.request(request).status) == ("0.00", WAITING)

    office.approve(bob, request, note="Agreed with the customer")

    assert office.balance(jane) == "1500.00"
    decided = office.request(request)
    assert (decided.status, decided.decided_by_id) == (ApprovalStatus.APPROVED, bob.id)
    asked, made, approved = entries_under(office, request)
    assert (asked.action, asked.actor_id) == ("approvals.request", ada.id)
    assert (made.action, made.actor_id) == ("credits.adjust", ada.id)
    assert made.after is not None
    assert (made.after["approved_by"], made.id) == (bob.name, decided.audit_entry_id)
    assert made.request_id == ada.request_id
    assert (approved.action, approved.actor_id) == ("approvals.approve", bob.id)
    assert (approved.reason, approved.request_id) == ("Agreed with the customer", bob.request_id)
    assert approved.after is not None
    assert approved.after["requested_by"] == ada.name


def test_nobody_decides_on_their_own_request_by_another_session_or_key(
    office: Office, ada: Actor, bob: Actor, jane: User
) -> None:
    own_key = office.key_of(ada, Permission.APPROVALS_READ, Permission.APPROVALS_DECIDE)
    asking_key = office.key_of(ada, Permission.CREDITS_WRITE)
    for asking in (ada, asking_key):
        request = office.ask(asking, jane)
        for deciding in (ada, replace(ada, session_id=request), own_key):
            with pytest.raises(OwnRequest):
                office.approve(deciding, request)
            with pytest.raises(OwnRequest):
                office.reject(deciding, request)
        assert office.request(request).status is WAITING
    assert office.balance(jane) == "0.00"


def test_deciding_takes_a_person(office: Office, ada: Actor, jane: User) -> None:
    """The environment key and the command line could be the one who asked."""
    request = office.ask(ada, jane)
    for nobody in (
        Actor(ActorKind.ENVIRONMENT_KEY, "environment key", KEY_SCOPES),
        command_line_actor("root"),
    ):
        with pytest.raises(PersonNeeded):
            office.approve(nobody, request)
        with pytest.raises(PersonNeeded):
            office.reject(nobody, request)
    assert office.request(request).status is WAITING


def test_support_cannot_decide(office: Office, ada: Actor, jane: User) -> None:
    request = office.ask(ada, jane)
    for decide in (office.approve, office.reject):
        with pytest.raises(Forbidden, match=r"approvals\.decide"):
            decide(office.hire(Role.SUPPORT), request)


@pytest.mark.parametrize("sealed_anew", [False, True], ids=["changed", "changed with its fingerprint"])
@pytest.mark.parametrize(
    "changed",
    [
        lambda request, _: {"command": request.command | {"amount": "9000.00"}},
        lambda request, _: {"preview": request.preview | {"label": "Add $1.00"}},
        lambda request, _: {"facts": {}},
        lambda request, _: {"expires_at": request.expires_at + timedelta(days=365)},
        lambda request, _: {"action": "credits.reverse"},
        lambda _, other: {"requested_by_id": other.id, "requested_by_name": other.name},
    ],
    ids=["command", "preview", "facts", "expiry", "action", "requester"],
)
def test_a_request_that_was_changed_afterwards_is_void(
    office: Office, ada: Actor, bob: Actor, jane: User, changed: Callable[..., Any], sealed_anew: bool
) -> None:
    request = office.ask(ada, jane)
    values = changed(office.request(request), office.hire())
    with office.board.rows() as session:
        row = session.get_one(Approval, request)
        for name, value in values.items():
            setattr(row, name, value)
        if sealed_anew:
            session.flush()
            session.refresh(row)
            row.fingerprint = fingerprint_of(row)

    outcome = office.approve(bob, request)

    assert outcome.result["status"] == "void"
    assert "changed after it was made" in outcome.result["outcome"]
    assert office.request(request).status is VOID
    assert office.balance(jane) == "0.00"


def test_of_two_approvals_at_once_one_executes_and_the_other_sees_who_decided(office: Office) -> None:
    ada, deciders = office.hire(), [office.hire() for _ in range(4)]
    for _ in range(3):
        jane = office.new_user()
        request = office.ask(ada, jane)

        def attempt(decider: Actor, request: UUID = request) -> str:
            try:
                return office.approve(decider, request).summary
            except AlreadyDecided as problem:
                return problem.detail

        with ThreadPoolExecutor(len(deciders)) as pool:
            answers = list(pool.map(attempt, deciders))

        winner = office.request(request).decided_by_name
        assert office.balance(jane) == "1500.00"
        assert sum(answer.startswith("Approved") for answer in answers) == 1
        assert sum(f"approved by {winner}" in answer for answer in answers) == len(deciders) - 1


def test_approving_rejecting_and_withdrawing_at_once_have_one_outcome(office: Office) -> None:
    ada, bob, eve = (office.hire() for _ in range(3))
    for _ in range(3):
        jane = office.new_user()
        request = office.ask(ada, jane)
        decisions: list[Callable[[], Any]] = [
            partial(office.approve, bob, request),
            partial(office.reject, eve, request),
            partial(office.withdraw, ada, request),
        ]
        with ThreadPoolExecutor(len(decisions)) as pool:
            refusals = [done.exception() for done in [pool.submit(decide) for decide in decisions]]

        assert [type(refusal) for refusal in refusals if refusal] == [AlreadyDecided, AlreadyDecided]
        executed = office.request(request).status is ApprovalStatus.APPROVED
        assert office.balance(jane) == ("1500.00" if executed else "0.00")


def test_ordinary_usage_does_not_void_a_request(office: Office, ada: Actor, bob: Actor, jane: User) -> None:
    office.adjust(ada, jane, "50.00")
    request = office.ask(ada, jane)
    office.adjust(bob, jane, "-20.00")
    office.approve(bob, request)
    assert office.balance(jane) == "1530.00"


MOVES: dict[str, tuple[Callable[[Office, Actor, User], None], str]] = {
    "the user became inactive": (
        lambda office, _, jane: office.change(User, jane.id, is_active=False),
        "This user is inactive",
    ),
    "the user would owe something": (
        lambda office, ada, jane: void(office.adjust(ada, jane, "-700.00")),
        "New, and accepted by nobody: The balance will be below zero: the user will owe $400.00.",
    ),
    "the threshold was raised": (
        lambda office, *_: office.set_threshold("2000.00"),
        "→ none",
    ),
    "who asked was disabled": (
        lambda office, ada, _: office.change(Admin, ada.id, disabled_at=office.board.clock.now()),
        "may no longer use the board",
    ),
    "who asked lost the role": (
        lambda office, ada, _: office.change(Admin, ada.id, role=Role.VIEWER),
        r"no longer has the permission credits.write",
    ),
}


def void(_: object) -> None:
    return None


@pytest.mark.parametrize("move", MOVES)
def test_a_request_whose_facts_moved_is_void_and_says_what_moved(
    office: Office, ada: Actor, bob: Actor, jane: User, move: str
) -> None:
    office.adjust(ada, jane, "900.00")
    office.adjust(ada, jane, "900.00")
    request = office.ask(ada, jane, "-1500.00")
    before = office.balance(jane)
    change, sentence = MOVES[move]
    change(office, ada, jane)
    moved_to = office.balance(jane)
    outcome = office.approve(bob, request)
    office.forget_settings()

    assert before == "1800.00"
    assert (outcome.result["status"], office.request(request).status) == ("void", VOID)
    assert sentence in outcome.result["outcome"]
    assert office.balance(jane) == moved_to
    assert entries_under(office, request)[-1].action == "approvals.approve"
    with pytest.raises(AlreadyDecided):
        office.approve(bob, request)


def test_a_revoked_key_takes_its_requests_with_it(office: Office, ada: Actor, bob: Actor, jane: User) -> None:
    key = office.key_of(ada, Permission.CREDITS_WRITE)
    first, second = office.ask(key, jane), office.ask(key, jane)
    office.approve(bob, first)
    assert office.balance(jane) == "1500.00"
    office.change(ApiKey, key.id, revoked_at=office.board.clock.now())
    assert office.approve(bob, second).result["status"] == "void"
    assert office.balance(jane) == "1500.00"


def test_rejecting_and_withdrawing_change_nothing(office: Office, ada: Actor, bob: Actor, jane: User) -> None:
    rejected, withdrawn = office.ask(ada, jane), office.ask(ada, jane)
    office.reject(bob, rejected, note="Ask the customer first")
    with pytest.raises(NotYourRequest):
        office.withdraw(bob, withdrawn)
    office.withdraw(ada, withdrawn)

    found = office.request(rejected)
    assert (found.status, found.decision_note) == (ApprovalStatus.REJECTED, "Ask the customer first")
    found = office.request(withdrawn)
    assert (found.status, found.outcome) == (VOID, f"Withdrawn by {ada.name}.")
    for request in (rejected, withdrawn):
        with pytest.raises(AlreadyDecided):
            office.approve(bob, request)
    assert office.balance(jane) == "0.00"


def test_a_request_expires_after_seven_days_at_once(
    office: Office, ada: Actor, bob: Actor, jane: User
) -> None:
    request = office.ask(ada, jane)
    office.board.clock.advance(timedelta(days=7))
    for decide in (partial(office.approve, bob, request), partial(office.withdraw, ada, request)):
        with pytest.raises(RequestExpired):
            decide()
    assert office.request(request).status is WAITING

    assert expire_requests(office.board.runtime) >= 1
    assert expire_requests(office.board.runtime) == 0
    assert office.request(request).status is ApprovalStatus.EXPIRED
    assert entries_under(office, request)[-1].action == "approvals.expire"
    assert office.balance(jane) == "0.00"


def test_what_was_approved_can_be_undone_under_four_eyes_too(
    office: Office, ada: Actor, bob: Actor, jane: User
) -> None:
    done = office.approve(bob, office.ask(ada, jane))
    change = UUID(done.result["change"]["audit_id"])
    action, command = office.runner.find_undo(ada, change)
    asked = office.run(ada, action.name, **command.to_data())
    assert asked.approval_id is not None
    assert office.balance(jane) == "1500.00"
    office.approve(bob, asked.approval_id)
    assert office.balance(jane) == "0.00"


def test_a_balance_that_moves_does_not_void_a_request_to_take_entitlements_back(
    office: Office, ada: Actor, bob: Actor, jane: User
) -> None:
    with office.board.rows() as session:
        plan = make_plan(session).slug
    asked = office.run(
        ada,
        "billing.override_entitlement",
        ("large_amount",),
        user=jane.email,
        credits=LARGE,
        plan=plan,
        reason=REASON,
    )
    assert asked.approval_id is not None
    given = UUID(office.approve(bob, asked.approval_id).result["change"]["audit_id"])
    office.adjust(bob, jane, "50.00")
    action, command = office.runner.find_undo(ada, given)
    request = office.run(ada, action.name, **command.to_data()).approval_id
    assert request is not None
    assert office.request(request).credits == -Decimal(LARGE)
    office.adjust(bob, jane, "20.00")

    assert office.approve(bob, request).result["status"] == "approved"
    assert office.balance(jane) == "70.00"


def test_a_refused_change_leaves_the_request_waiting(office: Office, bob: Actor, jane: User) -> None:
    """An approval that fails for a reason of the moment changes neither the balance nor the request."""
    request = office.ask(office.hire(), jane)
    with pytest.raises(DomainError):
        office.run(bob, "approvals.approve", approval=request, note="")
    assert office.request(request).status is WAITING


def test_what_came_of_an_approved_refund_names_its_approval(
    fresh_addresses: Addresses, standin: StandIn, served_standin: Served
) -> None:
    """Also where nobody knew the outcome at first, and a worker found it out."""
    standin.faults.plan(Fault(FaultKind.RESET_AFTER, path="/v1/refunds"))
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        office = Office(board)
        sold = sell(board, seats=10)
        request = office.run(
            office.hire(),
            "billing.refund",
            invoice=str(sold.invoice_id),
            amount_cents=60_000,
            currency="usd",
            reason="duplicate",
            note="They were charged twice",
        ).approval_id
        assert request is not None
        office.approve(office.hire(), request)
        board.clock.advance(timedelta(hours=1))
        make_operation_runner(board.runtime).run_due()

        [operation] = operations_on(board, sold.invoice_id)
        assert (operation.status, operation.approval_id) == (OperationStatus.DONE, request)
        under_it = {entry.action: entry.id for entry in entries_under(office, request)}

    assert [refund.amount for refund in standin.account.refunds] == [60_000]
    assert list(under_it)[:3] == ["approvals.request", "billing.refund", "approvals.approve"]
    assert under_it["stripe.refund.done"] == operation.outcome_entry_id
