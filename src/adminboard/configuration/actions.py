"""Changing a threshold (domain: "Actions", settings.*)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adminboard.configuration.thresholds import KINDS
from adminboard.core.actions import Action, Applied, Change, Preview, RestCall, Undo
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.errors import FieldError, InvalidInput, NothingToDo
from adminboard.core.models import Setting
from adminboard.core.permissions import Permission
from adminboard.core.thresholds import Threshold, forget_threshold, get_threshold
from adminboard.core.work import Work, lock_by_name


class ChangeSetting(Command):
    """Change one of the board's thresholds. Left empty, the environment's value is used again."""

    setting: Threshold = Field(title="Setting", json_schema_extra={"widget": "hidden"})
    value: str | None = Field(
        None,
        title="New value",
        max_length=100,
        description="Left empty, the value of the environment is used again.",
    )

    @field_validator("value")
    @classmethod
    def _is_readable(cls, value: str | None, checked: ValidationInfo) -> str | None:
        if value is not None and "setting" in checked.data:
            KINDS[checked.data["setting"]].read(value)
        return value


class SameValue(NothingToDo):
    """The threshold has this value already."""


def lock(work: Work, command: ChangeSetting) -> None:
    """By name, because a threshold that was never changed has no row to lock."""
    lock_by_name(work, f"setting {command.setting.value}")


def preview(session: Session, command: ChangeSetting) -> Preview:
    """Raises `SameValue`."""
    kind = KINDS[command.setting]
    before, after = get_threshold(session, command.setting), _new_value(session, command)
    if _stored(session, command.setting) == _read(command):
        raise SameValue(f"{kind.label} is {kind.show(before)} already.")
    return Preview(_target(command.setting), (Change(kind.label, kind.show(before), kind.show(after)),))


def apply(work: Work, command: ChangeSetting) -> Applied:
    """Stores the value, or removes it so that the environment's is in force again."""
    kind, former = KINDS[command.setting], _stored(work.session, command.setting)
    after = _new_value(work.session, command)
    if command.value is None:
        work.session.execute(delete(Setting).where(Setting.key == command.setting.value))
    else:
        row = {"value": _read(command), "updated_at": work.now(), "updated_by": work.actor.name}
        statement = insert(Setting).values(key=command.setting.value, **row)
        work.session.execute(statement.on_conflict_do_update(index_elements=[Setting.key], set_=row))
    forget_threshold(work.session, command.setting)
    undo = ChangeSetting(setting=command.setting, value=None if former is None else str(former))
    return Applied(
        result={"setting": command.setting, "value": str(after)},
        summary=f"{kind.label} is now {kind.show(after)}.",
        undo=Undo("settings.change", undo),
    )


def _read(command: ChangeSetting) -> Any:
    return None if command.value is None else KINDS[command.setting].read(command.value)


def _stored(session: Session, setting: Threshold) -> Any:
    return session.scalar(select(Setting.value).where(Setting.key == setting.value))


def _new_value(session: Session, command: ChangeSetting) -> Any:
    if command.value is not None:
        return _read(command)
    value = session.info["defaults"].values[command.setting]
    if value is None:
        sentence = "The environment gives no value for this; enter one."
        raise InvalidInput(sentence, errors=[FieldError("value", sentence)])
    return value


def _target(setting: Threshold) -> Target:
    return Target("setting", setting.value, KINDS[setting].label)


def _subject(session: Session, typed: Mapping[str, str]) -> Target | None:  # noqa: ARG001 (the kit's)
    name = typed.get("setting", "")
    return _target(Threshold(name)) if name in set(Threshold) else None


change_setting = Action(
    name="settings.change",
    title="Change setting",
    command=ChangeSetting,
    preview=preview,
    apply=apply,
    lock=lock,
    subject=_subject,
    permission=Permission.SETTINGS_WRITE,
    rest=RestCall(
        "PUT", "/settings/{setting}", "Change a threshold of the board", example={"value": "1000.00"}
    ),
    step_up=True,
)
