"""Executors as processes of their own, each of which dies at a step of a call, as by ``kill -9``."""

import os
import signal
import sys
from dataclasses import replace
from typing import Any
from uuid import UUID

from adminboard.core.clock import SystemClock
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import Answer, Call, Operations, Settled
from adminboard.core.work import Work
from tests.core.flags import make_person, make_runtime
from tests.core.operations.switching import ask_outside, decide, settle, switching
from tests.db.templates import opened_database

STEPS = ("decided", "claimed", "answered", "settling", "settled")
"""Where the process kills itself; the outside may also kill it while it asks."""
STEPS_THAT_ASK = len(("answered", "settling", "settled"))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_until_killed(database_url: str, outside_url: str, step: str) -> None:
    """Decides to switch a flag of the step's name, makes the call and settles it, but no further."""

    def call(runtime: Any, call: Call) -> Answer:
        if step == "claimed":
            die()
        answer = ask_outside(runtime, call)
        if step == "answered":
            die()
        return answer

    def settle_or_die(work: Work, call: Call, answer: Answer) -> Settled:
        settled = settle(work, call, answer)
        work.session.flush()
        if step == "settling":
            die()
        return settled

    kind = replace(switching, call=call, settle=settle_or_die)
    with opened_database(database_url) as database:
        runtime = make_runtime(database, SystemClock())
        operation_id: UUID = decide(runtime, step, outside_url, kind)
        if step == "decided":
            die()
        OperationRunner(runtime, Operations([kind])).run_at_once(operation_id, make_person())
        die()


def run_killed(database_url: str, outside_url: str, step: str) -> None:
    """In a copy of this process, which must not live to see the end."""
    child = os.fork()
    if child == 0:
        run_until_killed(database_url, outside_url, step)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), step


if __name__ == "__main__":
    for step in sys.argv[3:]:
        run_killed(sys.argv[1], sys.argv[2], step)
