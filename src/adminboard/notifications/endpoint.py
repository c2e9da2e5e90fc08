"""Posting to an address outside that was put on a list, and to nowhere else (guarantee 19).

The host is looked up once, every address found is checked, and the connection goes to a checked address: a
name that leads elsewhere a moment later changes nothing. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from adminboard.core.errors import Unavailable
from adminboard.core.operations import OutcomeUnknown, Refused
from adminboard.core.work import forbid_inside_work

TIMEOUT_SECONDS = 10
HTTPS_PORT = 443
MOST_READ_BYTES = 1_000
_NAT64 = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address
LookUp = Callable[[str, int], Sequence[str]]


class EndpointForbidden(Refused):
    """The address is not one that the board may write to."""

    title = "The board does not write there"


def is_public(address: Address) -> bool:
    """Whether it is on the internet: not this machine, not its network, and no other address in disguise."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def look_up(host: str, port: int) -> Sequence[str]:
    """The numeric addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Gate:
    """Where the board may write to: ``hosts`` by name, with ":port" where it is not 443."""

    hosts: Collection[str]
    may_reach: Callable[[Address], bool] = is_public
    look_up: LookUp = look_up
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to a checked address of the host. Raises `EndpointForbidden`, or OSError."""
        found = [ip_address(text.partition("%")[0]) for text in self.look_up(host, port)]
        if not found or not all(self.may_reach(address) for address in found):
            raise EndpointForbidden(f"{host} leads into a private network, where the board never writes.")
        return socket.create_connection((str(found[0]), port), timeout=TIMEOUT_SECONDS)

    def check(self, url: str) -> SplitResult:
        """The parts of an address that is on the list. Raises `EndpointForbidden`, without the path."""
        try:
            parts = urlsplit(url)
            port = parts.port or HTTPS_PORT
        except ValueError:
            raise EndpointForbidden("This is no address.") from None
        place = parts.hostname or ""
        named = place if port == HTTPS_PORT else f"{place}:{port}"
        if parts.scheme != "https" or parts.username is not None or named not in self.hosts:
            raise EndpointForbidden(
                f"{named or 'The address'} is not among the hosts the board may write to."
            )
        return parts


class _CheckedConnection(http.client.HTTPSConnection):
    """Connects through the gate; the certificate must still be the one of the host's name."""

    def __init__(self, host: str, port: int, gate: Gate) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=gate.trust)
        self._gate = gate

    def connect(self) -> None:
        raw = self._gate.connect(self.host, self.port)
        try:
            self.sock = self._gate.trust.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise


def post_json(url: str, body: Mapping[str, Any], gate: Gate) -> None:
    """Posts the body as JSON. No error of it names more of the address than its host.

    Raises `EndpointForbidden`, `Refused`, `Unavailable` when surely nothing was delivered, `OutcomeUnknown`.
    """
    forbid_inside_work()
    parts = gate.check(url)
    host = parts.hostname or ""
    connection = _CheckedConnection(host, parts.port or HTTPS_PORT, gate)
    try:
        try:
            connection.connect()
        except OSError:
            raise Unavailable(f"{host} does not answer.", retry_after_seconds=60) from None
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        content = json.dumps(body).encode()
        try:
            connection.request("POST", path or "/", content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read(MOST_READ_BYTES)
        except (OSError, http.client.HTTPException):
            raise OutcomeUnknown(f"{host} broke off before it confirmed the message.") from None
        _check_status(host, response)
    finally:
        connection.close()


def _check_status(host: str, response: http.client.HTTPResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise EndpointForbidden(f"{host} sends the board elsewhere ({status}), where it does not go.")
    if status == 429:
        pause = response.headers.get("Retry-After", "")
        seconds = int(pause[:6]) if pause.isascii() and pause.isdigit() else 60
        raise Unavailable(f"{host} asks to wait.", retry_after_seconds=seconds)
    if status < 500:
        raise Refused(f"{host} refused the message ({status}).")
    raise OutcomeUnknown(f"{host} went wrong with the message ({status}).")
