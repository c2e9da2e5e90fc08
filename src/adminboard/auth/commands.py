"""What administrators ask for concerning people and keys, and people concerning their own account."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints, field_validator

from adminboard.core.commands import Command
from adminboard.core.permissions import KEY_SCOPES, Permission, Role

MAX_EMAIL_LENGTH = 254
DEFAULT_KEY_DAYS = 90
MAX_KEY_DAYS = 366
MAX_OVERLAP_HOURS = 168

AdminReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_EMAIL_LENGTH),
    Field(title="Admin", json_schema_extra={"widget": "hidden"}),
]
"""A member of the staff: the id, or the e-mail address in any case."""


def _normal_email(text: str) -> str:
    """The address in lower case. Names of test domains are allowed: the demonstration lives in one."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise ValueError("This is not an e-mail address. Write it like robin@example.com.") from None


def _known_time_zone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise ValueError("Choose a time zone from the list, like America/Los_Angeles.")
    return name


def _offer(widget: str, words: Iterable[str]) -> Any:
    return {"widget": widget, "options": sorted(str(word) for word in words)}


_OFFERED_ZONES = {"UTC"} | {
    name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "right/"))
}


class InviteAdmin(Command):
    """Add a person to the staff. They set their own password with a code that is shown once."""

    email: Annotated[str, AfterValidator(_normal_email)] = Field(
        title="E-mail address", max_length=MAX_EMAIL_LENGTH, json_schema_extra={"widget": "email"}
    )
    name: str = Field(title="Name", min_length=1, max_length=100)
    role: Role = Field(title="Role", description="What each role may do is in the guide.")


class ChangeRole(Command):
    """Give a person another role. Their sessions end."""

    admin: AdminReference
    role: Role = Field(title="Role")


class NameAdmin(Command):
    """An action on one member of the staff that needs nothing more."""

    admin: AdminReference


class CreateKey(Command):
    """Make an API key. Its text is shown once."""

    name: str = Field(title="Name", min_length=1, max_length=80, description="What the key is for.")
    scopes: tuple[Permission, ...] = Field(
        title="Scopes",
        min_length=1,
        description="What the key may do; nobody can give more than they may do themselves.",
        json_schema_extra=_offer("choices", KEY_SCOPES - {Permission.APPROVALS_EXEMPT}),
    )
    valid_days: int = Field(DEFAULT_KEY_DAYS, title="Valid for (days)", ge=1, le=MAX_KEY_DAYS)
    owner: AdminReference | None = Field(None, title="Owner", json_schema_extra={"widget": "hidden"})

    @field_validator("scopes")
    @classmethod
    def _known_scopes(cls, scopes: tuple[Permission, ...]) -> tuple[Permission, ...]:
        for_people = [scope.value for scope in scopes if scope not in KEY_SCOPES]
        if for_people:
            raise ValueError(f"A key cannot have the scope {for_people[0]}.")
        return tuple(sorted(set(scopes)))


class NameKey(Command):
    """An action on one API key that needs nothing more."""

    key: UUID = Field(title="API key")


class RotateKey(Command):
    """Make a new key with the same scopes; the former one goes on working for a while."""

    key: UUID = Field(title="API key")
    overlap_hours: int = Field(
        24,
        title="Former key works for (hours)",
        ge=0,
        le=MAX_OVERLAP_HOURS,
        description="Time to replace it wherever it is used.",
    )
    valid_days: int = Field(DEFAULT_KEY_DAYS, title="New key valid for (days)", ge=1, le=MAX_KEY_DAYS)


class ChangeTimeZone(Command):
    """Choose the time zone in which the board shows you dates and times."""

    time_zone: Annotated[str | None, AfterValidator(_known_time_zone)] = Field(
        None,
        title="Time zone",
        description="Left empty, the board's default is used.",
        json_schema_extra=_offer("select", _OFFERED_ZONES),
    )


class OwnAccount(Command):
    """An action on one's own account that needs nothing more."""


class EndOwnSession(Command):
    """Log one of your other browsers out."""

    session: UUID = Field(title="Session")
