"""Handing a mail to the server that ``SMTP_URL`` names, step by step: every failure has its own meaning."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from adminboard.core.errors import Unavailable
from adminboard.core.operations import OutcomeUnknown, Refused
from adminboard.core.work import forbid_inside_work

TIMEOUT_SECONDS = 15
RETRY_AFTER_SECONDS = 60


class MailServerUnavailable(Unavailable):
    """The mail was surely not taken; it can be handed over again."""

    title = "The mail server does not take mails at the moment"


def send(server_url: str, message: EmailMessage) -> None:
    """Hands the message over to one recipient, who stands in its "To".

    Raises `MailServerUnavailable` while it was surely not taken, `Refused` with the server's own sentence,
    and `OutcomeUnknown` when the connection ended after the message was sent and before it was confirmed.
    None of them names the server's login.
    """
    forbid_inside_work()
    with _connected(server_url) as smtp:
        try:
            _expect(smtp.mail(message["From"].addresses[0].addr_spec))
            _expect(smtp.rcpt(message["To"].addresses[0].addr_spec))
            _expect(smtp.docmd("DATA"), wanted=354)
        except (OSError, smtplib.SMTPServerDisconnected):
            raise _unavailable("The mail server broke off.") from None
        try:
            smtp.send(_as_data(message))
            _expect(smtp.getreply())
        except (OSError, smtplib.SMTPServerDisconnected):
            raise OutcomeUnknown("The mail server broke off before it confirmed the mail.") from None


def greet(server_url: str) -> None:
    """Connects, encrypts and logs in as for a mail, and hands none over. Raises `MailServerUnavailable`."""
    forbid_inside_work()
    with _connected(server_url):
        pass


@contextmanager
def _connected(server_url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(server_url)
    assert parts.hostname is not None, "the settings are checked when the board starts"
    context = ssl.create_default_context()
    try:
        if parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                parts.hostname, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=TIMEOUT_SECONDS)
    except (OSError, smtplib.SMTPException):
        raise _unavailable("The mail server does not answer.") from None
    try:
        _introduce(smtp, context, parts.username, parts.password, is_encrypted=parts.scheme == "smtps")
        yield smtp
    finally:
        smtp.close()


def _introduce(
    smtp: smtplib.SMTP, context: ssl.SSLContext, user: str | None, password: str | None, *, is_encrypted: bool
) -> None:
    """Greets, encrypts where the server can, and logs in: never with a password over an open line."""
    try:
        smtp.ehlo_or_helo_if_needed()
        if not is_encrypted and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
            is_encrypted = True
        if user and not is_encrypted:
            raise _unavailable("The mail server offers no encryption, so the board does not log in there.")
        if user:
            smtp.login(unquote(user), unquote(password or ""))
    except (OSError, smtplib.SMTPException) as error:
        kind = "login" if isinstance(error, smtplib.SMTPAuthenticationError) else "greeting"
        raise _unavailable(f"The mail server did not accept the board's {kind}.") from None


def _expect(reply: tuple[int, bytes], wanted: int = 250) -> None:
    """Raises what the server's answer means unless it is the wanted one, or as good."""
    code, sentence = reply
    if code == wanted or (wanted == 250 and code in (251, 252)):
        return
    words = f"{code} {' '.join(sentence.decode(errors='replace').split())}"[:500]
    if 500 <= code < 600:
        raise Refused(f"The mail server refused this: {words}")
    raise _unavailable(f"The mail server asks to wait: {words}")


def _as_data(message: EmailMessage) -> bytes:
    """With the line ends and the final dot of SMTP; a line that is a dot is doubled."""
    lines = message.as_bytes().replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"


def _unavailable(sentence: str) -> MailServerUnavailable:
    return MailServerUnavailable(sentence, retry_after_seconds=RETRY_AFTER_SECONDS)
