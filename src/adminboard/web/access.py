"""Who may come in: every route declares one of these doors, with a permission (guarantee 11).

``PageRead`` and ``PageWrite`` are for people with a session, ``ApiRead`` and ``ApiWrite`` for keys,
`signed_by_stripe` is for Stripe, `PUBLIC` for the few routes that need nobody. A route without a door does
not start (`app.check_doors`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from adminboard.core.actor import Actor
from adminboard.core.errors import DomainError, Forbidden, InvalidInput, NotAuthenticated, Unavailable
from adminboard.core.permissions import Permission
from adminboard.core.replica import find_last_change
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.errors import BadSignature
from adminboard.web.board import Login, get_board
from adminboard.web.csrf import check_csrf_token
from adminboard.web.uploads import MAX_UPLOAD_BYTES, Upload, is_unicode, read_upload
from adminboard.web.visit import Visit

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

logger = structlog.get_logger(__name__)
MAX_FORM_FIELDS = 500
MAX_EVENT_BYTES = 1_000_000
UNATTENDED = "board-unattended"
"""The header of what a page asks for by itself (frontend/src/js/asking.js). Nobody did it, so it is no use
of the session, which ends when nobody has used it for so long (guarantee 12)."""


class KeyRefused(Forbidden):
    """No key, a wrong one, an expired or revoked one: all the same to the sender."""

    title = "The API key was not accepted"


class Door:
    """Marks a dependency as a route's access rule. ``permission`` None means: whoever passes the door."""

    max_body_bytes: int | None = None
    """How much the route takes, where that is not what others do."""

    def __init__(self, kind: str, permission: Permission | None) -> None:
        self.kind = kind
        self.permission = permission

    def __repr__(self) -> str:
        return f"{self.kind}({self.permission.value if self.permission else 'anyone'})"


class _Public(Door):
    async def __call__(self) -> None:
        """In the event loop: no thread is taken, for which a request would have to wait."""


PUBLIC: Any = Depends(_Public("public", None))
"""For routes that need nobody: login, health, static files."""


async def read_form(request: Request) -> Mapping[str, Sequence[str]]:
    """The sent form's text fields. Raises `InvalidInput` for files, null bytes and too many fields."""
    try:
        form = await request.form(max_files=0, max_fields=MAX_FORM_FIELDS)
    except DomainError:
        raise
    except Exception as error:
        raise InvalidInput(
            "The form could not be read. Load the page again and send it once more."
        ) from error
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) or "\x00" in value or not is_unicode(name + value):
            raise InvalidInput(f"The field {name[:40]!r} contains what a text field cannot hold.")
        values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return values


async def read_page_upload(request: Request) -> AsyncIterator[Upload]:
    """The file of somebody who is logged in; nobody else's is taken in at all."""

    def recognise() -> None:
        with get_board(request).runtime.reading() as session:
            _require_login(request, session)

    await run_in_threadpool(recognise)
    with closing(await read_upload(request)) as upload:
        yield upload


async def read_api_upload(request: Request) -> AsyncIterator[Upload]:
    """The file of somebody with a key; nobody else's is taken in at all."""

    def recognise() -> Actor:
        with _recognised_key(request) as (_, actor):
            return actor

    request.state.key_actor = await run_in_threadpool(recognise)
    with closing(await read_upload(request)) as upload:
        yield upload


class _PageReadDoor(Door):
    def __call__(self, request: Request) -> Iterator[Visit]:
        board = get_board(request)
        with board.runtime.reading() as session:
            login = _require_login(request, session)
            actor = _situated(request, login.actor)
            self._admit(actor)
            session.info["actor"] = actor
            yield Visit(request, board, actor, login.session_id, _session=session)

    def _admit(self, actor: Actor) -> None:
        if self.permission is not None:
            actor.require(self.permission)


