"""What the audit log answers: how long it is, where a target is found, the history of a record."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from adminboard.audit.queries import count_entries, history_of
from adminboard.audit.targets import find_target_page
from adminboard.core.audit import Target
from adminboard.core.clock import SystemClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import make_person, make_runtime

CUSTOMER = UUID(int=5)
USER = UUID(int=6)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database, SystemClock())


def write(runtime: Runtime, action: str, target: Target, name: str = "ada@board.test") -> None:
    with runtime.work(make_person(name=name)) as work:
        work.audit(action, target, f"{action} on {target.label}")


def test_the_entries_are_counted_by_the_end_of_the_chain(runtime: Runtime, session: Session) -> None:
    assert count_entries(session) == 0
    for number in range(3):
        write(runtime, "notes.add", Target("user", str(number), "one"))
    assert count_entries(session) == 3


def test_the_history_of_a_user_has_that_of_the_customer_where_asked(
    runtime: Runtime, session: Session
) -> None:
    write(runtime, "credits.adjust", Target("user", str(USER), "jane@example.com", CUSTOMER))
    write(runtime, "customers.suspend", Target("customer", str(CUSTOMER), "Example", CUSTOMER))
    write(runtime, "credits.adjust", Target("user", str(uuid4()), "john@example.com", CUSTOMER))

    def actions(kind: str, target_id: UUID, customer_id: UUID | None = None) -> list[str]:
        return [item.action for item in history_of(session, kind, str(target_id), customer_id=customer_id)]

    assert actions("user", USER) == ["credits.adjust"]
    assert actions("user", USER, CUSTOMER) == ["customers.suspend", "credits.adjust"]
    assert actions("customer", CUSTOMER) == ["credits.adjust", "customers.suspend", "credits.adjust"]
    assert actions("customer", uuid4()) == []
    assert len(history_of(session, "customer", str(CUSTOMER), limit=2)) == 2


@pytest.mark.parametrize(
    ("kind", "target_id", "page"),
    [
        ("user", str(USER), f"/users?selected={USER}"),
        ("api_key", "the name of a key that has no id yet", None),
        ("user", "javascript:alert(1)", None),
        ("flag", str(USER), None),
    ],
)
def test_a_target_is_linked_where_it_has_a_page(kind: str, target_id: str, page: str | None) -> None:
    assert find_target_page(kind, target_id) == page
