"""Fresh proof: sensitive changes want to know again who makes them."""

from datetime import datetime, timedelta

from adminboard.core.actor import Actor, ActorKind
from adminboard.core.errors import Forbidden
from adminboard.core.work import Work

STEP_UP_LIFETIME = timedelta(minutes=15)


class StepUpRequired(Forbidden):
    """The person must prove again who they are."""

    title = "Please confirm that it is you"


def require_step_up(work: Work) -> None:
    """Raises `StepUpRequired` when a person acts who has not proved who they are within 15 minutes."""
    if not has_fresh_proof(work.actor, work.now()):
        raise StepUpRequired("Enter your password again to go on: this change is a sensitive one.")


def has_fresh_proof(actor: Actor, now: datetime) -> bool:
    """Whether a sensitive change is open to the actor: always to programs, to people for 15 minutes."""
    if actor.kind is not ActorKind.ADMIN:
        return True
    return actor.proved_at is not None and now - actor.proved_at <= STEP_UP_LIFETIME
