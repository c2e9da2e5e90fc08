"""Recognises who makes a request: the auth area's answer to `web.board.Authenticator`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from adminboard.auth.keys import find_key_actor
from adminboard.auth.sessions import find_live_session, select_live_session
from adminboard.core.actor import Actor
from adminboard.runtime import Runtime
from adminboard.web.area import NavigationItem
from adminboard.web.board import Login
from adminboard.web.cookies import session_cookie_name


class BoardAuthenticator:
    """People by their session cookie, programs by their key; neither stands in for the other."""

    def __init__(self, runtime: Runtime, navigation: Sequence[NavigationItem] = ()) -> None:
        """The figures of ``navigation`` are found with each session."""
        self._runtime = runtime
        self._permissions = {item.url: item.permission for item in navigation}
        counts = {item.url: item.count for item in navigation if item.count is not None}
        self._live_session = select_live_session(counts)
        self.cookie_name = session_cookie_name(runtime.settings)

    def find_login(self, session: Session, cookie: str | None, now: datetime) -> Login | None:
        if cookie is None:
            return None
        live = find_live_session(session, self._runtime.signed, cookie, now, self._live_session)
        if live is None:
            return None
        seen = {url: count for url, count in live.counts.items() if live.actor.may(self._permissions[url])}
        return Login(live.actor, live.id, live.renewed_cookie, live.pages_with_views, seen)

    def find_key(self, session: Session, header: str | None, now: datetime) -> Actor | None:
        key = self._runtime.settings.admin_key
        environment_key = key.get_secret_value() if key else None
        return find_key_actor(session, header, now, environment_key=environment_key)
