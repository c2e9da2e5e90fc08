"""Examples of changes around calls to the outside."""

from sqlalchemy.orm import Session

from adminboard.core.models import Operation
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


EXAMPLES: dict[str, MakeExample] = {"operations.retry": retrying}
