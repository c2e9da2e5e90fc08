"""Lists are declared, not made for whoever looks: what is kept for a list serves every record it shows."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.core.listings import joins, page_rows, walks
from adminboard.core.permissions import Role
from adminboard.webhooks.replay_run import REPLAY
from tests.clients import BoardUnderTest
from tests.factories import make_billing_event, make_bulk_run, make_run, make_run_row
from tests.pages import Page

RUNS = 12
PARTS = ("", "?sort=-number", "?status=done", "?limit=25&cursor=damaged", "/count", "/export.csv")


def make_changes(session: Session, number: int) -> tuple[str, str]:
    """A run of changes with one row; gives its address, and what is said in that row alone."""
    run, email = make_bulk_run(session), f"reader-{number}@example.test"
    make_run_row(session, run_id=run.id, number=1, input={"user": email, "amount": "5.00"})
    return f"/bulk/{run.id}", email


def make_replay(session: Session, number: int) -> tuple[str, str]:
    run = make_run(session, kind=REPLAY.name, parameters={"reason": "Webhooks were away"})
    event = make_billing_event(session, event_type=f"invoice.kind_{number}")
    make_run_row(session, run_id=run.id, number=1, input={"event": str(event.id)})
    return f"/webhooks/replays/{run.id}", event.event_type


def count_made() -> dict[str, int]:
    """How often something was made to be kept with a list or its statement."""
    keeping = (
        walks._walk_of_all,
        page_rows._rows_by_key,
        page_rows._whole_page,
        joins._whole_from,
        joins.tables_of,
    )
    return {function.__name__: function.cache_info().misses for function in keeping}


@pytest.mark.parametrize("make", [make_changes, make_replay])
def test_each_run_shows_its_own_rows_and_nothing_is_made_for_it(
    board: BoardUnderTest, make: Callable[[Session, int], tuple[str, str]]
) -> None:
    with board.rows() as session:
        made = [make(session, number) for number in range(1, RUNS + 1)]
    staff = board.browser(Role.ADMIN)
    addresses = [address for address, _ in made]
    for part in PARTS:
        staff.get(addresses[0] + part)
    before = count_made()
    for address in addresses[1:]:
        for part in PARTS:
            assert staff.get(address + part).status_code == 200, part
    assert count_made() == before

    for address, own in made:
        page = Page(staff.get(f"{address}?run={UUID(int=1)}").text)
        assert own in page.text
        assert len(page.root.get("table").find_all("tr")) == 2, "the heading and one row"
        assert len(staff.get(f"{address}/export.csv").text.splitlines()) == 2, "the same"
        assert Page(staff.get(f"{address}/count").text).text.startswith("1 ")


@pytest.mark.parametrize("make", [make_changes, make_replay])
def test_no_view_of_a_runs_rows_can_be_saved(
    board: BoardUnderTest, make: Callable[[Session, int], tuple[str, str]]
) -> None:
    with board.rows() as session:
        address, _ = make(session, 1)
    staff = board.browser(Role.ADMIN)
    assert "/views/" not in staff.get(address).text
    assert 'action="/views/users"' in staff.get("/users").text
