"""The session's cookie: one spelling for setting, renewing and ending it."""

from http.cookies import SimpleCookie

from adminboard.settings import Settings

SECURE_NAME = "__Host-adminboard"
PLAIN_NAME = "adminboard"


def session_cookie_name(settings: Settings) -> str:
    """``__Host-`` where the board is reached by HTTPS: the browser then ties it to this very host."""
    return SECURE_NAME if settings.secure_cookies else PLAIN_NAME


def session_cookie_header(settings: Settings, value: str) -> str:
    """The ``Set-Cookie`` value of a session cookie; an empty ``value`` removes it.

    It lives as long as the browser: how long the session itself lives is the server's to say.
    """
    name = session_cookie_name(settings)
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = value
    morsel = cookie[name]
    morsel["path"] = "/"
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    if settings.secure_cookies:
        morsel["secure"] = True
    if not value:
        morsel["max-age"] = 0
    return morsel.OutputString()
