"""Lists and exports are read from the replica while it is fresh enough, and from the primary otherwise.

The replica here is another database, so that it shows which of the two was read; a real standby, and one that
stands still, are in `tests/guarantees/test_28_replica.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from adminboard.core.permissions import Role
from adminboard.core.replica import Replica
from adminboard.db.embedded import EmbeddedServer
from adminboard.db.engine import Database
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses, copied_database, opened_database
from tests.factories import make_user

THERE, HERE = "there@replica.test", "here@primary.test"
SIGN_OF_LIFE = "INSERT INTO board.procrastinate_workers (last_heartbeat) VALUES (now() - interval '{} s')"
LISTS = ("/users", "/users/export.csv")


@dataclass
class Both:
    board: BoardUnderTest
    replica: Replica
    there: Database
    """The owner's hand on the replica."""


@pytest.fixture
def both(fresh_addresses: Addresses, server: EmbeddedServer, template_database: str) -> Iterator[Both]:
    """One user on each side, and a worker that gave a sign of life on both."""
    with (
        copied_database(server, template_database) as copied,
        opened_database(copied.owner_url) as there,
        opened_database(copied.app_url) as database,
    ):
        replica = Replica(database, database)
        with open_board(fresh_addresses) as board:
            board.runtime.replica = replica
            for side, email in ((board.owner, HERE), (there, THERE)):
                with side.writing() as session:
                    make_user(session, email=email)
                    session.execute(text(SIGN_OF_LIFE.format(1)))
            yield Both(board, replica, there)


def sides(answer: str) -> set[str]:
    return {email for email in (HERE, THERE) if email in answer}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_and_its_export_come_from_the_replica(both: Both, path: str) -> None:
    assert sides(both.board.browser(Role.ADMIN).get(path).text) == {THERE}


def test_programs_get_their_lists_from_the_replica(both: Both) -> None:
    program = both.board.program()
    assert sides(program.get("/v1/admin/users").text) == {THERE}
    assert sides(program.get("/v1/admin/users", headers={"Accept": "text/csv"}).text) == {THERE}


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_who_changed_something_just_now_reads_from_the_primary_and_others_do_not(
    both: Both, accept: str
) -> None:
    program, other = both.board.program(), both.board.program()
    body = {"amount": "1.00", "reason": "Goodwill for the outage"}
    headers = {"Idempotency-Key": "outage"}
    changed = program.post(f"/v1/admin/users/{HERE}/credit-adjustments", json=body, headers=headers)
    assert changed.status_code == 201, changed.text

    assert sides(program.get("/v1/admin/users", headers={"Accept": accept}).text) == {HERE}
    assert sides(other.get("/v1/admin/users", headers={"Accept": accept}).text) == {THERE}


@pytest.mark.parametrize("sign", [None, SIGN_OF_LIFE.format(31)])
def test_a_replica_that_is_far_behind_is_not_read(both: Both, sign: str | None) -> None:
    with both.there.writing() as session:
        session.execute(text("DELETE FROM board.procrastinate_workers"))
        if sign is not None:
            session.execute(text(sign))
    assert sides(both.board.browser(Role.ADMIN).get("/users").text) == {HERE}


def test_a_replica_that_fails_is_left_alone_for_a_while(both: Both) -> None:
    browser = both.board.browser(Role.ADMIN)
    with both.there.writing() as session:
        session.execute(text("ALTER TABLE board.audit_head RENAME TO gone"))
    assert sides(browser.get("/users").text) == {HERE}

    with both.there.writing() as session:
        session.execute(text("ALTER TABLE board.gone RENAME TO audit_head"))
    assert sides(browser.get("/users").text) == {HERE}, "it is not asked again yet"


def test_what_decides_is_read_from_the_primary(both: Both) -> None:
    program = both.board.program()
    assert program.get(f"/v1/admin/users/{HERE}").status_code == 200
    assert program.get(f"/v1/admin/users/{THERE}").status_code == 404
