"""Staff give customers more time to pay, end it, and take either back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, GracePeriod, GracePeriodStatus
from adminboard.billing.grace_period_actions import begin_resetting
from adminboard.billing.grace_period_changes import GracePeriodOver
from adminboard.billing.grace_period_commands import CloseGracePeriod, ResetGracePeriod
from adminboard.billing.grace_period_detail import GracePeriodUnknown
from adminboard.billing.grace_period_restoring import AnotherGracePeriod, GracePeriodMoved
from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.billing.payers import PayerUnknown
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actor import Actor
from adminboard.core.clock import MovableClock
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.runtime import Runtime
from adminboard.users.lookup import UserUnknown
from tests.billing.grace.conftest import OpenPeriod
from tests.factories import START, make_user

REASON = "Waits for a new card from the bank"
DAY = timedelta(days=1)


def do(runner: ActionRunner, actor: Actor, name: str, command: Command) -> Outcome:
    return runner.run(actor, runner.actions.get(f"billing.{name}"), command, Confirmation(accepts_all=True))


def reset(runner: ActionRunner, actor: Actor, customer: Organization, days: int = 14) -> Outcome:
    command = ResetGracePeriod(customer=str(customer.id), days=days, reason=REASON)
    return do(runner, actor, "reset_grace_period", command)


def close(runner: ActionRunner, actor: Actor, period: GracePeriod) -> Outcome:
    command = CloseGracePeriod(grace_period=period.id, reason=REASON)
    return do(runner, actor, "close_grace_period", command)


def take_back(runner: ActionRunner, actor: Actor, done: Outcome) -> Outcome:
    action, command = runner.find_undo(actor, done.audit_id)
    return runner.run(actor, action, command, Confirmation(accepts_all=True))


def see(session: Session) -> list[GracePeriod]:
    session.expire_all()
    return list(session.scalars(select(GracePeriod).order_by(GracePeriod.starts_at)))


def events(session: Session) -> list[tuple[str, str | None, str | None]]:
    rows = session.scalars(select(BillingEvent).order_by(BillingEvent.event_type))
    return [(row.event_type, row.previous_status, row.status) for row in rows]


def test_an_open_period_ends_so_many_days_from_now(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    open_period()
    done = reset(runner, support, customer, 14)
    (row,) = see(session)
    assert (row.status, row.ends_at, row.is_set_by_hand) == (
        GracePeriodStatus.OPEN,
        START + 14 * DAY,
        True,
    )
    assert done.summary == "Acme Plumbing has until 29 January 2026 at 12:00 UTC to pay."
    assert events(session) == [("billing.reset_grace_period", "open", "open")]
    take_back(runner, support, done)
    (row,) = see(session)
    assert (row.status, row.ends_at, row.is_set_by_hand) == (GracePeriodStatus.OPEN, START + 3 * DAY, False)


def test_where_none_is_open_one_begins_now(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    open_period(status=GracePeriodStatus.LAPSED, ends_at=START - DAY)
    done = reset(runner, support, customer, 90)
    _, row = see(session)
    assert (row.starts_at, row.ends_at, row.reason) == (START, START + 90 * DAY, REASON)
    take_back(runner, support, done)
    assert [row.status for row in see(session)] == [GracePeriodStatus.LAPSED, GracePeriodStatus.CLOSED]


def test_one_whose_end_has_come_is_over_before_its_job_says_so(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    open_period(ends_at=START)
    reset(runner, support, customer)
    assert [row.status for row in see(session)] == [GracePeriodStatus.LAPSED, GracePeriodStatus.OPEN]


def test_a_customer_goes_by_each_of_their_names(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization
) -> None:
    user = make_user(session, organization_id=customer.id)
    named = [{"customer": name} for name in (str(customer.id), customer.slug, "cus_acme")]
    named += [{"user": str(user.id)}, {"user": user.email.upper()}]
    for who in named:
        do(runner, support, "reset_grace_period", ResetGracePeriod(**who, days=3, reason=REASON))
    assert len(see(session)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"days": 5}, "Name the customer"),
        ({"days": 5, "customer": "acme", "user": "a@b.test"}, "not both"),
        ({"days": 0, "customer": "acme"}, "days"),
        ({"days": 91, "customer": "acme"}, "days"),
    ],
)
def test_what_is_not_meant_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_command(ResetGracePeriod, {"reason": REASON, **given})


def test_nobody_there_is_a_refusal(runner: ActionRunner, support: Actor) -> None:
    for command, error in (
        (ResetGracePeriod(customer="nobody", days=3, reason=REASON), PayerUnknown),
        (ResetGracePeriod(user="nobody@board.test", days=3, reason=REASON), UserUnknown),
    ):
        with pytest.raises(error):
            do(runner, support, "reset_grace_period", command)


def test_closing_ends_it_now_and_can_be_taken_back(
    session: Session, runner: ActionRunner, support: Actor, open_period: OpenPeriod
) -> None:
    done = close(runner, support, open_period())
    (row,) = see(session)
    assert (row.status, row.ends_at) == (GracePeriodStatus.CLOSED, START)
    assert events(session) == [("billing.close_grace_period", "open", "closed")]
    again = take_back(runner, support, done)
    (row,) = see(session)
    assert (row.status, row.ends_at, row.is_set_by_hand) == (GracePeriodStatus.OPEN, START + 3 * DAY, False)
    take_back(runner, support, again)
    assert [row.status for row in see(session)] == [GracePeriodStatus.CLOSED]


def test_one_that_is_over_cannot_be_closed(
    session: Session, runner: ActionRunner, support: Actor, open_period: OpenPeriod
) -> None:
    period = open_period(ends_at=START)
    with pytest.raises(GracePeriodOver):
        close(runner, support, period)
    assert [row.status for row in see(session)] == [GracePeriodStatus.OPEN]
    assert events(session) == []
    with pytest.raises(GracePeriodUnknown):
        close(runner, support, GracePeriod(id=uuid4()))


def test_what_has_changed_since_is_not_taken_back(
    session: Session,
    runner: ActionRunner,
    support: Actor,
    customer: Organization,
    open_period: OpenPeriod,
    clock: MovableClock,
) -> None:
    open_period()
    first = reset(runner, support, customer, 14)
    reset(runner, support, customer, 20)
    with pytest.raises(GracePeriodMoved):
        take_back(runner, support, first)
    clock.set(START + 5 * DAY)
    last = reset(runner, support, customer, 30)
    clock.set(START + 21 * DAY)
    with pytest.raises(GracePeriodOver):
        take_back(runner, support, last)


def test_a_closed_one_does_not_come_back_beside_another(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    done = close(runner, support, open_period())
    reset(runner, support, customer)
    with pytest.raises(AnotherGracePeriod):
        take_back(runner, support, done)


def test_warnings_say_what_it_means(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    period = open_period()
    closing = runner.actions.get("billing.close_grace_period")
    command = CloseGracePeriod(grace_period=period.id, reason=REASON)
    preview = runner.preview(support, closing, command).preview
    assert [warning.code for warning in preview.warnings] == ["loses_access"]
    assert [(change.field, change.before, change.after) for change in preview.changes] == [
        ("Grace period", "open", "closed"),
        ("Days left", 3, 0),
    ]
    subscription = session.scalars(select(Subscription)).one()
    subscription.status = SubscriptionStatus.ACTIVE
    session.flush()
    resetting = runner.actions.get("billing.reset_grace_period")
    reset_command = ResetGracePeriod(customer="cus_acme", days=14, reason=REASON)
    preview = runner.preview(support, resetting, reset_command).preview
    assert [warning.code for warning in preview.warnings] == ["not_needed"]
    assert [(change.field, change.before, change.after) for change in preview.changes] == [
        ("Ends on", "Sunday, 18 January 2026", "Thursday, 29 January 2026"),
        ("Days left", 3, 14),
        ("Grace period", "open", "open"),
    ]


def test_a_reset_is_taken_back_after_its_end_whose_job_has_not_said_so(
    session: Session,
    runner: ActionRunner,
    support: Actor,
    clock: MovableClock,
    customer: Organization,
    open_period: OpenPeriod,
) -> None:
    open_period(ends_at=START + 30 * DAY)
    done = reset(runner, support, customer, 1)
    clock.advance(2 * DAY)
    take_back(runner, support, done)
    (row,) = see(session)
    assert (row.status, row.ends_at) == (GracePeriodStatus.OPEN, START + 30 * DAY)
    assert [event[0] for event in events(session)] == [
        "billing.reset_grace_period",
        "billing.restore_grace_period",
    ]


@pytest.mark.parametrize(
    ("subscription", "organization", "days", "codes"),
    [
        ("past_due", "active", 4, []),
        ("past_due", "active", 2, ["shorter"]),
        ("past_due", "suspended", 4, ["suspended"]),
        ("unpaid", "active", 4, ["gives_no_access"]),
        ("paused", "active", 4, ["gives_no_access"]),
        ("canceled", "active", 4, ["no_subscription"]),
        ("active", "suspended", 2, ["not_needed", "suspended", "shorter"]),
    ],
)
def test_time_that_gives_no_access_or_takes_some_away_is_said_to_do_so(
    session: Session,
    runner: ActionRunner,
    support: Actor,
    customer: Organization,
    open_period: OpenPeriod,
    subscription: str,
    organization: str,
    days: int,
    codes: list[str],
) -> None:
    open_period()
    session.scalars(select(Subscription)).one().status = SubscriptionStatus(subscription)
    customer.status = OrganizationStatus(organization)
    customer.suspended_at, customer.suspension_reason = START, REASON
    session.flush()
    command = ResetGracePeriod(customer="cus_acme", days=days, reason=REASON)
    preview = runner.preview(support, runner.actions.get("billing.reset_grace_period"), command).preview
    assert [warning.code for warning in preview.warnings] == codes
    assert preview.acknowledgements == {"shorter"} & set(codes)


@pytest.mark.parametrize(("ends_in", "days"), [(None, "7"), (3, "10"), (20, "27"), (88, "90")])
def test_an_extension_begins_with_a_week_more_than_there_is(
    session: Session,
    support: Actor,
    runtime: Runtime,
    customer: Organization,
    open_period: OpenPeriod,
    ends_in: int | None,
    days: str,
) -> None:
    if ends_in is not None:
        open_period(ends_at=START + ends_in * DAY)
    with runtime.reading(support) as reading:
        assert begin_resetting(reading, {"customer": str(customer.id)}) == {"days": days}


def test_a_closing_is_taken_back_after_another_one_is_over_whose_job_has_not_said_so(
    session: Session,
    runner: ActionRunner,
    support: Actor,
    clock: MovableClock,
    customer: Organization,
    open_period: OpenPeriod,
) -> None:
    done = close(runner, support, open_period(ends_at=START + 30 * DAY))
    clock.advance(DAY)
    reset(runner, support, customer, 1)
    clock.advance(2 * DAY)
    take_back(runner, support, done)
    assert [row.status for row in see(session)] == [GracePeriodStatus.OPEN, GracePeriodStatus.LAPSED]


def test_viewers_give_nobody_time(
    session: Session, runner: ActionRunner, support: Actor, customer: Organization, open_period: OpenPeriod
) -> None:
    viewer = Actor(support.kind, "vic@board.test", ROLE_PERMISSIONS[Role.VIEWER], role=Role.VIEWER)
    period = open_period()
    with pytest.raises(Forbidden):
        reset(runner, viewer, customer)
    with pytest.raises(Forbidden):
        close(runner, viewer, period)
    (row,) = see(session)
    assert row.ends_at == START + 3 * DAY
