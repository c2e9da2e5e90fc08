"""Previews and outcomes of actions as their templates draw them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any
from uuid import uuid4

from pydantic.fields import FieldInfo

from adminboard.core.action_runner import Outcome, Prepared
from adminboard.core.actions import Action, Caution, Change, Preview
from adminboard.core.commands import Command
from adminboard.core.listings import Option
from adminboard.core.money import in_dollars
from adminboard.web import formatting
from adminboard.web.done import make_open_toast, waiting_toast
from adminboard.web.form_view import ChangeView, FactView, FieldKind, PreviewView, ToastView, WarningView
from adminboard.web.forms import (
    Typed,
    asks_nothing,
    asks_past,
    declares_words,
    field_kind,
    field_words,
    hidden_values,
)
from adminboard.web.list_view import HiddenView

_NOT_REPEATED = (
    FieldKind.HIDDEN,
    FieldKind.TICKED,
    FieldKind.USER,
    FieldKind.PASSWORD,
    FieldKind.DECIMAL,
    FieldKind.MONEY,
)
"""Kinds of fields that a confirmation does not list: they are secret, or what it shows anyway."""
_SHOWN: dict[str, Callable[[Any], Any]] = {
    "credits": in_dollars,
    "signed_credits": partial(in_dollars, signed=True),
    "datetime": formatting.format_datetime,
    "number": formatting.format_number,
}


def make_preview_view(
    action: Action[Any],
    command: Command,
    prepared: Prepared,
    typed: Typed,
    *,
    csrf_token: str,
    return_to: str,
    acknowledged: Collection[str] = (),
    missing: Collection[str] = (),
    error: str | None = None,
    offered: Mapping[str, Sequence[Option]] | None = None,
) -> PreviewView:
    """The confirmation page of a change. ``missing`` warnings were not acknowledged and say so; ``offered``
    is what the form offered (`forms.load_offers`), to call by name what was chosen.
    """
    preview = prepared.preview
    base = f"/actions/{action.name}"
    return PreviewView(
        title=action.title,
        action_url=base,
        back_url=None if asks_nothing(action) else f"{base}/preview?back=1",
        cancel_url=return_to,
        confirm_label=_confirm_label(action, command, preview),
        token=prepared.token,
        idempotency_key=uuid4().hex,
        csrf_token=csrf_token,
        subject=preview.subject.label,
        changes=[make_change_view(change) for change in preview.changes],
        warnings=[_make_warning(warning, acknowledged, missing) for warning in preview.warnings],
        facts=[
            *(FactView(one.label, shown_value(one.value, one.cell)) for one in preview.details),
            *(fact for fact in _make_facts(command, offered or {}) if not _is_shown(fact, preview.changes)),
        ],
        needs_approval=preview.needs_approval,
        destructive=action.destructive,
        hidden=[*hidden_values(command, typed), HiddenView("return_to", return_to)],
        error=error,
    )


def outcome_toast(outcome: Outcome) -> ToastView:
    """What just happened, with Undo where there is one, or with the way to what is still open: a request that
    waits, a call to the outside that nobody knows the end of.
    """
    if outcome.approval_id is not None:
        return waiting_toast(outcome.summary, outcome.approval_id)
    if outcome.operation is not None and outcome.operation.is_open:
        return make_open_toast(outcome.summary, outcome.operation)
    undo_url = f"/undo/{outcome.audit_id}" if outcome.can_undo else None
    return ToastView(title=outcome.summary, undo_url=undo_url)


def shown_value(value: Any, cell: str = "text") -> str:
    """A value of a preview or an audit entry as plain text."""
    if value is None or value == "":
        return "none"
    if cell in _SHOWN:
        return str(_SHOWN[cell](value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return str(formatting.format_datetime(value))
    if isinstance(value, list | tuple):
        return ", ".join(shown_value(item) for item in value)
    return str(value)


def make_change_view(change: Change) -> ChangeView:
    """One change as text, with its difference where it is one of credits."""
    delta, tone = None, None
    if change.cell == "long_text":
        return ChangeView(change.field, change.before, change.after, long=True)
    if isinstance(change.before, Decimal) and isinstance(change.after, Decimal) and change.cell == "credits":
        difference = change.after - change.before
        delta = in_dollars(difference, signed=True)
        tone = "green" if difference > 0 else "red"
    return ChangeView(
        change.field,
        shown_value(change.before, change.cell),
        shown_value(change.after, change.cell),
        delta,
        tone,
    )


def _confirm_label(action: Action[Any], command: Command, preview: Preview) -> str:
    """The verb and the amount; people ask for what needs a second one (`approvals.exempt` is for keys)."""
    label = action.label(command, preview)
    return f"Request approval: {label}" if preview.needs_approval else label


def _make_warning(warning: Caution, acknowledged: Collection[str], missing: Collection[str]) -> WarningView:
    return WarningView(
        code=warning.code,
        message=warning.message,
        must_acknowledge=warning.must_acknowledge,
        acknowledged=warning.code in acknowledged,
        error="Tick this to go on." if warning.code in missing else None,
    )


def _is_shown(fact: FactView, changes: Sequence[Change]) -> bool:
    """Whether what was entered is on the page already, as a change of its name or as what a text becomes."""
    return any(
        change.field == fact.label or (change.cell == "long_text" and change.after == fact.value)
        for change in changes
    )


def _chosen(info: FieldInfo, value: Any, offered: Sequence[Option] | None) -> str:
    """What was chosen in a list, as people read it there."""
    if isinstance(value, Enum) and not declares_words(info):
        return str(value.value).replace("_", " ")
    return field_words(info, FieldKind.SELECT, offered).get(str(value).lower(), str(value))


def _make_facts(command: Command, offered: Mapping[str, Sequence[Option]]) -> list[FactView]:
    """The command's own visible fields, so that the confirmation shows all that was entered."""
    facts = []
    for name, info in type(command).asked_fields().items():
        kind = field_kind(info)
        if kind in _NOT_REPEATED:
            continue
        value = getattr(command, name)
        if value is None and (kind is not FieldKind.DATETIME or asks_past(info)):
            continue
        words = _chosen(info, value, offered.get(name)) if kind is FieldKind.SELECT else value
        text = "never" if kind is FieldKind.DATETIME and value is None else shown_value(words)
        facts.append(FactView(info.title or name.replace("_", " ").capitalize(), text))
    return facts
