"""The lists in the tabs of a customer's page: theirs alone, with all a list can do, at the tab's address."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import ProcessingStatus
from adminboard.billing.models import InvoiceStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.listings.fixed import fix_listing
from adminboard.core.permissions import Role
from adminboard.customers.models import MembershipRole, MembershipStatus
from adminboard.users.listing import users
from tests.clients import BoardUnderTest
from tests.customers.showing import address_of, show, show_part, title_of
from tests.factories import (
    START,
    make_billing_event,
    make_invoice,
    make_membership,
    make_note,
    make_organization,
    make_payment_method,
    make_refund,
    make_user,
)
from tests.pages import Page

LISTS = ("members", "invoices", "payment-methods", "refunds", "events")
HEADERS = {
    "members": ["Email", "Name", "Role", "Status", "Account", "Last login", "Last activity", "Joined"],
    "invoices": ["Number", "Amount", "Refunded", "Status", "Due", "Paid", "Created"],
    "payment-methods": ["Type", "Brand", "Last 4", "Status", "Default", "Expires", "Added"],
    "refunds": ["Date", "Invoice", "Amount", "Currency", "Reason", "Status", "Requested by"],
    "events": ["Received", "Type", "Source", "Status", "Amount", "Attempts", "Notes"],
}


@pytest.fixture(scope="module")
def customers(board: BoardUnderTest) -> dict[str, UUID]:
    """Two customers, each with 30 invoices and some of everything else; their texts say whose they are."""
    with board.rows() as session:
        made = {
            name: make_organization(session, name=name.title(), slug=name).id for name in ("acme", "beta")
        }
        for name, customer in made.items():
            _put_rows(session, name, customer)
        return made


def _put_rows(session: Any, name: str, customer: UUID) -> None:
    for number in range(30):
        invoice = make_invoice(
            session,
            organization_id=customer,
            number=f"{name.upper()}-{number:02}",
            amount_due_cents=100 * (number * 7 % 30),
            status=InvoiceStatus.OPEN if number < 3 else InvoiceStatus.PAID,
            created_at=START + timedelta(hours=number),
        )
    make_refund(session, organization_id=customer, invoice_id=invoice.id, requested_by=f"{name}@staff.test")
    make_payment_method(session, organization_id=customer, last4="1881" if name == "acme" else "2222")
    for number in range(3):
        make_membership(
            session,
            organization_id=customer,
            user_id=make_user(session, email=f"person{number}@{name}.test", full_name=f"Person {number}").id,
            role=MembershipRole.OWNER if number == 0 else MembershipRole.MEMBER,
            status=MembershipStatus.INVITED if number == 2 else MembershipStatus.ACTIVE,
            last_activity_at=None if number == 2 else START - timedelta(days=number * 10),
        )
        make_billing_event(
            session,
            organization_id=customer,
            event_type="invoice.paid",
            notes=f"{name} {number}",
            processing_status=ProcessingStatus.FAILED if number == 0 else ProcessingStatus.PROCESSED,
        )


@pytest.fixture(scope="module")
def acme(customers: dict[str, UUID]) -> UUID:
    return customers["acme"]


def first_row(page: Page) -> str:
    return page.row_ids[0]


@pytest.mark.parametrize("tab", LISTS)
def test_it_shows_theirs_alone_without_the_column_that_says_whose(
    tab: str, board: BoardUnderTest, customers: dict[str, UUID]
) -> None:
    pages = {name: show(board, customer, tab) for name, customer in customers.items()}
    assert pages["acme"].headers == HEADERS[tab]
    assert pages["acme"].row_ids
    assert not set(pages["acme"].row_ids) & set(pages["beta"].row_ids)
    assert not pages["acme"].root.find_all("div", id="filter-customer")
    assert "beta" not in pages["acme"].html.lower()


@pytest.mark.parametrize("tab", LISTS)
def test_nobody_gets_the_rows_of_another_by_what_the_address_says(
    tab: str, board: BoardUnderTest, customers: dict[str, UUID]
) -> None:
    page = show(board, customers["acme"], f"{tab}?customer={customers['beta']}")
    assert page.row_ids == show(board, customers["acme"], tab).row_ids
    assert str(customers["beta"]) not in page.html


@pytest.mark.parametrize("tab", LISTS)
def test_every_address_of_the_list_stays_in_the_tab(tab: str, board: BoardUnderTest, acme: UUID) -> None:
    own, html = address_of(acme, tab), show(board, acme, f"{tab}?limit=25&q=zzz").html
    whole = {"members": "memberships", "events": "webhooks"}.get(tab, f"billing/{tab}")
    for address in (f'action="{own}"', f'hx-get="{own}', f'href="{own}?'):
        assert address in html, address
    assert f'"/{whole}?' not in html
    assert f'action="/{whole}"' not in html
    assert "customer=" not in html.partition('id="list"')[2].partition("</main>")[0]


def test_it_is_searched_sorted_and_filtered(board: BoardUnderTest, acme: UUID) -> None:
    assert [row["Number"] for row in show(board, acme, "invoices?q=ACME-07").rows] == ["ACME-07"]
    assert show(board, acme, "invoices?q=BETA-07").rows == []
    dearest = show(board, acme, "invoices?sort=-amount_due_cents").rows[0]
    assert dearest["Amount"] == "$29.00"
    opened = show(board, acme, "invoices?status=open")
    assert [row["Number"] for row in opened.rows] == ["ACME-02", "ACME-01", "ACME-00"]
    assert f'href="{address_of(acme, "invoices")}"' in opened.html
    assert [row["Notes"] for row in show(board, acme, "events?status=failed").rows] == ["acme 0"]
    assert [row["Name"] for row in show(board, acme, "members?role=owner").rows] == ["Person 0"]
    assert [row["Name"] for row in show(board, acme, "members?status=invited").rows] == ["Person 2"]
    assert [row["Name"] for row in show(board, acme, "members?q=person1@ac").rows] == ["Person 1"]


def test_the_search_box_says_what_is_found_here(board: BoardUnderTest, acme: UUID) -> None:
    (box,) = show(board, acme, "invoices").root.find_all("input", id="list-search")
    assert box.attributes["placeholder"] == "Number or Stripe id"


def test_a_customers_own_name_finds_nothing_in_its_lists(board: BoardUnderTest, acme: UUID) -> None:
    page = show(board, acme, "invoices?q=Acme+Plumb")
    assert page.rows == []
    assert "No invoices match" in page.text


def test_its_pages_never_skip_or_repeat_a_row(board: BoardUnderTest, acme: UUID) -> None:
    found, address = [], address_of(acme, "invoices?limit=25&sort=amount_due_cents")
    while address:
        page = Page(board.browser(Role.VIEWER).get(address).text)
        found += page.row_ids
        address = page.link("page-next")
    assert len(found) == len(set(found)) == 30


def test_members_with_no_activity_come_last(board: BoardUnderTest, acme: UUID) -> None:
    for sort in ("", "?sort=last_activity_at"):
        names = [row["Name"] for row in show(board, acme, f"members{sort}").rows]
        assert names[-1] == "Person 2"
    assert show(board, acme, "members").rows[0]["Name"] == "Person 0"


def test_columns_are_chosen_among_those_that_are_left(board: BoardUnderTest, acme: UUID) -> None:
    page = show(board, acme, "invoices?columns=customer&columns=status")
    assert page.headers == ["Number", "Status"]
    choices = [item.attributes["value"] for item in page.root.find_all("input", type="checkbox")]
    assert "customer" not in choices
    assert "stripe_invoice_id" in choices


@pytest.mark.parametrize("tab", LISTS)
def test_count_and_figures_are_of_theirs_alone(tab: str, board: BoardUnderTest, acme: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    rows = show(board, acme, tab).row_ids
    count = Page(browser.get(address_of(acme, f"{tab}/count")).text).text
    assert count.split()[0] == str(len(rows))
    answer = browser.get(address_of(acme, f"{tab}/cards"))
    if tab in ("members", "events"):
        assert answer.status_code == 404
    else:
        first = Page(answer.text).root.find_all("div", class_="figure-card")[0]
        assert first.get("dd").text == str(len(rows))


def test_a_figure_leads_into_the_tab(board: BoardUnderTest, acme: UUID) -> None:
    cards = Page(board.browser(Role.SUPPORT).get(address_of(acme, "invoices/cards?q=ACME")).text)
    assert cards.links() == [f"{address_of(acme, 'invoices')}?q=ACME&status=open"]


@pytest.mark.parametrize("tab", LISTS)
def test_the_export_has_theirs_alone_and_says_so_in_the_log(
    tab: str, board: BoardUnderTest, customers: dict[str, UUID]
) -> None:
    answer = board.browser(Role.SUPPORT).get(address_of(customers["acme"], f"{tab}/export.csv"))
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == len(show(board, customers["acme"], tab).row_ids)
    assert "Customer" not in rows[0]
    assert "beta" not in answer.text.lower()
    with board.rows() as session:
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "lists.export")
            .order_by(AuditEntry.position.desc())
            .limit(1)
        ).one()
    assert str(customers["acme"]) in str(entry.after)


def test_the_export_has_what_is_asked_for(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(address_of(acme, "members/export.csv?role=owner"))
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["Email"], row["Role"]) for row in rows] == [("person0@acme.test", "owner")]


@pytest.mark.parametrize("tab", LISTS)
def test_a_row_opens_beside_the_list_at_an_address_of_its_own(
    tab: str, board: BoardUnderTest, acme: UUID
) -> None:
    row = first_row(show(board, acme, tab))
    page = show(board, acme, f"{tab}?selected={row}&limit=100")
    closer = page.root.find_all("a", class_="detail-close")[0]
    assert closer.attributes["href"] == f"{address_of(acme, tab)}?limit=100"
    part = show_part(board, acme, f"{tab}?selected={row}", "aside#detail")
    assert "data-detail" in part.html
    assert title_of(part).endswith("· Acme")


def test_the_browsers_tab_says_which_row_of_whom(board: BoardUnderTest, acme: UUID) -> None:
    row = first_row(show(board, acme, "invoices"))
    assert title_of(show(board, acme, f"invoices?selected={row}")) == "ACME-29 · Invoices · Acme"


@pytest.mark.parametrize("tab", LISTS)
def test_the_row_of_another_customer_does_not_open_here(
    tab: str, board: BoardUnderTest, customers: dict[str, UUID]
) -> None:
    other = first_row(show(board, customers["beta"], tab))
    for selected in (other, str(uuid4()), "nonsense"):
        answer = board.browser(Role.SUPPORT).get(address_of(customers["acme"], f"{tab}?selected={selected}"))
        assert answer.status_code == 404
        assert "There is no such" in answer.text


def test_an_invoice_offers_its_pages_and_the_refund_and_comes_back_here(
    board: BoardUnderTest, acme: UUID
) -> None:
    row = first_row(show(board, acme, "invoices"))
    page = show(board, acme, f"invoices?selected={row}", Role.BILLING)
    (refund,) = [link for link in page.links() if link.startswith("/actions/billing.refund?")]
    assert f"return_to=/customers/{acme}/invoices%3Fselected%3D{row}" in refund


def test_a_bad_parameter_is_a_sentence_above_their_rows(board: BoardUnderTest, acme: UUID) -> None:
    page = show(board, acme, "invoices?status=nonsense&sort=nothing")
    assert len(page.alerts) == 1
    assert "nonsense" in page.alerts[0]
    assert len(page.row_ids) == 30


def test_a_view_is_kept_for_the_lists_of_all_customers(
    board: BoardUnderTest, customers: dict[str, UUID]
) -> None:
    browser = board.new_browser(Role.SUPPORT)
    here = address_of(customers["acme"], "invoices?status=open")
    form = Page(browser.get(here).text).form("/views/invoices")
    values = {name: value[-1] for name, value in form.values.items()} | {"name": "Still open"}
    assert values["query"] == "status=open"
    answer = browser.post("/views/invoices", data=values, follow_redirects=False)
    assert answer.headers["location"] == here
    beta = Page(browser.get(address_of(customers["beta"], "invoices")).text)
    assert address_of(customers["beta"], "invoices?status=open") in beta.links()
    assert "/billing/invoices?status=open" in Page(browser.get("/billing/invoices").text).links()


def test_built_in_views_lead_into_the_tab(board: BoardUnderTest, acme: UUID) -> None:
    assert address_of(acme, "invoices?failed=yes") in show(board, acme, "invoices").links()


def test_what_belongs_to_the_whole_list_is_not_there(board: BoardUnderTest, acme: UUID) -> None:
    links = show(board, acme, "events").links()
    assert not [link for link in links if link.startswith("/actions/webhooks.replay_failed")]
    page = show(board, acme, "invoices")
    assert len(page.root.find_all("nav", class_="tabs")) == 1
    assert "Products and prices live in Stripe" not in page.text


@pytest.mark.parametrize("tab", LISTS)
def test_an_empty_list_says_why(tab: str, board: BoardUnderTest) -> None:
    with board.rows() as session:
        nobody = make_organization(session).id
    page = show(board, nobody, tab)
    (empty,) = page.root.find_all("div", class_="empty-state")
    assert "yet" in empty.get("h2").text
    assert not empty.find_all("a")


def test_viewers_see_members_masked_and_find_whole_addresses_only(board: BoardUnderTest, acme: UUID) -> None:
    emails = [row["Email"] for row in show(board, acme, "members", Role.VIEWER).rows]
    assert emails == ["p•••@acme.test"] * 3
    assert show(board, acme, "members?q=person1", Role.VIEWER).rows == []
    assert len(show(board, acme, "members?q=person1@acme.test", Role.VIEWER).rows) == 1
    row = first_row(show(board, acme, "members"))
    assert "person0@acme.test" not in show(board, acme, f"members?selected={row}", Role.VIEWER).html
    export = board.browser(Role.VIEWER).get(address_of(acme, "members/export.csv")).text
    assert "person0@acme.test" not in export


def test_viewers_see_events_and_notes_without_what_was_written(board: BoardUnderTest, acme: UUID) -> None:
    with board.rows() as session:
        make_note(session, target_id=acme, body="Asked for a discount")
    assert "acme 0" not in show(board, acme, "events", Role.VIEWER).text
    assert "Asked for a discount" not in show(board, acme, "notes", Role.VIEWER).text
    assert "Asked for a discount" in show(board, acme, "notes", Role.SUPPORT).text


def test_notes_are_added_changed_and_removed_from_their_tab(board: BoardUnderTest, acme: UUID) -> None:
    with board.rows() as session:
        note = make_note(session, target_id=acme, body="Prefers the phone").id
    links = show(board, acme, "notes", Role.SUPPORT).links()
    back = f"return_to=/customers/{acme}/notes"
    assert f"/actions/notes.add?customer={acme}&{back}" in links
    assert f"/actions/notes.edit?note={note}&revision=1&{back}" in links
    assert f"/actions/notes.remove?note={note}&revision=1&{back}" in links
    assert not [link for link in show(board, acme, "notes", Role.VIEWER).links() if "/actions/" in link]


def test_more_notes_than_are_shown_are_a_link_away(board: BoardUnderTest) -> None:
    with board.rows() as session:
        talked_about = make_organization(session).id
        for number in range(21):
            make_note(session, target_id=talked_about, body=f"Note {number}.", created_at=START)
    page = show(board, talked_about, "notes")
    (every,) = [link for link in page.links() if "all=yes" in link]
    shown = Page(board.browser(Role.ADMIN).get(every).text)
    assert len(shown.root.find_all("li", class_="note")) == 21
    assert len(page.root.find_all("li", class_="note")) == 20


def test_a_list_without_such_a_filter_cannot_be_fixed() -> None:
    with pytest.raises(TypeError, match="no such filter"):
        fix_listing(users, "invoice")
