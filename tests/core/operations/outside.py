"""A service outside the board, on a real port: it remembers keys like Stripe, writes down what it was asked,
and misbehaves as it is told."""

import json
import os
import signal
import socket
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, urlsplit


class Fault(StrEnum):
    """What goes wrong with one request; the effect is there afterwards only where it says so."""

    REFUSED = "refused"
    BUSY = "busy"
    CONFLICT = "conflict"
    BROKEN = "broken"
    BROKEN_AFTER_EFFECT = "broken after effect"
    RESET = "reset"
    RESET_AFTER_EFFECT = "reset after effect"
    SILENT = "silent"
    SILENT_AFTER_EFFECT = "silent after effect"
    HELD = "held"
    KILLS_CALLER = "kills caller"
    KILLS_CALLER_AFTER_EFFECT = "kills caller after effect"


@dataclass
class Outside:
    """The service: ``effects`` are what it did, ``keys_asked`` every request that wanted something done."""

    url: str = ""
    effects: list[str] = field(default_factory=list)
    keys_asked: list[str] = field(default_factory=list)
    faults: deque[Fault | None] = field(default_factory=deque)
    """What goes wrong with the next requests, in their order; None for nothing."""
    is_down: bool = False
    was_asked: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)
    _answers: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take_fault(self) -> Fault | None:
        with self._lock:
            return self.faults.popleft() if self.faults else None

    def have_effect(self, key: str, name: str) -> int:
        """Once for each key that is still remembered; returns the number of the effect."""
        with self._lock:
            if key not in self._answers:
                self.effects.append(name)
                self._answers[key] = len(self.effects)
            return self._answers[key]

    def forget_keys(self) -> None:
        self._answers.clear()


@contextmanager
def open_outside() -> Iterator[Outside]:
    outside = Outside()

    class Handler(_Handler):
        service = outside

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    outside.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield outside
    finally:
        outside.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    service: Outside

    def do_POST(self) -> None:
        key, body = self.headers["Idempotency-Key"], self._read()
        service = self.service
        if service.is_down:
            self._reset()
            return
        service.keys_asked.append(key)
        service.was_asked.set()
        fault = service.take_fault()
        if fault is Fault.HELD:
            service.released.wait(30)
        elif fault is not None and not fault.value.endswith("after effect"):
            self._misbehave(fault)
            return
        number = service.have_effect(key, body["name"])
        if fault is None or fault is Fault.HELD:
            self._answer(200, {"id": f"effect_{number}"})
        else:
            self._misbehave(fault)

    def do_GET(self) -> None:
        """What became of something, by its name: for those whose key is forgotten."""
        if self.service.is_down:
            self._reset()
            return
        name = parse_qs(urlsplit(self.path).query)["name"][0]
        effects = self.service.effects
        self._answer(200, {"id": f"effect_{effects.index(name) + 1}"} if name in effects else {})

    def _misbehave(self, fault: Fault) -> None:
        match fault.value.removesuffix(" after effect"):
            case Fault.REFUSED:
                self._answer(402, {"message": "Your card was declined."})
            case Fault.BUSY:
                self._answer(429, {})
            case Fault.CONFLICT:
                self._answer(409, {})
            case Fault.BROKEN:
                self._answer(500, {})
            case Fault.SILENT:
                self.service.released.wait(30)
            case Fault.KILLS_CALLER:
                os.kill(int(self.headers["X-Caller"]), signal.SIGKILL)
                self.close_connection = True
            case _:
                self._reset()

    def _read(self) -> dict[str, str]:
        body: dict[str, str] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return body

    def _answer(self, status: int, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "600")
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""
