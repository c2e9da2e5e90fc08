"""The list of memberships, for the API and exports: whose they are, what is found, what one of them tells."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.core.listings import matching
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.customers.models import Membership, MembershipRole, MembershipStatus, OrganizationStatus
from tests.clients import BoardUnderTest, Program
from tests.customers.showing import show, show_part
from tests.factories import START, make_membership, make_organization, make_user

MEMBERS = "/v1/admin/memberships"


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> dict[str, UUID]:
    """Ada belongs to two organizations, of which one pays; Bob was removed from one."""
    with board.rows() as session:
        acme = make_organization(session, name="Acme", slug="acme", stripe_customer_id="cus_Acme")
        beta = make_organization(session, name="Beta", slug="beta")
        ada = make_user(session, email="ada@acme.test", full_name="Ada Adams", organization_id=acme.id)
        bob = make_user(
            session, email="bob@acme.test", full_name="Bob", organization_id=acme.id, is_active=False
        )

        def join(organization: UUID, user: UUID, days: int, **fields: Any) -> UUID:
            made = {"organization_id": organization, "user_id": user}
            at = START - timedelta(days=days)
            return make_membership(session, **made, created_at=at, **fields).id

        return {
            "acme": acme.id,
            "beta": beta.id,
            "ada": ada.id,
            "ada of acme": join(
                acme.id, ada.id, 9, role=MembershipRole.OWNER, last_activity_at=START - timedelta(days=1)
            ),
            "bob of acme": join(acme.id, bob.id, 8, status=MembershipStatus.REMOVED, last_activity_at=START),
            "ada of beta": join(beta.id, ada.id, 7, role=MembershipRole.ADMIN),
        }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)


def find(program: Program, rows: dict[str, UUID], **parameters: Any) -> list[str]:
    """The memberships by their names above, in the order of the answer."""
    names = {str(key): name for name, key in rows.items()}
    answer = program.get(MEMBERS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [names[item["id"]] for item in answer.json()["items"]]


@pytest.mark.parametrize("customer", ["id", "acme", "cus_Acme", "Acme"])
def test_a_customers_members_by_any_of_its_names(
    customer: str, program: Program, rows: dict[str, UUID]
) -> None:
    named = str(rows["acme"]) if customer == "id" else customer
    assert find(program, rows, customer=named) == ["bob of acme", "ada of acme"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["bob of acme", "ada of acme", "ada of beta"]),
        ({"sort": "last_activity_at"}, ["ada of acme", "bob of acme", "ada of beta"]),
        ({"sort": "-created_at"}, ["ada of beta", "bob of acme", "ada of acme"]),
        ({"q": "ada@acme"}, ["ada of acme", "ada of beta"]),
        ({"q": "adams ada"}, ["ada of acme", "ada of beta"]),
        ({"q": "bo"}, ["bob of acme"]),
        ({"q": "nobody"}, []),
        ({"role": "admin"}, ["ada of beta"]),
        ({"role": ["owner", "admin"]}, ["ada of acme", "ada of beta"]),
        ({"status": "removed"}, ["bob of acme"]),
        ({"active_from": "2026-01-15"}, ["bob of acme"]),
        ({"active_to": "2026-01-14"}, ["ada of acme"]),
    ],
)
def test_they_are_found_filtered_and_sorted(
    parameters: dict[str, Any], found: list[str], program: Program, rows: dict[str, UUID]
) -> None:
    assert find(program, rows, **parameters) == found


def test_a_user_is_found_by_id_in_each_place(program: Program, rows: dict[str, UUID]) -> None:
    assert find(program, rows, q=str(rows["ada"])) == ["ada of acme", "ada of beta"]
    assert find(program, rows, q=str(rows["ada of beta"])) == ["ada of beta"]


@pytest.mark.parametrize("term", ["ada@acme", "acme.test", "ad"])
def test_a_word_of_very_many_members_is_looked_for_in_each_row(
    term: str, program: Program, rows: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = find(program, rows, q=term, customer="beta")
    monkeypatch.setattr(matching, "PROBE_LIMIT", 0)
    assert find(program, rows, q=term, customer="beta") == few == ["ada of beta"]


def test_one_tells_who_it_is_where_and_who_pays(program: Program, rows: dict[str, UUID]) -> None:
    record = program.get(f"{MEMBERS}/{rows['ada of beta']}").json()
    assert (record["email"], record["role"], record["status"]) == ("ada@acme.test", "admin", "active")
    assert (record["organization_name"], record["payer_name"]) == ("Beta", "Acme")
    assert program.get(f"{MEMBERS}/{uuid4()}").status_code == 404


def test_whose_account_is_closed_is_seen_beside_the_membership(
    board: BoardUnderTest, rows: dict[str, UUID]
) -> None:
    shown = show(board, rows["acme"], "members")
    assert {row["Name"]: row["Account"] for row in shown.rows} == {"Ada Adams": "active", "Bob": "inactive"}


def test_without_personal_data_addresses_are_masked_and_found_whole_only(
    board: BoardUnderTest, rows: dict[str, UUID]
) -> None:
    masked = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    assert find(masked, rows, q="ada@") == []
    assert find(masked, rows, q="ada@acme.test") == ["ada of acme", "ada of beta"]
    items = masked.get(MEMBERS).json()["items"]
    assert {item["email"] for item in items} == {"a•••@acme.test", "b•••@acme.test"}


def test_the_panel_leads_to_the_user_and_to_who_pays(board: BoardUnderTest, rows: dict[str, UUID]) -> None:
    selected = f"members?selected={rows['ada of beta']}"
    page = show_part(board, rows["beta"], selected, "aside#detail", Role.SUPPORT)
    assert f"/users?selected={rows['ada']}" in page.links()
    assert f"/customers/{rows['acme']}" in page.links()
    own = show_part(board, rows["acme"], f"members?selected={rows['ada of acme']}", "aside#detail")
    assert "Paid for by this customer" in own.text


def test_who_is_looked_at_is_said_to_have_no_access_while_who_pays_is_suspended(
    board: BoardUnderTest, rows: dict[str, UUID]
) -> None:
    with board.rows() as session:
        gone = make_organization(
            session,
            name="Gone",
            status=OrganizationStatus.SUSPENDED,
            suspended_at=START,
            suspension_reason="Fraud",
        ).id
        eve = make_user(session, organization_id=gone).id
        own = make_membership(session, organization_id=gone, user_id=eve).id
        elsewhere = make_membership(session, organization_id=rows["beta"], user_id=eve).id
        paid = make_membership(session, organization_id=gone, user_id=rows["ada"]).id
    try:
        assert "The members have no access" in show(board, gone, "members").text
        panel = show_part(board, gone, f"members?selected={own}", "aside#detail").text
        assert "The customer is suspended: no member has access." in panel
        panel = show_part(board, rows["beta"], f"members?selected={elsewhere}", "aside#detail").text
        assert "Gone , which pays for this member, is suspended: the member has no access." in panel
        for customer, member in ((gone, paid), (rows["acme"], rows["ada of acme"])):
            panel = show_part(board, customer, f"members?selected={member}", "aside#detail").text
            assert "has no access" not in panel
            assert "no member has access" not in panel
    finally:
        with board.rows() as session:
            for made in (own, elsewhere, paid):
                session.delete(session.get_one(Membership, made))


def test_it_is_exported_with_whose_each_is(program: Program) -> None:
    answer = program.get(MEMBERS, headers={"Accept": "text/csv"}, params={"sort": "created_at"})
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert lines[0].startswith("Email,Name,Role,Status,Account,Last login,Last activity,Joined,Customer,")
    assert lines[1].startswith(
        "ada@acme.test,Ada Adams,owner,active,active,,2026-01-14T12:00:00Z,2026-01-06T"
    )
    assert ",Acme," in lines[1]
