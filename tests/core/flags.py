"""The smallest actions there can be, over the feature flags, and people who may or may not use them."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Action, Actions, Applied, Caution, Change, Preview, Undo
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.audit import Target
from adminboard.core.clock import Clock
from adminboard.core.commands import Command, Reason
from adminboard.core.errors import DomainError
from adminboard.core.models import FeatureFlag
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import Operations
from adminboard.core.permissions import ROLE_PERMISSIONS, Permission, Role
from adminboard.core.work import Work
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings


class FlagFrozen(DomainError):
    """Flags whose name begins with "frozen" stay as they are."""


class SetFlag(Command):
    """Switch a flag on or off."""

    key: str
    enabled: bool
    reason: Reason


def is_enabled(session: Session, key: str) -> bool:
    flag = session.get(FeatureFlag, key, populate_existing=True)
    return flag is not None and flag.enabled


def put_flag(work: Work, key: str, enabled: bool) -> None:
    values = {
        "enabled": enabled,
        "description": "",
        "updated_at": work.now(),
        "updated_by": work.actor.name,
    }
    work.session.execute(
        insert(FeatureFlag)
        .values(key=key, **values)
        .on_conflict_do_update(index_elements=[FeatureFlag.key], set_=values)
    )


def preview_flag(session: Session, command: SetFlag) -> Preview:
    if command.key.startswith("frozen"):
        raise FlagFrozen(f"{command.key} stays as it is.")
    careful = Caution("careful", "This flag is a risky one.", must_acknowledge=True)
    return Preview(
        subject=Target("flag", command.key, command.key),
        changes=(Change("enabled", is_enabled(session, command.key), command.enabled),),
        warnings=(careful,) if command.key.startswith("risky") else (),
        needs_approval="A second person must agree." if command.key.startswith("big") else None,
    )


def apply_flag(work: Work, command: SetFlag) -> Applied:
    was = is_enabled(work.session, command.key)
    put_flag(work, command.key, command.enabled)
    undo = Undo("flags.set", SetFlag(key=command.key, enabled=was, reason=f"Undo: {command.reason}"))
    return Applied(
        {"key": command.key, "enabled": command.enabled},
        f"{command.key} is {'on' if command.enabled else 'off'}",
        None if command.key.startswith("final") else undo,
        record={"note": "as asked"},
        shown_once={"secret": "only once"} if command.key.startswith("secret") else {},
    )


set_flag = Action(
    name="flags.set",
    title="Set a flag",
    command=SetFlag,
    preview=preview_flag,
    apply=apply_flag,
    permission=Permission.SETTINGS_WRITE,
)
set_flag_carefully = Action(
    name="flags.set_carefully",
    title="Set a flag, after proving who you are",
    command=SetFlag,
    preview=preview_flag,
    apply=apply_flag,
    permission=Permission.SETTINGS_WRITE,
    step_up=True,
)


def make_runtime(database: Database, clock: Clock) -> Runtime:
    return Runtime(Settings(secret_key="s" * 32), database, clock)


def make_runner(runtime: Runtime, *more: Action[Any], operations: Operations | None = None) -> ActionRunner:
    return ActionRunner(
        runtime.reading,
        runtime.work,
        runtime.signed,
        Actions((set_flag, set_flag_carefully, *more)),
        OperationRunner(runtime, operations or Operations()),
    )


def make_person(role: Role = Role.ADMIN, name: str = "ada@board.test", **fields: Any) -> Actor:
    values = {"role": role, "ip_address": "203.0.113.7", "request_id": "request-1"} | fields
    return Actor(ActorKind.ADMIN, name, ROLE_PERMISSIONS[role], **values)


def make_key(*scopes: Permission, name: str = "a key") -> Actor:
    return Actor(ActorKind.API_KEY, name, frozenset(scopes))


def switch(key: str, enabled: bool = True, reason: str = "Because it is time") -> SetFlag:
    return SetFlag(key=key, enabled=enabled, reason=reason)
