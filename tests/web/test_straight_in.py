"""What others send of their own accord goes the short way: its door, its function, nothing else."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from adminboard.areas import AREAS
from adminboard.web.access import Door
from adminboard.web.straight_in import Entrance, StraightIn, find_entrances
from adminboard.webhooks.incoming import incoming


class _Reads(Door):
    async def __call__(self, request: Request) -> bytes:
        return await request.body()


READS = Depends(_Reads("signed", None))


def make_router(path: str = "/sent") -> APIRouter:
    router = APIRouter()

    @router.post(path)
    async def take(request: Request, body: Annotated[bytes, READS]) -> Response:
        return Response(b"taken " + body, headers={"X-Path": request.url.path})

    return router


@pytest.fixture
def client() -> Iterator[TestClient]:
    entrances: dict[str, Entrance] = {}
    app = FastAPI(middleware=[Middleware(StraightIn, entrances=entrances)])

    @app.api_route("/sent", methods=["GET", "PUT"])
    def usual() -> str:
        return "the usual way"

    entrances.update(find_entrances([make_router()]))
    with TestClient(app) as client:
        yield client


def test_an_entrance_is_answered_by_its_door_and_its_function(client: TestClient) -> None:
    answer = client.post("/sent", content=b"body")
    assert (answer.status_code, answer.content) == (200, b"taken body")
    assert answer.headers["X-Path"] == "/sent"


def test_everything_else_goes_the_usual_way(client: TestClient) -> None:
    assert client.get("/sent").json() == "the usual way"
    assert client.put("/sent").json() == "the usual way"
    assert client.post("/sent/more").status_code == 404


def test_every_incoming_route_of_the_board_is_an_entrance() -> None:
    routers = [area.incoming for area in AREAS if area.incoming is not None]
    assert find_entrances(routers).keys() == {"/webhooks/stripe"}
    assert incoming in routers


def without_a_door(router: APIRouter) -> None:
    @router.post("/open")
    async def take(request: Request) -> Response:
        return Response()


def with_a_field_more(router: APIRouter) -> None:
    @router.post("/more")
    async def take(request: Request, body: Annotated[bytes, READS], page: int = 1) -> Response:
        return Response(str(page))


def that_is_read(router: APIRouter) -> None:
    @router.get("/read")
    async def take(request: Request, body: Annotated[bytes, READS]) -> Response:
        return Response(body)


@pytest.mark.parametrize("add", [without_a_door, with_a_field_more, that_is_read])
def test_what_the_short_way_would_not_do_right_keeps_the_board_from_starting(add: object) -> None:
    router = APIRouter()
    assert callable(add)
    add(router)
    with pytest.raises(TypeError, match="cannot be entered straight"):
        find_entrances([router])
