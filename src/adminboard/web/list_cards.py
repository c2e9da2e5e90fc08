"""The figures above a list: a fragment that is asked for once the page is there, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zlib import crc32

from fastapi.responses import JSONResponse

from adminboard.core.canonical import to_plain
from adminboard.core.errors import DomainError
from adminboard.core.listings import Card, Listing
from adminboard.core.listings.cards import Figures, load_figures
from adminboard.core.listings.query import ListQuery, read_query
from adminboard.web.addresses import Parameters, without
from adminboard.web.formatting import FILTERS, format_money, format_relative
from adminboard.web.list_place import ListPlace
from adminboard.web.list_view import CardsView, CardView
from adminboard.web.panels import draw_failure, load_panel
from adminboard.web.visit import Visit


def make_page_cards(
    visit: Visit, listing: Listing, place: ListPlace, query: ListQuery, state: Parameters
) -> CardsView:
    """The cards as the page first shows them: with their places kept, and on demand with their figures."""
    part_id = make_part_id("cards", place, state)
    shown_url = place.address(state, cards="shown")
    if not visit.parameter("cards"):
        source_url = place.part("cards", state)
        return CardsView(
            _make_cards(listing, place, state, None, visit.now), source_url, shown_url, id=part_id
        )
    figures = load_panel(visit, lambda: load_figures(visit.session, listing, query))
    if isinstance(figures, DomainError):
        return CardsView((), failure=draw_failure(visit, figures, shown_url))
    return CardsView(_make_cards(listing, place, state, figures, visit.now))


def make_part_id(name: str, place: ListPlace, state: Parameters) -> str:
    """The id of a part that is loaded after the page: the same as long as the same rows match."""
    matching = place.address(without(state, "sort", "limit", "columns"))
    return f"{name}-{crc32(matching.encode()):x}"


def make_loaded_cards(visit: Visit, listing: Listing, place: ListPlace, state: Parameters) -> CardsView:
    """The cards with the figures of what ``state`` asks for. Raises `BadQuery`."""
    query = read_query(listing, place.asked(visit.parameters), visit.actor, visit.now)
    figures = load_figures(visit.session, listing, query)
    return CardsView(_make_cards(listing, place, state, figures, visit.now))


def answer_cards(visit: Visit, listing: Listing) -> JSONResponse:
    """The figures by the cards' names; amounts by currency, in minor units. Raises `BadQuery`."""
    query = read_query(listing, visit.parameters, visit.actor, visit.now)
    figures = load_figures(visit.session, listing, query).by_name
    return JSONResponse({card.name: to_plain(figures[card.name]) for card in listing.cards})


def _make_cards(
    listing: Listing, place: ListPlace, state: Parameters, figures: Figures | None, now: datetime
) -> list[CardView]:
    cards = [_make_card(place, card, state, figures) for card in listing.cards]
    if figures is not None and figures.counted_at is not None:
        cards[0] = replace(cards[0], hint=f"counted {format_relative(figures.counted_at, now)}")
    return cards


def _make_card(place: ListPlace, card: Card, state: Parameters, figures: Figures | None) -> CardView:
    figure = figures.by_name[card.name] if figures is not None else None
    counted = parse_qs(card.query)
    return CardView(
        label=card.label,
        value=None if figures is None else _draw(card, figure),
        more=None if card.currency is None else _draw_others(figure),
        hint=card.hint,
        tone=card.tone if figure else None,
        url=place.address(without(state, *counted), **counted) if card.query else None,
    )


def _draw(card: Card, figure: Any) -> str:
    if figure is None:
        return "N/A"
    if card.currency is not None:
        return next(iter(_draw_amounts(figure)), "0")
    return FILTERS[card.cell](figure)


def _draw_others(amounts: Mapping[str, int] | None) -> str:
    """The line below the first amount: those in other currencies, or that there are none. It is empty while
    the figures are yet to come, and keeps its place then."""
    if amounts is None:
        return ""
    drawn = _draw_amounts(amounts)
    return " · ".join(drawn[1:]) or ("in no other currency" if drawn else "in any currency")


def _draw_amounts(amounts: Mapping[str, int]) -> list[str]:
    return [format_money(amount, currency) for currency, amount in amounts.items()]
