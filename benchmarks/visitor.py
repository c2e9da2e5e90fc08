"""Somebody who looks at pages while something else goes on, as a process of its own: what it waits for is the
board, never the interpreter of whoever keeps the board busy.

Two clocks: the visitor's own, and the board's (``/metrics``), which begins when the request's handling does.
What lies between them is waiting for the event loop and for a processor, the visitor's own turn included.
"""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Any

import psutil
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.changes import adjustments
from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.measure import Request, gets
from benchmarks.operations import DETAIL_MS, LIST_MS, SEARCH_MS
from benchmarks.servers import ADMIN_KEY, METRICS_TOKEN, Server

CHANGE_MS = 40.0
PAUSE_SECONDS = 0.05
CONNECTIONS = 4
"""A connection stays with one of the board's processes; several come to all of them."""
IDLE_SECONDS = 15.0
_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")
Buckets = Mapping[float, float]
"""How many requests took at most so many seconds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Pages of one kind, each asked in turn, or changes; ``keys`` are what they are about."""

    name: str
    budget_ms: float
    paths: Sequence[str] = ()
    changed_users: Sequence[str] = ()

    def requests(self, cookie: str, key: str) -> list[Request]:
        """As somebody with this cookie, or a program with this key, asks them."""
        return gets(self.paths, {"Cookie": cookie}) if self.paths else adjustments(self.changed_users, key)

    def routes(self) -> frozenset[tuple[str, str]]:
        """Method and template of what is asked, as the metrics name them."""
        if self.changed_users:
            return frozenset({("POST", "/v1/admin/users/{user}/credit-adjustments")})
        return frozenset(("GET", _ID.sub("/{record}", path.partition("?")[0])) for path in self.paths)


@dataclass(frozen=True, slots=True)
class Waited:
    """How long one kind took by the visitor's clock, and by the board's.

    The board counts in buckets: its 95th percentile is as exact as these are narrow, the share that kept to
    the budget is exact.
    """

    name: str
    budget_ms: float
    visits: int
    median_ms: float
    p95_ms: float
    longest_ms: float
    board_median_ms: float
    board_p95_ms: float
    board_within_budget: float

    @property
    def kept(self) -> bool:
        return self.p95_ms <= self.budget_ms


class Visitor:
    """Visits from the beginning of the block to its end; `waited` then tells how it was."""

    def __init__(self, board: Server, cookie: str, kinds: Sequence[Kind]) -> None:
        self._board, self._cookie, self._kinds = board, cookie, kinds
        self.waited: list[Waited] = []

    def __enter__(self) -> Visitor:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_visit, args=(self._board.port, self._cookie, ADMIN_KEY, self._kinds, theirs)
        )
        self._process.start()
        assert self._ours.recv() == "ready"
        self._before = read_buckets(self._board.port)
        self._ours.send("begin")
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.send("end")
        took = self._ours.recv()
        self._process.join()
        after = read_buckets(self._board.port)
        self.waited = [
            _sum_up(kind, took[kind.name], _grown(self._before, after, kind)) for kind in self._kinds
        ]

    @property
    def process(self) -> psutil.Process:
        """While it visits: what it takes of the machine itself can be counted."""
        return psutil.Process(self._process.pid)

    def as_data(self) -> list[dict[str, Any]]:
        return [asdict(waited) for waited in self.waited]


def find_kinds(data: DataSet) -> list[Kind]:
    """What people look at most, and a change, on this data set."""
    with data.connect() as connection:
        users = _ids(connection, "SELECT id FROM users WHERE is_active ORDER BY id LIMIT 100")
        customers = _ids(connection, "SELECT id FROM organizations ORDER BY id LIMIT 20")
    return [
        Kind("list", LIST_MS, ("/users", "/customers", "/calls", "/users?sort=full_name")),
        Kind(
            "list with filters",
            SEARCH_MS,
            (
                "/businesses?q=plumb",
                "/billing/invoices?status=paid",
                "/billing/subscriptions?status=active",
                "/audit?q=adjust",
            ),
        ),
        Kind("customer page", DETAIL_MS, [f"/customers/{customer}" for customer in customers]),
        Kind("dashboard", LIST_MS, ("/",)),
        Kind("change of credits", CHANGE_MS, changed_users=users),
    ]


