"""Forms made of commands: each field's control, what was typed, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo
from sqlalchemy.orm import Session

from adminboard.core.actions import Action
from adminboard.core.commands import Command
from adminboard.core.currencies import get_symbol, to_minor_units
from adminboard.core.errors import FieldError
from adminboard.core.listings import Option
from adminboard.web.form_view import FieldKind, FieldView
from adminboard.web.list_view import HiddenView, OptionView

Typed = Mapping[str, Sequence[str]]
DATETIME_FORMAT = "%Y-%m-%dT%H:%M"


def make_fields(
    command: type[Command],
    typed: Typed,
    *,
    zone: ZoneInfo,
    now: datetime,
    errors: Sequence[FieldError] = (),
    hidden: frozenset[str] = frozenset(),
    offered: Mapping[str, Sequence[Option]] | None = None,
    begun: Collection[str] = (),
) -> list[FieldView]:
    """A control for each field of the command, holding what was typed. ``hidden`` fields travel unseen;
    ``offered`` is what those may choose from whose values are rows. Those named by ``begun`` hold what the
    action begins with, which nobody typed.

    The first visible field that is wrong gets the focus, or else the first that nobody has answered: it is
    empty, or holds what it begins with.
    """
    messages = {error.field.partition(".")[0]: error.message for error in reversed(errors)}
    views = [
        _make_field(
            name,
            info,
            typed.get(name),
            zone=zone,
            now=now,
            error=messages.get(name),
            hide=name in hidden,
            offered=(offered or {}).get(name),
            currency=next(iter(typed.get("currency", ())), ""),
        )
        for name, info in command.asked_fields().items()
    ]
    answered = {name for name in typed if name not in begun}
    return _with_focus(views, answered)


def typed_values(command: type[Command], typed: Typed, zone: ZoneInfo) -> dict[str, Any]:
    """The typed fields as command data: times get the reader's zone, amounts of money become whole cents of
    the typed ``currency``, empty optional fields are left out."""
    data: dict[str, Any] = {}
    currency = next(iter(typed.get("currency", ())), "")
    for name, info in command.asked_fields().items():
        kind = field_kind(info)
        if kind is FieldKind.CHECKBOX:
            data[name] = bool(typed.get(name))
        elif kind in (FieldKind.CHOICES, FieldKind.TICKED):
            data[name] = list(typed.get(name, ()))
        elif name in typed:
            text = typed[name][0]
            if text.strip() or info.is_required():
                data[name] = _as_data(text, kind, zone, currency)
    return data


def _as_data(text: str, kind: FieldKind, zone: ZoneInfo, currency: str) -> Any:
    """What was typed as the command takes it; as it is where that makes no sense of it."""
    if kind is FieldKind.DATETIME:
        return _with_zone(text, zone)
    if kind is FieldKind.MONEY:
        with suppress(ValueError):
            return to_minor_units(text, currency)
        return f"{text.strip()} {currency}"
    return text


def load_offers(action: Action[Any], session: Session) -> dict[str, Sequence[Option]]:
    """What the action offers for those of its fields whose values are rows."""
    return {name: offer(session) for name, offer in action.offers.items()}


def asks_nothing(action: Action[Any]) -> bool:
    """Whether nothing is left to fill in once it is known what the action is about."""
    return all(
        name == action.subject_field or field_kind(info) is FieldKind.HIDDEN
        for name, info in action.command.model_fields.items()
    )


def unwritten_texts(command: type[Command], data: Mapping[str, Any]) -> dict[str, str]:
    """Something for each long text that is still too short, so that the rest can be looked at meanwhile."""
    least = {
        name: _limits(info).get("min_length", 0)
        for name, info in command.model_fields.items()
        if field_kind(info) is FieldKind.TEXTAREA
    }
    return {
        name: "…" * length for name, length in least.items() if len(str(data.get(name, "")).strip()) < length
    }


def hidden_values(command: Command, typed: Typed) -> list[HiddenView]:
    """The typed fields of a command, to be posted again with its confirmation."""
    return [HiddenView(name, value) for name in type(command).asked_fields() for value in typed.get(name, ())]


def field_kind(info: FieldInfo) -> FieldKind:
    """The control for a field: what it asks for by ``widget``, else by its type."""
    widget = _declared_extra(info).get("widget")
    if widget is not None:
        return FieldKind(str(widget))
    kind = _plain_type(info.annotation)
    if get_origin(kind) in (list, tuple, set, frozenset):
        return FieldKind.CHOICES
    if not isinstance(kind, type):
        return FieldKind.TEXT
    by_type: list[tuple[type, FieldKind]] = [
        (Enum, FieldKind.SELECT),
        (bool, FieldKind.CHECKBOX),
        (Decimal, FieldKind.DECIMAL),
        (int, FieldKind.INTEGER),
        (datetime, FieldKind.DATETIME),
        (UUID, FieldKind.HIDDEN),
    ]
    return next((control for base, control in by_type if issubclass(kind, base)), FieldKind.TEXT)


def _declared_extra(info: FieldInfo) -> dict[str, Any]:
    """What the field, or the type inside its "or None", says for its form."""
    inner = [part for option in get_args(info.annotation) for part in getattr(option, "__metadata__", ())]
    extras = [part.json_schema_extra for part in [*inner, info] if isinstance(part, FieldInfo)]
    return {name: value for extra in extras if isinstance(extra, dict) for name, value in extra.items()}


def _plain_type(annotation: Any) -> Any:
    """The type without "or None"."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(item for item in get_args(annotation) if item is not NoneType)
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _make_field(
    name: str,
    info: FieldInfo,
    typed: Sequence[str] | None,
    *,
    zone: ZoneInfo,
    now: datetime,
    error: str | None,
    hide: bool,
    offered: Sequence[Option] | None,
    currency: str,
) -> FieldView:
    kind = FieldKind.HIDDEN if hide else field_kind(info)
    value = _shown_value(typed, info, kind, zone)
    limits = _limits(info)
    return FieldView(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        kind=kind,
        value=value,
        error=error,
        hint=_hint(info, kind, zone),
        required=_must_say(info, kind),
        options=_options(info, kind, typed, value, offered),
        min=limits.get("min"),
        max=limits.get("max"),
        min_length=limits.get("min_length"),
        max_length=limits.get("max_length"),
        presets=_presets(info, zone, now) if kind is FieldKind.DATETIME else (),
        search_url="/users/picker" if kind is FieldKind.USER else None,
        prefix=_prefix(kind, currency),
        checked=kind is FieldKind.CHECKBOX and value == "true",
        autocomplete="new-password" if kind is FieldKind.PASSWORD else "off",
    )


