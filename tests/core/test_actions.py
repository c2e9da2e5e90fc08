"""Running actions: what was previewed happens, once, for whom it may, with its entry in the trail."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import (
    AcknowledgementRequired,
    ActionRunner,
    Confirmation,
    NotUndoable,
    Outcome,
    StalePreview,
)
from adminboard.core.actions import Actions, ActionUnknown
from adminboard.core.actor import Actor
from adminboard.core.approvals import ApprovalRequired
from adminboard.core.audit import AlreadyUndone
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError, Forbidden, InvalidInput, NotFound
from adminboard.core.models import Approval, FeatureFlag, IdempotencyKey
from adminboard.core.permissions import Permission, Role
from adminboard.core.step_up import StepUpRequired
from tests.core.flags import (
    FlagFrozen,
    is_enabled,
    make_key,
    make_person,
    set_flag,
    set_flag_carefully,
    switch,
)
from tests.factories import make_admin

ADA = make_person()


def run(runner: ActionRunner, key: str, actor: Actor = ADA, enabled: bool = True, **given: Any) -> Outcome:
    return runner.run(actor, set_flag, switch(key, enabled), Confirmation(**given))


def list_entries(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.position)))


def refuse(session: Session) -> None:
    """Nothing was changed, nothing was written down."""
    assert session.scalars(select(FeatureFlag)).all() == []
    assert session.scalars(select(IdempotencyKey)).all() == []
    assert list_entries(session) == []


def test_an_action_does_what_it_says_and_says_so(runner: ActionRunner, session: Session) -> None:
    outcome = run(runner, "new")

    assert is_enabled(session, "new")
    entry = list_entries(session)[0]
    assert outcome.audit_id == entry.id
    assert outcome.result == {"key": "new", "enabled": True}
    assert outcome.can_undo
    assert (entry.action, entry.target_kind, entry.target_id) == ("flags.set", "flag", "new")
    assert entry.before == {"enabled": False}
    assert entry.after == {"enabled": True, "note": "as asked"}
    assert (entry.reason, entry.summary) == ("Because it is time", "new is on")


def test_a_preview_changes_nothing(runner: ActionRunner, session: Session) -> None:
    prepared = runner.preview(ADA, set_flag, switch("new"))
    change = prepared.preview.changes[0]
    assert (change.field, change.before, change.after) == ("enabled", False, True)
    refuse(session)


def test_who_lacks_the_permission_can_neither_preview_nor_run(runner: ActionRunner, session: Session) -> None:
    for actor in (make_person(Role.VIEWER), make_person(Role.BILLING), make_key(Permission.AUDIT_READ)):
        with pytest.raises(Forbidden):
            runner.preview(actor, set_flag, switch("new"))
        with pytest.raises(Forbidden):
            run(runner, "new", actor)
    refuse(session)


def test_a_rule_refuses_at_preview_and_at_run(runner: ActionRunner, session: Session) -> None:
    with pytest.raises(FlagFrozen):
        runner.preview(ADA, set_flag, switch("frozen"))
    with pytest.raises(FlagFrozen):
        run(runner, "frozen", idempotency_key="k")
    refuse(session)


def test_what_was_confirmed_is_run(runner: ActionRunner, session: Session) -> None:
    prepared = runner.preview(ADA, set_flag, switch("new"))
    run(runner, "new", token=prepared.token)
    assert is_enabled(session, "new")


def test_a_preview_that_no_longer_holds_is_refused(runner: ActionRunner, session: Session) -> None:
    prepared = runner.preview(ADA, set_flag, switch("new"))
    run(runner, "new")
    with pytest.raises(StalePreview):
        run(runner, "new", token=prepared.token)
    assert len(list_entries(session)) == 1


@pytest.mark.parametrize(
    "confirmed",
    [
        lambda runner: runner.preview(make_person(name="eve@board.test"), set_flag, switch("new")),
        lambda runner: runner.preview(ADA, set_flag, switch("other")),
        lambda runner: runner.preview(ADA, set_flag, switch("new", enabled=False)),
        lambda runner: runner.preview(ADA, set_flag, switch("new", reason="For another reason")),
        lambda runner: runner.preview(ADA, set_flag_carefully, switch("new")),
    ],
    ids=["another person's", "another flag's", "another value's", "another reason's", "another action's"],
)
def test_a_confirmation_is_good_for_nothing_else(
    runner: ActionRunner, session: Session, confirmed: Any
) -> None:
    token = confirmed(runner).token
    with pytest.raises(StalePreview):
        run(runner, "new", token=token)
    refuse(session)


@pytest.mark.parametrize("token", ["", "missing", "a.b.c", "é\x00"])
def test_a_forged_confirmation_is_refused(runner: ActionRunner, session: Session, token: str) -> None:
    with pytest.raises(StalePreview):
        run(runner, "new", token=token)
    refuse(session)


def test_a_confirmation_ends_after_an_hour(
    runner: ActionRunner, session: Session, clock: MovableClock
) -> None:
    prepared = runner.preview(ADA, set_flag, switch("new"))
    clock.advance(timedelta(hours=1))
    with pytest.raises(StalePreview):
        run(runner, "new", token=prepared.token)
    refuse(session)


def test_a_warning_is_acknowledged_first(runner: ActionRunner, session: Session) -> None:
    with pytest.raises(AcknowledgementRequired, match="careful") as refusal:
        run(runner, "risky", idempotency_key="k")
    assert [warning.code for warning in refusal.value.preview.warnings] == ["careful"]
    refuse(session)

    run(runner, "risky", acknowledged=frozenset({"careful"}), idempotency_key="k")
    assert is_enabled(session, "risky")


def test_where_a_second_person_is_needed_it_is_asked_for(runner: ActionRunner, session: Session) -> None:
    ada = make_person(id=make_admin(session, email="ada@board.test").id)
    asked = run(runner, "big", ada, idempotency_key="k")
    again = run(runner, "big", ada, idempotency_key="k")

    assert not is_enabled(session, "big")
    request = session.scalars(select(Approval)).one()
    assert (asked.approval_id, again.approval_id, again.replayed) == (request.id, request.id, True)
    assert (asked.summary, asked.can_undo) == ("Waits for approval: Set a flag for big", False)
    assert request.command == switch("big").to_data()
    assert request.facts == {
        "Whom it is about": "flag big",
        "Warnings to accept": None,
        "Why a second person is needed": "A second person must agree.",
        "enabled": False,
        "enabled afterwards": True,
    }
    entry = list_entries(session)[0]
    assert (entry.action, entry.approval_id, entry.id) == ("approvals.request", request.id, asked.audit_id)


def test_nobody_in_particular_cannot_ask_for_a_second_person(runner: ActionRunner, session: Session) -> None:
    with pytest.raises(ApprovalRequired, match="A second person must agree"):
        run(runner, "big", make_key(Permission.SETTINGS_WRITE))
    refuse(session)


def test_a_key_may_be_exempt_from_approval_and_the_trail_says_so(
    runner: ActionRunner, session: Session
) -> None:
    run(runner, "big", make_key(Permission.SETTINGS_WRITE, Permission.APPROVALS_EXEMPT))
    entry = list_entries(session)[0]
    assert entry.after is not None
    assert entry.after["approval_exempt"] is True


def test_a_sensitive_action_wants_a_fresh_proof(
    runner: ActionRunner, session: Session, clock: MovableClock
) -> None:
    fresh = make_person(proved_at=clock.now() - timedelta(minutes=15))
    stale = make_person(proved_at=clock.now() - timedelta(minutes=15, seconds=1))
    for person in (stale, make_person(proved_at=None)):
        with pytest.raises(StepUpRequired):
            runner.run(person, set_flag_carefully, switch("new"), Confirmation())
    refuse(session)
    runner.run(fresh, set_flag_carefully, switch("new"), Confirmation())
    assert is_enabled(session, "new")


def test_a_secret_is_shown_once_and_kept_nowhere(runner: ActionRunner, session: Session) -> None:
    first = run(runner, "secret", idempotency_key="k")
    again = run(runner, "secret", idempotency_key="k")
    assert first.shown_once == {"secret": "only once"}
    assert again.shown_once == {}
    kept = [session.scalars(select(IdempotencyKey.response)).one(), list_entries(session)[0].after]
    assert "only once" not in str(kept)


def undo(runner: ActionRunner, outcome: Outcome, actor: Actor = ADA) -> Outcome:
    action, command = runner.find_undo(actor, outcome.audit_id)
    return runner.run(actor, action, command, Confirmation(undoes=outcome.audit_id))


def test_undo_restores_what_was_there_and_names_what_it_undid(runner: ActionRunner, session: Session) -> None:
    outcome = run(runner, "new")
    undone = undo(runner, outcome)

    assert not is_enabled(session, "new")
    entries = list_entries(session)
    assert entries[1].id == undone.audit_id
    assert entries[1].undoes == outcome.audit_id


def test_a_second_undo_is_refused_and_changes_nothing(runner: ActionRunner, session: Session) -> None:
    outcome = run(runner, "new")
    action, command = runner.find_undo(ADA, outcome.audit_id)
    undo(runner, outcome)
    run(runner, "new")

    with pytest.raises(AlreadyUndone):
        runner.find_undo(ADA, outcome.audit_id)
    with pytest.raises(AlreadyUndone):
        runner.run(ADA, action, command, Confirmation(undoes=outcome.audit_id))
    assert is_enabled(session, "new")
    assert len(list_entries(session)) == 3


def test_an_undo_can_be_undone(runner: ActionRunner, session: Session) -> None:
    undo(runner, undo(runner, run(runner, "new")))
    assert is_enabled(session, "new")


def test_what_has_no_undo_says_so(runner: ActionRunner) -> None:
    outcome = run(runner, "final")
    assert not outcome.can_undo
    with pytest.raises(NotUndoable):
        runner.find_undo(ADA, outcome.audit_id)


def test_undo_needs_the_permission_of_the_inverse(runner: ActionRunner) -> None:
    outcome = run(runner, "new")
    with pytest.raises(Forbidden):
        runner.find_undo(make_person(Role.SUPPORT), outcome.audit_id)


def test_what_is_not_in_the_log_cannot_be_undone(runner: ActionRunner) -> None:
    with pytest.raises(NotFound):
        runner.find_undo(ADA, run(runner, "new").audit_id.__class__(int=7))


def test_an_undo_only_runs_the_inverse_that_was_recorded(runner: ActionRunner, session: Session) -> None:
    """Otherwise any change could use up the undo of another."""
    outcome = run(runner, "new")
    with pytest.raises(DomainError):
        run(runner, "other", undoes=outcome.audit_id)
    assert len(list_entries(session)) == 1


def test_every_action_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"flags\.set"):
        Actions((set_flag, set_flag))
    with pytest.raises(ActionUnknown):
        Actions((set_flag,)).get("flags.unset")


@pytest.mark.parametrize("reason", ["too short", " " * 30, "x" * 501, "a bell \x07 rings here"])
def test_a_reason_has_10_to_500_printable_characters(reason: str) -> None:
    from adminboard.core.commands import parse_command  # noqa: PLC0415 - only here

    with pytest.raises(InvalidInput) as refusal:
        parse_command(set_flag.command, {"key": "new", "enabled": True, "reason": reason})
    assert [error.field for error in refusal.value.errors] == ["reason"]
