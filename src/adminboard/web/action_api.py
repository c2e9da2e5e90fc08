"""The REST call of an action: dry run, idempotency, stale previews and undo, the same for every action."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from adminboard.core.action_runner import Confirmation, Outcome, Prepared
from adminboard.core.actions import Action, RestCall
from adminboard.core.actor import Actor
from adminboard.core.canonical import to_plain
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.idempotency import check_key
from adminboard.core.masking import Mask, mask_text, sees_personal_data
from adminboard.core.permissions import Permission
from adminboard.web.access import api_write
from adminboard.web.api_docs import CHANGE_ANSWERS, command_schema
from adminboard.web.formatting import format_word
from adminboard.web.visit import Visit

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="Makes a repeat harmless",
        json_schema_extra={"minLength": 1, "pattern": r"^[^\x00-\x1f\x7f-\xa0\xad]+$"},
    ),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The token of a dry run: refuses if it is stale")
]
DryRun = Annotated[bool, Query(description="Only say what would change")]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a changing call says beside its body. Raises `InvalidInput` for a key that is none, whether or not
    it is needed."""

    dry_run: DryRun = False
    idempotency_key: Key = None
    if_match: IfMatch = None

    def __post_init__(self) -> None:
        if self.idempotency_key is not None:
            check_key(self.idempotency_key)

    def confirm(
        self, acknowledged: frozenset[str] = frozenset(), *, accepts_all: bool = False
    ) -> Confirmation:
        """The call's confirmation, with what its body says of warnings."""
        return Confirmation(self.if_match, acknowledged, self.idempotency_key, accepts_all=accepts_all)


class MissingIdempotencyKey(InvalidInput):
    """A change of money must say which request it is."""


async def read_json(request: Request) -> Mapping[str, Any]:
    """The body as a JSON object; numbers with a fraction stay exact. Raises `InvalidInput`."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        data = json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInput("The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise InvalidInput("The body must be a JSON object.")
    if "\\u0000" in raw.decode(errors="replace"):
        raise InvalidInput("The body contains a null character.")
    return data


JsonBody = Annotated[Mapping[str, Any], Depends(read_json)]


def mount_action_api(router: APIRouter, action: Action[Any]) -> None:
    """Adds the action's calls below /v1/admin, when it declares any."""
    for rest in action.rest_calls:
        _mount_call(router, action, rest)


def _mount_call(router: APIRouter, action: Action[Any], rest: RestCall) -> None:
    not_in_body = rest.path_fields | rest.leaves_out | action.command.carried

    def call(
        request: Request,
        visit: Annotated[Visit, api_write(action.permission)],
        body: JsonBody,
        terms: Annotated[Terms, Depends()],
    ) -> Response:
        data = dict(body)
        accepts_all = rest.demands_nothing and "acknowledge" not in data
        acknowledged = read_acknowledged(data.pop("acknowledge", []))
        confirmation = terms.confirm(acknowledged, accepts_all=accepts_all)
        _refuse_twice_named(data, not_in_body - action.command.carried)
        _refuse_carried(data, action.command.carried)
        command = parse_command(action.command, _by_field(rest, data) | dict(request.path_params))
        if terms.dry_run:
            return answer_dry_run(visit, action, command)
        if not rest.demands_nothing:
            require_key(action, confirmation)
        return answer_change(visit.board.runner.run(visit.actor, action, command, confirmation), rest.status)

    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in sorted(rest.path_fields)
    ]
    schema = command_schema(action, rest, not_in_body)
    router.add_api_route(
        rest.path,
        call,
        methods=[rest.method],
        name=action.name,
        summary=rest.summary,
        description=(action.command.__doc__ or "").strip(),
        status_code=rest.status,
        responses=CHANGE_ANSWERS,
        openapi_extra={
            "parameters": parameters,
            "requestBody": {
                "required": not schema.keys().isdisjoint(("required", "anyOf", "oneOf")),
                "content": {"application/json": {"schema": schema}},
            },
        },
        tags=[format_word(action.name.partition(".")[0])],
    )


def answer_call(visit: Visit, action: Action[Any], command: Command, terms: Terms) -> Response:
    """Previews or runs the action for a program. Raises `MissingIdempotencyKey`, and what running raises."""
    if terms.dry_run:
        return answer_dry_run(visit, action, command)
    require_key(action, terms.confirm())
    return answer_change(visit.board.runner.run(visit.actor, action, command, terms.confirm()))


def answer_dry_run(visit: Visit, action: Action[Any], command: Command) -> Response:
    """What the action would do, with the token that confirms exactly it."""
    prepared = visit.board.runner.preview(visit.actor, action, command)
    return JSONResponse({"preview": preview_to_json(prepared, visit.actor)})


def require_key(action: Action[Any], confirmation: Confirmation) -> None:
    """Raises `MissingIdempotencyKey` where money is changed by a request that does not say which it is."""
    if action.money and confirmation.idempotency_key is None:
        raise MissingIdempotencyKey(
            "This call changes money: send an Idempotency-Key header, a new one for each new change.",
            errors=[FieldError("Idempotency-Key", "This header is required.")],
        )


