"""Approvals through the API and the command line."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import typer

from adminboard.cli_actions import tell
from adminboard.cli_runtime import EXIT_WAITS
from adminboard.core.action_runner import Outcome
from adminboard.core.actor import Actor
from adminboard.core.permissions import Permission, Role
from adminboard.users.models import User
from tests.approvals.asking import REASON, Office
from tests.clients import Program
from tests.factories import make_admin
from tests.web.problems import read_problem


@pytest.fixture
def jane(office: Office) -> User:
    return office.new_user()


def hire(office: Office, role: Role = Role.BILLING) -> tuple[Actor, Program]:
    """Somebody, and a program with a key of theirs."""
    with office.board.rows() as session:
        admin = make_admin(session, role=role)
    return office.as_actor(admin), office.board.program(owner=admin)


def ask(program: Program, user: User, key: str) -> Any:
    return program.post(
        f"/v1/admin/users/{user.id}/credit-adjustments",
        json={"amount": "1500.00", "reason": REASON, "acknowledge": ["large_amount"]},
        headers={"Idempotency-Key": key},
    )


def test_a_program_asks_another_persons_decides_and_both_can_look(office: Office, jane: User) -> None:
    with office.board.rows() as session:
        ada, bob = make_admin(session, role=Role.SUPPORT), make_admin(session, role=Role.BILLING)
    asking = office.board.program(Permission.CREDITS_WRITE, Permission.APPROVALS_READ, owner=ada)
    deciding = office.board.program(Permission.APPROVALS_READ, Permission.APPROVALS_DECIDE, owner=bob)
    key = uuid4().hex
    asked, again = ask(asking, jane, key), ask(asking, jane, key)
    assert (asked.status_code, again.status_code) == (202, 202)
    assert asked.json() == again.json()
    href = asked.json()["approval"]["href"]

    detail = asking.get(href).json()
    assert (detail["status"], detail["label"], detail["credits"]) == ("waiting", "Add $1,500.00", "1500.00")
    assert detail["target_label"].startswith("u•••@")
    assert (detail["reason"], detail["changes"][0]["after"]) == (None, None)
    assert (detail["can_decide"], detail["can_withdraw"]) == (False, True)
    assert deciding.get(href).json()["can_decide"] is True

    tried = deciding.post(f"{href}/decision?dry_run=true", json={"decision": "approve"}).json()["preview"]
    assert tried["changes"][0] == {"field": "Balance", "before": "0.00", "after": "1500.00"}
    done = deciding.post(f"{href}/decision", json={"decision": "approve", "note": "Agreed"})
    assert (done.status_code, done.json()["result"]["status"]) == (200, "approved")
    assert done.json()["result"]["change"]["result"]["amount"] == "1500.00"
    assert office.balance(jane) == "1500.00"
    late = deciding.post(f"{href}/decision", json={"decision": "reject", "note": "Too late"})
    assert "approved by" in read_problem(late, 409, "already_decided")["detail"]


def test_nobody_decides_on_their_own_by_a_key(office: Office, jane: User) -> None:
    ada, program = hire(office)
    href = f"/v1/admin/approvals/{office.ask(ada, jane)}"
    own = program.post(f"{href}/decision", json={"decision": "approve"})
    read_problem(own, 403, "own_request")
    withdrawn = program.post(f"{href}/withdrawal")
    assert (withdrawn.status_code, withdrawn.json()["result"]["status"]) == (200, "void")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "perhaps"},
        {"decision": "reject"},
        {"decision": "approve", "note": "x" * 501},
        {"decision": "approve", "note": ""},
        {"decision": "approve", "more": 1},
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(office: Office, jane: User, body: Any) -> None:
    request = office.ask(office.hire(), jane)
    _, program = hire(office)
    refused = program.post(f"/v1/admin/approvals/{request}/decision", json=body)
    assert refused.status_code == 422, refused.text
    read_problem(
        program.post(f"/v1/admin/approvals/{uuid4()}/decision", json={"decision": "approve"}),
        404,
        "approval_unknown",
    )


def test_the_list_gives_each_reader_their_own(office: Office, jane: User) -> None:
    ada, support = hire(office, Role.SUPPORT)
    _, billing = hire(office)
    own, other = office.ask(ada, jane), office.ask(office.hire(), jane)

    def ids(program: Program) -> set[str]:
        answer = program.get("/v1/admin/approvals", params={"q": jane.email}).json()
        assert answer["count"]["value"] == len(answer["items"])
        return {item["id"] for item in answer["items"]}

    assert (ids(support), ids(billing)) == ({str(own)}, {str(own), str(other)})
    read_problem(support.get(f"/v1/admin/approvals/{other}"), 404, "approval_unknown")
    item = billing.get("/v1/admin/approvals", params={"q": str(own)}).json()["items"][0]
    assert (item["amount"], item["currency"], item["credits"]) == (150_000, "usd", "1500.00")
    csv = support.get("/v1/admin/approvals", headers={"Accept": "text/csv"}).text
    assert len(csv.splitlines()) == 2


def test_a_large_undo_through_the_api_waits_too(office: Office, jane: User) -> None:
    program = office.board.program(Permission.CUSTOMERS_READ, Permission.CREDITS_REVERSE)
    done = office.approve(office.hire(), office.ask(office.hire(), jane))
    change = UUID(done.result["change"]["audit_id"])
    undone = program.post(f"/v1/admin/audit/{change}/undo", json={})
    assert undone.status_code == 202, undone.text
    assert office.request(UUID(undone.json()["approval"]["id"])).undoes == change


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line_says_that_it_waits(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever runs a command is exempt, so none has ended so yet."""
    waiting = Outcome({"id": "1"}, uuid4(), "Waits for approval: Add $1,500.00", False, approval_id=uuid4())
    with pytest.raises(typer.Exit) as end:
        tell(waiting, as_json=as_json)
    assert end.value.exit_code == EXIT_WAITS
    assert ("approval" in capsys.readouterr().out) is True
