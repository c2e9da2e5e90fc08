"""How values read on a page: one place for money, time, phone numbers and lengths.

`format_*` give plain text. The Jinja filters (`FILTERS`, put into an environment by `install_filters`) add
what a page needs: the UTC value on hover, colour, the time element that the browser keeps fresh. Filters
take no None; templates draw a missing value themselves (`ui/cells.html`).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import humanize
import phonenumbers
from jinja2 import Environment
from markupsafe import Markup, escape

from adminboard.core.currencies import in_currency, to_major_units
from adminboard.core.money import in_dollars
from adminboard.core.said_moments import resay_moments
from adminboard.core.titles import title_of

LONG_TEXT_CHARACTERS = 50
_MINUTES, _SECONDS = len("2024-01-15 14:32"), len("2024-01-15 14:32:10")
"""How much of an ISO 8601 text is shown; it is made several times faster than by strftime."""

_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_RIGHT_TO_LEFT = re.compile(f"{_LETTER}(?:[^A-Za-z<>&]*{_LETTER})?")
"""From the first letter of Hebrew, Arabic or the like to the last before any Latin one."""

_POSITIVE = Markup('<span class="positive">{}</span>')
_NEGATIVE = Markup('<span class="negative">{}</span>')

_time_zone: ContextVar[str] = ContextVar("time_zone", default="UTC")
_now: ContextVar[datetime | None] = ContextVar("now", default=None)


@contextmanager
def displaying(time_zone: str, now: datetime) -> Iterator[None]:
    """Sets the zone in which times are shown and the moment that relative times count from, for what is
    rendered inside.
    """
    zone_token, now_token = _time_zone.set(time_zone), _now.set(now)
    try:
        yield
    finally:
        _time_zone.reset(zone_token)
        _now.reset(now_token)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def format_datetime(moment: datetime, time_zone: str | None = None) -> str:
    """An aware datetime as "2024-01-15 14:32 PST", in `time_zone` or the one that `displaying` set."""
    local = moment.astimezone(_zone(time_zone or _time_zone.get()))
    return f"{local.isoformat(' ')[:_MINUTES]} {local.tzname()}"


def format_time(moment: datetime) -> str:
    """The time of day alone, like "14:32", in the zone that `displaying` set: where the day stands above
    it."""
    return moment.astimezone(_zone(_time_zone.get())).isoformat(" ")[len("2024-01-15 ") : _MINUTES]


def format_utc(moment: datetime) -> str:
    """An aware datetime as "2024-01-15 22:32:10 UTC"."""
    return f"{moment.astimezone(UTC).isoformat(' ')[:_SECONDS]} UTC"


def format_relative(moment: datetime, now: datetime | None = None) -> str:
    """How long ago or ahead: "2 hours ago", "3 days from now". Counts from `now`, else from what
    `displaying` set.
    """
    reference = now or _now.get() or datetime.now(UTC)
    return humanize.naturaltime(moment, when=reference)


def format_sentence(sentence: str) -> str:
    """A sentence of the domain's with the moments that it says in UTC in the zone that `displaying` set."""
    return resay_moments(sentence, format_datetime)


def format_number(value: int | Decimal) -> str:
    """A count or decimal with grouped thousands: "12,000"."""
    return f"{value:,}"


def format_money(amount_minor: int, currency: str) -> str:
    """An amount in Stripe's smallest unit of a currency ("usd", 123450) by that currency's own rule:
    "$1,234.50", "¥500".
    """
    if currency.upper() == "USD":
        return in_dollars(to_major_units(amount_minor, currency))
    return in_currency(amount_minor, currency)


def format_word(word: str) -> str:
    """A stored word as people write it: "grant_trial" is "Grant trial", "answered_by_ai" "Answered by AI"."""
    words = word.replace("_", " ").capitalize().split(" ")
    return " ".join(part.upper() if part.lower() in ("ai", "api") else part for part in words)


