from dataclasses import replace

import pytest

from adminboard.areas import AREAS
from adminboard.core.listings import Listing
from adminboard.web.list_fit import BESIDE_A_DETAIL_PX, column_width_px, fit_columns, must_scroll
from adminboard.web.list_view import CellKind, HeaderView, SortDirection
from tests.web.wanted_columns import IN_A_SMALL_WINDOW_PX, WANTED

BESIDE_A_SIDE_PX = 692
"""Where the detail opens in the side of a page of two halves instead."""
LISTINGS = [listing for area in AREAS for listing in area.listings]


def make_header(name: str, priority: int, width_px: int = 100) -> HeaderView:
    return HeaderView(name, name, priority=priority, width_px=width_px)


def test_the_most_important_columns_are_always_drawn() -> None:
    fitted = fit_columns([make_header("email", 1, 900), make_header("credits", 1, 900)])

    assert [header.fit for header in fitted] == [0, 0]


def test_a_column_is_drawn_from_the_width_that_it_and_all_more_important_ones_need() -> None:
    fitted = fit_columns([make_header("email", 1, 240), make_header("calls", 3), make_header("plan", 2)])

    assert {header.name: header.fit for header in fitted} == {"email": 0, "plan": 340, "calls": 440}


def test_of_equally_important_columns_the_rightmost_gives_way_first() -> None:
    fitted = fit_columns([make_header("left", 2), make_header("right", 2)])

    assert fitted[0].fit < fitted[1].fit


def test_the_column_of_an_order_that_was_chosen_is_always_drawn_and_others_give_way_to_it() -> None:
    headers = [
        make_header("name", 1, 190),
        make_header("status", 1, 136),
        make_header("money", 1, 104),
        make_header("seen", 3, 182),
    ]
    headers[3] = replace(headers[3], sorted=SortDirection.DESCENDING)
    chosen, usual = fit_columns(headers, is_resorted=True), fit_columns(headers)

    assert {header.name: header.fit for header in chosen} == {"name": 0, "status": 0, "money": 620, "seen": 0}
    assert {header.name: header.fit for header in usual} == {"name": 0, "status": 0, "money": 0, "seen": 620}


def test_a_column_that_somebody_added_is_always_drawn_and_others_give_way_to_it() -> None:
    headers = [make_header("name", 1, 190), make_header("plan", 2, 450), make_header("phone", 3, 124)]
    fitted = fit_columns(headers, added={"phone"})

    assert {header.name: header.fit for header in fitted} == {"name": 0, "plan": 780, "phone": 0}
    assert not must_scroll(fitted)


def test_a_list_scrolls_once_what_was_added_is_wider_than_it_may_be() -> None:
    added = [make_header(name, 3, 200) for name in ("phone", "reason")]
    few = fit_columns([make_header("name", 1, 190), *added], added={"phone", "reason"})
    many = fit_columns([make_header("name", 1, 193), *added], added={"phone", "reason"})

    assert (must_scroll(few), must_scroll(many)) == (False, True)
    assert must_scroll(few, has_ticks=True)


def test_no_column_asks_for_more_than_the_style_sheet_knows() -> None:
    fitted = fit_columns([make_header(f"column {index}", 3, 400) for index in range(9)])

    assert max(header.fit for header in fitted) == 1800


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_what_is_always_drawn_fits_beside_an_open_detail(listing: Listing) -> None:
    always = [column for column in listing.columns if column.shown and column.priority == 1]
    needed_px = sum(
        column_width_px(CellKind(column.cell), column.label, column.width_px) for column in always
    )

    assert needed_px <= (BESIDE_A_SIDE_PX if listing.path == "/credits" else BESIDE_A_DETAIL_PX)


@pytest.mark.parametrize("path", WANTED)
def test_what_people_look_for_fits_into_a_small_window(path: str) -> None:
    listing = next(listing for listing in LISTINGS if listing.path == path)
    fitted = fit_columns(
        [
            HeaderView(
                column.name,
                column.label,
                priority=column.priority,
                width_px=column_width_px(CellKind(column.cell), column.label, column.width_px),
            )
            for column in listing.columns
            if column.shown
        ]
    )

    drawn = {header.label for header in fitted if header.fit <= IN_A_SMALL_WINDOW_PX}
    assert set(WANTED[path].split(", ")) <= drawn
