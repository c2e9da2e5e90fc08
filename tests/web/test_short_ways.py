"""What a route's function takes is known whole, so that nothing it needs is left out on a short way."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import BackgroundTasks, Body, Cookie, Depends, Header, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes

from adminboard.web.access import Door
from adminboard.web.short_ways import Needs, read_needs


class _Open(Door):
    def __call__(self) -> str:
        return "a visit"


DOOR = _Open("page_read", None)
Visit = Annotated[str, Depends(DOOR)]


def needs_of(endpoint: Any) -> Needs:
    return read_needs(APIRoute("/lists/{word}/{number}", endpoint, methods=["POST"]))


def test_of_a_door_and_words_it_knows_the_names() -> None:
    def show(word: str, number: UUID, visit: Visit) -> Response:
        return Response(word)

    assert needs_of(show) == Needs(DOOR, "visit", {"word": str, "number": UUID}, None, [])


def test_what_the_framework_reads_or_hands_over_is_named() -> None:
    def show(
        visit: Visit,
        asked: Request,
        order: str,
        accept: Annotated[str, Header()],
        kept: Annotated[str, Cookie()],
        sent: Annotated[str, Body()],
        answer: Response,
        later: BackgroundTasks,
        scopes: SecurityScopes,
        connection: HTTPConnection,
    ) -> Response:
        return Response()

    needs = needs_of(show)
    assert needs.request == "asked"
    others = {"order", "accept", "kept", "sent", "answer", "later", "scopes", "connection"}
    assert set(needs.others) == others


def test_a_route_with_no_door_or_more_than_that_has_none() -> None:
    def without() -> Response:
        return Response()

    def with_more(visit: Visit, more: Annotated[str, Depends(lambda: "more")]) -> Response:
        return Response(more)

    assert (needs_of(without).door, needs_of(with_more).door) == (None, None)