class _ListPageDoor(_PageReadDoor):
    def __call__(self, request: Request) -> Iterator[Visit]:
        board = get_board(request)
        if board.runtime.replica is None:
            yield from super().__call__(request)
            return
        with board.runtime.reading() as session:
            login = _require_login(request, session)
            actor = _situated(request, login.actor)
            self._admit(actor)
            last_change = find_last_change(session, actor)
        with board.runtime.reading_lists(actor, last_change) as session:
            yield Visit(request, board, actor, login.session_id, last_change=last_change, _session=session)


class _PageWriteDoor(_PageReadDoor):
    def __call__(  # type: ignore[override]  # a changing door also takes the form
        self, request: Request, form: Annotated[Mapping[str, Sequence[str]], Depends(read_form)]
    ) -> Visit:
        board = get_board(request)
        with board.runtime.reading() as session:
            login = _require_login(request, session)
        actor = _situated(request, login.actor)
        check_csrf_token(board.runtime, login.session_id, request, form)
        self._admit(actor)
        return Visit(request, board, actor, login.session_id, form)


class _PageUploadDoor(_PageReadDoor):
    max_body_bytes = MAX_UPLOAD_BYTES

    def __call__(  # type: ignore[override]  # it takes a file
        self, request: Request, upload: Annotated[Upload, Depends(read_page_upload)]
    ) -> Visit:
        board = get_board(request)
        login = request.state.login
        actor = _situated(request, login.actor)
        check_csrf_token(board.runtime, login.session_id, request, upload.fields)
        self._admit(actor)
        return Visit(request, board, actor, login.session_id, upload.fields, upload)


class _ApiUploadDoor(_PageReadDoor):
    max_body_bytes = MAX_UPLOAD_BYTES

    def __call__(  # type: ignore[override]  # it takes a file
        self, request: Request, upload: Annotated[Upload, Depends(read_api_upload)]
    ) -> Visit:
        actor = request.state.key_actor
        self._admit(actor)
        return Visit(request, get_board(request), actor, form=upload.fields, upload=upload)


class NoStripeAccount(Unavailable):
    """The settings name no account of Stripe's, so nothing can be from there."""

    title = "This board takes no events of Stripe's"


class _StripeDoor(Door):
    """No key opens it: the raw body must bear Stripe's signature, made just now. Gives that body."""

    max_body_bytes = MAX_EVENT_BYTES

    async def __call__(self, request: Request) -> bytes:
        signature = request.headers.get("stripe-signature")
        if signature is None:
            raise BadSignature("What is sent here must bear Stripe's signature.")
        stripe = await _get_stripe(get_board(request).runtime)
        body = await request.body()
        stripe.events.check_signature(body, signature)
        return body


class _ApiDoor(_PageReadDoor):
    def __call__(self, request: Request) -> Iterator[Visit]:
        board = get_board(request)
        with _recognised_key(request) as (session, actor):
            self._admit(actor)
            session.info["actor"] = actor
            yield Visit(request, board, actor, _session=session)


class _ListApiDoor(_ApiDoor):
    def __call__(self, request: Request) -> Iterator[Visit]:
        board = get_board(request)
        if board.runtime.replica is None:
            yield from super().__call__(request)
            return
        with _recognised_key(request) as (session, actor):
            self._admit(actor)
            last_change = find_last_change(session, actor)
        with board.runtime.reading_lists(actor, last_change) as session:
            yield Visit(request, board, actor, last_change=last_change, _session=session)


class _ApiWriteDoor(_PageReadDoor):
    def __call__(self, request: Request) -> Visit:  # type: ignore[override]  # no session stays open
        with _recognised_key(request) as (_, actor):
            self._admit(actor)
        return Visit(request, get_board(request), actor)


async def _get_stripe(runtime: Runtime) -> StripeGateway:
    """The first time loads Stripe's SDK, for longer than the event loop may stand still."""
    found: StripeGateway | None = vars(runtime).get("stripe")
    try:
        return found if found is not None else await run_in_threadpool(lambda: runtime.stripe)
    except SettingsError as error:
        raise NoStripeAccount("This board works with no account of Stripe's.") from error