def visit_idle(board: Server, cookie: str, kinds: Sequence[Kind]) -> Visitor:
    """How it is when nothing else goes on."""
    with Visitor(board, cookie, kinds) as visitor:
        time.sleep(IDLE_SECONDS)
    return visitor


def read_buckets(port: int) -> Mapping[tuple[str, str], Buckets]:
    """What the board has counted so far, by method and route."""
    plainly = {"Authorization": f"Bearer {METRICS_TOKEN}", "Accept-Encoding": "identity"}
    answer = Client(port, plainly).get("/metrics")
    assert answer.status == 200, answer.status
    found: dict[tuple[str, str], dict[float, float]] = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            if sample.name == "adminboard_request_seconds_bucket":
                route = sample.labels["method"], sample.labels["route"]
                found.setdefault(route, {})[float(sample.labels["le"])] = sample.value
    return found


def at_share(values: Sequence[float], share: float) -> float:
    """The value that this share of all is below."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def _visit(port: int, cookie: str, key: str, kinds: Sequence[Kind], master: Connection[Any, Any]) -> None:
    """The visitor's process: each address once to warm up, then a visit after each pause until it is told."""
    clients = cycle([Client(port) for _ in range(CONNECTIONS)])
    turns = [(kind.name, cycle(kind.requests(cookie, key))) for kind in kinds]
    for kind in kinds:
        for request in kind.requests(cookie, key):
            for _ in range(CONNECTIONS):
                _checked(request(next(clients)))
    took: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    master.send("ready")
    master.recv()
    for name, requests in cycle(turns):
        answer = _checked(next(requests)(next(clients)))
        took[name].append(answer.seconds * 1e3)
        if master.poll(PAUSE_SECONDS):
            break
    master.send(took)


def _checked(answer: Any) -> Any:
    assert answer.status < 400, f"{answer.path} answered {answer.status}: {answer.body[:300]}"
    return answer


def _sum_up(kind: Kind, took: Sequence[float], counted: Buckets) -> Waited:
    return Waited(
        kind.name,
        kind.budget_ms,
        len(took),
        at_share(took, 0.5),
        at_share(took, 0.95),
        max(took, default=0.0),
        _at_share_of(counted, 0.5) * 1e3,
        _at_share_of(counted, 0.95) * 1e3,
        counted.get(_bucket_of(counted, kind.budget_ms), 0.0) / max(counted.get(float("inf"), 0.0), 1.0),
    )


def _grown(before: Any, after: Any, kind: Kind) -> Buckets:
    grown: dict[float, float] = {}
    for route in kind.routes():
        for limit, value in after.get(route, {}).items():
            grown[limit] = grown.get(limit, 0.0) + value - before.get(route, {}).get(limit, 0.0)
    return dict(sorted(grown.items()))


def _bucket_of(counted: Buckets, budget_ms: float) -> float:
    """The widest bucket that is within the budget."""
    return max((limit for limit in counted if limit * 1e3 <= budget_ms), default=0.0)


def _at_share_of(counted: Buckets, share: float) -> float:
    """Read from the buckets, as if the requests in one were spread evenly over it."""
    due, lower, so_far = share * counted.get(float("inf"), 0.0), 0.0, 0.0
    for limit, value in counted.items():
        if value >= due:
            within = (due - so_far) / (value - so_far) if value > so_far else 0.0
            return lower if limit == float("inf") else lower + (limit - lower) * within
        lower, so_far = limit, value
    return 0.0


def _ids(connection: psycopg.Connection, statement: str) -> list[str]:
    return [str(key) for (key,) in connection.execute(statement).fetchall()]
