from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from jinja2 import Environment

from adminboard.core.said_moments import say_moment
from adminboard.web.formatting import (
    FILTERS,
    displaying,
    format_datetime,
    format_duration,
    format_money,
    format_number,
    format_phone,
    format_relative,
    format_sentence,
    install_filters,
    shorten,
)

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


@pytest.fixture
def templates() -> Environment:
    environment = Environment(autoescape=True)
    install_filters(environment)
    return environment


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (123450, "usd", "$1,234.50"),
        (-250, "usd", "-$2.50"),
        (123450, "eur", "€1,234.50"),
        (10000, "eur", "€100.00"),
        (500, "jpy", "¥500"),
        (1500, "kwd", "KWD 1.500"),
        (50000, "isk", "ISK 500"),
        (50050, "isk", "ISK 500.50"),
    ],
)
def test_money_follows_its_currencys_rule(amount_minor: int, currency: str, text: str) -> None:
    assert format_money(amount_minor, currency).replace("\xa0", " ") == text


def test_a_time_is_shown_in_the_admins_zone_with_utc_on_hover(templates: Environment) -> None:
    moment = datetime(2024, 1, 15, 22, 32, 10, tzinfo=UTC)

    with displaying("America/Los_Angeles", NOW):
        html = templates.from_string("{{ moment | datetime }}").render(moment=moment)

    assert 'datetime="2024-01-15T22:32:10Z"' in html
    assert 'title="2024-01-15 22:32:10 UTC">2024-01-15 14:32 PST</time>' in html


def test_a_zone_can_be_given_and_summer_time_is_named() -> None:
    assert (
        format_datetime(datetime(2024, 7, 15, 22, 32, tzinfo=UTC), "Europe/Berlin") == "2024-07-16 00:32 CEST"
    )


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=30), "30 seconds ago"),
        (timedelta(minutes=1), "a minute ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(hours=-2), "2 hours from now"),
    ],
)
def test_a_relative_time_counts_from_the_given_moment(ago: timedelta, text: str) -> None:
    assert format_relative(NOW - ago, NOW) == text


def test_a_relative_time_has_the_exact_one_on_hover(templates: Environment) -> None:
    with displaying("UTC", NOW):
        html = templates.from_string("{{ moment | relative }}").render(moment=NOW - timedelta(hours=2))

    assert "data-relative>2 hours ago</time>" in html
    assert 'title="2026-11-20 16:30 UTC (2026-11-20 16:30:00 UTC)"' in html


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+12125550147", "(212) 555-0147"),
        ("+442079460958", "020 7946 0958"),
        ("anonymous", "anonymous"),
        ("", ""),
    ],
)
def test_a_phone_number_has_its_regions_national_form(number: str, text: str) -> None:
    assert format_phone(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (272, "4:32"), (3599, "59:59"), (3872, "1:04:32"), (-5, "-0:05")]
)
def test_a_duration_has_hours_only_when_it_needs_them(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text
    assert format_duration(timedelta(seconds=seconds)) == text


def test_thousands_are_grouped() -> None:
    assert format_number(12000) == "12,000"


def test_long_text_is_cut_at_fifty_with_the_whole_on_hover(templates: Environment) -> None:
    text = 'The caller asked about "opening hours" on Sunday & left a number'

    html = templates.from_string("{{ text | long_text }}").render(text=text)

    assert len(shorten(text)) <= 50
    assert shorten("short\n text") == "short text"
    assert 'title="The caller asked about &#34;opening hours&#34; on Sunday &amp; left a number"' in html


def test_debts_and_deductions_are_coloured_beside_their_sign(templates: Environment) -> None:
    page = templates.from_string("{{ a | credits }} {{ b | signed_credits }} {{ c | signed_credits }}")

    html = page.render(a=Decimal("-4.20"), b=Decimal("20.00"), c=Decimal("0.00"))

    assert html == '<span class="negative">-$4.20</span> <span class="positive">+$20.00</span> $0.00'


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Acme has until 4 March 2026 at 02:04 UTC to pay.", "Acme has until 2026-03-03 18:04 PST to pay."),
        ("It began on 31 February 2026 at 02:04 UTC.", "It began on 31 February 2026 at 02:04 UTC."),
        ("<b> & 4 March", "&lt;b&gt; &amp; 4 March"),
    ],
    ids=["said by the board", "only looks like it", "somebody's words"],
)
def test_a_sentence_names_its_moments_in_the_readers_zone(
    sentence: str, shown: str, templates: Environment
) -> None:
    with displaying("America/Los_Angeles", NOW):
        assert templates.from_string("{{ text | sentence }}").render(text=sentence) == shown


def test_what_sentences_say_is_what_is_read_from_them() -> None:
    with displaying("Asia/Tokyo", NOW):
        assert format_sentence(f"Until {say_moment(NOW)}.") == f"Until {format_datetime(NOW)}."


@pytest.mark.parametrize(
    ("sentence", "drawn"),
    [
        ("Suspended Acme: 4 users cut off", "Suspended Acme: 4 users cut off"),
        ("Suspended שלום 12 עולם: 4 users", "Suspended <bdi>שלום 12 עולם</bdi>: 4 users"),
        ("דן to שרה, $20.00", "<bdi>דן</bdi> to <bdi>שרה</bdi>, $20.00"),
        ("<b>נוף</b>", "&lt;b&gt;<bdi>נוף</bdi>&lt;/b&gt;"),
        ("José pays ¥500", "José pays ¥500"),
    ],
)
def test_a_name_from_right_to_left_turns_nothing_but_itself_around(sentence: str, drawn: str) -> None:
    assert FILTERS["sentence"](sentence) == drawn
