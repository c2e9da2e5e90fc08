"""The audit log through the API."""

from uuid import UUID

from adminboard.core.audit import Target
from adminboard.core.permissions import Permission
from tests.audit.chain import tamper
from tests.audit.test_pages import count_entries
from tests.clients import BoardUnderTest
from tests.core.flags import make_person
from tests.db.templates import Addresses, opened_database


def test_the_log_is_listed_and_an_entry_given_whole(board: BoardUnderTest, adjusted: UUID) -> None:
    program = board.program(Permission.AUDIT_READ, Permission.PERSONAL_READ)
    items = program.get("/v1/admin/audit?action=credits.adjust").json()["items"]
    assert [item["id"] for item in items] == [str(adjusted)]
    assert items[0]["summary"].startswith("+$20.00 for jane@example.com")

    entry = program.get(f"/v1/admin/audit/{adjusted}").json()
    assert entry["can_undo"] is True
    assert entry["undone_by"] is None
    assert entry["target_label"] == "jane@example.com"
    assert len(bytes.fromhex(entry["hash"])) == 32
    assert entry["before"] != entry["after"]


def test_a_key_without_personal_data_sees_who_and_when_but_not_what(
    board: BoardUnderTest, adjusted: UUID
) -> None:
    program = board.program(Permission.AUDIT_READ)
    for answer in (program.get("/v1/admin/audit"), program.get(f"/v1/admin/audit/{adjusted}")):
        assert answer.status_code == 200
        assert "jane@example.com" not in answer.text
        assert "Goodwill" not in answer.text
        assert "credits.adjust" in answer.text
    csv = program.get("/v1/admin/audit", headers={"Accept": "text/csv"})
    assert "jane@example.com" not in csv.text


def test_a_key_without_the_scope_is_refused(board: BoardUnderTest) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    for path in ("/v1/admin/audit", "/v1/admin/audit/verification"):
        assert program.get(path).status_code == 403


def test_verification_answers_intact(board: BoardUnderTest, adjusted: UUID) -> None:
    answer = board.program(Permission.AUDIT_READ).get("/v1/admin/audit/verification")
    assert answer.status_code == 200
    expected = {"intact": True, "entries": count_entries(board), "checkpoints": 0, "fault": None}
    assert answer.json() == expected


def test_verification_names_the_first_bad_entry(
    board: BoardUnderTest, adjusted: UUID, fresh_addresses: Addresses
) -> None:
    with opened_database(fresh_addresses.superuser_url) as superuser:
        tamper(
            superuser,
            lambda session: session.connection().exec_driver_sql(
                "UPDATE board.audit_entries SET reason = 'x' WHERE position = 1"
            ),
        )
    fault = board.program().get("/v1/admin/audit/verification").json()["fault"]
    assert fault["position"] == 1
    assert fault["entry_id"] is not None
    assert fault["problem"].startswith("Entry 1 ")


def test_a_change_by_a_person_carries_their_address_and_request(board: BoardUnderTest) -> None:
    person = make_person(request_id="request-7", ip_address="2001:db8::7")
    with board.runtime.work(person) as work:
        work.audit("flags.set", Target("flag", "new", "new"), "new is on")
    item = board.program().get("/v1/admin/audit?q=request-7").json()["items"][0]
    assert (item["request_id"], item["ip_address"]) == ("request-7", "2001:db8::7")
