"""What is asked of every list, found from its declaration: pages in every order, filters, searches."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from adminboard.core.listings import Choice, DateRange, Flag, Listing, NumberRange, Pick, Reference, Sort
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.keyset import Cursor
from adminboard.core.work import moment

DEPTHS = (0.35, 0.99)
PEOPLE = ("smith", "maria", "johnson", "an@", "son.", "wil", "zz", "al", "gonz")
WORDS = {
    "calls": ("appointment", "leaking", "refund", '"next week"', "insurance quote", "zebra", "thank"),
    "businesses": ("plumb", "dental", "smith", "wil", "zz", "(212) 555"),
    "agents": ("ava", "plumb", "smith", "zz"),
    "appointments": ("consult", "smith", "maria", "zz"),
    "promotions": ("sum", "zz", "promo_"),
    "promotion_usages": ("smith", "sum", "zz"),
    "webhooks": ("evt_", "in_1", "sub_1", "cus_"),
    "audit": ("adjust", "smith"),
}
MOST_CHOICES = 4


def paths_by_sort(session: Session, listing: Listing, name: str) -> list[str]:
    """The first page in this order, both ways, and pages far down."""
    sort = listing.sorts[name]
    paths = [_page(listing, name), _page(listing, f"-{name}")]
    for depth in DEPTHS:
        for direction in (name, f"-{name}"):
            cursor = _find_cursor(session, listing, sort, direction, depth)
            if cursor is not None:
                paths.append(_page(listing, direction, cursor.encode()))
    return paths


def paths_by_filter(session: Session, listing: Listing) -> Iterator[tuple[str, list[str]]]:
    """Each filter with the addresses that use it, one value each."""
    for filter_ in listing.filters:
        queries = [urlencode({name: value}) for name, value in _values(session, listing, filter_)]
        if queries:
            yield filter_.name, [f"{listing.path}?{query}" for query in queries]


def paths_by_filter_and_sort(session: Session, listing: Listing) -> list[str]:
    """Each value of each filter in each order, both ways: what matches may lie at the other end of any."""
    orders = [f"{sign}{name}" for name in listing.sorts for sign in ("", "-")]
    filtered = [path for _, paths in paths_by_filter(session, listing) for path in paths]
    return [f"{path}&{urlencode({'sort': order})}" for path in filtered for order in orders]


def paths_of_searches(listing: Listing) -> list[str]:
    """Words as people search for in this list, with many rows, few and none."""
    words = WORDS.get(listing.name, PEOPLE) if listing.search else ()
    return [f"{listing.path}?q={quote(word)}" for word in words]


def paths_of_details(session: Session, listing: Listing, count: int = 50) -> list[str]:
    """Panels of rows all over the list."""
    return [f"{listing.path}?selected={key}" for key in find_keys(session, listing, count)]


def find_keys(session: Session, listing: Listing, count: int = 50) -> Sequence[Any]:
    """Keys of rows all over the list."""
    keys = select(listing.key).order_by(listing.key).limit(count)
    return session.scalars(select_pruned(listing.select, keys)).all()


def _page(listing: Listing, sort: str, cursor: str | None = None) -> str:
    return f"{listing.path}?{urlencode({'sort': sort} | ({'cursor': cursor} if cursor else {}))}"


def _find_cursor(
    session: Session, listing: Listing, sort: Sort, direction: str, depth: float
) -> Cursor | None:
    tiebreak = sort.tiebreak if sort.tiebreak is not None else listing.key
    ways = [item.desc() if direction.startswith("-") else item.asc() for item in (sort.expression, tiebreak)]
    wanted: Select[Any] = select(sort.expression.label("value"), listing.key.label("key")).where(
        sort.expression.is_not(None)
    )
    found = select_pruned(listing.select, wanted)
    now = {"now": moment(session)}
    rows = session.scalar(select(func.count()).select_from(found.subquery()), now) or 0
    place = session.execute(found.order_by(*ways).offset(int(rows * depth)).limit(1), now).one_or_none()
    return Cursor(direction, place.value, place.key) if place else None


def _values(session: Session, listing: Listing, filter_: Any) -> Sequence[tuple[str, str]]:
    if isinstance(filter_, Choice):
        return [(filter_.name, option.value) for option in filter_.load_options(session)[:MOST_CHOICES]]
    if isinstance(filter_, Flag):
        return [(filter_.name, "yes"), (filter_.name, "no")]
    if isinstance(filter_, DateRange):
        return [(filter_.name, filter_.presets[-1].value), (filter_.ends[1], "2026-06-30")]
    if isinstance(filter_, NumberRange):
        return [(filter_.names[0], "5"), (filter_.names[-1], "1")]
    if isinstance(filter_, Pick) and filter_.through is not None:
        owners = session.scalars(select(filter_.through.owner).limit(20))
        return [(filter_.name, str(value)) for value in dict.fromkeys(owners)][:MOST_CHOICES]
    if isinstance(filter_, Pick | Reference) and filter_.column is not None:
        some = select_pruned(
            listing.select, select(filter_.column).where(filter_.column.is_not(None)).limit(20)
        )
        return [(filter_.name, str(value)) for value in dict.fromkeys(session.scalars(some))][:MOST_CHOICES]
    return []
