"""The board behind PgBouncer in transaction mode, as three web processes and two workers, with a replica.

Whatever is killed, frozen or started again under load, nothing that was acknowledged is lost or made twice.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.books import check_books, find_users, log_in, verify_books
from tests.cluster.cluster import Cluster
from tests.cluster.load import Load
from tests.cluster.programs import Program
from tests.cluster.servers import frozen

pytestmark = pytest.mark.soak
FROZEN_SECONDS = 4.0
QUIET_SECONDS = 2.0
Find = Callable[[Cluster], Program]
PROGRAMS: dict[str, Find] = {
    "web": lambda cluster: cluster.webs[0],
    "worker": lambda cluster: cluster.workers[0],
    "pooler": lambda cluster: cluster.pooler,
    "stand-in": lambda cluster: cluster.stand_in,
}


@contextmanager
def load_on(cluster: Cluster) -> Iterator[Load]:
    """Load for the length of the block and a while before and after; then the books are compared, and every
    page must be answered again without anybody's help."""
    with Load(cluster.url, find_users(cluster), log_in(cluster)) as load:
        time.sleep(QUIET_SECONDS)
        yield load
        cluster.wait_until_whole()
        whole_again = time.monotonic()
        time.sleep(QUIET_SECONDS)
    assert all(program.is_running() for program in cluster.programs)
    assert set(load.books.statuses(whole_again)) == {200}
    assert load.books.adjustments
    assert load.books.events
    check_books(cluster, load.books)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_may_be_killed(cluster: Cluster, name: str) -> None:
    program = PROGRAMS[name](cluster)
    with load_on(cluster):
        program.kill()
        time.sleep(QUIET_SECONDS)
        program.start()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_may_be_frozen(cluster: Cluster, name: str) -> None:
    program = PROGRAMS[name](cluster)
    with load_on(cluster):
        program.freeze()
        time.sleep(FROZEN_SECONDS)
        program.thaw()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_may_be_restarted(cluster: Cluster, name: str) -> None:
    program = PROGRAMS[name](cluster)
    with load_on(cluster):
        program.stop()
        program.start()


@pytest.mark.parametrize("which", ["primary", "standby"])
@pytest.mark.parametrize("how", ["killed", "frozen", "restarted"])
def test_a_database_server_may_be(cluster: Cluster, which: str, how: str) -> None:
    server = cluster.primary if which == "primary" else cluster.standby
    with load_on(cluster):
        if how == "killed":
            server.kill()
            time.sleep(QUIET_SECONDS)
        elif how == "frozen":
            with frozen(server):
                time.sleep(FROZEN_SECONDS)
        else:
            server.stop()
        server.ensure_running()
    cluster.wait_for_standby()


def test_after_all_of_it_ledger_and_audit_log_verify(cluster: Cluster) -> None:
    verify_books(cluster)
