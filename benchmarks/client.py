"""A small HTTP client with one kept connection, so that what is measured is the server."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    path: str
    status: int
    body: bytes
    seconds: float


class Client:
    """One connection to a port on this machine, with headers sent each time."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Accept-Encoding": "gzip"} | dict(headers or {})

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.send("GET", path, None, headers)

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, its whole answer read; ``seconds`` from sending to the last byte."""
        began = time.perf_counter()
        self._connection.request(method, path, body, self._headers | dict(headers or {}))
        response = self._connection.getresponse()
        content = response.read()
        return Answer(path, response.status, content, time.perf_counter() - began)

    def drain(self, path: str) -> tuple[int, float]:
        """Reads an answer of any length in pieces; returns its bytes and the seconds it took."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers | {"Accept-Encoding": "identity"})
        response = self._connection.getresponse()
        size = 0
        while piece := response.read(1 << 20):
            size += len(piece)
        return size, time.perf_counter() - began
