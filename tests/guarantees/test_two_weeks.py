"""Two weeks of traffic in minutes: memory and connections stay as they are, and the books agree."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.cluster.books import check_books, find_users, log_in, verify_books
from tests.cluster.cluster import Cluster, open_cluster
from tests.cluster.installation import DATABASE
from tests.cluster.load import Load
from tests.cluster.postgres import ask

pytestmark = pytest.mark.soak
DAYS, STEPS_A_DAY = 14, 4
WARM_DAYS = 4
"""Until then every page has been drawn and every pool filled."""
STEP_SECONDS = 1.5
MOST_GROWN_BYTES = 24_000_000
MOST_NEW_CONNECTIONS = 6
PAGES = (
    "/users",
    "/calls",
    "/audit",
    "/credits",
    "/",
    "/billing/subscriptions",
    "/webhooks",
    "/system",
)
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
EVENTS = "SELECT count(*) FROM billing_events"


@pytest.fixture(scope="module")
def busy_cluster() -> Iterator[Cluster]:
    with open_cluster(users=1_200, calls=12_000) as cluster:
        yield cluster


def test_two_weeks_of_traffic_leave_memory_and_connections_as_they_were(
    busy_cluster: Cluster, tell: Callable[[str], None]
) -> None:
    cluster = busy_cluster
    events_before = int(str(ask(cluster.primary, EVENTS, DATABASE)))
    with Load(cluster.url, find_users(cluster, 50), log_in(cluster), pages=PAGES) as load:
        pass_days(cluster, WARM_DAYS)
        memory, connections = memory_of(cluster), count_connections(cluster)
        pass_days(cluster, DAYS - WARM_DAYS)
        grown = {name: now - memory[name] for name, now in memory_of(cluster).items()}
        more = count_connections(cluster) - connections
    told = int(str(ask(cluster.primary, EVENTS, DATABASE))) - events_before - len(load.books.events)
    tell(
        f"{len(load.books.answers)} pages, {len(load.books.adjustments)} changes, "
        f"{len(load.books.events) + told} events, of them {told} that the passing days brought; "
        f"grown by {max(grown.values()) / 1e6:.1f} MB at most, {more:+d} connections"
    )
    assert told > 0
    assert set(load.books.statuses()) == {200}
    assert load.books.repeats == []
    assert max(grown.values()) < MOST_GROWN_BYTES, grown
    assert more <= MOST_NEW_CONNECTIONS
    check_books(cluster, load.books)
    verify_books(cluster)


def pass_days(cluster: Cluster, days: int) -> None:
    """In Stripe: renewals, payments that fail, and what they bring."""
    for _ in range(days * STEPS_A_DAY):
        moved = httpx.post(
            f"{cluster.stand_in_url}/_control/clock", json={"days": 1 / STEPS_A_DAY}, timeout=30
        )
        assert moved.status_code == 200, moved.text
        time.sleep(STEP_SECONDS)


def memory_of(cluster: Cluster) -> dict[str, int]:
    return {program.name: program.memory_bytes() for program in [*cluster.webs, *cluster.workers]}


def count_connections(cluster: Cluster) -> int:
    return sum(int(str(ask(server, CONNECTIONS))) for server in (cluster.primary, cluster.standby))