def mount_undo_api(router: APIRouter) -> None:
    """Adds ``POST /v1/admin/audit/{audit_id}/undo``."""

    @router.post(
        "/audit/{audit_id}/undo",
        summary="Undo an audited change",
        responses=CHANGE_ANSWERS,
        tags=["Audit log"],
    )
    def undo(
        audit_id: UUID,
        visit: Annotated[Visit, api_write(Permission.CUSTOMERS_READ)],
        body: JsonBody,
        idempotency_key: Key = None,
    ) -> Response:
        action, command = visit.board.runner.find_undo(visit.actor, audit_id)
        acknowledged = read_acknowledged(body.get("acknowledge", []))
        confirmation = Confirmation(None, acknowledged, idempotency_key, undoes=audit_id)
        return answer_change(visit.board.runner.run(visit.actor, action, command, confirmation))


def preview_to_json(prepared: Prepared, actor: Actor) -> dict[str, Any]:
    """A preview as the API gives it to ``actor``; free text is personal data."""
    preview, label = prepared.preview, prepared.preview.subject.label
    changes = preview.changes
    if not sees_personal_data(actor):
        label = mask_text(Mask.EMAIL, label) or ""
        changes = tuple(
            replace(change, before=None, after=None) if change.cell == "long_text" else change
            for change in changes
        )
    details = [{"label": one.label, "value": to_plain(one.value)} for one in preview.details]
    shown = {
        "subject": {"kind": preview.subject.kind, "id": preview.subject.id, "label": label},
        "changes": [
            {"field": change.field, "before": to_plain(change.before), "after": to_plain(change.after)}
            for change in changes
        ],
        "warnings": [
            {"code": warning.code, "message": warning.message, "must_acknowledge": warning.must_acknowledge}
            for warning in preview.warnings
        ],
        "needs_approval": preview.needs_approval is not None,
        "token": prepared.token,
    }
    return shown | ({"details": details} if details else {})


def answer_change(outcome: Outcome, status_code: int = 200) -> Response:
    """The outcome; 202 and where to look where a second person has to agree first, or where nobody knows yet
    what comes of the call to the outside.
    """
    answer = JSONResponse(outcome_to_json(outcome), status_code)
    address = None
    if outcome.approval_id is not None:
        address = approval_address(outcome.approval_id)
    elif outcome.operation is not None and outcome.operation.is_open:
        address = f"/v1/admin/operations/{outcome.operation.id}"
    if address is not None:
        answer.status_code, answer.headers["Location"] = 202, address
    return answer


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """What a change answers: its result, its audit entry, where to undo it, how its call outside stands; of
    one that waits for approval the request instead of a result.
    """
    if outcome.approval_id is not None:
        request = dict(outcome.result) | {"href": approval_address(outcome.approval_id)}
        return {"result": None, "approval": request, "audit_id": str(outcome.audit_id), "undo": None}
    undo = {"href": f"/v1/admin/audit/{outcome.audit_id}/undo"} if outcome.can_undo else None
    answer = {"result": dict(outcome.result), "audit_id": str(outcome.audit_id), "undo": undo}
    if outcome.operation is not None:
        standing = outcome.operation
        href = f"/v1/admin/operations/{standing.id}"
        answer["operation"] = {
            "href": href,
            "status": standing.status.value,
            "detail": standing.sentence or None,
        }
    return answer | ({"shown_once": dict(outcome.shown_once)} if outcome.shown_once else {})


def approval_address(approval_id: UUID) -> str:
    """Where a program looks at a request for approval."""
    return f"/v1/admin/approvals/{approval_id}"


def read_acknowledged(value: Any) -> frozenset[str]:
    """The codes of a body's `acknowledge`. Raises `InvalidInput`."""
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise InvalidInput(
            "acknowledge is a list of warning codes.",
            errors=[FieldError("acknowledge", "Send a list of texts.")],
        )
    return frozenset(value)


def _by_field(rest: RestCall, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body by the names of the command's fields, with what it means where it leaves some out."""
    fields = {called: name for name, called in rest.names.items()}
    unknown = [FieldError(name, "There is no such field.") for name in rest.names if name in body]
    if unknown:
        raise InvalidInput(f"{unknown[0].field}: {unknown[0].message}", errors=unknown)
    return {**rest.defaults, **{fields.get(name, name): value for name, value in body.items()}}


def _refuse_twice_named(body: Mapping[str, Any], said: frozenset[str]) -> None:
    """What the address says is not said again in the body, where it could differ."""
    errors = [FieldError(name, "The address says this already.") for name in sorted(said & body.keys())]
    if errors:
        raise InvalidInput(f"{errors[0].field}: {errors[0].message}", errors=errors)


def _refuse_carried(body: Mapping[str, Any], carried: frozenset[str]) -> None:
    """What the board asks the outside is not for the sender to say."""
    errors = [FieldError(name, "There is no such field.") for name in sorted(carried & body.keys())]
    if errors:
        raise InvalidInput(f"{errors[0].field}: {errors[0].message}", errors=errors)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
