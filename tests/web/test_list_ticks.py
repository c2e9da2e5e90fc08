"""Rows to tick: boxes for those that an action is for, a bar that is a plain form, and all that is found."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.areas import AREAS
from adminboard.calls.models import CallStatus
from adminboard.core.actions import Action, Applied, Change, Preview
from adminboard.core.audit import Target
from adminboard.core.commands import Command, Reason
from adminboard.core.listings import Ticked
from adminboard.core.listings.found import select_found
from adminboard.core.permissions import Permission, Role
from adminboard.core.work import Work
from adminboard.db.embedded import EmbeddedServer
from adminboard.web.area import Area
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import START, make_business, make_call
from tests.pages import Page
from tests.web.sample_list import make_listing

FORM = "/actions/ticked.count"


class CountThem(Command):
    """Count what is chosen."""

    calls: tuple[UUID, ...] = Field((), title="Calls", json_schema_extra={"widget": "ticked"})
    matching: str = Field("", json_schema_extra={"widget": "hidden"})
    reason: Reason


def preview(session: Session, command: CountThem) -> Preview:
    found = select_found(session, ticked, command.matching).subquery()
    number = session.scalar(select(func.count()).select_from(found)) if command.matching else None
    change = Change("Chosen", None, len(command.calls) or number)
    return Preview(Target("sample", "all", "all of them"), (change,))


def count(_: Work, command: CountThem) -> Applied:
    return Applied({"number": len(command.calls)}, f"Counted {len(command.calls)}.")


ticked = make_listing(
    "ticked",
    start="",
    ticked=Ticked(
        "ticked.count",
        "calls",
        "Count them",
        when=lambda row: row.status == CallStatus.MISSED,
        matching="matching",
        all_label="Count all found",
    ),
)
count_them = Action(
    name="ticked.count",
    title="Count them",
    command=CountThem,
    preview=preview,
    apply=count,
    permission=Permission.NOTES_WRITE,
)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    area = Area(name="ticked", listings=[ticked], actions=[count_them])
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            business = make_business(session, name="<Alder> & sons")
            for status in (CallStatus.MISSED, CallStatus.MISSED, CallStatus.VOICEMAIL):
                make_call(session, business_id=business.id, started_at=START, status=status)
        yield board


def open_list(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    return Page(board.browser(role).get(f"/ticked{query}").text)


def boxes(page: Page) -> list[Any]:
    return [box for box in page.root.find_all("input", form="ticks") if "data-tick" in box.attributes]


def test_rows_that_the_action_is_for_have_a_box_that_says_which(board: BoardUnderTest) -> None:
    page = open_list(board)
    assert len(page.row_ids) == 3
    assert len(boxes(page)) == 2
    for box in boxes(page):
        assert box.attributes["name"] == "calls"
        assert box.attributes["value"] in page.row_ids
        assert box.attributes["id"] == f"tick-{box.attributes['value']}"
        assert box.attributes["value"] in box.attributes["aria-label"]
        assert "checked" not in box.attributes
    assert page.headers[0] == "Selected"


def test_the_bar_is_a_plain_form_that_opens_the_action_with_what_is_ticked(board: BoardUnderTest) -> None:
    page = open_list(board, "?status=missed&sort=started_at")
    bar = page.form(FORM)
    assert bar.values == {"return_to": ["/ticked?status=missed&sort=started_at"]}
    keys = [box.attributes["value"] for box in boxes(page)]
    browser = board.browser(Role.SUPPORT)
    form = Page(browser.get(bar.action, params=bar.values | {"calls": keys}).text)
    assert "Calls 2 selected" in form.text
    sent = form.form(f"{FORM}/preview")
    assert sent.values["calls"] == keys
    shown = Page(browser.submit(sent.action, sent.values | {"reason": ["Counting is fun"]}).text)
    assert "Chosen after 2" in shown.text
    confirmed = shown.form(FORM)
    answer = browser.submit(confirmed.action, confirmed.values)
    assert answer.headers["location"].startswith("/ticked?status=missed&sort=started_at&done=")


def test_all_that_is_found_is_what_the_list_finds(board: BoardUnderTest) -> None:
    [link] = [
        link for link in open_list(board, "?status=missed&sort=started_at&limit=25").links() if FORM in link
    ]
    asked = parse_qs(urlsplit(link).query)
    assert asked["matching"] == ["status=missed"]
    browser = board.browser(Role.SUPPORT)
    form = Page(browser.get(link).text).form(f"{FORM}/preview")
    shown = Page(browser.submit(form.action, form.values | {"reason": ["Counting is fun"]}).text)
    assert "Chosen after 2" in shown.text
    [every] = [link for link in open_list(board).links() if FORM in link]
    assert "matching" not in parse_qs(urlsplit(every).query)


def test_a_wrong_choice_stays_in_the_form_with_a_sentence(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    answer = browser.submit(f"{FORM}/preview", {"calls": ["nonsense"], "reason": ["Counting is fun"]})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "calls" in page.html
    assert len(page.root.find_all("p", class_="field-error")) == 1


def test_who_may_not_do_it_gets_nothing_to_tick(board: BoardUnderTest) -> None:
    page = open_list(board, role=Role.VIEWER)
    assert len(page.row_ids) == 3
    assert boxes(page) == []
    assert not page.has_form(FORM)
    assert "Selected" not in page.headers
    assert not any(FORM in link for link in page.links())
