"""The events of the last 30 days."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.periods import DAY
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Event
from adminboard.stripe.fake.refusals import missing
from adminboard.stripe.fake.routing import Routes

routes = Routes()
KEPT_SECONDS = 30 * DAY


def _is_kept(account: Account, event: Event, _wanted: object) -> bool:
    return event.created > account.clock.now() - KEPT_SECONDS


def _is_of_type(_account: Account, event: Event, wanted: str) -> bool:
    return event.type == wanted or (wanted.endswith("*") and event.type.startswith(wanted[:-1]))


def _is_of_types(_account: Account, event: Event, wanted: list[str]) -> bool:
    return event.type in wanted


EVENTS = Listing(Event, tests={"type": _is_of_type, "types": _is_of_types}, by_default=_is_kept)

routes.listing("/v1/events", "EventListParams", EVENTS)


@routes.get("/v1/events/{id}", "EventRetrieveParams")
def get_event(account: Account, identifier: str, _given: Given) -> Event:
    event = account.get(Event, identifier)
    if not _is_kept(account, event, None):
        raise missing("event", identifier)
    return event