def _must_say(info: FieldInfo, kind: FieldKind) -> bool:
    """A choice that cannot be left open is none that is optional, though it begins with an answer."""
    if kind is FieldKind.SELECT:
        return info.get_default() is not None
    return info.is_required() and kind is not FieldKind.CHECKBOX


def _prefix(kind: FieldKind, currency: str) -> str | None:
    if kind is FieldKind.DECIMAL:
        return "$"
    return get_symbol(currency.upper()) if kind is FieldKind.MONEY and currency else None


def _shown_value(typed: Sequence[str] | None, info: FieldInfo, kind: FieldKind, zone: ZoneInfo) -> str:
    if kind is FieldKind.CHECKBOX:
        checked = bool(typed) if typed is not None else bool(info.get_default() or False)
        return "true" if checked else ""
    if typed is not None:
        text = typed[0] if typed else ""
        return _without_zone(text, zone) if kind is FieldKind.DATETIME else text
    default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, Enum):
        return str(default.value)
    return "" if default is None or isinstance(default, list | tuple | frozenset | set) else str(default)


def _hint(info: FieldInfo, kind: FieldKind, zone: ZoneInfo) -> str | None:
    if kind is FieldKind.DATETIME:
        return f"{info.description or ''} Time zone: {zone.key}.".strip()
    return info.description


