"""The standby stands still: what an admin just changed they see all the same, and nobody is told old news."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster.books import find_users, log_in
from tests.cluster.cluster import Cluster
from tests.cluster.installation import ADMIN_KEY
from tests.cluster.postgres import ask
from tests.cluster.programs import wait_until

pytestmark = pytest.mark.soak
OWN_LIST, OTHERS_LIST = "/v1/admin/credit-transactions?limit=50", "/audit"
MOST_SECONDS = 45


@pytest.fixture
def standing_still(cluster: Cluster) -> Iterator[Cluster]:
    """From now on the standby knows nothing new."""
    cluster.wait_for_standby()
    ask(cluster.standby, "SELECT pg_wal_replay_pause()::text")
    paused = "SELECT pg_get_wal_replay_pause_state()"
    wait_until(lambda: ask(cluster.standby, paused) == "paused", "the standby stands still")
    yield cluster
    ask(cluster.standby, "SELECT pg_wal_replay_resume()::text")
    cluster.wait_for_standby()


def client_of(cluster: Cluster) -> httpx.Client:
    return httpx.Client(base_url=cluster.url, timeout=15, trust_env=False)


def test_the_reader_sees_their_own_change_and_others_soon(standing_still: Cluster) -> None:
    cluster = standing_still
    reason = f"Goodwill that the standby does not know of, {time.time_ns()}"
    with client_of(cluster) as program, client_of(cluster) as other:
        other.cookies.update(log_in(cluster))
        changed = program.post(
            f"/v1/admin/users/{find_users(cluster)[0]}/credit-adjustments",
            headers={"X-Admin-Key": ADMIN_KEY, "Idempotency-Key": reason},
            json={"amount": "5.00", "reason": reason},
        )
        assert changed.status_code == 201, changed.text

        entry = changed.json()["audit_id"]

        def others() -> str:
            return other.get(OTHERS_LIST).text

        for _ in range(6):
            assert reason in program.get(OWN_LIST, headers={"X-Admin-Key": ADMIN_KEY}).text
        assert entry not in others(), "it was read from the standby"
        wait_until(lambda: entry in others(), "the standby is found to be behind", seconds=MOST_SECONDS)
        assert all(entry in others() for _ in range(6)), "whichever process answers"
        assert reason in other.get("/audit/export.csv").text
