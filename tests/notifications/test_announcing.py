"""Who is told of what: the right people, by the ways that Settings says, of what was really done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.ending import tell_of_ending_periods
from adminboard.billing.event_models import GracePeriodStatus
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError, Forbidden
from adminboard.core.models import Operation, Setting
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.permissions import Role
from adminboard.credits.actions import adjust_credits
from adminboard.credits.commands import AdjustCredits
from adminboard.db.engine import Database
from adminboard.notifications.actions import (
    ChangeNotification,
    NoSuchWay,
    SameWays,
    SendTestMail,
    change_notification,
    send_test_mail,
)
from adminboard.notifications.announcing import AT_MOST_EVERY, tell_of_the_rest
from adminboard.notifications.catalogue import NOTIFICATIONS, NotificationUnknown
from adminboard.notifications.letters import draw_text
from adminboard.runtime import Runtime
from tests.core.flags import make_person
from tests.factories import make_admin, make_grace_period, make_user
from tests.notifications.conftest import make_runtime
from tests.notifications.mail_server import MailServer

REASON = "Compensation for an internal mishap"


def choose(runner: ActionRunner, name: str, role: Role = Role.ADMIN, **ways: bool) -> Outcome:
    command = ChangeNotification(notification=name, **ways)
    return runner.run(make_person(role), change_notification, command, Confirmation())


def adjust(runner: ActionRunner, email: str) -> None:
    command = AdjustCredits(user=email, amount="20.00", reason=REASON)
    runner.run(make_person(Role.SUPPORT, "sam@board.test"), adjust_credits, command, Confirmation())


def list_operations(session: Session) -> list[Any]:
    columns = select(Operation.kind, Operation.target_label).order_by(Operation.kind, Operation.target_label)
    return [tuple(row) for row in session.execute(columns)]


def request_approval(runtime: Runtime, **fields: Any) -> None:
    with runtime.work(make_person(Role.SUPPORT, "sam@board.test", **fields)) as work:
        target = Target("user", "1", "jane@example.com")
        work.audit("approvals.request", target, "Adjust credits: $0.00 → $1,500.00", reason=REASON)


def test_a_user_is_told_of_credits_without_who_and_why(
    runner: ActionRunner, executor: OperationRunner, mail_server: MailServer, session: Session
) -> None:
    user = make_user(session, email="jane@example.com")
    adjust(runner, user.email)
    assert list_operations(session) == [], "users are told only when Settings says so"
    choose(runner, "credits_adjusted", mail=True)
    adjust(runner, user.email)
    assert mail_server.taken == [], "nothing is sent before it is committed, and by a worker"
    executor.run_due()

    (message,) = mail_server.taken
    assert message["To"] == "jane@example.com"
    assert message["Subject"] == "Your AICallGO credits have changed"
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        assert "+$20.00" in part
        assert "$40.00" in part
        for internal in (REASON, "sam@board.test", "Admin Board", "board.test"):
            assert internal not in part
    decided, sent = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action.in_(["credits.adjust", "notifications.mail.done"]))
        .order_by(AuditEntry.position.desc())
        .limit(2)
    ).all()[::-1]
    operation = session.scalars(select(Operation)).one()
    assert (operation.audit_entry_id, operation.outcome_entry_id) == (decided.id, sent.id)
    assert sent.summary == "Told jane@example.com: Your AICallGO credits have changed"


def test_those_who_may_decide_are_told_of_a_request_but_not_who_asked(
    runtime: Runtime, session: Session, executor: OperationRunner, mail_server: MailServer
) -> None:
    asking = make_admin(session, role=Role.BILLING, email="asking@board.test")
    make_admin(session, role=Role.BILLING, email="billing@board.test")
    make_admin(session, role=Role.ADMIN, email="boss@board.test")
    make_admin(session, role=Role.SUPPORT, email="support@board.test")
    make_admin(session, role=Role.ADMIN, email="gone@board.test", disabled_at=asking.created_at)
    request_approval(runtime, id=asking.id)
    assert list_operations(session) == [
        ("notifications.chat", "the chat of the staff"),
        ("notifications.mail", "billing@board.test"),
        ("notifications.mail", "boss@board.test"),
    ]
    executor.run_due()
    assert {message["To"] for message in mail_server.taken} == {"billing@board.test", "boss@board.test"}
    assert mail_server.taken[0]["Subject"] == "Waiting for your approval: jane@example.com"


def test_of_a_grace_period_that_ends_soon_people_are_told_once_and_again_when_it_was_extended(
    runtime: Runtime, session: Session, clock: MovableClock, executor: OperationRunner
) -> None:
    now = clock.now()
    make_admin(session, role=Role.SUPPORT, email="support@board.test")
    period = make_grace_period(session, ends_at=now + timedelta(hours=47))
    make_grace_period(session, ends_at=now + timedelta(hours=49))
    make_grace_period(session, ends_at=now + timedelta(hours=1), status=GracePeriodStatus.CLOSED)
    assert [tell_of_ending_periods(runtime) for _ in range(2)] == [1, 0]
    assert list_operations(session)[1:] == [("notifications.mail", "support@board.test")]

    period.ends_at = now + timedelta(days=9)
    session.flush()
    clock.set(now + timedelta(days=8))
    assert tell_of_ending_periods(runtime) == 1


def fail_events(runtime: Runtime, *types: str, by: Actor | None = None) -> None:
    """Each in a work of its own, as a worker does."""
    for kind in types:
        with runtime.work(by or system_actor("webhooks")) as work:
            target = Target("billing_event", kind, kind)
            work.audit("webhooks.fail", target, f"{kind} failed 8 times: there is no such customer.")


def test_of_many_failures_staff_read_one_letter_at_once_and_one_of_all_the_others(
    runtime: Runtime,
    session: Session,
    clock: MovableClock,
    executor: OperationRunner,
    mail_server: MailServer,
) -> None:
    make_admin(session, role=Role.SUPPORT, email="support@board.test")
    assert tell_of_the_rest(runtime) == 0, "nothing has happened"
    fail_events(runtime, "invoice.paid")
    assert list_operations(session) == [
        ("notifications.chat", "the chat of the staff"),
        ("notifications.mail", "support@board.test"),
    ]
    fail_events(runtime, *(f"event.{number}" for number in range(40)))
    assert len(list_operations(session)) == 2
    clock.advance(AT_MOST_EVERY - timedelta(seconds=1))
    assert tell_of_the_rest(runtime) == 0, "the last letter is not old enough"
    clock.advance(timedelta(seconds=1))
    assert [tell_of_the_rest(runtime) for _ in range(2)] == [1, 0]
    executor.run_due()
    first, others = mail_server.taken
    assert first["Subject"] == "A billing event could not be processed: invoice.paid"
    assert others["Subject"] == "40 billing events could not be processed"
    text = others.get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert "event.39: event.39 failed 8 times" in said
    assert "event.29" not in said
    assert "https://board.test/webhooks?status=failed" in said

    clock.advance(AT_MOST_EVERY)
    fail_events(runtime, "charge.refunded")
    assert len(list_operations(session)) == 6, "after a quiet quarter of an hour the next is told at once"


def subjects(executor: OperationRunner, mail_server: MailServer) -> list[str]:
    """Of all mails until now, in their order."""
    executor.run_due()
    return [message["Subject"] for message in mail_server.taken]


def test_what_waited_while_no_worker_was_there_is_told_with_what_comes_after_it(
    runtime: Runtime,
    session: Session,
    clock: MovableClock,
    executor: OperationRunner,
    mail_server: MailServer,
) -> None:
    make_admin(session, role=Role.SUPPORT, email="support@board.test")
    fail_events(runtime, *(f"event.{number}" for number in range(41)))
    clock.advance(timedelta(minutes=46))
    fail_events(runtime, "event.late")
    alone = "A billing event could not be processed: event.0"
    assert subjects(executor, mail_server) == [alone], "the others wait, and nothing comes before them"
    assert [tell_of_the_rest(runtime) for _ in range(2)] == [1, 0]
    assert subjects(executor, mail_server) == [alone, "41 billing events could not be processed"]


def test_a_letter_of_the_rest_counts_as_the_last_one(
    runtime: Runtime,
    session: Session,
    clock: MovableClock,
    executor: OperationRunner,
    mail_server: MailServer,
) -> None:
    make_admin(session, role=Role.SUPPORT, email="support@board.test")
    fail_events(runtime, "event.0", "event.1", "event.2")
    clock.advance(AT_MOST_EVERY)
    assert tell_of_the_rest(runtime) == 1
    clock.advance(timedelta(seconds=31))
    fail_events(runtime, "event.3")
    assert len(subjects(executor, mail_server)) == 2, "31 seconds after a letter there is none"
    clock.advance(AT_MOST_EVERY - timedelta(seconds=32))
    assert tell_of_the_rest(runtime) == 0
    clock.advance(timedelta(seconds=1))
    assert tell_of_the_rest(runtime) == 1
    assert subjects(executor, mail_server)[2:] == ["A billing event could not be processed: event.3"]


def test_of_works_that_fail_at_the_same_time_one_tells(
    fresh_database: Database, clock: MovableClock, mail_server: MailServer
) -> None:
    runtime = make_runtime(fresh_database, clock, mail_server)
    together = Barrier(4)

    def fail(number: int) -> None:
        with runtime.work(system_actor("webhooks")) as work:
            target = Target("billing_event", str(number), "invoice.paid")
            work.audit("webhooks.fail", target, "It failed 8 times.")
            work.session.execute(select(1))
            together.wait(timeout=30)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(fail, range(4)))
    with runtime.reading() as session:
        assert list_operations(session) == [("notifications.chat", "the chat of the staff")]
    assert tell_of_the_rest(runtime) == 0, "the others wait for their quarter of an hour"
    clock.advance(AT_MOST_EVERY)
    assert tell_of_the_rest(runtime) == 1
    with runtime.reading() as session:
        [rest] = session.scalars(select(Operation).order_by(Operation.created_at.desc()).limit(1))
        assert rest.parameters["letter"]["subject"] == "3 billing events could not be processed"


@pytest.mark.parametrize(("failed", "told"), [(1, 0), (2, 1)])
def test_who_caused_only_one_of_several_is_told_of_them(
    runtime: Runtime, session: Session, clock: MovableClock, failed: int, told: int
) -> None:
    """A person may cause what machines mostly do, and of that alone nobody tells them."""
    fail_events(runtime, "event.0")
    jane = make_admin(session, role=Role.SUPPORT, email="jane@board.test")
    fail_events(runtime, *(f"event.{number}" for number in range(1, failed)))
    fail_events(runtime, "event.last", by=make_person(Role.SUPPORT, jane.email, id=jane.id))
    clock.advance(AT_MOST_EVERY)
    tell_of_the_rest(runtime)
    assert list_operations(session).count(("notifications.mail", "jane@board.test")) == told


def test_what_one_work_does_to_a_user_is_one_letter_from_first_to_last(
    runtime: Runtime,
    runner: ActionRunner,
    session: Session,
    executor: OperationRunner,
    mail_server: MailServer,
) -> None:
    jane, john = make_user(session, email="jane@example.com"), make_user(session, email="john@example.com")
    choose(runner, "credits_adjusted", mail=True)
    with runtime.work(make_person(Role.SUPPORT)) as work:
        for user, before, after in ((jane, "1.00", "2.00"), (john, "0.00", "9.00"), (jane, "2.00", "5.50")):
            target = Target("user", str(user.id), user.email)
            work.audit(
                "credits.adjust", target, "Added", before={"Balance": before}, after={"Balance": after}
            )
    executor.run_due()
    letters = {message["To"]: message.get_body(("plain",)) for message in mail_server.taken}
    assert len(mail_server.taken) == 2
    said = {to: body.get_content() for to, body in letters.items() if body is not None}
    assert "changed by +$4.50" in said["jane@example.com"]
    assert "changed by +$9.00" in said["john@example.com"]


def test_settings_say_which_way_it_goes(runtime: Runtime, runner: ActionRunner, session: Session) -> None:
    make_admin(session, role=Role.ADMIN, email="boss@board.test")
    outcome = choose(runner, "approval_waiting", slack=True)
    assert outcome.summary == "Approval waiting: to the chat."
    request_approval(runtime)
    assert list_operations(session) == [("notifications.chat", "the chat of the staff")]
    choose(runner, "approval_waiting")
    request_approval(runtime)
    assert len(list_operations(session)) == 1

    action, command = runner.find_undo(make_person(), outcome.audit_id)
    runner.run(make_person(), action, command, Confirmation(undoes=outcome.audit_id))
    request_approval(runtime)
    assert len(list_operations(session)) == 3


def test_what_makes_no_sense_changes_nothing(runner: ActionRunner, session: Session) -> None:
    refused: list[tuple[type[DomainError], str, Role, dict[str, bool]]] = [
        (NotificationUnknown, "nonsense", Role.ADMIN, {"mail": True}),
        (NoSuchWay, "credits_adjusted", Role.ADMIN, {"slack": True}),
        (SameWays, "credits_adjusted", Role.ADMIN, {}),
        (Forbidden, "approval_waiting", Role.BILLING, {"mail": True}),
    ]
    for error, name, role, ways in refused:
        with pytest.raises(error):
            choose(runner, name, role, **ways)
    assert session.scalars(select(Setting)).all() == []


def test_a_test_mail_reaches_who_asked_for_it_at_once(
    runner: ActionRunner, session: Session, mail_server: MailServer
) -> None:
    admin = make_admin(session, role=Role.ADMIN, email="boss@board.test")
    session.flush()
    outcome = runner.run(
        make_person(name=admin.email, id=admin.id), send_test_mail, SendTestMail(), Confirmation()
    )
    assert outcome.summary == "Told boss@board.test: A test mail of the Admin Board"
    assert [message["To"] for message in mail_server.taken] == ["boss@board.test"]


def test_every_letter_to_a_user_is_free_of_what_is_internal() -> None:
    for notification in NOTIFICATIONS:
        letter = notification.compose(notification.sample)
        said = draw_text(letter, "https://board.test")
        assert letter.subject
        if notification.permission is None:
            assert letter.path is None
            for internal in (notification.sample.actor_name, notification.sample.summary, "Admin Board"):
                assert internal not in said, notification.name
