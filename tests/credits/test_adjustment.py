from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import (
    AcknowledgementRequired,
    ActionRunner,
    Confirmation,
    Outcome,
    StalePreview,
)
from adminboard.core.actor import Actor
from adminboard.core.audit import AlreadyUndone
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.commands import parse_command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.core.models import Approval
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.credits.actions import adjust_credits
from adminboard.credits.commands import AdjustCredits
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.runtime import Runtime
from adminboard.users.lookup import InactiveUser, UserUnknown
from adminboard.users.models import User
from tests.credits.posting import count_entries, post
from tests.factories import make_user

REASON = "Goodwill for the outage"
Adjust = Callable[..., Outcome]


def command(user: str, amount: object = "20.00", **fields: Any) -> AdjustCredits:
    return parse_command(AdjustCredits, {"user": user, "amount": amount, "reason": REASON} | fields)


@pytest.fixture
def adjust(runner: ActionRunner, support: Actor, user: User) -> Adjust:
    def run(
        amount: object = "20.00",
        *,
        acknowledged: tuple[str, ...] = (),
        token: str | None = None,
        **fields: Any,
    ) -> Outcome:
        confirmation = Confirmation(token=token, acknowledged=frozenset(acknowledged))
        return runner.run(support, adjust_credits, command(user.email, amount, **fields), confirmation)

    return run


def test_support_adds_credits(adjust: Adjust, user: User, session: Session) -> None:
    outcome = adjust("20.00")
    entry = session.scalars(select(CreditTransaction)).one()
    assert (entry.user_id, entry.amount, entry.balance_after) == (user.id, Decimal(20), Decimal(20))
    assert entry.type is TransactionType.ADJUSTMENT
    assert entry.description == f"Admin adjustment by sam@board.test: {REASON}"
    assert outcome.result["id"] == str(entry.id)
    assert outcome.result["balance_after"] == "20.00"
    assert outcome.summary == "+$20.00 for jane@example.com: $0.00 → $20.00"
    assert outcome.can_undo
    assert verify_ledger(session) == []


def test_the_metadata_says_who_why_and_from_where(adjust: Adjust, session: Session) -> None:
    adjust("45.50")
    adjust("20.00")
    entry = session.scalars(select(CreditTransaction).where(CreditTransaction.sequence == 2)).one()
    assert entry.metadata_ == {
        "admin_username": "sam@board.test",
        "admin_reason": REASON,
        "adjustment_type": "manual_admin",
        "source": "admin_board",
        "ip_address": "203.0.113.7",
        "timestamp": "2026-03-01T12:00:00+00:00",
        "request_id": "request-1",
        "old_balance": "45.50",
        "new_balance": "65.50",
    }


def test_the_audit_log_tells_the_change(adjust: Adjust, user: User, session: Session) -> None:
    outcome = adjust("20.00")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.id == outcome.audit_id)).one()
    assert (entry.action, entry.target_id, entry.reason) == ("credits.adjust", str(user.id), REASON)
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["Balance"], entry.after["Balance"]) == ("0.00", "20.00")
    assert entry.after["transaction_id"] == outcome.result["id"]


@pytest.mark.parametrize(
    "kind", ["adjustment", "refund", "grant_trial", "grant_subscription", "grant_credit_pack"]
)
def test_each_type_can_be_added_and_deducted(kind: str, adjust: Adjust, session: Session) -> None:
    adjust("20.00", type=kind)
    adjust("-20.00", type=kind)
    assert session.scalars(select(CreditTransaction.type)).all() == [TransactionType(kind)] * 2
    assert session.scalars(select(CreditBalance.total)).one() == 0


