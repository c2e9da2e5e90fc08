"""Ten exports of a million rows each run at once, and pages are answered as before, in flat memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import pytest

from adminboard.core.permissions import Role
from tests.cluster.books import log_in
from tests.cluster.cluster import Cluster, open_cluster
from tests.cluster.installation import DATABASE
from tests.cluster.load import Load
from tests.cluster.postgres import ask

pytestmark = pytest.mark.soak
EXPORTS = 10
ROWS = 1_000_000
ROWS_COPIED = 1_000
SLOWEST_PAGE_SECONDS = 5.0
MOST_GROWN_BYTES = 96_000_000
MULTIPLY = f"""
WITH made AS (INSERT INTO call_logs (id, business_id, caller_phone, caller_name, receiving_phone, started_at,
    duration_seconds, status, created_at, updated_at)
SELECT gen_random_uuid(), business_id, caller_phone, caller_name, receiving_phone,
    started_at - number * interval '1 minute', duration_seconds, status, created_at, updated_at
FROM (SELECT * FROM call_logs ORDER BY id LIMIT {ROWS_COPIED}) AS few,
    generate_series(1, {ROWS // ROWS_COPIED}) AS number RETURNING 1)
SELECT count(*) FROM made
"""  # noqa: S608 - two numbers


@pytest.fixture(scope="module")
def full_cluster() -> Iterator[Cluster]:
    """One with a million calls."""
    with open_cluster(calls=ROWS_COPIED + 500) as cluster:
        assert ask(cluster.primary, MULTIPLY, DATABASE) == ROWS
        ask(cluster.primary, "ANALYZE call_logs", DATABASE)
        cluster.wait_for_standby()
        yield cluster


def test_pages_are_answered_while_ten_exports_run(full_cluster: Cluster, tell: Callable[[str], None]) -> None:
    cookie = log_in(full_cluster, Role.ADMIN)
    with (
        watched_memory(full_cluster) as memory,
        Load(full_cluster.url, [], cookie, adjusters=0, senders=0, pages=("/users", "/calls")) as load,
        ThreadPoolExecutor(EXPORTS) as pool,
    ):
        exports = [pool.submit(export_calls, full_cluster, cookie) for _ in range(EXPORTS)]
    assert_whole(exports)
    answers = load.books.answers
    assert {answer.status for answer in answers} == {200}
    slowest = sorted(answer.seconds for answer in answers)
    tell(
        f"{len(answers)} pages, p50 {slowest[len(slowest) // 2]:.3f} s, "
        f"p99 {slowest[len(slowest) * 99 // 100]:.3f} s, at most {slowest[-1]:.3f} s, "
        f"{max(memory.grown) / 1e6:.0f} MB grown"
    )
    assert slowest[-1] < SLOWEST_PAGE_SECONDS
    assert max(memory.grown) < MOST_GROWN_BYTES


def export_calls(cluster: Cluster, cookie: dict[str, str]) -> int:
    """All calls as a browser downloads them; returns how many rows came."""
    lines = 0
    with httpx.stream(
        "GET", f"{cluster.url}/calls/export.csv", cookies=cookie, timeout=600, trust_env=False
    ) as answer:
        assert answer.status_code == 200, answer.read()
        for chunk in answer.iter_bytes(1 << 20):
            lines += chunk.count(b"\n")
    return lines


def assert_whole(exports: list[Future[int]]) -> None:
    counts = {export.result() for export in exports}
    assert len(counts) == 1
    assert counts.pop() > ROWS


class Memory:
    """How many bytes each web process holds more than at the start, at most."""

    def __init__(self, cluster: Cluster) -> None:
        self._webs = cluster.webs
        self._before = [web.memory_bytes() for web in self._webs]
        self.grown = [0] * len(self._webs)

    def look(self) -> None:
        for number, web in enumerate(self._webs):
            self.grown[number] = max(self.grown[number], web.memory_bytes() - self._before[number])


@contextmanager
def watched_memory(cluster: Cluster) -> Iterator[Memory]:
    """Looked at several times a second."""
    memory, is_over = Memory(cluster), Event()

    def watch() -> None:
        while not is_over.wait(0.25):
            memory.look()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        is_over.set()
        thread.join()
