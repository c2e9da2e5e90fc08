"""One web process after another is restarted under load, and nobody notices: not a single request fails."""

import time

import httpx
import pytest

from tests.cluster.books import check_books, find_users, log_in
from tests.cluster.cluster import Cluster
from tests.cluster.load import Load
from tests.cluster.programs import wait_until

pytestmark = pytest.mark.soak
QUIET_SECONDS = 1.0
ENDED_BY_SIGTERM = -15


def test_a_rolling_restart_fails_no_request(cluster: Cluster) -> None:
    with Load(cluster.url, find_users(cluster), log_in(cluster), readers=4) as load:
        time.sleep(QUIET_SECONDS)
        for web, url in zip(cluster.webs, cluster.web_urls, strict=True):
            assert web.stop() in {0, ENDED_BY_SIGTERM}
            web.start()
            wait_until(lambda url=url: is_ready(url), "it is ready again")  # type: ignore[misc]  # its default
            cluster.wait_until_whole()
        for worker in cluster.workers:
            worker.stop()
            worker.start()
        time.sleep(QUIET_SECONDS)
    assert set(load.books.statuses()) == {200}
    assert load.books.repeats == []
    check_books(cluster, load.books)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
