"""Every route has a declared permission, and it holds for every role and every scope of a key.

The tables of `permission_tables` say what each route needs.
"""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from adminboard.app import UnguardedRoute, check_doors
from adminboard.areas import AREAS
from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS, Permission, Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest
from tests.db.templates import copied_database
from tests.guarantees.permission_tables import ACTIONS, expected_permissions
from tests.guarantees.routes import Route, list_routes
from tests.stand_in import Served, open_board_on_stripe
from tests.web.problems import read_problem

TABLES = "what needs which permission is written down in tests/guarantees/*permission*.py"


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin) as board,
    ):
        yield board


def test_every_route_needs_what_the_tables_say(board: BoardUnderTest) -> None:
    assert {route.name: route.permission for route in list_routes(board.app)} == expected_permissions(), (
        TABLES
    )


def test_every_action_needs_what_the_table_says() -> None:
    assert {a.name: a.permission.value for area in AREAS for a in area.actions} == ACTIONS, TABLES


def test_no_route_hides_another(board: BoardUnderTest) -> None:
    """A word after a path with an id in its place would be taken for an id: give the list an ``api_path``."""
    routes = list_routes(board.app)
    patterns = [(route, compile_path(route.path)[0]) for route in routes]
    for place, route in enumerate(routes):
        hiding = [
            other.name
            for other, pattern in patterns[:place]
            if other.method == route.method and pattern.match(route.address)
        ]
        assert hiding == [], f"{route.name} is never reached"


def test_what_shows_is_not_what_changes(board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        if route.is_signed:
            continue
        kind = "write" if route.is_unsafe else "read"
        assert route.is_public or route.door.endswith(kind), route.name
        assert route.is_public or route.is_api == route.path.startswith("/v1/"), route.name


def ask(board: BoardUnderTest, route: Route, role: Role) -> str:
    """What a person of the role is answered: "403 and why", or the status alone.

    Each change is asked for by somebody else, since one of them is to log out.
    """
    browser = board.new_browser(role) if route.is_unsafe else board.browser(role)
    fields = {"csrf_token": browser.csrf_token("/account")} if route.is_unsafe else None
    answer = browser.request(route.method, route.address, data=fields, follow_redirects=False)
    assert answer.status_code < 500, f"{route.name}: {answer.text[:500]}"
    assert not answer.headers.get("location", "").startswith("/login?"), route.name
    return f"403 {answer.text}" if answer.status_code == 403 else str(answer.status_code)


@pytest.mark.parametrize("role", Role)
def test_a_role_comes_in_exactly_where_it_may(role: Role, board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        if route.is_api or route.is_public or route.is_signed:
            continue
        answer = ask(board, route, role)
        refused = f"the permission {route.permission}" in answer
        assert refused == (route.permission not in ROLE_PERMISSIONS[role]), f"{role} at {route.name}"
        assert refused == answer.startswith("403"), f"{role} at {route.name}: {answer[:300]}"


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES))
def test_a_key_comes_in_exactly_where_its_scope_allows(scope: Permission, board: BoardUnderTest) -> None:
    program = board.program(scope)
    for route in list_routes(board.app):
        if not route.is_api:
            continue
        answer = program.request(route.method, route.address)
        assert answer.status_code < 500, route.name
        if route.permission == scope.value:
            assert answer.status_code != 403, f"{scope} at {route.name}: {answer.text}"
        else:
            problem = read_problem(answer, 403, "forbidden")
            assert f"the permission {route.permission}" in problem["detail"]


def test_nobody_comes_in_without_a_login_or_a_key(board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        answer = board.stranger().request(route.method, route.address, follow_redirects=False)
        if route.is_public:
            assert answer.status_code < 500, route.name
        elif route.is_api:
            read_problem(answer, 403, "key_refused")
        elif route.is_signed:
            read_problem(answer, 400, "bad_signature")
        else:
            assert answer.status_code == 303, route.name
            assert answer.headers["location"].startswith("/login"), route.name


def test_a_session_opens_no_call_and_a_key_no_page(board: BoardUnderTest) -> None:
    browser, program = board.browser(Role.ADMIN), board.program()
    for route in list_routes(board.app):
        if route.is_api:
            read_problem(browser.request(route.method, route.address), 403, "key_refused")
        elif route.is_signed:
            read_problem(browser.request(route.method, route.address), 400, "bad_signature")
            read_problem(program.request(route.method, route.address), 400, "bad_signature")
        elif not route.is_public and not route.is_unsafe:
            answer = program.request(route.method, route.address, follow_redirects=False)
            assert answer.headers["location"].startswith("/login"), route.name


def unguarded_applications() -> Iterator[FastAPI]:
    """One for each way in which a route can be added."""

    def endpoint() -> None: ...

    def plain(request: Request) -> Response:
        return Response()

    router, nested = APIRouter(), APIRouter()
    router.add_api_route("/forgotten", endpoint)
    nested.include_router(router)
    included, deep, direct, mounted, bare = (FastAPI(openapi_url=None) for _ in range(5))
    included.include_router(router)
    deep.include_router(nested, prefix="/deep")
    direct.add_api_route("/forgotten", endpoint)
    mounted.mount("/forgotten", FastAPI())
    bare.add_route("/forgotten", plain)
    yield from (included, deep, direct, mounted, bare)


def test_a_route_without_a_permission_does_not_start(board: BoardUnderTest) -> None:
    for app in unguarded_applications():
        with pytest.raises(UnguardedRoute, match="forgotten"):
            check_doors(app.routes)
    check_doors(board.app.routes)