def format_duration(seconds: int | timedelta) -> str:
    """A length as "4:32", from one hour "1:04:32"."""
    total = int(seconds.total_seconds()) if isinstance(seconds, timedelta) else seconds
    minutes, rest = divmod(abs(total), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if total < 0 else ""
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


@lru_cache(maxsize=20_000)
def format_phone(number: str) -> str:
    """A number in E.164 in its region's national form, "(212) 555-0147"; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def shorten(text: str, limit: int = LONG_TEXT_CHARACTERS) -> str:
    """At most `limit` characters, the last an ellipsis where something was cut. Line breaks become spaces."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"


def _draw_time(moment: datetime, text: str) -> Markup:
    """A time element. All its parts are digits, zone names and words of ours, so nothing needs escaping."""
    utc = moment.astimezone(UTC).isoformat()[:_SECONDS]
    html = f'<time datetime="{utc}Z" title="{utc.replace("T", " ")} UTC">{text}</time>'
    return Markup(html)  # noqa: S704 - see above; list pages draw hundreds


def _draw_datetime(moment: datetime) -> Markup:
    return _draw_datetime_in(moment, _time_zone.get())


def _draw_time_of_day(moment: datetime) -> Markup:
    return _draw_time(moment, format_time(moment))


@lru_cache(maxsize=20_000)
def _draw_datetime_in(moment: datetime, time_zone: str) -> Markup:
    """The same in the zone of a record instead of the reader's. Raises `KeyError` for what is no zone.

    Kept, since the rows at the top of lists are drawn again and again.
    """
    return _draw_time(moment, format_datetime(moment, time_zone))


def draw_parted_datetime(moment: datetime) -> str:
    """The day and the time as pieces that stay whole where a narrow place has them above each other."""
    return _draw_parted_datetime_in(moment, _time_zone.get())


@lru_cache(maxsize=20_000)
def _draw_parted_datetime_in(moment: datetime, time_zone: str) -> str:
    day, _, time = format_datetime(moment, time_zone).partition(" ")
    return _draw_time(moment, f"<span>{day}</span> <span>{time}</span>")


def _draw_relative(moment: datetime) -> Markup:
    utc = moment.astimezone(UTC).isoformat()[:_SECONDS]
    hover = f"{format_datetime(moment)} ({utc.replace('T', ' ')} UTC)"
    html = f'<time datetime="{utc}Z" title="{hover}" data-relative>{format_relative(moment)}</time>'
    return Markup(html)  # noqa: S704 - as `_draw_time`


def _draw_credits(amount: Decimal) -> Markup:
    text = in_dollars(amount)
    return _NEGATIVE.format(text) if amount < 0 else escape(text)


def _draw_signed_credits(amount: Decimal) -> Markup:
    text = in_dollars(amount, signed=True)
    if amount == 0:
        return escape(text)
    return (_POSITIVE if amount > 0 else _NEGATIVE).format(text)


def _draw_phone(number: str) -> Markup:
    # Put together by hand: `Markup.format` took a tenth of a page of calls.
    html = f'<span title="{escape(number)}">{escape(format_phone(number))}</span>'
    return Markup(html)  # noqa: S704 - both parts are escaped


def _draw_long_text(text: str) -> Markup:
    shown = shorten(text)
    return Markup('<span title="{}">{}</span>').format(text, shown) if shown != text else escape(text)


def isolate_names(html: str) -> str:
    """A sentence, escaped, in which what runs from right to left turns nothing but itself around: else the
    number after a Hebrew name would stand before it."""
    return html if html.isascii() else _RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", html)


def _draw_sentence(sentence: str) -> Markup:
    return Markup(isolate_names(str(escape(format_sentence(sentence)))))  # noqa: S704 - escaped


def break_address(html: str) -> str:
    """An e-mail address, escaped, that breaks before its @ or a dot behind it where its line has no room for
    it, and not in the middle of a word. Any other text stays as it is."""
    name, at, domain = html.rpartition("@")
    if not at or " " in html:
        return html
    return f"{name}<wbr>@{domain.replace('.', '<wbr>.')}"


def _draw_address(text: str) -> Markup:
    return Markup(isolate_names(break_address(str(escape(text)))))  # noqa: S704 - escaped


FILTERS: dict[str, Callable[..., str]] = {
    "datetime": _draw_datetime,
    "datetime_in": _draw_datetime_in,
    "time": _draw_time_of_day,
    "relative": _draw_relative,
    "credits": _draw_credits,
    "signed_credits": _draw_signed_credits,
    "money": format_money,
    "number": format_number,
    "phone": _draw_phone,
    "duration": format_duration,
    "long_text": _draw_long_text,
    "word": format_word,
    "sentence": _draw_sentence,
    "title_of": title_of,
    "address": _draw_address,
}


def install_filters(environment: Environment) -> None:
    """Adds the filters to a Jinja environment."""
    environment.filters.update(FILTERS)
