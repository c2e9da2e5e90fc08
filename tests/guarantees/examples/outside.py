"""Examples of changes around calls to the outside, and of what people are told."""

from itertools import combinations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adminboard.core.models import Operation
from adminboard.notifications.actions import ChangeNotification, SendTestMail, in_words
from adminboard.notifications.catalogue import NOTIFICATIONS, Channel
from adminboard.notifications.preferences import get_preference
from adminboard.system.operation_retry import RetryOperation
from tests.factories import make_operation
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen


def retrying(scene: Scene) -> Example:
    """Of a kind that no executor of this board makes, so that it stays as the action leaves it."""
    with scene.board.rows() as session:
        operation = make_operation(session)

    def look(session: Session) -> Seen:
        due_at = session.get_one(Operation, operation.id).next_attempt_at
        return {"Next attempt": "at once" if due_at == scene.board.clock.now() else due_at}

    return Example(RetryOperation(operation=operation.id), look)


def choosing(scene: Scene) -> Example:
    """From where the notification is now to somewhere else."""
    notification = scene.chance.choice(NOTIFICATIONS)
    with scene.board.runtime.reading() as session:
        before = get_preference(session, notification).channels
    choices = [
        frozenset(channels)
        for size in range(len(notification.channels) + 1)
        for channels in combinations(notification.channels, size)
        if frozenset(channels) != before
    ]
    after = scene.chance.choice(choices)
    command = ChangeNotification(
        notification=notification.name, mail=Channel.MAIL in after, slack=Channel.SLACK in after
    )
    return Example(
        command, lambda session: {"Goes": in_words(get_preference(session, notification).channels)}
    )


def mailing(scene: Scene) -> Example:
    """To whoever asks; the board of these tests needs an ``SMTP_URL``, behind which nobody has to be."""
    me = scene.me

    def look(session: Session) -> Seen:
        was_written = session.scalar(select(exists().where(Operation.target_id == str(me.id))))
        return {"Test mail": f"to {me.email}" if was_written else None}

    return Example(SendTestMail(), look, repeatable=True)


EXAMPLES: dict[str, MakeExample] = {
    "operations.retry": retrying,
    "notifications.change": choosing,
    "notifications.test": mailing,
}
