"""Commands: what someone wants changed, as validated input with named fields.

The same model makes the form, the REST body, the command line's ``--set`` and the row of a bulk file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from adminboard.core.canonical import to_plain
from adminboard.core.errors import FieldError, InvalidInput


class Command(BaseModel):
    """Base of all commands. Unknown fields are refused: a typing error must not be a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)
    carried: ClassVar[frozenset[str]] = frozenset()
    """Fields that nobody fills in: what the board asked the outside before the preview (`Action.fetch`)."""

    @classmethod
    def asked_fields(cls) -> dict[str, FieldInfo]:
        """The fields that whoever asks for the change fills in."""
        return {name: info for name, info in cls.model_fields.items() if name not in cls.carried}

    @property
    def stated_reason(self) -> str | None:
        """Why the change is made, for the audit log."""
        reason: str | None = getattr(self, "reason", None)
        return reason

    def without_personal_data(self) -> Self:
        """The command for somebody who may see none: what is carried travels through their hands, signed but
        readable. Whoever carries such overrides this."""
        return self

    def to_data(self) -> dict[str, Any]:
        """The command as JSON values; reading them back gives an equal command."""
        data = to_plain(self.model_dump())
        assert isinstance(data, dict)
        return data

    def asked_data(self) -> dict[str, Any]:
        """The same without what is carried: equal for two who ask for the same at different times."""
        return {name: value for name, value in self.to_data().items() if name not in self.carried}

    def carried_data(self) -> dict[str, Any]:
        """What is carried, as JSON values; empty while it has not been fetched."""
        data = {name: value for name, value in self.to_data().items() if name in self.carried}
        return {} if None in data.values() else data


def check_printable(text: str) -> str:
    """The text as it is. Raises `ValueError` for control characters other than line breaks and tabs."""
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise ValueError("This contains a control character. Type the text anew.")
    return text


LONGEST_REASON = 500
_VISIBLE = r"[^\s\x00-\x1f\x7f-\xa0]"
TRIMMED_PATTERN = rf"^{_VISIBLE}([^\x00-\x1f]*{_VISIBLE})?$"
"""A text that loses nothing when it is trimmed, for programs that read the API's description."""
STORABLE_PATTERN = r"^[^\x00]*$"
"""A text without the one character that PostgreSQL does not take, for the same."""
REASON_PATTERN = rf"^{_VISIBLE}[^\x00-\x08\x0b-\x1f]{{8,498}}{_VISIBLE}$"
"""What is surely a reason, for the same."""
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=10, max_length=LONGEST_REASON),
    AfterValidator(check_printable),
    Field(title="Reason", json_schema_extra={"widget": "textarea", "pattern": REASON_PATTERN}),
]
"""Why a change is made, for the audit log: 10 to 500 characters after trimming."""

Moment = Annotated[AwareDatetime | None, Field(json_schema_extra={"widget": "datetime"})]
"""An optional point in time, mostly one to come. It must say its zone; the form adds the admin's."""

PastMoment = Annotated[AwareDatetime | None, Field(json_schema_extra={"widget": "datetime", "past": True})]
"""The same of one that is over: what the form offers to fill in lies behind."""

C = TypeVar("C", bound=Command)


def at_least_one_of(*names: str) -> JsonDict:
    """For the description of a command of which one of these fields at least must be given."""
    return {"anyOf": [_given(name) for name in names]}


def exactly_one_of(*names: str) -> JsonDict:
    """The same where they exclude each other."""
    return {"oneOf": [_given(name) for name in names]}


def _given(name: str) -> JsonDict:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


_SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "timezone_aware": "Say which time zone is meant, for example 2026-12-01T09:00:00-08:00.",
    "string_type": "This must be text.",
    "uuid_parsing": "This must be an id, like 0198f3a0-0000-7000-8000-000000000000.",
}
_LIMITS = {
    "less_than_equal": "of at most",
    "less_than": "below",
    "greater_than_equal": "of at least",
    "greater_than": "above",
}


NO_REASON = "No reason was given by the program that asked."
"""What an address that promises to do without a reason writes down instead."""


def undo_reason(reason: str) -> str:
    """Why an undo is made, from why the change was: itself a valid reason."""
    return f"Undo of: {reason}"[:LONGEST_REASON]


def parse_command(command: type[C], data: Mapping[str, Any]) -> C:
    """Validates the data. Raises `InvalidInput` with one `FieldError` for each field that is wrong."""
    try:
        return command.model_validate(dict(data))
    except ValidationError as error:
        raise invalid_input(error) from None


def invalid_input(error: ValidationError) -> InvalidInput:
    """A validation error in the board's words."""
    return refuse_input(
        [FieldError(_field_name(item), sentence_of(item), item["type"]) for item in error.errors()]
    )


def refuse_input(problems: Sequence[FieldError]) -> InvalidInput:
    """The error about these fields; its sentence is that of the first."""
    first = problems[0]
    detail = f"{first.field}: {first.message}" if first.field else first.message
    return InvalidInput(detail, errors=problems)


def _field_name(problem: Any) -> str:
    return ".".join(str(part) for part in problem["loc"])


def sentence_of(problem: Any) -> str:
    """What Pydantic found wrong, in the board's words."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind == "string_too_short":
        length = len(str(problem.get("input", "")).strip())
        if length == 0:
            least = context["min_length"]
            return "This is required." if least == 1 else f"This is required: at least {least} characters."
        return f"At least {context['min_length']} characters are needed; this has {length}."
    if kind == "string_too_long":
        length = len(str(problem.get("input", "")).strip())
        return f"At most {context['max_length']} characters are possible; this has {length}."
    if kind in _LIMITS:
        return f"Write a number {_LIMITS[kind]} {next(iter(context.values()))}."
    if kind == "enum":
        return f"Choose one of {context['expected']}."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


class NotInTheFuture(InvalidInput):
    """A moment until which something is to hold must still come."""


def require_future(moment: datetime | None, now: datetime, field: str) -> None:
    """Raises `NotInTheFuture` for a moment, given in ``field``, that is over; None is none."""
    if moment is not None and moment <= now:
        sentence = "This time has passed already. Choose one in the future, or none."
        raise NotInTheFuture(sentence, errors=[FieldError(field, sentence, "not_in_the_future")])
