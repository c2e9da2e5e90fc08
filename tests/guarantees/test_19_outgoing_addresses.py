"""The board writes to no address that leads into a network, whatever the address says and becomes.

Servers really listen where it must not arrive, and none of them is reached.
"""

import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adminboard.core.errors import DomainError, Unavailable
from adminboard.core.operations import OutcomeUnknown, Refused
from adminboard.notifications.endpoint import Address, EndpointForbidden, Gate, is_public, post_json

NAME = "hooks.test"
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - nobody listens there
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
]


@dataclass
class Listener:
    """A server with a certificate for `NAME`; ``reached`` are the paths that arrived there."""

    port: int
    trust: ssl.SSLContext
    reached: list[str] = field(default_factory=list)
    bodies: list[object] = field(default_factory=list)
    status: int = 200
    location: str = ""
    connections: int = 0

    @property
    def host(self) -> str:
        return f"{NAME}:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.host}/services/canary?a=b"

    def gate(self, *addresses: str) -> Gate:
        """Whose name leads to these addresses."""
        return Gate((self.host,), look_up=lambda *_: addresses, trust=self.trust)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def listening(certificate: Path, address: str = "127.0.0.1") -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            listener.reached.append(f"{self.headers['Host']}{self.path}")
            listener.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(listener.status)
            if listener.location:
                self.send_header("Location", listener.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        def verify_request(self, request: object, client_address: object) -> bool:
            listener.connections += 1
            return True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate hangs up."""

        def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]  # plain TCP
            with secured.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)

    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(certificate)
    server = Server((address, 0), Handler)
    trust = ssl.create_default_context(cafile=str(certificate))
    listener = Listener(server.server_address[1], trust)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def listener(certificate: Path) -> Iterator[Listener]:
    with listening(certificate) as listener:
        yield listener


def is_first(address: Address) -> bool:
    """As if 127.0.0.1 were on the internet."""
    return address == ip_address("127.0.0.1")


def test_what_is_allowed_arrives_at_the_name_with_its_certificate(listener: Listener) -> None:
    gate = replace(listener.gate("127.0.0.1"), may_reach=is_first)
    post_json(listener.url, {"text": "News"}, gate)
    assert listener.reached == [f"{listener.host}/services/canary?a=b"]
    assert listener.bodies == [{"text": "News"}]
    with pytest.raises(Unavailable):
        post_json(listener.url, {}, replace(gate, trust=ssl.create_default_context()))
    assert len(listener.reached) == 1, "an unknown certificate is not trusted"


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_into_a_network_is_refused(address: str, listener: Listener) -> None:
    for found in ((address,), ("93.184.215.14", address)):
        with pytest.raises(EndpointForbidden, match="private network") as refused:
            post_json(listener.url, {}, listener.gate(*found))
        assert "canary" not in str(refused.value)
    assert listener.connections == 0


def test_real_names_of_this_machine_are_refused(listener: Listener) -> None:
    for name in ("localhost", "127.0.0.1", "0x7f.1", "2130706433"):
        host = f"{name}:{listener.port}"
        with pytest.raises((EndpointForbidden, Unavailable)):
            post_json(f"https://{host}/x", {}, Gate((host,), trust=listener.trust))
    assert listener.connections == 0


def test_a_name_that_moves_is_looked_up_once_and_reached_where_it_was_checked(
    certificate: Path, listener: Listener
) -> None:
    asked: list[str] = []

    def rebind(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    gate = Gate((listener.host,), may_reach=is_first, look_up=rebind, trust=listener.trust)
    post_json(listener.url, {}, gate)
    assert asked == [NAME]
    assert len(listener.reached) == 1
    with pytest.raises(EndpointForbidden):
        post_json(listener.url, {}, gate)
    assert listener.connections == 1


def test_redirects_are_not_followed(certificate: Path, listener: Listener) -> None:
    with listening(certificate) as inside:
        listener.location = inside.url
        gate = replace(listener.gate("127.0.0.1"), hosts=(listener.host, inside.host), may_reach=is_first)
        for status in (301, 302, 303, 307, 308):
            listener.status = status
            with pytest.raises(EndpointForbidden, match="elsewhere"):
                post_json(listener.url, {}, gate)
        assert inside.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.test/x",
        "https://other.test/x",
        "https://hooks.test.other.test/x",
        "https://hooks.test@127.0.0.1/x",
        "https://hooks.test:8443/x",
        "https://user@hooks.test/x",
        "file:///etc/passwd",
        "gopher://hooks.test/",
        "https://[::1",
        "//hooks.test/x",
        "",
    ],
)
def test_only_hosts_on_the_list_are_written_to(url: str) -> None:
    def look_up(*_: object) -> Sequence[str]:
        raise AssertionError("not even looked up")

    with pytest.raises(EndpointForbidden):
        post_json(url, {}, Gate((NAME,), look_up=look_up))


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (404, Refused), (429, Unavailable), (500, OutcomeUnknown), (503, OutcomeUnknown)],
)
def test_every_answer_has_its_meaning(status: int, error: type[DomainError], listener: Listener) -> None:
    listener.status = status
    gate = replace(listener.gate("127.0.0.1"), may_reach=is_first)
    with pytest.raises(error) as problem:
        post_json(listener.url, {}, gate)
    assert "canary" not in str(problem.value)


def test_public_addresses_are_public() -> None:
    for text in ("93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"):
        assert is_public(ip_address(text)), text
