"""What staff may ask of overrides, with its limits (domain: "Feature access")."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from adminboard.core.commands import Command, Moment, Reason, check_printable
from adminboard.users.lookup import UserReference

FeatureKey = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    Field(
        title="Feature",
        description="The feature's key, like call_recording.",
        json_schema_extra={"widget": "select"},
    ),
]

HasAccess = Annotated[
    bool,
    Field(
        title="Override",
        description="Grant gives access whatever the plan says; revoke takes it away.",
        json_schema_extra={"widget": "select", "options": {"true": "Grant", "false": "Revoke"}},
    ),
]

Notes = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=10, max_length=500),
    AfterValidator(check_printable),
    Field(
        title="Notes",
        description="Why, for whoever looks at this override later.",
        json_schema_extra={"widget": "textarea"},
    ),
]
"""10 to 500 characters after trimming. Who wrote them, and when, is put before them."""

Seen = Annotated[
    AwareDatetime | None,
    Field(
        title="State",
        description="When the override was last changed; refuses when it was changed since. "
        "Empty for whatever it is.",
        json_schema_extra={"widget": "hidden"},
    ),
]
"""Which state of the override the change was meant for."""


class SetOverride(Command):
    """Grant one user a feature, or revoke it, whatever the plan says. Saving again replaces the override."""

    user: UserReference
    feature_key: FeatureKey
    has_access: HasAccess
    expires_at: Moment = Field(
        None, title="Expires", description="From then on the plan decides again; empty for never."
    )
    notes: Notes


class RemoveOverride(Command):
    """Remove the override of one feature, so that the user's plan decides again."""

    user: UserReference
    feature_key: FeatureKey
    reason: Reason
    seen: Seen = None


class RestoreOverride(Command):
    """Put back an override exactly as a change in the audit log found it. Made by undoing, not by hand."""

    user: UserReference
    feature_key: FeatureKey
    id: UUID = Field(title="Override", description="The id of the override as it was.")
    has_access: HasAccess
    expires_at: Moment = Field(None, title="Expires", description="When it lapses, as it was.")
    notes: str = Field(
        title="Notes",
        max_length=2_000,
        description="The notes with their trail, as they were.",
        json_schema_extra={"widget": "textarea"},
    )
    created_at: AwareDatetime = Field(title="Created", description="When it was made.")
    created_by: str = Field(title="Created by", max_length=400, description="Who made it.")
    updated_at: AwareDatetime = Field(title="Changed", description="When it was last changed.")
    updated_by: str | None = Field(
        None, title="Changed by", max_length=400, description="Who changed it last."
    )
    seen: Seen = None