def _door(door: Door) -> Any:
    assert callable(door)
    return Depends(door, scope="function")


def page_read(permission: Permission) -> Any:
    """A page that shows: ``Annotated[Visit, page_read(Permission.…)]`` with an open session."""
    return _door(_PageReadDoor("page_read", permission))


def list_page_read(permission: Permission) -> Any:
    """A page of a list: as `page_read`, but its rows may come from the replica (docs/adr/0021)."""
    return _door(_ListPageDoor("page_read", permission))


def page_write(permission: Permission) -> Any:
    """A form that changes: session, same origin and CSRF token are checked; `Visit.form` is filled."""
    return _door(_PageWriteDoor("page_write", permission))


def page_upload(permission: Permission) -> Any:
    """A form that changes by a file: as `page_write`, with `Visit.upload`."""
    return _door(_PageUploadDoor("page_write", permission))


def api_upload(permission: Permission) -> Any:
    """An API call that takes a file, as a form or as the body itself."""
    return _door(_ApiUploadDoor("api_write", permission))


def signed_by_stripe() -> Any:
    """What Stripe sends: ``Annotated[bytes, signed_by_stripe()]`` is the raw body, at most 1 MB."""
    return _door(_StripeDoor("signed", None))


def api_read(permission: Permission) -> Any:
    """An API call that shows."""
    return _door(_ApiDoor("api_read", permission))


def list_api_read(permission: Permission) -> Any:
    """An API call that lists: as `api_read`, but its rows may come from the replica."""
    return _door(_ListApiDoor("api_read", permission))


def api_write(permission: Permission) -> Any:
    """An API call that changes."""
    return _door(_ApiWriteDoor("api_write", permission))


@contextmanager
def _recognised_key(request: Request) -> Iterator[tuple[Any, Actor]]:
    board = get_board(request)
    with board.runtime.reading() as session:
        header = request.headers.get("x-admin-key")
        actor = board.authenticator.find_key(session, header, board.runtime.clock.now())
        if actor is None:
            raise KeyRefused("Send a valid API key in the header X-Admin-Key. Keys are made in Settings.")
        yield session, _situated(request, actor)


def find_login(request: Request, session: Session) -> Login | None:
    """Who is logged in now, as the request's cookie proves; None for nobody."""
    board = get_board(request)
    cookie = request.cookies.get(board.authenticator.cookie_name)
    return board.authenticator.find_login(session, cookie, board.runtime.clock.now())


def _require_login(request: Request, session: Session) -> Login:
    cookie = request.cookies.get(get_board(request).authenticator.cookie_name)
    login = find_login(request, session)
    if login is None:
        raise NotAuthenticated("Session expired. Please log in again." if cookie else "Please log in.")
    if UNATTENDED in request.headers:
        login = replace(login, refreshed_cookie=None)
    request.state.login = login
    return login


def find_client_address(request: Request) -> str | None:
    """The IP address a request came from; None for a socket file, or where a proxy sent something else."""
    host = request.client.host if request.client else ""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def recognise_visitor(request: Request) -> None:
    """Notes who is logged in where no door did, so that an error page has its frame.

    Nobody is where the database cannot tell.
    """
    board = get_board(request)
    cookie = request.cookies.get(board.authenticator.cookie_name)
    if cookie is None or getattr(request.state, "login", None) is not None:
        return
    try:
        with board.runtime.reading() as session:
            request.state.login = find_login(request, session)
    except SQLAlchemyError as error:
        logger.warning("visitor_not_recognised", error=type(error).__name__)


def _situated(request: Request, actor: Actor) -> Actor:
    """The actor with where this request came from."""
    return replace(
        actor,
        ip_address=find_client_address(request),
        user_agent=request.headers.get("user-agent", "")[:300] or None,
        request_id=request.state.request_id,
    )
