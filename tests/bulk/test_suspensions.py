"""A file that suspends customers, and one that takes it back."""

from uuid import UUID

from sqlalchemy import select

from adminboard.core.permissions import Role
from adminboard.customers.models import Organization, OrganizationStatus
from tests.bulk.sending import BulkBoard
from tests.factories import make_organization, make_subscription

REASON = "Chargebacks on three invoices in a row"
HEADER = ("customer", "reason")


def make_customers(bulk: BulkBoard, count: int) -> list[UUID]:
    """Each pays for a subscription."""
    with bulk.board.rows() as session:
        customers = [make_organization(session) for _ in range(count)]
        for customer in customers:
            make_subscription(session, organization_id=customer.id)
        return [customer.id for customer in customers]


def statuses(bulk: BulkBoard, ids: list[UUID]) -> set[OrganizationStatus]:
    with bulk.board.rows() as session:
        return set(session.scalars(select(Organization.status).where(Organization.id.in_(ids))))


def test_customers_are_suspended_by_a_file_and_let_in_again_by_its_undo(bulk: BulkBoard) -> None:
    """What they go on paying is accepted once; the limit of a minute counts the run, not its rows."""
    ids = make_customers(bulk, 7)
    run_id = bulk.check([(one, REASON) for one in ids], HEADER, action="customers.suspend")
    assert bulk.do("start", run_id).json()["code"] == "acknowledgement_required"
    bulk.run_all(run_id, ["goes_on_paying"])
    assert statuses(bulk, ids) == {OrganizationStatus.SUSPENDED}

    undo = UUID(bulk.do("undo", run_id).json()["result"]["id"])
    bulk.advance(undo)
    bulk.run_all(undo)
    assert statuses(bulk, ids) == {OrganizationStatus.ACTIVE}


def test_the_template_has_no_columns_for_what_only_an_undo_says(bulk: BulkBoard) -> None:
    billing = bulk.board.browser(Role.BILLING)
    template = billing.get("/bulk/template.csv?action=customers.suspend").text
    assert template.splitlines()[0] == "customer,reason"
    refused = bulk.send(
        b"customer,reason,since\nacme,Any reason at all,2020-01-01T00:00:00Z", "customers.suspend"
    )
    assert refused.status_code == 422
    assert "There is no column 'since'" in refused.json()["detail"]