def _limits(info: FieldInfo) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for item in info.metadata:
        if isinstance(item, Ge):
            limits["min"] = str(item.ge)
        elif isinstance(item, Le):
            limits["max"] = str(item.le)
        elif isinstance(item, MinLen):
            limits["min_length"] = item.min_length
        elif isinstance(item, MaxLen):
            limits["max_length"] = item.max_length
        else:
            limits |= {
                name: getattr(item, name)
                for name in ("min_length", "max_length")
                if getattr(item, name, None) is not None
            }
    return limits


def _options(
    info: FieldInfo,
    kind: FieldKind,
    typed: Sequence[str] | None,
    value: str,
    offered: Sequence[Option] | None,
) -> list[OptionView]:
    if kind is FieldKind.TICKED:
        return [OptionView(word, word, selected=True) for word in typed or ()]
    if kind not in (FieldKind.SELECT, FieldKind.CHOICES):
        return []
    chosen = set(typed or ()) if kind is FieldKind.CHOICES else {value}
    options = [
        OptionView(word, label, word in chosen) for word, label in field_words(info, kind, offered).items()
    ]
    is_open = not info.is_required() or offered is not None
    if kind is FieldKind.SELECT and is_open and not isinstance(_plain_type(info.annotation), type(Enum)):
        label = "Choose …" if info.is_required() else str(_declared_extra(info).get("empty", "Default"))
        return [OptionView("", label, value == ""), *options]
    return options


def declares_words(info: FieldInfo) -> bool:
    """Whether the field says itself what people read for each of its values."""
    return isinstance(_declared_extra(info).get("options"), Mapping)


def field_words(info: FieldInfo, kind: FieldKind, offered: Sequence[Option] | None) -> dict[str, str]:
    """The values that can be chosen, each with what people read: offered, declared, or those of its type."""
    if offered is not None:
        return {option.value: option.label for option in offered}
    declared = _declared_extra(info).get("options")
    if isinstance(declared, Mapping):
        return {str(word): str(label) for word, label in declared.items()}
    if isinstance(declared, list):
        return {str(word): str(word) for word in declared}
    words = _plain_type(info.annotation)
    if kind is FieldKind.CHOICES:
        words = get_args(words)[0]
    return {str(word.value): str(word.value).replace("_", " ").capitalize() for word in words}


def asks_past(info: FieldInfo) -> bool:
    """Whether a moment is asked for that is over: none means no bound there, and not that something lasts."""
    return bool(_declared_extra(info).get("past"))


def _presets(info: FieldInfo, zone: ZoneInfo, now: datetime) -> list[OptionView]:
    """What a button fills in: days from now and the end of the month, or days ago where that is asked."""
    local = now.astimezone(zone)
    if asks_past(info):
        return [_moment_option(local - timedelta(days=days), f"{days} days ago") for days in (7, 30, 90)]
    in_days = [_moment_option(local + timedelta(days=days), f"{days} days") for days in (7, 30, 90)]
    next_month = (local.replace(day=1, tzinfo=None) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
    return [*in_days, _moment_option(next_month - timedelta(minutes=1), "Month's end")]


def _moment_option(moment: datetime, label: str) -> OptionView:
    return OptionView(moment.strftime(DATETIME_FORMAT), label)


def _with_zone(text: str, zone: ZoneInfo) -> str:
    """A local time as typed, with the zone it was meant in; validation refuses anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if len(text.strip()) == len(date.min.isoformat()):
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _without_zone(text: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (moment.astimezone(zone) if moment.tzinfo else moment).strftime(DATETIME_FORMAT)


def _with_focus(views: list[FieldView], answered: Collection[str]) -> list[FieldView]:
    visible = [view for view in views if view.kind not in (FieldKind.HIDDEN, FieldKind.TICKED)]
    chosen = next((view for view in visible if view.error), None) or next(
        (view for view in visible if not view.value or view.name not in answered), None
    )
    return [replace(view, autofocus=True) if view is chosen else view for view in views]
