"""Bad input is answered with a sentence, never with a fault: the whole API for every role by its own
description, every page and form with parameters that make no sense.
"""

from collections.abc import Container, Iterator, Sequence
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS, Permission, Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, Program
from tests.credit_factories import make_grant
from tests.db.templates import copied_database
from tests.factories import make_user
from tests.guarantees.routes import Route, list_routes, pages_that_show
from tests.stand_in import Served, open_board_on_stripe
from tests.web.problems import read_problem

EXAMPLES = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""The same examples in each run: what fails here fails everywhere."""
BILLING_OPERATIONS = frozenset(
    f"/v1/admin/billing/{path}"
    for path in (
        "webhook/replay",
        "events",
        "plans/sync",
        "entitlements/override",
        "grace-period/reset",
        "reconcile",
    )
)
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "\x00",
            "'; DROP TABLE users; --",
            "%00",
            "\\",
            "%",
            "9" * 400,
            "-1",
            "1e309",
            "NaN",
            "null",
            "[]",
            "{}",
            "../../etc/passwd",
            "\u202e",
            "\ufeff",
            "x" * 5_000,
            "2026-02-30",
            "0001-01-01",
            "9999-12-31T23:59:59+23:59",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "WyJlbWFpbCIsICJcdWQ4MDAiLCAiNmYwZTVhNTEtN2QzZi00YzVjLTlkM2UtMDAwMDAwMDAwMDAwIiwgMF0",
        ]
    ),
)
NAMES = [
    "q",
    "sort",
    "limit",
    "cursor",
    "selected",
    "count",
    "columns",
    "done",
    "tab",
    "user",
    "plan",
    "subscription",
    "active",
    "override",
    "created_from",
    "created_to",
    "type",
    "kind",
    "id",
    "admin",
    "action",
    "target",
    "date_from",
    "date_to",
    "customer",
    "run",
    "return_to",
    "amount",
    "reason",
    "expires_at",
    "setting",
    "value",
    "at",
    "before",
    "next",
    "term",
    "total_from",
    "total_to",
    "balance",
]


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin) as board,
    ):
        with board.rows() as session:
            for _ in range(3):
                make_grant(session, make_user(session).id, "45.50")
        yield board


@pytest.fixture(scope="module")
def operations(board: BoardUnderTest) -> list[Any]:
    """What the API's own description says can be asked."""
    document = board.program().get("/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr] # an Err would raise here
    return [operation for operation in found if operation.path.startswith("/v1/")]


@pytest.fixture(scope="module")
def programs(board: BoardUnderTest) -> list[Program]:
    """A program with what each role may, the ones with the least first, and one without a key."""
    return [
        board.program_with({"X-Admin-Key": "wrong"}),
        *(
            board.program(*(ROLE_PERMISSIONS[role] & KEY_SCOPES), role=role)
            for role in Role
            if role != Role.ADMIN
        ),
        board.program(*KEY_SCOPES, role=Role.ADMIN),
    ]


def send(program: Program, case: Any) -> Any:
    """What schemathesis made up, as a request."""
    path = case.path.format(**{k: quote(str(v), safe="") for k, v in (case.path_parameters or {}).items()})
    query = urlencode(dict(case.query or {}), doseq=True, errors="replace")
    headers = {
        name: value.encode("latin-1", "replace")
        for name, value in (case.headers or {}).items()
        if name.lower() not in ("x-admin-key", "content-length")
    }
    options: dict[str, Any] = {}
    if isinstance(case.body, dict | list | str | int | float | bool) or case.body is None:
        options["json"] = case.body
    return program.request(case.method.upper(), f"{path}?{query}", headers=headers, **options)


def test_the_api_answers_everything_with_a_result_or_a_problem(
    programs: list[Program], operations: list[Any]
) -> None:
    assert len(operations) > 20
    for operation in operations:
        fuzz_call(programs, operation)


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES))
def test_the_billing_operations_answer_a_key_of_any_scope(
    scope: Permission, board: BoardUnderTest, operations: list[Any]
) -> None:
    program = board.program(scope, role=Role.ADMIN)
    for operation in of_billing(operations):
        fuzz_call([program], operation)


def test_what_the_description_of_the_billing_operations_allows_is_not_called_malformed(
    board: BoardUnderTest, operations: list[Any]
) -> None:
    """Nobody may know the user or the customer, and a rule may forbid it: that is not the request's form."""
    program = board.program(*KEY_SCOPES, role=Role.ADMIN)
    for operation in of_billing(operations):
        fuzz_call([program], operation, refused=(403, 404, 409, 429), examples=25)


def of_billing(operations: list[Any]) -> list[Any]:
    found = [operation for operation in operations if operation.path in BILLING_OPERATIONS]
    assert len({operation.path for operation in found}) == len(BILLING_OPERATIONS)
    return found


