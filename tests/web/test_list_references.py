"""A list that a link narrows to one record: it says whose it is, and lets one see all again."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from adminboard.areas import AREAS
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.listings import Choice, Option, Records, Reference
from adminboard.core.masking import Mask
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.users.lookup import user_named
from adminboard.users.models import User
from adminboard.web.area import Area
from tests.clients import BoardUnderTest, open_board, recorded_queries
from tests.db.templates import copied_database
from tests.factories import make_business, make_call, make_user
from tests.pages import Page
from tests.web.sample_list import make_listing

_STATUS = Choice(
    "status",
    "Status",
    CallLog.status,
    options=[Option(status.value, status.value) for status in CallStatus],
)


def _belonging(name: str, *, start: str = "") -> Area:
    listing = make_listing(
        name,
        filters=[
            _STATUS,
            Reference(
                "business",
                "Business",
                CallLog.business_id,
                settles="business",
                records=Records(Business.id, Business.name),
            ),
            Reference(
                "owner",
                "Owner",
                Business.owner_id,
                named=user_named,
                records=Records(User.id, User.email, mask=Mask.EMAIL),
            ),
        ],
        cards=(),
        start=start,
        views=(),
    )
    return Area(name=name, listings=[listing])


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    areas = [*AREAS, _belonging("calls-of"), _belonging("missed-of", start="status=missed")]
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=areas) as board,
    ):
        yield board


@pytest.fixture(scope="module")
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    with board.rows() as session:
        jane = make_user(session, email="jane@acme.test")
        acme = make_business(session, name="Acme Plumbing", owner_id=jane.id)
        for business in (acme, make_business(session, name="Beta Roofing")):
            make_call(session, business_id=business.id)
        quiet = make_business(session, name="Quiet & Co")
        return {"jane": jane.id, "acme": acme.id, "quiet": quiet.id}


def get(board: BoardUnderTest, address: str, role: Role = Role.SUPPORT) -> Page:
    return Page(board.browser(role).get(address).text)


def chips(page: Page) -> list[str]:
    return [chip.text for chip in page.root.find_all("span", class_="chip-record")]


def test_it_says_whose_it_is_and_can_be_widened(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = get(board, f"/calls-of?business={ids['acme']}&limit=25")
    assert chips(page) == ["Business: Acme Plumbing"]
    assert len(page.rows) == 1
    remove = page.root.get("div", id="record-business").get("a", class_="chip-remove")
    assert remove.attributes["href"] == "/calls-of?limit=25"
    assert page.root.get("a", class_="toolbar-clear").attributes["href"] == "/calls-of?limit=25"
    assert chips(get(board, "/calls-of")) == []


def test_without_it_a_list_with_a_start_shows_all(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = get(board, f"/missed-of?business={ids['acme']}")
    remove = page.root.get("div", id="record-business").get("a", class_="chip-remove")
    assert remove.attributes["href"] == "/missed-of?sort=-started_at"


def test_searching_and_filtering_stay_within_it(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = get(board, f"/calls-of?business={ids['acme']}")
    assert page.form("/calls-of").values["business"] == [str(ids["acme"])]


def test_who_goes_by_a_name_and_who_is_masked(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    for named in (ids["jane"], "jane@acme.test", "JANE@acme.test"):
        assert chips(get(board, f"/calls-of?owner={named}")) == ["Owner: jane@acme.test"]
        assert chips(get(board, f"/calls-of?owner={named}", Role.VIEWER)) == ["Owner: j•••@acme.test"]


def test_a_record_that_is_not_there_is_called_what_the_link_says(board: BoardUnderTest) -> None:
    nobody = uuid4()
    assert chips(get(board, f"/calls-of?business={nobody}")) == [f"Business: {nobody}"]
    assert chips(get(board, "/calls-of?owner=nobody@x.test")) == ["Owner: nobody@x.test"]


def test_where_it_has_nothing_the_list_says_that_others_may(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    page = get(board, f"/calls-of?business={ids['quiet']}")
    assert page.rows == []
    assert "No calls match" in page.text
    assert page.root.get("p", class_="empty-actions").text == "Clear the filters"


def test_a_view_keeps_it_as_it_keeps_other_filters(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    browser = board.new_browser(Role.SUPPORT)
    asked = f"business={ids['acme']}&status=missed"
    form = Page(browser.get(f"/calls-of?{asked}").text).form("/views/calls-of")
    assert form.values["query"] == [asked]
    browser.submit(form.action, form.values | {"name": ["Missed by Acme"]})
    elsewhere = Page(browser.get(f"/calls-of?business={ids['quiet']}").text)
    assert f"/calls-of?{asked}" in elsewhere.links()


def test_a_wrong_filter_beside_it_does_not_show_the_rows_of_others(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    page = get(board, f"/calls-of?business={ids['acme']}&status=nonsense")
    assert len(page.alerts) == 1
    assert len(page.rows) == 1
    assert chips(page) == ["Business: Acme Plumbing"]


def test_its_name_costs_one_query(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    browser = board.browser(Role.SUPPORT)

    def count(query: str) -> int:
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/calls-of?{query}").status_code == 200
        return len(statements)

    none = count("sort=started_at")
    assert count(f"business={ids['acme']}") == none + 1
    assert count("owner=jane@acme.test") == none + 1
