"""A kind of call there is only in tests: the outside is asked to switch a flag, then the board notes it."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Action, Applied, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.errors import Unavailable
from adminboard.core.models import Operation
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import (
    Answer,
    Call,
    OperationKind,
    Operations,
    OutcomeUnknown,
    Refused,
    Settled,
    write,
)
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.runtime import Runtime
from tests.core.flags import SetFlag, is_enabled, make_person, make_runner, put_flag

PATIENCE_MS = 300


def ask_outside(_: Any, call: Call) -> Answer:
    """Asks for the switch, as a gateway does: every way it can go wrong has its error."""
    headers = {"Idempotency-Key": call.key, "X-Caller": str(os.getpid())}
    try:
        answer = httpx.post(
            call.parameters["url"],
            json={"name": call.parameters["name"]},
            headers=headers,
            timeout=call.parameters["patience_ms"] / 1_000,
        )
    except httpx.ConnectError:
        raise Unavailable("The outside does not answer.") from None
    except httpx.TransportError:
        raise OutcomeUnknown("The outside did not say whether it was done.") from None
    return read_answer(answer)


def look_up(_: Any, call: Call) -> Answer | None:
    try:
        answer = httpx.get(call.parameters["url"], params={"name": call.parameters["name"]})
    except httpx.TransportError:
        raise Unavailable("The outside does not answer.") from None
    return Answer(answer.json()["id"]) if answer.json() else None


def read_answer(answer: httpx.Response) -> Answer:
    match answer.status_code:
        case 200:
            return Answer(answer.json()["id"], {"seen": True})
        case 402:
            raise Refused(answer.json()["message"])
        case 429:
            raise Unavailable("Too many calls.", retry_after_seconds=int(answer.headers["Retry-After"]))
        case status:
            raise OutcomeUnknown(f"The outside answered {status}.")


def settle(work: Work, call: Call, answer: Answer) -> Settled:
    name = call.parameters["name"]
    before = is_enabled(work.session, name)
    put_flag(work, name, True)
    return Settled(
        f"Switched {name} on", {"enabled": before}, {"enabled": True}, {"effect": answer.external_id}
    )


def settle_refusal(work: Work, call: Call, reason: str) -> None:
    put_flag(work, f"{call.parameters['name']} refused", True)


switching = OperationKind(
    name="flags.switch",
    title="Switching the flag",
    call=ask_outside,
    settle=settle,
    settle_refusal=settle_refusal,
    look_up=look_up,
    key_lifetime=timedelta(hours=23),
)
passing = OperationKind(
    name="flags.tell",
    title="Telling of the flag",
    call=ask_outside,
    settle=settle,
    settle_refusal=settle_refusal,
    gives_up_after=timedelta(hours=2),
    at_once=False,
)
KINDS = Operations([switching, passing])


def decide(
    runtime: Runtime,
    name: str,
    url: str,
    kind: OperationKind = switching,
    *,
    patience_ms: int = PATIENCE_MS,
) -> UUID:
    """Writes the call down with its decision."""
    with runtime.work(make_person()) as work:
        return decide_in(work, name, url, kind, patience_ms=patience_ms)


def decide_in(
    work: Work, name: str, url: str, kind: OperationKind = switching, *, patience_ms: int = PATIENCE_MS
) -> UUID:
    """The same within a work."""
    target = Target("flag", name, name)
    entry = work.audit("flags.ask", target, f"Asked to switch {name} on")
    parameters = {"name": name, "url": url, "patience_ms": patience_ms}
    return write(work, kind, target, parameters, decided_by=entry)


def preview_asking(session: Session, command: SetFlag) -> Preview:
    before = is_enabled(session, command.key)
    return Preview(Target("flag", command.key, command.key), (Change("enabled", before, command.enabled),))


def make_asking(url: str) -> Action[SetFlag]:
    """An action whose change is made outside."""

    def apply_asking(work: Work, command: SetFlag) -> Applied:
        parameters: Mapping[str, Any] = {"name": command.key, "url": url, "patience_ms": PATIENCE_MS}
        operation = write(work, switching, Target("flag", command.key, command.key), parameters)
        return Applied(
            {"key": command.key}, f"Asked the outside to switch {command.key} on", operation=operation
        )

    return Action(
        name="flags.ask",
        title="Ask for a flag",
        command=SetFlag,
        preview=preview_asking,
        apply=apply_asking,
        permission=Permission.SETTINGS_WRITE,
        rest=RestCall("POST", "/flags/{key}/switch", "Ask for a flag", status=201),
    )


def make_asking_runner(runtime: Runtime, url: str) -> ActionRunner:
    return make_runner(runtime, make_asking(url), operations=KINDS)


def make_executor(runtime: Runtime) -> OperationRunner:
    return OperationRunner(runtime, KINDS)


def get_operation(session: Session, operation_id: UUID) -> Operation:
    return session.scalars(
        select(Operation).where(Operation.id == operation_id).execution_options(populate_existing=True)
    ).one()
