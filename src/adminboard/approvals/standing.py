"""How a request stands now: whether what it rests on still holds, and what approving it would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from adminboard.auth.actors import find_actor
from adminboard.core.actions import Action, Actions, Preview
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.approvals import WARNINGS, facts_of, find_moved, is_as_asked
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError
from adminboard.core.models import Approval
from adminboard.core.work import moment, reading_as


class RequestVoid(DomainError):
    """What the request rested on has changed, so it can no longer be approved."""

    title = "This request is void"


@dataclass(frozen=True, slots=True)
class Standing:
    """A request that holds: the change to make, in whose name, and what it does as things are now."""

    action: Action[Any]
    command: Command
    requester: Actor
    preview: Preview


def get_standing(session: Session, actions: Actions, approval: Approval) -> Standing:
    """Raises `RequestVoid` with a sentence of what no longer holds."""
    if not is_as_asked(session, approval):
        raise RequestVoid("The request was changed after it was made, so it does not say what was asked.")
    try:
        action = actions.get(approval.action)
        command = parse_command(action.command, approval.command)
        requester = _get_requester(session, approval, action)
        with reading_as(session, requester):
            preview = action.preview(session, command)
    except RequestVoid:
        raise
    except DomainError as error:
        if error.status >= 500:
            raise
        raise RequestVoid(f"It is no longer possible: {error.detail}") from error
    moved = _list_moved(approval, facts_of(action, preview), preview)
    if moved:
        raise RequestVoid(f"Something it rests on has changed since it was asked for. {' '.join(moved)}")
    return Standing(action, command, requester, preview)


def _get_requester(session: Session, approval: Approval, action: Action[Any]) -> Actor:
    """Who asked, with the rights they have now and where they asked from."""
    kind = ActorKind(approval.requested_by_kind)
    actor_id = approval.requested_by_key_id or approval.requested_by_id
    found = find_actor(session, kind, actor_id, approval.requested_by_name)
    if found is None:
        raise RequestVoid(f"{approval.requested_by_name} asked for this and may no longer use the board.")
    if not found.may(action.permission):
        raise RequestVoid(
            f"{approval.requested_by_name} asked for this and no longer has the permission "
            f"{action.permission.value}."
        )
    return replace(
        found,
        ip_address=approval.ip_address,
        user_agent=approval.user_agent,
        request_id=approval.request_id,
        proved_at=moment(session),
    )


def _list_moved(approval: Approval, facts: Mapping[str, Any], preview: Preview) -> Sequence[str]:
    """What the request rested on and is other now, a sentence each."""
    then, now = dict(approval.facts), dict(facts)
    warnings: Sequence[str] = ()
    if then.pop(WARNINGS, None) != now.pop(WARNINGS, None):
        warnings = _list_moved_warnings(approval.preview["warnings"], preview)
    return [*warnings, *(f"{moved}." for moved in find_moved(then, now))]


def _list_moved_warnings(then: Sequence[Mapping[str, Any]], preview: Preview) -> Sequence[str]:
    """Warnings by what they say: their codes, which are what is compared, tell a person nothing."""
    accepted = {warning["code"]: warning["message"] for warning in then if warning["must_acknowledge"]}
    needed = {warning.code: warning.message for warning in preview.warnings if warning.must_acknowledge}
    return [
        *(f"New, and accepted by nobody: {needed[code]}" for code in needed if code not in accepted),
        *(f"No longer so: {accepted[code]}" for code in accepted if code not in needed),
    ]
