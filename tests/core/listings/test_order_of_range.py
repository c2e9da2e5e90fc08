"""Which order a list has when nobody chose one."""

import pytest

from adminboard.billing.invoice_listing import invoices
from adminboard.core.actor import system_actor
from adminboard.core.listings.query import read_query
from tests.factories import START


@pytest.mark.parametrize(
    ("parameters", "order"),
    [
        ({}, "-created_at"),
        ({"status": ["open"]}, "-created_at"),
        ({"due_from": ["2026-06-01"]}, "-due_date"),
        ({"due_to": ["2026-06-30"], "status": ["open"]}, "-due_date"),
        ({"paid": ["30d"]}, "-paid_at"),
        ({"paid": [""]}, "-created_at"),
        ({"paid_zone": ["Asia/Tokyo"]}, "-created_at"),
        ({"created": ["30d"], "sort": ["due_date"]}, "due_date"),
        ({"due_from": ["2026-06-01"], "sort": ["amount_due_cents"]}, "amount_due_cents"),
    ],
)
def test_a_list_is_in_the_order_of_the_dates_it_is_asked_for(
    parameters: dict[str, list[str]], order: str
) -> None:
    query = read_query(invoices, parameters, system_actor("test"), START)

    assert query.sort_parameter == order
