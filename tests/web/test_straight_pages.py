"""A page that needs its door and the words of its address goes the short way, and answers the same."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from adminboard.app import find_doors
from adminboard.areas import AREAS
from adminboard.core.errors import NotFound
from adminboard.web.access import Door
from adminboard.web.errors import install_error_handlers
from adminboard.web.straight_pages import PageFinder, StraightPages
from tests.clients import BoardUnderTest

STRAIGHT, USUAL = b"straight", b"usual"


class _Door(Door):
    """Gives the request itself as the visit, and notes in it how it was left."""

    def __init__(self, kind: str = "page_read") -> None:
        super().__init__(kind, None)
        self.left: list[str] = []

    def __call__(self, request: Request) -> Iterator[Request]:
        try:
            yield request
        except NotFound:
            self.left.append("with an error")
            raise
        self.left.append("well")


def way_of(request: Request) -> bytes:
    """Which way a request came: the framework leaves traces on the usual one."""
    return USUAL if "fastapi_inner_astack" in request.scope else STRAIGHT


def make_client(router: APIRouter) -> TestClient:
    finder = PageFinder()
    app = FastAPI(middleware=[Middleware(StraightPages, finder=finder)])
    install_error_handlers(app)
    app.router.routes.extend(router.routes)
    finder.learn(app.routes)
    return TestClient(app, raise_server_exceptions=False)


DOOR = _Door()
Visit = Annotated[Any, Depends(DOOR, scope="function")]


@pytest.fixture
def client() -> TestClient:
    router = APIRouter()

    @router.get("/lists")
    def show_list(visit: Visit) -> Response:
        return Response(way_of(visit))

    @router.get("/lists/{record}/notes")
    def show_notes(record: str, visit: Visit) -> Response:
        return Response(way_of(visit) + b" " + record.encode())

    @router.get("/lists/numbered/{number}")
    def show_number(number: int, visit: Visit) -> Response:
        return Response(way_of(visit))

    @router.get("/lists/sorted")
    def show_sorted(visit: Visit, order: str = "") -> Response:
        return Response(way_of(visit))

    @router.get("/lists/{record}")
    def show_record(record: str, visit: Visit) -> Response:
        return Response(way_of(visit))

    @router.get("/v1/missing")
    def show_missing(visit: Visit) -> Response:
        visit.state.request_id = "a-request"
        raise NotFound(f"There is none, {way_of(visit).decode()}.")

    @router.post("/lists")
    def change(visit: Visit) -> Response:
        return Response(way_of(visit))

    return make_client(router)


def test_a_page_with_its_door_alone_goes_straight(client: TestClient) -> None:
    assert client.get("/lists").content == STRAIGHT
    assert client.get("/lists?sort=-name").content == STRAIGHT


def test_a_page_gets_the_words_of_its_address(client: TestClient) -> None:
    assert client.get("/lists/a%20b/notes").content == STRAIGHT + b" a b"


@pytest.mark.parametrize("path", ["/lists/numbered/7", "/lists/sorted"])
def test_a_page_that_takes_more_goes_the_usual_way_and_is_found_first(client: TestClient, path: str) -> None:
    assert client.get(path).content == USUAL


def test_what_changes_something_goes_the_usual_way(client: TestClient) -> None:
    assert client.post("/lists").content == USUAL


def test_the_door_is_left_as_the_page_was(client: TestClient) -> None:
    DOOR.left.clear()
    client.get("/lists")

    assert DOOR.left == ["well"]


def test_what_a_page_raises_is_answered_and_the_door_hears_of_it(client: TestClient) -> None:
    DOOR.left.clear()
    answer = client.get("/v1/missing")

    assert (answer.status_code, answer.json()["detail"]) == (404, "There is none, straight.")
    assert DOOR.left == ["with an error"]


def test_a_route_that_begins_with_any_word_keeps_the_board_from_starting() -> None:
    router = APIRouter()

    @router.get("/{anything}")
    def show(anything: str, visit: Visit) -> Response:
        return Response(way_of(visit))

    with pytest.raises(TypeError, match="begins with a parameter"):
        make_client(router)


AN_ID = "00000000-0000-0000-0000-000000000001"
TAKE_AN_ID = frozenset(
    {
        "/approvals/{approval_id}/now",
        "/bulk/{run_id:uuid}",
        "/bulk/{run_id:uuid}/count",
        "/bulk/{run_id:uuid}/export.csv",
        "/calls/{call_id}/recording",
        "/calls/{call_id}/transcript",
        "/webhooks/replays/{run_id:uuid}",
        "/webhooks/replays/{run_id:uuid}/count",
        "/webhooks/replays/{run_id:uuid}/export.csv",
        "/webhooks/{event_id}/payload.json",
    }
)
"""Pages that go the usual way, where the framework makes an id of a word, and refuses one that is none. They
are opened one by one, and most of what they take is their own."""


def test_every_page_goes_straight_but_those_that_are_named(board: BoardUnderTest) -> None:
    [finder] = [
        middleware.kwargs["finder"]
        for middleware in board.app.user_middleware
        if middleware.cls is StraightPages
    ]
    pages = [
        route.path
        for route in board.app.routes
        if isinstance(route, APIRoute)
        and [door.kind for door in find_doors(route.dependant)] == ["page_read"]
    ]
    usual = {
        path
        for path in pages
        if finder.find({"type": "http", "method": "GET", "path": re.sub("{.*?}", AN_ID, path)}) is None
    }
    listings = {listing.path for area in AREAS for listing in area.listings if listing.has_page}

    assert listings < set(pages)
    assert usual == TAKE_AN_ID
