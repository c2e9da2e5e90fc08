"""The database is gone: pages say so in a sentence, programs are told when to ask again, and nobody has to
help the board afterwards.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import open_board
from tests.cluster.books import check_books, find_users, log_in, verify_books
from tests.cluster.cluster import Cluster, open_cluster
from tests.cluster.installation import DATABASE
from tests.cluster.load import Books, Load
from tests.cluster.postgres import ask
from tests.cluster.programs import wait_until
from tests.cluster.servers import frozen
from tests.db.templates import Addresses

SENTENCE = "The database does not answer"
GUARANTEED_SECONDS = 2.0
GONE_SECONDS = 8.0
NOTICED_SECONDS = 3.0
"""Within it the balancer, too, has noticed."""


def test_pages_and_programs_are_told_and_work_again_afterwards(
    killable_server: EmbeddedServer, killable_addresses: Addresses
) -> None:
    with open_board(killable_addresses) as board:
        browser, program = board.browser(Role.ADMIN), board.program()
        assert browser.get("/users").status_code == 200
        for gone in (killed, frozen):
            with gone(killable_server):
                page, answer = browser.get("/users"), program.get("/v1/admin/users")
            assert (page.status_code, answer.status_code) == (503, 503)
            assert SENTENCE in page.text
            assert answer.json()["title"] == SENTENCE
            assert int(answer.headers["Retry-After"]) > 0
            assert browser.get("/users").status_code == 200
            assert program.get("/v1/admin/users").status_code == 200


@contextmanager
def killed(server: EmbeddedServer) -> Iterator[None]:
    server.kill()
    try:
        yield
    finally:
        server.ensure_running()


@contextmanager
def stopped(server: EmbeddedServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.ensure_running()


@contextmanager
def pooler_killed(cluster: Cluster) -> Iterator[None]:
    cluster.pooler.kill()
    try:
        yield
    finally:
        cluster.pooler.start()


@contextmanager
def pooler_frozen(cluster: Cluster) -> Iterator[None]:
    cluster.pooler.freeze()
    try:
        yield
    finally:
        cluster.pooler.thaw()


GONE: dict[str, Callable[[Cluster], AbstractContextManager[None]]] = {
    "killed": lambda cluster: killed(cluster.primary),
    "stopped": lambda cluster: stopped(cluster.primary),
    "frozen": lambda cluster: frozen(cluster.primary),
    "pooler_killed": pooler_killed,
    "pooler_frozen": pooler_frozen,
}


@pytest.mark.soak
@pytest.mark.parametrize("how", GONE)
def test_everybody_is_told_in_time_under_load(cluster: Cluster, how: str) -> None:
    with Load(cluster.url, find_users(cluster), log_in(cluster)) as load:
        time.sleep(1)
        began = time.monotonic()
        with GONE[how](cluster):
            time.sleep(GONE_SECONDS)
        ended = time.monotonic()
        cluster.wait_until_whole()
        whole_again = time.monotonic()
        time.sleep(2)
    assert_told_in_time(load.books, began + NOTICED_SECONDS, ended - GUARANTEED_SECONDS)
    assert_never_slow(load.books, began)
    assert set(load.books.statuses(whole_again)) == {200}
    check_books(cluster, load.books)


def assert_told_in_time(books: Books, since: float, until: float) -> None:
    """While it is gone, whoever asks is told by the board itself."""
    told = [answer for answer in books.since(since) if answer.at < until]
    assert told
    assert {answer.status for answer in told} == {503}
    assert all(SENTENCE in answer.text for answer in told)


def assert_never_slow(books: Books, since: float) -> None:
    slow = [answer for answer in books.since(since) if answer.seconds > GUARANTEED_SECONDS]
    assert slow == [], f"{len(slow)} of {len(books.since(since))}"


@pytest.mark.soak
def test_after_a_failover_the_board_goes_on_with_the_standby() -> None:
    """The primary dies under load and the standby takes its place. It was kept synchronously, as it must be
    where nothing that was acknowledged may be lost with a machine."""
    with open_cluster() as cluster:
        ask(cluster.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        ask(cluster.primary, "SELECT pg_reload_conf()")
        with Load(cluster.url, find_users(cluster), log_in(cluster)) as load:
            time.sleep(3)
            cluster.primary.kill()
            assert ask(cluster.standby, "SELECT pg_promote()") is True
            cluster.pooler.lead_to(cluster.standby.app_url(DATABASE))
            failed_over = time.monotonic()
            cluster.wait_until_whole()
            whole_again = time.monotonic()
            time.sleep(3)
        assert set(load.books.statuses(whole_again)) == {200}
        assert whole_again - failed_over < 30
        check_books(cluster, load.books, server=cluster.standby)
        verify_books(cluster, server=cluster.standby)
        wait_until(lambda: has_live_workers(cluster.standby), "the workers give signs of life there")


def has_live_workers(server: EmbeddedServer) -> bool:
    statement = (
        "SELECT count(*) FROM board.procrastinate_workers WHERE last_heartbeat > now() - interval '15 s'"
    )
    return ask(server, statement, DATABASE) == 2
