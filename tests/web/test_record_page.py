"""Pages about one record, as an area would declare them: who sees which tab, lists, and what fails alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter
from sqlalchemy import ColumnElement, Select, delete, literal, select

from adminboard.app import add_pages
from adminboard.areas import AREAS
from adminboard.businesses.listing import businesses
from adminboard.businesses.queries import get_business_detail
from adminboard.calls.listing import calls
from adminboard.calls.models import CallLog
from adminboard.core.errors import NotFound
from adminboard.core.listings.fixed import find_fixed
from adminboard.core.permissions import Permission, Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.web.area import Area
from adminboard.web.record_page import ListTab, RecordPage, TemplateTab
from adminboard.web.visit import Visit
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import START, make_business, make_call, make_user
from tests.pages import Page
from tests.web.sample_list import NO_SUCH_TABLE, area

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass(frozen=True)
class Record:
    """Nothing that a template needs."""


def load_nothing(visit: Visit, record_id: UUID) -> Record:
    return Record()


def load_refused(visit: Visit, record_id: UUID) -> Record:
    visit.session.execute(select(NO_SUCH_TABLE))
    return Record()


def load_missing(visit: Visit, record_id: UUID) -> Record:
    raise NotFound("There is nothing to be seen here.")


def select_calls(business: ColumnElement[Any]) -> Select[Any]:
    return select(CallLog.id).where(CallLog.business_id == business)


def tab(label: str, order: int, load: Any = load_nothing, **fields: Any) -> TemplateTab:
    return TemplateTab(
        page="business",
        label=label,
        path=label.lower(),
        order=order,
        load=load,
        template="ui/skeleton.html",
        **fields,
    )


BUSINESSES = RecordPage(
    name="business",
    listing=businesses,
    load=get_business_detail,
    head="ui/skeleton.html",
    title=lambda record: record.name,
)
TABS = (
    tab("Later", 30, counted=select_calls, parts={"piece": "ui/detail_fragment.html"}),
    tab("Refused", 40, load_refused),
    tab("Missing", 50, load_missing),
    tab("Secret", 60, permission=Permission.SETTINGS_WRITE),
    ListTab(page="business", label="Calls", path="calls", order=20, listing=area.listings[0]),
    replace(tab("Facts", 10), path=""),
)
RECORDS = Area(name="records", record_pages=[BUSINESSES], record_tabs=TABS)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area, RECORDS]) as board,
    ):
        yield board


@pytest.fixture(scope="module")
def business(board: BoardUnderTest) -> UUID:
    """With a call of today and one of long ago; there is another one with a call."""
    with board.rows() as session:
        acme = make_business(session, name="Acme Plumbing").id
        make_call(session, business_id=acme)
        make_call(session, business_id=acme, started_at=START - timedelta(days=90))
        make_call(session)
        return acme


def get(board: BoardUnderTest, path: str, role: Role = Role.SUPPORT, *, part: str | None = None) -> Page:
    """The page, or the part of it with this id as htmx asks for it."""
    headers = PART | {"HX-Target": f"div#{part}"} if part else {}
    answer = board.browser(role).get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def tabs_of(page: Page) -> list[str]:
    (bar,) = page.root.find_all("nav", class_="tabs")
    return [link.text for link in bar.find_all("a")]


def test_tabs_stand_in_their_order_with_their_figures(board: BoardUnderTest, business: UUID) -> None:
    page = get(board, f"/businesses/{business}")
    assert tabs_of(page) == ["Facts", "Calls 2", "Later 2", "Refused", "Missing"]


def test_a_tab_that_one_may_not_read_is_not_there(board: BoardUnderTest, business: UUID) -> None:
    assert "Secret" in tabs_of(get(board, f"/businesses/{business}", Role.ADMIN))
    assert tabs_of(get(board, f"/businesses/{business}/secret", Role.ADMIN))
    answer = board.browser(Role.SUPPORT).get(f"/businesses/{business}/secret")
    assert answer.status_code == 403


def test_what_the_database_refuses_is_said_in_the_tab_and_the_page_is_there(
    board: BoardUnderTest, business: UUID
) -> None:
    page = get(board, f"/businesses/{business}/refused")
    assert page.root.get("h1").text == "Acme Plumbing"
    (panel,) = page.root.find_all("div", class_="error-panel")
    retry = panel.get("a", hx_target="#record-body")
    assert retry.attributes["hx-get"] == f"/businesses/{business}/refused"


def test_a_list_that_the_database_refuses_leaves_the_page_too(board: BoardUnderTest, business: UUID) -> None:
    with board.rows() as session:
        long_ago = {"started_at": START - timedelta(days=90), "duration_seconds": 0}
        call = make_call(session, business_id=business, **long_ago).id
    page = get(board, f"/businesses/{business}/calls?fails=late")
    with board.rows() as session:
        session.execute(delete(CallLog).where(CallLog.id == call))
    assert page.root.get("h1").text == "Acme Plumbing"
    assert tabs_of(page)[0] == "Facts"
    (panel,) = page.root.find_all("div", class_="error-panel")
    retry = panel.get("a", hx_target="body")
    assert retry.attributes["hx-get"] == f"/businesses/{business}/calls?fails=late"


def test_what_is_not_there_is_missing_as_a_whole(board: BoardUnderTest, business: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/businesses/{business}/missing")
    assert answer.status_code == 404
    assert "nothing to be seen" in answer.text


def test_a_list_begins_with_all_that_belongs_to_the_record(board: BoardUnderTest, business: UUID) -> None:
    assert len(get(board, "/samples").row_ids) == 2
    page = get(board, f"/businesses/{business}/calls")
    assert len(page.row_ids) == 2
    assert page.headers == ["Time", "Status", "Duration"]
    assert len(get(board, f"/businesses/{business}/calls?started=7d").row_ids) == 1


def test_filters_by_other_records_still_find_them(board: BoardUnderTest, business: UUID) -> None:
    page = get(board, f"/businesses/{business}/calls")
    finds = [field.attributes["hx-get"] for field in page.root.find_all("input", role="combobox")]
    assert "/samples/options" in finds


def test_a_part_of_a_tab_is_drawn_alone(board: BoardUnderTest, business: UUID) -> None:
    page = get(board, f"/businesses/{business}/later", part="record-body")
    assert page.root.find_all("div", class_="skeleton")
    assert not page.root.find_all("nav")


def test_who_has_no_other_name_is_named_by_id_alone(board: BoardUnderTest) -> None:
    for name in (str(uuid4()), "acme"):
        answer = board.browser(Role.SUPPORT).get(f"/businesses/{name}")
        assert answer.status_code == 404


def test_the_words_of_a_list_are_not_taken_for_ids(board: BoardUnderTest, business: UUID) -> None:
    assert Page(board.browser(Role.SUPPORT).get("/businesses/count").text).text.startswith("2 businesses")


def test_a_tab_of_a_page_that_there_is_not_does_not_start() -> None:
    astray = Area(name="astray", record_tabs=[replace(TABS[0], page="nobody")])
    with pytest.raises(TypeError, match="nobody"):
        add_pages(APIRouter(), [RECORDS, astray])


def test_rows_that_belong_to_it_through_others_are_its_own_too(board: BoardUnderTest) -> None:
    """The calls of a user are those of the user's businesses."""
    fixed = ListTab(page="user", label="Calls", path="calls", order=10, listing=calls).fixed
    with board.rows() as session:
        owner = make_user(session).id
        theirs = {
            make_call(session, business_id=make_business(session, owner_id=owner).id).id for _ in range(2)
        }
        make_call(session)
        belongs = find_fixed(fixed).belongs_to(literal(owner))
        assert set(session.scalars(select(CallLog.id).where(belongs))) == theirs
