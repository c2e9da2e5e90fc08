"""Examples of changes to the time customers have to pay."""

from datetime import timedelta
from math import ceil
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod
from adminboard.billing.grace_period_commands import CloseGracePeriod, ResetGracePeriod
from adminboard.core.action_runner import Confirmation
from adminboard.core.commands import Command
from adminboard.core.work import moment
from tests.factories import make_grace_period, make_user
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

REASON = "Waits for a new card from the bank"


class Place:
    """A customer and a user they pay for; with an open grace period, where it is asked for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        with scene.board.rows() as session:
            user = make_user(session)
            self.user_id, self.organization_id = user.id, user.organization_id

    def open_period(self) -> UUID:
        now = self.scene.board.clock.now()
        with self.scene.board.rows() as session:
            return make_grace_period(
                session,
                organization_id=self.organization_id,
                starts_at=now - timedelta(days=2),
                ends_at=now + timedelta(days=self.scene.chance.randrange(1, 30), minutes=5),
            ).id

    def look(self, session: Session) -> Seen:
        row = self._find_latest(session)
        left = ceil((row.ends_at - moment(session)) / timedelta(days=1)) if row else 0
        return {"Grace period": row.status if row else "none", "Days left": max(left, 0)}

    def look_at_day(self, session: Session) -> Seen:
        row, zone = self._find_latest(session), ZoneInfo(self.scene.actor.time_zone)
        day = f"{row.ends_at.astimezone(zone):%A, %-d %B %Y}" if row else None
        return {**self.look(session), "Ends on": day}

    def look_at_end(self, session: Session) -> Seen:
        row = self._find_latest(session)
        assert row is not None
        return {"Grace period": row.status, "Ends": row.ends_at}

    def _find_latest(self, session: Session) -> GracePeriod | None:
        theirs = select(GracePeriod).where(GracePeriod.organization_id == self.organization_id)
        return session.scalars(theirs.order_by(GracePeriod.starts_at.desc())).first()

    def reset(self) -> ResetGracePeriod:
        by_user = self.scene.chance.random() < 0.5
        named = {"user": str(self.user_id)} if by_user else {"customer": str(self.organization_id)}
        return ResetGracePeriod(**named, days=self.scene.chance.randrange(1, 91), reason=REASON)

    def undo_of(self, action: str, command: Command) -> Command:
        """What takes a change back that is made now."""
        runner = self.scene.board.app.state.board.runner
        done = runner.run(
            self.scene.actor, runner.actions.get(action), command, Confirmation(accepts_all=True)
        )
        undo: Command = runner.find_undo(self.scene.actor, done.audit_id)[1]
        return undo


def resetting(scene: Scene) -> Example:
    place = Place(scene)
    if scene.chance.random() < 0.5:
        place.open_period()
    return Example(place.reset(), place.look_at_day)


def closing(scene: Scene) -> Example:
    place = Place(scene)
    return Example(CloseGracePeriod(grace_period=place.open_period(), reason=REASON), place.look)


def restoring(scene: Scene) -> Example:
    place = Place(scene)
    period = place.open_period()
    if scene.chance.random() < 0.5:
        command: Command = CloseGracePeriod(grace_period=period, reason=REASON)
        return Example(place.undo_of("billing.close_grace_period", command), place.look_at_end)
    return Example(place.undo_of("billing.reset_grace_period", place.reset()), place.look_at_end)


EXAMPLES: dict[str, MakeExample] = {
    "billing.reset_grace_period": resetting,
    "billing.close_grace_period": closing,
    "billing.restore_grace_period": restoring,
}