def fuzz_call(
    programs: Sequence[Program],
    operation: Any,
    *,
    refused: Container[int] = range(400, 500),
    examples: int = EXAMPLES.max_examples,
) -> None:
    """Each program sends the same: making a request up takes as long as answering it."""

    @settings(EXAMPLES, max_examples=examples)
    @given(case=operation.as_strategy())
    def try_it(case: Any) -> None:
        for program in programs:
            answer = send(program, case)
            if answer.status_code >= 400:
                asked = f"{case.method} {answer.request.url} {case.body}"
                assert answer.status_code in refused, f"{asked}: {answer.text}"
                read_problem(answer, answer.status_code)

    try_it()


TARGETS = st.sampled_from(["", "div#list", "aside#detail", "dialog#dialog", "#", "é"])
queries = st.lists(st.tuples(st.sampled_from(NAMES), HOSTILE), max_size=5)


def test_no_parameter_of_a_page_is_a_fault(board: BoardUnderTest) -> None:
    browsers = [board.browser(role) for role in (Role.VIEWER, Role.ADMIN)]
    for address in pages_that_show(board):
        fuzz_page(browsers, address)


def fuzz_page(browsers: Sequence[Browser], address: str) -> None:
    @EXAMPLES
    @given(query=queries, target=TARGETS)
    def try_it(query: list[tuple[str, str]], target: str) -> None:
        headers: dict[str, Any] = {"HX-Request-Type": "partial", "HX-Target": target.encode()}
        url = f"{address}?{urlencode(query)}"
        for browser in browsers:
            answer = browser.get(url, headers=headers if target else {}, follow_redirects=False)
            assert answer.status_code < 500, f"{url}: {answer.text[:300]}"

    try_it()


@EXAMPLES
@given(junk=st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_no_bytes_in_an_address_are_a_fault(junk: list[bytes], board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    for path in ("/users", "/audit", "/search", "/v1/admin/users"):
        query = "&".join(
            f"{name}={quote_from_bytes(value)}" for name, value in zip(NAMES, junk, strict=False)
        )
        assert browser.get(f"{path}?{query}").status_code < 500
        assert browser.get(f"{path}/{quote_from_bytes(junk[0], safe='')}").status_code < 500


def forms(board: BoardUnderTest) -> list[Route]:
    """All forms but the one that logs out."""
    return [
        route for route in list_routes(board.app) if route.door == "page_write" and route.path != "/logout"
    ]


def test_no_field_of_a_form_is_a_fault(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    token = browser.csrf_token()
    for route in forms(board):
        fuzz_form(browser, route, token)


FIELDS = st.dictionaries(
    st.sampled_from([*NAMES, "acknowledged", "token", "idempotency_key", "email", "name", "code", "setup"]),
    st.lists(HOSTILE, min_size=1, max_size=2),
    max_size=8,
)


def fuzz_form(browser: Browser, route: Route, token: str) -> None:
    @EXAMPLES
    @given(data=FIELDS)
    def try_it(data: dict[str, list[str]]) -> None:
        answer = browser.post(route.address, data=data | {"csrf_token": token}, follow_redirects=False)
        assert answer.status_code < 500, f"{route.name} {data}: {answer.text[:300]}"

    try_it()


BODIES: dict[str, tuple[str, bytes]] = {
    "a file": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="q"; filename="x"\r\n\r\nx\r\n--b--\r\n',
    ),
    "half a multipart form": ("multipart/form-data; boundary=b", b"--b\r\nContent-Dispo"),
    "no boundary": ("multipart/form-data", b"--b\r\n"),
    "half a character": (
        "multipart/form-data; boundary=b; charset=unicode_escape",
        b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\n\\ud800\r\n--b--\r\n',
    ),
    "an unknown alphabet": ("multipart/form-data; boundary=b; charset=klingon", b"--b--\r\n"),
    "too many fields": ("application/x-www-form-urlencoded", b"a=1&" * 2_000),
    "JSON": ("application/json", b"{}"),
    "nothing of a known kind": ("\xff", b"\xff\xfe"),
    "two megabytes": ("application/x-www-form-urlencoded", b"q=" + b"x" * 2_000_000),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", ["/views/users", "/actions/credits.adjust/preview", "/login"])
def test_no_body_of_a_form_is_a_fault(body: str, path: str, board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    kind, content = BODIES[body]
    headers: dict[str, Any] = {"Content-Type": kind.encode("latin-1"), "X-CSRF-Token": browser.csrf_token()}
    answer = browser.post(path, content=content, headers=headers, follow_redirects=False)
    assert 400 <= answer.status_code < 500, answer.text[:300]


@pytest.mark.parametrize("length", ["-1", "x", "²", "9" * 30, "1e3", ""])
def test_a_length_that_is_none_is_refused(length: str, board: BoardUnderTest) -> None:
    headers: Any = {"Content-Length": length.encode("latin-1")}
    answer = board.program().post("/v1/admin/users/x/credit-adjustments", content=b"", headers=headers)
    assert 400 <= answer.status_code < 500


def test_thousands_of_filters_are_a_sentence(board: BoardUnderTest) -> None:
    """As many as an address can hold; the server takes none that is longer."""
    answer = board.browser(Role.SUPPORT).get(
        "/users?" + "&".join(f"plan={number}" for number in range(5_000))
    )
    assert answer.status_code == 200
    assert "at most 50" in answer.text
