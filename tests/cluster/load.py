"""People and programs at work on the board, who write down what it acknowledged.

Each repeats what was not answered, as they would: changes under the same idempotency key, events of Stripe's
under the same id. What is acknowledged must be there afterwards, once (`tests.cluster.books`).
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

import httpx

from tests.cluster.installation import ADMIN_KEY
from tests.webhooks.sending import PATH, make_event, sign_now

AMOUNTS = ("3.00", "-1.25", "0.75", "2.10")
TIMEOUT_SECONDS = 15.0
REPEAT_AFTER_SECONDS = 0.2
PAUSE_SECONDS = 0.03
"""Between two requests of one client: the load is to meet the faults, not to wear the machine out."""
_names = count(1)


@dataclass(frozen=True)
class Answered:
    """One request: when it was begun, how long it took, and how it ended; 0 without an answer."""

    path: str
    at: float
    seconds: float
    status: int
    text: str = ""


@dataclass
class Books:
    """What the clients wrote down. Their changes, and nobody else's, have the ``reason``."""

    reason: str
    adjustments: dict[str, str] = field(default_factory=dict)
    """The id of each acknowledged change, and its amount."""
    events: set[str] = field(default_factory=set)
    answers: list[Answered] = field(default_factory=list)
    """Every request for a page or a list."""
    repeats: list[str] = field(default_factory=list)
    """What had to be sent again, and why."""
    faults: list[str] = field(default_factory=list)
    """What must not happen whatever goes wrong, like a 500."""
    lock: Lock = field(default_factory=Lock)

    def since(self, moment: float) -> list[Answered]:
        """The requests that were begun after that moment of the monotonic clock."""
        return [answer for answer in self.answers if answer.at >= moment]

    def statuses(self, since: float = 0.0) -> Counter[int]:
        return Counter(answer.status for answer in self.since(since))


class Load:
    """The clients, from entry to exit; at the exit each still gets its last request acknowledged."""

    def __init__(
        self,
        url: str,
        users: Sequence[str],
        cookie: dict[str, str],
        *,
        pages: Sequence[str] = ("/users", "/calls", "/audit", "/credits"),
        adjusters: int = 4,
        senders: int = 2,
        readers: int = 3,
    ) -> None:
        self._name = f"load-{next(_names)}-{time.time_ns()}"
        self.books = Books(reason=f"Goodwill for the outage, {self._name}")
        self._url, self._users, self._cookie, self._pages = url, users, cookie, pages
        self._is_over = Event()
        works: list[Callable[[int], None]] = [
            *[self._adjust] * adjusters,
            *[self._send] * senders,
            *[self._read] * readers,
        ]
        self._threads = [
            Thread(target=work, args=[number], name=f"{work.__name__}-{number}")
            for number, work in enumerate(works)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _adjust(self, number: int) -> None:
        with self._client() as client:
            for turn in count():
                if self._is_over.wait(PAUSE_SECONDS):
                    return
                amount = AMOUNTS[turn % len(AMOUNTS)]
                user = self._users[(number + turn) % len(self._users)]
                answer = self._until_taken(
                    lambda user=user, amount=amount, turn=turn: client.post(  # type: ignore[misc]  # its defaults
                        f"/v1/admin/users/{user}/credit-adjustments",
                        headers={
                            "X-Admin-Key": ADMIN_KEY,
                            "Idempotency-Key": f"{self._name}-{number}-{turn}",
                        },
                        json={
                            "amount": amount,
                            "reason": self.books.reason,
                            "acknowledge": ["negative_balance"],
                        },
                    )
                )
                if answer is None:
                    return
                with self.books.lock:
                    self.books.adjustments[answer.json()["result"]["id"]] = amount

    def _send(self, _: int) -> None:
        with self._client() as client:
            while not self._is_over.wait(PAUSE_SECONDS):
                event = make_event() | {"id": f"evt_{uuid4().hex}"}
                body = json.dumps(event).encode()
                taken = self._until_taken(
                    lambda body=body: client.post(PATH, content=body, headers=sign_now(body))  # type: ignore[misc]  # its default
                )
                if taken is None:
                    return
                with self.books.lock:
                    self.books.events.add(str(event["id"]))

    def _read(self, number: int) -> None:
        with self._client() as client:
            client.cookies.update(self._cookie)
            for turn in count(number):
                if self._is_over.wait(PAUSE_SECONDS):
                    return
                if turn % 2:
                    self._ask(client, self._pages[turn // 2 % len(self._pages)], {})
                else:
                    self._ask(client, "/v1/admin/users?limit=10", {"X-Admin-Key": ADMIN_KEY})

    def _ask(self, client: httpx.Client, path: str, headers: dict[str, str]) -> None:
        began = time.monotonic()
        try:
            answer = client.get(path, headers=headers)
            status, text = answer.status_code, answer.text if answer.status_code >= 500 else ""
        except httpx.TransportError as error:
            status, text = 0, repr(error)
        answered = Answered(path, began, time.monotonic() - began, status, text)
        with self.books.lock:
            self.books.answers.append(answered)
        if status not in (0, 200, 502, 503, 504):
            self._note(f"{path}: {status}")

    def _until_taken(self, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        """The answer that acknowledges it; None, and a fault noted, when it is refused or never comes."""
        status: object = None
        for _ in range(int(300 / REPEAT_AFTER_SECONDS)):
            try:
                answer = request()
                status = answer.status_code
            except httpx.TransportError as error:
                status = repr(error)
            else:
                if answer.is_success:
                    return answer
                if status not in (502, 503, 504):
                    self._note(f"{answer.request.url}: {status} {answer.text[:500]}")
                    return None
            with self.books.lock:
                self.books.repeats.append(str(status))
            time.sleep(REPEAT_AFTER_SECONDS)
        self._note(f"never answered, lastly with {status}")
        return None

    def _note(self, fault: str) -> None:
        with self.books.lock:
            self.books.faults.append(fault)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._url, timeout=TIMEOUT_SECONDS, trust_env=False)
