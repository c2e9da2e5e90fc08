"""The audit log on its pages: list, entry, undo, verification, history of a record."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.credits.models import CreditBalance
from adminboard.users.models import User
from tests.audit.chain import tamper
from tests.clients import BoardUnderTest
from tests.db.templates import Addresses, opened_database
from tests.factories import make_run
from tests.pages import Page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def count_entries(board: BoardUnderTest) -> int:
    with board.runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_the_list_shows_who_changed_what_and_why(board: BoardUnderTest, adjusted: UUID) -> None:
    page = board.browser(Role.BILLING).get("/audit")
    assert page.status_code == 200
    for shown in (
        "jane@example.com",
        "credits.adjust",
        "$0.00 → $20.00",
        "Goodwill for the &lt;b&gt;outage&lt;/b&gt;",
        "Verify the chain",
    ):
        assert shown in page.text


def test_the_entries_of_one_run_say_which(board: BoardUnderTest) -> None:
    with board.rows() as session:
        run = make_run(session, title="Credits from a file").id
    page = Page(board.browser(Role.ADMIN).get(f"/audit?run={run}").text)
    assert page.root.get("span", class_="chip-record").text == "Run: Credits from a file"
    assert page.root.get("a", class_="toolbar-clear").attributes["href"] == "/audit"
    assert "No entries match" in page.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_the_whole_log_is_for_billing_and_admins(board: BoardUnderTest, role: Role) -> None:
    browser = board.browser(role)
    for path in ("/audit", "/audit/export.csv", "/audit/chain"):
        assert browser.get(path).status_code == 403
    assert browser.submit("/audit/chain").status_code == 403
    assert 'href="/audit"' not in browser.get("/users").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=credits.adjust", True),
        ("action=auth.login", False),
        ("kind=user", True),
        ("kind=admin", False),
        ("target=JANE@", True),
        ("target=john", False),
        ("q=goodwill", True),
        ("q=%2420.00", True),
        ("q=jane%40example", True),
        ("q=nothing+like+it", False),
        ("date_from=2026-01-15&date_to=2026-01-15", True),
        ("date_from=2026-01-16", False),
        ("customer=00000000-0000-0000-0000-000000000001", False),
    ],
)
def test_the_list_is_filtered_and_searched(
    board: BoardUnderTest, adjusted: UUID, query: str, found: bool
) -> None:
    page = board.browser(Role.ADMIN).get(f"/audit?{query}")
    assert page.status_code == 200
    assert (f"row-{adjusted}" in page.text) is found


def test_an_entry_is_found_by_its_id_its_request_and_its_customer(
    board: BoardUnderTest, adjusted: UUID, user: User
) -> None:
    with board.runtime.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.id == adjusted)).one()
    browser = board.browser(Role.ADMIN)
    for query in (f"q={adjusted}", f"q={entry.request_id}", f"customer={user.organization_id}"):
        assert f"row-{adjusted}" in browser.get(f"/audit?{query}").text


def test_entries_of_one_moment_keep_the_order_in_which_they_were_written(
    board: BoardUnderTest, user: User, adjusted: UUID
) -> None:
    items = board.program().get("/v1/admin/audit").json()["items"]
    positions = [item["position"] for item in items]
    assert positions == sorted(positions, reverse=True)


def test_the_detail_shows_before_and_after_and_the_place_in_the_chain(
    board: BoardUnderTest, adjusted: UUID
) -> None:
    panel = board.browser(Role.ADMIN).get(
        f"/audit?selected={adjusted}", headers=PARTIAL | {"HX-Target": "aside#detail"}
    )
    assert panel.status_code == 200
    with board.runtime.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.id == adjusted)).one()
    for shown in ("Before", "After", entry.hash.hex(), entry.previous_hash.hex(), str(entry.request_id)):
        assert shown in panel.text
    assert f'action="/undo/{adjusted}"' in panel.text


def test_undoing_what_another_did_asks_first(board: BoardUnderTest, adjusted: UUID) -> None:
    browser = board.browser(Role.BILLING)
    before = count_entries(board)
    answer = browser.submit(f"/undo/{adjusted}", {"return_to": "/audit"})
    assert answer.status_code == 200
    assert Page(answer.text).has_form(f"/undo/{adjusted}")
    assert count_entries(board) == before


def test_a_change_is_undone_from_the_log_once(board: BoardUnderTest, adjusted: UUID, user: User) -> None:
    browser = board.browser(Role.BILLING)
    asked = Page(browser.submit(f"/undo/{adjusted}", {"return_to": "/audit"}).text).form("/undo/")
    answer = browser.submit(asked.action, asked.values)
    assert answer.status_code == 303, answer.text
    with board.runtime.reading() as session:
        balance = session.scalar(select(CreditBalance.total).where(CreditBalance.user_id == user.id))
        undone_by = session.scalar(select(AuditEntry.id).where(AuditEntry.undoes == adjusted))
    assert balance == 0

    undone, undoing = (browser.get(f"/audit?selected={entry}").text for entry in (adjusted, undone_by))
    assert f"/audit?selected={undone_by}" in undone
    assert f'action="/undo/{adjusted}"' not in undone
    assert f"/audit?selected={adjusted}" in undoing

    before = count_entries(board)
    assert browser.submit(f"/undo/{adjusted}").status_code == 409
    assert count_entries(board) == before


def test_an_entry_that_does_not_exist_is_a_404(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    assert browser.get(f"/audit?selected={uuid4()}").status_code == 404
    assert browser.get("/audit?selected=nonsense").status_code == 404


def test_verifying_says_intact_and_changes_nothing(board: BoardUnderTest, adjusted: UUID) -> None:
    browser = board.browser(Role.ADMIN)
    assert "Verify now" in browser.get("/audit/chain").text
    before = count_entries(board)
    page = browser.submit("/audit/chain")
    assert page.status_code == 200
    assert "Intact" in page.text
    assert count_entries(board) == before


def test_verifying_names_the_entry_that_was_changed(
    board: BoardUnderTest, adjusted: UUID, fresh_addresses: Addresses
) -> None:
    with opened_database(fresh_addresses.superuser_url) as superuser:
        tamper(superuser, lambda session: session.execute(update(AuditEntry).values(reason="x")))
    assert "does not hold what was written" in board.browser(Role.ADMIN).submit("/audit/chain").text


def test_support_sees_the_history_of_a_record_but_not_the_log(
    board: BoardUnderTest, adjusted: UUID, user: User
) -> None:
    support = board.browser(Role.SUPPORT)
    for headers in ({}, PARTIAL | {"HX-Target": "div#history"}):
        page = support.get(f"/audit/history?kind=user&id={user.id}", headers=headers)
        assert page.status_code == 200
        assert "$0.00 → $20.00" in page.text
        assert "/audit?selected=" not in page.text
        assert ("<html" in page.text) is (not headers)
    assert board.browser(Role.VIEWER).get(f"/audit/history?kind=user&id={user.id}").status_code == 403


@pytest.mark.parametrize("kind", ["admin", "api_key", "threshold", "user_override", "User"])
def test_only_readers_of_the_log_see_the_history_of_what_has_none_on_its_pages(
    board: BoardUnderTest, adjusted: UUID, kind: str
) -> None:
    address = f"/audit/history?kind={kind}&id={uuid4()}"
    for headers in ({}, PARTIAL | {"HX-Target": "div#history"}):
        assert board.browser(Role.SUPPORT).get(address, headers=headers).status_code == 403
        assert board.browser(Role.ADMIN).get(address, headers=headers).status_code == 200


def test_support_sees_the_history_of_a_customer(board: BoardUnderTest, adjusted: UUID, user: User) -> None:
    address = f"/audit/history?kind=customer&id={user.organization_id}"
    assert "$0.00 → $20.00" in board.browser(Role.SUPPORT).get(address).text


def test_the_history_of_a_customer_has_that_of_its_users(
    board: BoardUnderTest, adjusted: UUID, user: User
) -> None:
    browser = board.browser(Role.ADMIN)
    of_customer = browser.get(f"/audit/history?kind=customer&id={user.organization_id}").text
    assert "$0.00 → $20.00" in of_customer
    assert f"/audit?selected={adjusted}" in of_customer
    of_another = browser.get(f"/audit/history?kind=customer&id={uuid4()}").text
    assert "Nothing was changed here yet" in of_another


@pytest.mark.parametrize("query", ["", "kind=user", "id=1", "kind=user&id=1&customer=nonsense"])
def test_a_history_of_nothing_is_refused_with_a_sentence(board: BoardUnderTest, query: str) -> None:
    assert board.browser(Role.ADMIN).get(f"/audit/history?{query}").status_code == 422


def test_the_export_has_every_entry_and_is_itself_audited(board: BoardUnderTest, adjusted: UUID) -> None:
    browser = board.browser(Role.ADMIN)
    lines = browser.get("/audit/export.csv").text.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("Time,Admin,Action,Target,What changed")
    assert any("credits.adjust" in line for line in lines)
    assert "lists.export" in browser.get("/audit").text
