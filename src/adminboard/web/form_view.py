"""What a form, a preview of a change and a toast show, ready to be drawn by `ui/action_*.html` and
`ui/fields.html`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from adminboard.web.list_view import HiddenView, LinkView, OptionView


class FieldKind(StrEnum):
    """Which control a field offers; each has a macro of the same name in `ui/fields.html`."""

    TEXT = "text"
    PASSWORD = "password"  # noqa: S105 - a kind of control, not a secret
    EMAIL = "email"
    TEXTAREA = "textarea"
    SELECT = "select"
    DECIMAL = "decimal"
    MONEY = "money"
    """Whole cents of the command's ``currency``, typed as "79.00"."""
    INTEGER = "integer"
    DATETIME = "datetime"
    CHECKBOX = "checkbox"
    CHOICES = "choices"
    TICKED = "ticked"
    """Several values that were chosen before the form was opened, like rows of a list; it says how many."""
    USER = "user"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field with what was typed into it, kept as typed even when it is wrong.

    `error` is the sentence beside the field. `min`, `max` and `step` are the control's own attributes, as
    text. DATETIME takes `value` as "2026-12-01T14:30" in the admin's zone, which `hint` names; `presets`
    fill it (label, value). USER shows `value_label` for the chosen `value` (an id) and looks others up at
    `search_url`. `options` serve SELECT, CHOICES (several checkboxes of one name) and TICKED. `prefix` stands
    inside the control, before the value ("$").
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    value: str = ""
    error: str | None = None
    hint: str | None = None
    required: bool = False
    options: Sequence[OptionView] = ()
    min: str | None = None
    max: str | None = None
    step: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    placeholder: str = ""
    prefix: str | None = None
    presets: Sequence[OptionView] = ()
    value_label: str | None = None
    search_url: str | None = None
    autocomplete: str = "off"
    autofocus: bool = False
    checked: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class FormView:
    """A form for one change. It posts to `action_url`: for the preview, or for the change where none is due.

    `error` is a refusal that belongs to no field; it `is_news` where there is only nothing to do.
    `preview_url` asks for the live preview as fields change ("$45.50 → $65.50"); None for none. `csrf_token`
    is drawn as a hidden field.
    """

    title: str
    action_url: str
    submit_label: str
    fields: Sequence[FieldView]
    csrf_token: str
    back_url: str
    subject: str | None = None
    sentence: str | None = None
    error: str | None = None
    is_news: bool = False
    preview_url: str | None = None
    destructive: bool = False


LONGEST_BESIDE = 14
"""So many characters fit beside as many in the large letters of a preview's first change."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One value before and after, formatted; a preview's first is drawn large. `tone` colours `delta`.

    `long` ones may have many lines: their sides are None where there is nothing, and are drawn whole.
    """

    label: str
    before: str | None
    after: str | None
    delta: str | None = None
    tone: str | None = None
    long: bool = False

    @property
    def is_wordy(self) -> bool:
        """Whether the sides need a line each: they are words, like a day's name, and not a figure or two."""
        return max(len(self.before or ""), len(self.after or "")) > LONGEST_BESIDE


@dataclass(frozen=True, slots=True)
class WarningView:
    """Something to know before confirming; `must_acknowledge` draws a checkbox that is required."""

    code: str
    message: str
    title: str | None = None
    must_acknowledge: bool = False
    acknowledged: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FactView:
    """A plain fact of the command ("Reason", "Goodwill")."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a change would do, and everything its confirmation posts.

    `hidden` carries the command's values, also back to the form by a post to `back_url`: what was typed
    stays out of addresses. `token` signs what was shown, `idempotency_key` makes a second
    press harmless. `needs_approval` says why a second person must agree: confirming then asks for it.
    `confirm_label` is the verb with its amount. Without a `back_url`, where there was no form, one leaves for
    `cancel_url`.
    """

    title: str
    action_url: str
    back_url: str | None
    cancel_url: str
    confirm_label: str
    token: str
    idempotency_key: str
    csrf_token: str
    subject: str | None = None
    changes: Sequence[ChangeView] = ()
    warnings: Sequence[WarningView] = ()
    facts: Sequence[FactView] = ()
    needs_approval: str | None = None
    destructive: bool = False
    hidden: Sequence[HiddenView] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ToastView:
    """What just happened. With `undo_url` it stays longer and carries a form that posts there."""

    title: str
    text: str | None = None
    tone: str = "success"
    undo_url: str | None = None
    undo_label: str = "Undo"
    undo_fields: Sequence[HiddenView] = field(default_factory=tuple)
    link: LinkView | None = None