def test_a_user_is_named_by_id_too(runner: ActionRunner, support: Actor, user: User) -> None:
    preview = runner.preview(support, adjust_credits, command(str(user.id))).preview
    assert preview.subject.label == user.email


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0", "The amount must not be zero."),
        ("0.00", "The amount must not be zero."),
        ("10000.01", "At most $10,000.00 can be adjusted at once."),
        ("-10000.01", "At most $10,000.00 can be adjusted at once."),
        ("5.125", "An amount has at most two decimals."),
        ("NaN", "This is not an amount. Write it like 20.00 or -5.50."),
        ("Infinity", "This is not an amount. Write it like 20.00 or -5.50."),
        ("twenty", "This is not an amount. Write it like 20.00 or -5.50."),
        ("20,50", "This is not an amount. Write it like 20.00 or -5.50."),
        (20.5, 'Write the amount as text, like "20.00".'),
        (float("nan"), 'Write the amount as text, like "20.00".'),
        (True, 'Write the amount as text, like "20.00".'),
    ],
)
def test_an_amount_outside_the_limits_is_refused(amount: object, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        command("jane@example.com", amount)
    assert [(error.field, error.message) for error in refusal.value.errors] == [("amount", sentence)]


@pytest.mark.parametrize("amount", ["10000", "-10000.00", "0.01", "10,000.00", 20])
def test_an_amount_at_the_limits_is_taken(amount: object) -> None:
    assert command("jane@example.com", amount).amount.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("too short", "At least 10 characters are needed; this has 9."),
        ("   padded     ", "At least 10 characters are needed; this has 6."),
        ("x" * 501, "At most 500 characters are possible; this has 501."),
    ],
)
def test_a_reason_outside_the_limits_is_refused(reason: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        command("jane@example.com", reason=reason)
    assert [(error.field, error.message) for error in refusal.value.errors] == [("reason", sentence)]


@pytest.mark.parametrize("kind", ["deduct_usage", "expiry", "gift"])
def test_staff_cannot_post_other_types(kind: str) -> None:
    with pytest.raises(InvalidInput, match="type: Choose one of 'adjustment', 'refund'"):
        command("jane@example.com", type=kind)


def test_a_deduction_cannot_expire() -> None:
    with pytest.raises(InvalidInput, match="Only added credits can expire"):
        command("jane@example.com", "-5", expires_at="2026-12-01T00:00:00Z")


def test_an_expiry_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Say which time zone is meant"):
        command("jane@example.com", expires_at="2026-12-01T00:00:00")


def test_an_expiry_in_the_past_is_refused_and_changes_nothing(
    adjust: Adjust, user: User, session: Session
) -> None:
    with pytest.raises(InvalidInput, match="would have expired already, on 1 March 2026 at 11:00 UTC"):
        adjust(expires_at="2026-03-01T12:00:00+01:00")
    assert count_entries(session, user) == 0


def test_added_credits_may_expire(adjust: Adjust, session: Session, clock: MovableClock) -> None:
    adjust(expires_at="2026-03-02T00:00:00Z")
    clock.advance(timedelta(days=1))
    adjust("1.00")
    assert session.scalars(select(CreditBalance.total)).one() == 1


def test_an_unknown_user_is_not_found(runner: ActionRunner, support: Actor) -> None:
    with pytest.raises(UserUnknown, match=r"There is no user nobody@example\.com"):
        runner.run(support, adjust_credits, command("nobody@example.com"), Confirmation())


def test_credits_of_inactive_users_are_not_adjusted(
    runner: ActionRunner, support: Actor, session: Session
) -> None:
    gone = make_user(session, email="gone@example.com", is_active=False)
    with pytest.raises(InactiveUser, match="This user is inactive"):
        runner.run(support, adjust_credits, command("gone@example.com"), Confirmation())
    assert session.get(CreditBalance, gone.id) is None


def test_a_viewer_cannot_adjust_credits(
    runner: ActionRunner, support: Actor, user: User, session: Session
) -> None:
    viewer = replace(support, permissions=ROLE_PERMISSIONS[Role.VIEWER])
    with pytest.raises(Forbidden):
        runner.preview(viewer, adjust_credits, command(user.email))
    with pytest.raises(Forbidden):
        runner.run(viewer, adjust_credits, command(user.email), Confirmation())
    assert count_entries(session, user) == 0


def test_over_a_hundred_must_be_acknowledged(adjust: Adjust, user: User, session: Session) -> None:
    adjust("100.00")
    with pytest.raises(AcknowledgementRequired, match=r"\$100\.01 is a large adjustment"):
        adjust("100.01")
    assert count_entries(session, user) == 1
    adjust("100.01", acknowledged=("large_amount",))
    assert session.scalars(select(CreditBalance.total)).one() == Decimal("200.01")


def test_a_balance_below_zero_must_be_acknowledged_and_is_recorded(
    adjust: Adjust, user: User, session: Session
) -> None:
    adjust("5.00")
    with pytest.raises(AcknowledgementRequired, match=r"the user will owe \$2\.50"):
        adjust("-7.50")
    assert count_entries(session, user) == 1
    adjust("-7.50", acknowledged=("negative_balance",))
    entry = session.scalars(select(CreditTransaction).where(CreditTransaction.sequence == 2)).one()
    assert entry.metadata_["acknowledged"] == ["negative_balance"]
    assert entry.metadata_["new_balance"] == "-2.50"


def test_over_the_threshold_a_second_admin_is_needed(adjust: Adjust, user: User, session: Session) -> None:
    asked = adjust("1000.01", acknowledged=("large_amount",))
    assert count_entries(session, user) == 0
    request = session.get_one(Approval, asked.approval_id)
    assert request.preview["needs_approval"] == (
        "More than $1,000.00 of credits needs the approval of a second admin."
    )
    assert request.credits == Decimal("1000.01")
    adjust("1000.00", acknowledged=("large_amount",))
    assert count_entries(session, user) == 1


def test_the_preview_shows_before_and_after_by_bucket(
    runner: ActionRunner, support: Actor, runtime: Runtime, user: User, session: Session
) -> None:
    post(runtime, user, "5", TransactionType.GRANT_TRIAL)
    preview = runner.preview(support, adjust_credits, command(user.email, "-7.50")).preview
    assert [(change.field, change.before, change.after) for change in preview.changes] == [
        ("Balance", Decimal("5.00"), Decimal("-2.50")),
        ("Trial", Decimal("5.00"), Decimal("0.00")),
        ("Adjustment", Decimal("0.00"), Decimal("-2.50")),
    ]
    assert [warning.code for warning in preview.warnings] == ["negative_balance"]
    assert count_entries(session, user) == 1


def test_what_was_previewed_is_confirmed_or_refused(
    runner: ActionRunner, support: Actor, adjust: Adjust, runtime: Runtime, user: User, session: Session
) -> None:
    token = runner.preview(support, adjust_credits, command(user.email)).token
    post(runtime, user, "1")
    with pytest.raises(StalePreview):
        adjust(token=token)
    assert count_entries(session, user) == 1
    adjust(token=runner.preview(support, adjust_credits, command(user.email)).token)
    assert count_entries(session, user) == 2


def test_a_preview_is_stale_once_credits_expired_in_between(
    runner: ActionRunner, support: Actor, adjust: Adjust, runtime: Runtime, user: User, clock: MovableClock
) -> None:
    post(runtime, user, "5", expires_in=timedelta(minutes=1))
    token = runner.preview(support, adjust_credits, command(user.email)).token
    clock.advance(timedelta(minutes=1))
    with pytest.raises(StalePreview):
        adjust(token=token)


def test_the_same_idempotency_key_adjusts_once(
    runner: ActionRunner, support: Actor, user: User, session: Session
) -> None:
    confirmation = Confirmation(idempotency_key="key-1")
    first = runner.run(support, adjust_credits, command(user.email), confirmation)
    second = runner.run(support, adjust_credits, command(user.email), confirmation)
    assert second.replayed
    assert second.audit_id == first.audit_id
    assert count_entries(session, user) == 1


def test_undo_posts_the_opposite_once(
    adjust: Adjust, runner: ActionRunner, support: Actor, user: User, session: Session
) -> None:
    done = adjust("20.00")
    action, opposite = runner.find_undo(support, done.audit_id)
    undone = runner.run(support, action, opposite, Confirmation(undoes=done.audit_id))
    assert undone.result["reverses_id"] == done.result["id"]
    assert undone.result["amount"] == "-20.00"
    assert not undone.can_undo
    with pytest.raises(AlreadyUndone):
        runner.find_undo(support, done.audit_id)
    assert count_entries(session, user) == 2
    assert verify_ledger(session) == []


def test_undoing_spent_credits_must_be_accepted(
    adjust: Adjust, runner: ActionRunner, support: Actor, runtime: Runtime, user: User, session: Session
) -> None:
    done = adjust("20.00")
    post(runtime, user, "-15", TransactionType.DEDUCT_USAGE)
    action, opposite = runner.find_undo(support, done.audit_id)
    with pytest.raises(AcknowledgementRequired, match=r"\$15\.00 of this grant is spent already"):
        runner.run(support, action, opposite, Confirmation(undoes=done.audit_id))
    assert count_entries(session, user) == 2
    accepted = frozenset({"grant_spent", "negative_balance"})
    runner.run(support, action, opposite, Confirmation(acknowledged=accepted, undoes=done.audit_id))
    assert session.scalars(select(CreditBalance.total)).one() == -15
    assert verify_ledger(session) == []
