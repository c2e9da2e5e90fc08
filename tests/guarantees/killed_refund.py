"""The board as processes of their own that refund an invoice, and die at a step of it, as by ``kill -9``.

Each is a copy of this process, made before anything is opened.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from adminboard.app import make_board
from adminboard.areas import AREAS
from adminboard.billing import refund_call
from adminboard.billing.models import RefundReason
from adminboard.billing.refunds import RefundInvoice, refund
from adminboard.core.action_runner import Confirmation
from adminboard.core.actions import Action, Applied
from adminboard.core.actor import command_line_actor
from adminboard.core.operations import Answer, Call, OperationKind, Settled
from adminboard.core.work import Work
from adminboard.runtime import open_runtime
from adminboard.settings import load_settings

STEPS = ("deciding", "decided", "claimed", "answered", "settling", "settled")
AMOUNT_CENTS = 5_000


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_action(step: str) -> Action[RefundInvoice]:
    """The action, which may die before its decision is committed."""

    def apply(work: Work, command: RefundInvoice) -> Applied:
        applied = refund.apply(work, command)
        work.session.flush()
        if step == "deciding":
            die()
        return applied

    return replace(refund, apply=apply)


def dying_kind(step: str) -> OperationKind:
    """The call, which may die before it, after its answer, and before its outcome is committed."""

    def call(runtime: Any, call: Call) -> Answer:
        if step == "claimed":
            die()
        answer = refund_call.make_refunds(runtime, call)
        if step == "answered":
            die()
        return answer

    def settle(work: Work, call: Call, answer: Answer) -> Settled:
        settled = refund_call.settle(work, call, answer)
        work.session.flush()
        if step == "settling":
            die()
        return settled

    return replace(refund_call.refunding, call=call, settle=settle)


def refund_until_killed(step: str, invoice: UUID) -> None:
    """Refunds a part of the invoice, but no further than the step."""
    action, kind = dying_action(step), dying_kind(step)
    areas = [
        replace(area, actions=_with(area.actions, action), operations=_with(area.operations, kind))
        for area in AREAS
    ]
    board = make_board(open_runtime(load_settings()), areas)
    if step == "decided":
        board.runner.follow = die_instead  # type: ignore[assignment]  # it never comes back
    command = RefundInvoice(
        invoice=invoice,
        amount_cents=AMOUNT_CENTS,
        currency="usd",
        reason=RefundReason.DUPLICATE,
        note="Killed in the middle of it",
    )
    board.runner.run(command_line_actor(step), action, command, Confirmation(idempotency_key=step))
    die()


def die_instead(*_: Any) -> None:
    """In place of making the call that was decided."""
    die()


def _with(declared: Sequence[Any], replaced: Any) -> Sequence[Any]:
    return tuple(replaced if one.name == replaced.name else one for one in declared)


def run_killed(run: Callable[[str, UUID], None], step: str, invoice: UUID) -> None:
    """In a copy of this process, which must not live to see the end."""
    child = os.fork()
    if child == 0:
        run(step, invoice)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), step


if __name__ == "__main__":
    for name, invoice_id in zip(STEPS, sys.argv[1:], strict=True):
        run_killed(refund_until_killed, name, UUID(invoice_id))
