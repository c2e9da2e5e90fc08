"""The two ways a letter goes, as kinds of operations: a mail to somebody, a message to the staff's chat."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from adminboard.core.audit import Target
from adminboard.core.errors import Unavailable
from adminboard.core.operations import Answer, Call, OperationKind, Settled, write
from adminboard.core.work import Work
from adminboard.notifications import smtp
from adminboard.notifications.endpoint import Gate, post_json
from adminboard.notifications.letters import Letter, draw_html, draw_text
from adminboard.runtime import Runtime
from adminboard.settings import Settings

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
WORTH_TELLING_FOR = timedelta(days=3)
CHAT = Target("chat", "staff", "the chat of the staff")


def make_message(settings: Settings, call: Call) -> EmailMessage:
    """The mail of a call, the same at each attempt: its Message-ID shows a repeat for what it is."""
    letter = Letter.from_data(call.parameters["letter"])
    host = urlsplit(settings.public_url).hostname or "localhost"
    message = EmailMessage()
    message["From"] = f"{letter.sender} <{settings.mail_from or f'no-reply@{host}'}>"
    message["To"] = call.parameters["to"]
    message["Subject"] = letter.subject_line
    message["Date"] = format_datetime(call.requested_at)
    message["Message-ID"] = f"<{call.key}@{host}>"
    message["List-Id"] = f"{letter.sender} <{call.parameters['notification'].replace('_', '-')}.{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(draw_text(letter, settings.public_url))
    message.add_alternative(draw_html(letter, settings.public_url), subtype="html")
    return message


def _send_mail(runtime: Runtime, call: Call) -> Answer:
    settings = runtime.settings
    if settings.smtp_url is None:
        raise Unavailable("No mail server is set (SMTP_URL).", retry_after_seconds=3_600)
    message = make_message(settings, call)
    smtp.send(settings.smtp_url.get_secret_value(), message)
    return Answer(str(message["Message-ID"]))


def _send_to_chat(runtime: Runtime, call: Call) -> Answer:
    settings = runtime.settings
    if settings.slack_webhook_url is None:
        raise Unavailable("No chat is set (SLACK_WEBHOOK_URL).", retry_after_seconds=3_600)
    letter = Letter.from_data(call.parameters["letter"])
    gate = Gate(settings.slack_webhook_hosts)
    text = make_chat_text(letter, settings.public_url)
    post_json(settings.slack_webhook_url.get_secret_value(), {"text": text}, gate)
    return Answer()


def make_chat_text(letter: Letter, public_url: str) -> str:
    """The letter in Slack's spelling; what people wrote cannot mention anybody or become a link."""
    lines = [f"*{_plain(letter.subject_line)}*", *(_plain(text) for text in letter.paragraphs)]
    lines += [f"{_plain(label)}: {_plain(value)}" for label, value in letter.facts]
    if letter.path:
        lines.append(f"<{public_url}{letter.path}|{_plain(letter.link_label)}>")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _settle(work: Work, call: Call, answer: Answer) -> Settled:  # noqa: ARG001 - nothing follows on the board
    subject = call.parameters["letter"]["subject"]
    return Settled(f"Told {call.target.label}: {subject}")


mail = OperationKind(
    "notifications.mail",
    "A mail",
    call=_send_mail,
    settle=_settle,
    pauses=PAUSES,
    gives_up_after=WORTH_TELLING_FOR,
    at_once=False,
)
chat = OperationKind(
    "notifications.chat",
    "A message to the chat",
    call=_send_to_chat,
    settle=_settle,
    pauses=PAUSES,
    gives_up_after=WORTH_TELLING_FOR,
    at_once=False,
)


def write_mail(
    work: Work,
    recipient: Target,
    address: str,
    notification: str,
    letter: Letter,
    *,
    decided_by: UUID | None = None,
) -> UUID:
    """Has a letter mailed once the work is committed; returns the operation's id."""
    parameters: dict[str, Any] = {"notification": notification, "to": address, "letter": letter.to_data()}
    return write(work, mail, recipient, parameters, decided_by=decided_by)


def write_to_chat(work: Work, notification: str, letter: Letter, *, decided_by: UUID) -> UUID:
    """The same for the chat of the staff."""
    parameters = {"notification": notification, "letter": letter.to_data()}
    return write(work, chat, CHAT, parameters, decided_by=decided_by)
