"""Granting, revoking, removing, and taking each of these back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import (
    AcknowledgementRequired,
    ActionRunner,
    Confirmation,
    Outcome,
    StalePreview,
)
from adminboard.core.actions import Preview
from adminboard.core.actor import Actor
from adminboard.core.approvals import ApprovalRequired
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.commands import NotInTheFuture, parse_command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.core.models import Setting
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.entitlements.answers import FeatureUnknown
from adminboard.entitlements.commands import RemoveOverride, RestoreOverride, SetOverride
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.entitlements.override_detail import OverrideUnknown
from adminboard.entitlements.overrides import OverrideChanged
from adminboard.entitlements.restoring import NeverThere
from adminboard.runtime import Runtime
from adminboard.users.lookup import InactiveUser, UserUnknown
from tests.entitlements.standing import DAY, EXTRA, INCLUDED, Standing
from tests.factories import START

NOTES = "Sales promised it for the pilot"
Run = Callable[..., Outcome]


def command(standing: Standing, feature: str = EXTRA, **fields: Any) -> SetOverride:
    given = {"user": standing.user.email, "feature_key": feature, "has_access": True, "notes": NOTES}
    return parse_command(SetOverride, given | fields)


def removal(standing: Standing, feature: str = EXTRA, **fields: Any) -> RemoveOverride:
    given = {"user": standing.user.email, "feature_key": feature, "reason": "The pilot has ended"}
    return parse_command(RemoveOverride, given | fields)


@pytest.fixture
def run(runner: ActionRunner, support: Actor) -> Run:
    def run_one(command: Any, **confirmation: Any) -> Outcome:
        verb = type(command).__name__.removesuffix("Override").lower()
        action = runner.actions.get(f"entitlements.{verb}_override")
        return runner.run(support, action, command, Confirmation(**confirmation))

    return run_one


@pytest.fixture
def undo(runner: ActionRunner, support: Actor) -> Callable[[Outcome], Outcome]:
    def undo_one(done: Outcome) -> Outcome:
        action, command = runner.find_undo(support, done.audit_id)
        return runner.run(support, action, command, Confirmation(undoes=done.audit_id))

    return undo_one


def preview(runner: ActionRunner, actor: Actor, command: Any) -> Preview:
    name = "set" if isinstance(command, SetOverride) else "remove"
    return runner.preview(actor, runner.actions.get(f"entitlements.{name}_override"), command).preview


def row_of(session: Session) -> Mapping[str, Any] | None:
    """The one override there is, every column of it."""
    session.expire_all()
    override = session.scalars(select(UserFeatureOverride)).one_or_none()
    if override is None:
        return None
    return {column.key: getattr(override, column.key) for column in inspect(UserFeatureOverride).columns}


def test_a_grant_is_kept_with_the_trail_of_who_made_it(
    run: Run, standing: Standing, session: Session
) -> None:
    done = run(command(standing, expires_at="2026-02-14T12:00:00Z"))
    row = row_of(session)
    assert row is not None
    assert (row["user_id"], row["feature_id"], row["has_access"]) == (
        standing.user.id,
        standing.extra.id,
        True,
    )
    assert row["notes"] == f"[ADMIN: sam@board.test @ 2026-01-15T12:00:00+00:00] {NOTES}"
    assert (row["expires_at"], row["created_by"]) == (START + 30 * DAY, "sam@board.test")
    assert done.summary == "Granted Call recording for jane@example.com"
    assert done.result["override"]["id"] == str(row["id"])


def test_the_audit_log_tells_the_change(run: Run, standing: Standing, session: Session) -> None:
    standing.subscribe()
    done = run(command(standing))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.id == done.audit_id)).one()
    assert (entry.action, entry.target_id) == ("entitlements.set_override", str(standing.user.id))
    assert entry.before == {"Access": False, "Override": None, "Plan default": False}
    assert entry.after is not None
    assert entry.after["Access"] is True
    assert entry.after["override"] == {"has_access": True, "expires_at": None}
    assert entry.after["replaced"] is None


def test_saving_again_replaces_the_override(
    run: Run, standing: Standing, session: Session, clock: MovableClock, runner: ActionRunner, support: Actor
) -> None:
    run(command(standing))
    clock.advance(DAY)
    other = replace(support, name="zoe@board.test")
    action = runner.actions.get("entitlements.set_override")
    again = command(standing, has_access=False, notes="Abused for robocalls, see ticket")
    runner.run(other, action, again, Confirmation(accepts_all=True))
    row = row_of(session)
    assert row is not None
    assert (row["has_access"], row["created_by"], row["updated_by"]) == (False, "sam@board.test", other.name)
    assert row["notes"].startswith("[ADMIN: zoe@board.test @ 2026-01-16T12:00:00+00:00] Abused")


def test_the_preview_shows_access_override_end_and_plan_default(
    runner: ActionRunner, support: Actor, standing: Standing
) -> None:
    standing.subscribe()
    shown = preview(runner, support, command(standing, expires_at="2026-02-14T12:00:00Z")).changes
    assert [(change.field, change.before, change.after) for change in shown] == [
        ("Access", False, True),
        ("Override", None, "grant"),
        ("Expires", None, START + 30 * DAY),
        ("Plan default", False, False),
    ]


@pytest.mark.parametrize(
    ("feature", "fields", "codes", "acknowledged"),
    [
        (EXTRA, {"expires_at": "2026-02-14T12:00:00Z"}, [], False),
        (EXTRA, {}, ["no_expiry"], False),
        (INCLUDED, {"expires_at": "2026-02-14T12:00:00Z"}, ["redundant"], False),
        (INCLUDED, {"has_access": False}, ["no_expiry"], False),
        (EXTRA, {"has_access": False}, ["critical_feature", "no_expiry"], True),
    ],
)
def test_what_is_warned_of_and_what_must_be_acknowledged(
    runner: ActionRunner,
    support: Actor,
    standing: Standing,
    run: Run,
    feature: str,
    fields: dict[str, Any],
    codes: list[str],
    acknowledged: bool,
) -> None:
    standing.subscribe()
    asked = command(standing, feature, **fields)
    shown = preview(runner, support, asked)
    assert [warning.code for warning in shown.warnings] == codes
    assert shown.acknowledgements == ({"critical_feature"} if acknowledged else set())
    if acknowledged:
        with pytest.raises(AcknowledgementRequired):
            run(asked)
        run(asked, acknowledged=shown.acknowledgements)
    else:
        run(asked)


def test_a_suspended_customer_is_warned_of(runner: ActionRunner, support: Actor, standing: Standing) -> None:
    standing.suspend()
    shown = preview(runner, support, command(standing))
    assert "suspended" in {warning.code for warning in shown.warnings}
    assert (shown.changes[0].before, shown.changes[0].after) == (False, False)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"notes": "too short"}, "notes", "At least 10 characters are needed; this has 9."),
        ({"notes": "x" * 501}, "notes", "At most 500 characters are possible; this has 501."),
        ({"notes": " " * 40}, "notes", "This is required: at least 10 characters."),
        (
            {"expires_at": "2026-02-14T12:00:00"},
            "expires_at",
            "Say which time zone is meant, for example 2026-12-01T09:00:00-08:00.",
        ),
        ({"has_access": "perhaps"}, "has_access", None),
        ({"feature_key": " "}, "feature_key", "This is required."),
        ({"surprise": 1}, "surprise", "There is no such field."),
    ],
)
def test_input_outside_the_limits_is_refused(
    standing: Standing, fields: dict[str, Any], field: str, sentence: str | None
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        command(standing, **fields)
    assert [error.field for error in refusal.value.errors] == [field]
    assert sentence is None or refusal.value.errors[0].message == sentence


def test_notes_at_the_limits_are_taken(standing: Standing) -> None:
    assert command(standing, notes=f"  {'x' * 10}  ").notes == "x" * 10
    assert len(command(standing, notes="x" * 500).notes) == 500


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"user": "nobody@example.com"}, UserUnknown, "There is no user nobody@example.com."),
        ({"feature_key": "teleport"}, FeatureUnknown, "There is no feature teleport."),
        ({"expires_at": "2026-01-15T12:00:00Z"}, NotInTheFuture, "This time has passed already."),
        ({"expires_at": "2020-01-01T00:00:00Z"}, NotInTheFuture, "Choose one in the future, or none."),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    run: Run,
    standing: Standing,
    session: Session,
    fields: dict[str, Any],
    error: type[Exception],
    sentence: str,
) -> None:
    with pytest.raises(error) as refusal:
        run(command(standing, **fields))
    assert sentence in str(refusal.value)
    assert row_of(session) is None
    assert session.scalars(select(AuditEntry)).all() == []


def test_overrides_of_inactive_users_stay_as_they_are(run: Run, standing: Standing, session: Session) -> None:
    standing.override(standing.extra)
    standing.change(standing.user, is_active=False)
    before = row_of(session)
    for asked in (command(standing), removal(standing)):
        with pytest.raises(InactiveUser, match="overrides of inactive users cannot be changed"):
            run(asked)
    assert row_of(session) == before


def test_a_viewer_may_not(runner: ActionRunner, support: Actor, standing: Standing) -> None:
    viewer = replace(support, permissions=ROLE_PERMISSIONS[Role.VIEWER])
    for name in ("set", "remove"):
        action = runner.actions.get(f"entitlements.{name}_override")
        asked = command(standing) if name == "set" else removal(standing)
        with pytest.raises(Forbidden):
            runner.run(viewer, action, asked, Confirmation())


def test_twice_with_one_key_is_once(run: Run, standing: Standing, session: Session) -> None:
    first = run(command(standing), idempotency_key="one")
    again = run(command(standing), idempotency_key="one")
    assert again.replayed
    assert again.audit_id == first.audit_id
    assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_removing_leaves_it_to_the_plan(run: Run, standing: Standing, session: Session) -> None:
    standing.subscribe()
    standing.override(standing.included, has_access=False)
    done = run(removal(standing, INCLUDED))
    assert row_of(session) is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.id == done.audit_id)).one()
    assert entry.after is not None
    assert (entry.reason, entry.after["Access"]) == ("The pilot has ended", True)
    with pytest.raises(OverrideUnknown, match="the plan decides already"):
        run(removal(standing, INCLUDED))


def test_removing_needs_a_reason(standing: Standing) -> None:
    with pytest.raises(InvalidInput, match="reason: This is required"):
        parse_command(RemoveOverride, {"user": standing.user.email, "feature_key": EXTRA})


def test_undoing_the_first_grant_removes_it(
    run: Run, undo: Callable[[Outcome], Outcome], standing: Standing, session: Session
) -> None:
    undo(run(command(standing)))
    assert row_of(session) is None


@pytest.mark.parametrize("expires_at", [None, START + DAY])
def test_undoing_a_change_or_a_removal_restores_every_column(
    run: Run,
    undo: Callable[[Outcome], Outcome],
    standing: Standing,
    session: Session,
    clock: MovableClock,
    expires_at: Any,
) -> None:
    standing.override(standing.extra, expires_at=expires_at, updated_by="zoe@board.test")
    before = row_of(session)
    clock.advance(timedelta(hours=1))
    changed = run(command(standing, has_access=False), accepts_all=True)
    assert row_of(session) != before
    undone = undo(changed)
    assert row_of(session) == before
    undo(undone)
    assert (row_of(session) or {})["has_access"] is False

    undo(run(removal(standing)))
    assert (row_of(session) or {})["has_access"] is False


def test_an_expiry_that_passed_meanwhile_is_restored_too(
    run: Run,
    undo: Callable[[Outcome], Outcome],
    standing: Standing,
    session: Session,
    clock: MovableClock,
) -> None:
    standing.override(standing.extra, expires_at=START + DAY)
    before = row_of(session)
    done = run(removal(standing))
    clock.advance(2 * DAY)
    undo(done)
    assert row_of(session) == before


def test_what_somebody_changed_since_is_not_undone(
    run: Run,
    undo: Callable[[Outcome], Outcome],
    standing: Standing,
    session: Session,
    clock: MovableClock,
) -> None:
    first = run(command(standing))
    clock.advance(DAY)
    second = run(command(standing, expires_at="2026-03-01T00:00:00Z"))
    with pytest.raises(OverrideChanged, match=r"sam@board.test changed this override in the meantime"):
        undo(first)
    removed = run(removal(standing))
    with pytest.raises(OverrideChanged, match="removed in the meantime"):
        undo(second)
    run(command(standing))
    with pytest.raises(OverrideChanged, match="There is a new override"):
        undo(removed)


def test_nobody_puts_an_override_back_that_never_was(run: Run, standing: Standing, session: Session) -> None:
    forged = RestoreOverride(
        user=standing.user.email,
        feature_key=EXTRA,
        id=standing.user.id,
        has_access=True,
        notes="[ADMIN: boss@board.test @ 2026-01-01T00:00:00+00:00] Mine for ever",
        created_at=START,
        created_by="boss@board.test",
        updated_at=START,
    )
    with pytest.raises(NeverThere):
        run(forged)
    assert row_of(session) is None


def test_a_confirmation_of_what_moved_since_is_refused(
    runner: ActionRunner, support: Actor, standing: Standing, run: Run
) -> None:
    action = runner.actions.get("entitlements.set_override")
    token = runner.preview(support, action, command(standing)).token
    standing.give_scale()
    with pytest.raises(StalePreview):
        run(command(standing), token=token)


def test_critical_features_need_approval_where_the_setting_says_so(
    runner: ActionRunner, support: Actor, standing: Standing, run: Run, runtime: Runtime
) -> None:
    assert preview(runner, support, command(standing)).needs_approval is None
    standing.session.add(
        Setting(key="approval_critical_features", value=True, updated_at=START, updated_by="admin@board.test")
    )
    standing.session.flush()
    with pytest.raises(ApprovalRequired, match="Call recording is a critical feature"):
        run(command(standing))
    run(command(standing, INCLUDED))
