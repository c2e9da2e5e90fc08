"""The same change through the API: dry run, idempotency, acknowledgement, stale tokens, undo."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from adminboard.core.permissions import Permission, Role
from adminboard.credits.models import CreditBalance, CreditTransaction
from tests.clients import BoardUnderTest, Program
from tests.credit_factories import make_grant
from tests.factories import make_user
from tests.web.problems import read_problem

BODY = {"amount": "20.00", "type": "adjustment", "reason": "Goodwill for the outage"}
Adjust = Callable[..., Any]


@pytest.fixture
def jane(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        user = make_user(session)
        make_grant(session, user.id, "45.50")
    return user.id


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program(
        Permission.CUSTOMERS_READ,
        Permission.PERSONAL_READ,
        Permission.CREDITS_WRITE,
        Permission.CREDITS_REVERSE,
    )


@pytest.fixture
def adjust(program: Program, jane: UUID) -> Adjust:
    """Posts an adjustment of Jane's credits with a new idempotency key, some of it changed."""

    def post(
        *, query: str = "", headers: dict[str, str] | None = None, by: Program | None = None, **body: Any
    ) -> Any:
        sent = {"Idempotency-Key": uuid4().hex} | (headers or {})
        path = f"/v1/admin/users/{jane}/credit-adjustments{query}"
        return (by or program).post(path, json=BODY | body, headers=sent)

    return post


def balance_of(board: BoardUnderTest, user: UUID) -> Decimal:
    with board.runtime.reading() as session:
        return session.scalars(select(CreditBalance.total).where(CreditBalance.user_id == user)).one()


def entries_of(board: BoardUnderTest, user: UUID) -> int:
    with board.runtime.reading() as session:
        query = select(func.count()).where(CreditTransaction.user_id == user)
        return session.scalar(query) or 0


def test_a_dry_run_previews_and_changes_nothing(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    answer = adjust(query="?dry_run=true")
    assert answer.status_code == 200
    preview = answer.json()["preview"]
    assert list(preview) == ["subject", "changes", "warnings", "needs_approval", "token"]
    assert preview["subject"]["kind"] == "user"
    assert preview["subject"]["id"] == str(jane)
    assert preview["changes"][0] == {"field": "Balance", "before": "45.50", "after": "65.50"}
    assert preview["warnings"] == []
    assert preview["needs_approval"] is False
    assert entries_of(board, jane) == 1


def test_a_dry_run_needs_no_idempotency_key(program: Program, jane: UUID) -> None:
    path = f"/v1/admin/users/{jane}/credit-adjustments?dry_run=true"
    assert program.post(path, json=BODY).status_code == 200


def test_doing_it_answers_the_result_and_where_to_undo_it(
    board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    answer = adjust()
    assert answer.status_code == 201
    body = answer.json()
    assert body["result"]["amount"] == "20.00"
    assert body["result"]["balance_after"] == "65.50"
    assert body["undo"] == {"href": f"/v1/admin/audit/{body['audit_id']}/undo"}
    assert balance_of(board, jane) == Decimal("65.50")


def test_a_user_may_be_named_by_the_address(board: BoardUnderTest, program: Program) -> None:
    with board.rows() as session:
        make_user(session, email="By.Address@example.com")
    answer = program.post(
        "/v1/admin/users/by.address@EXAMPLE.com/credit-adjustments",
        json=BODY,
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 201


def test_the_address_it_names_undoes_it_once(
    board: BoardUnderTest, program: Program, adjust: Adjust, jane: UUID
) -> None:
    href = adjust().json()["undo"]["href"]
    undone = program.post(href, headers={"Idempotency-Key": "undo-1"})
    assert undone.status_code == 200
    assert undone.json()["undo"] is None
    assert balance_of(board, jane) == Decimal("45.50")
    read_problem(program.post(href), 409, "already_undone")
    assert entries_of(board, jane) == 3


def test_undoing_needs_the_right_to_do_it(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    href = adjust().json()["undo"]["href"]
    weak = board.program(Permission.CUSTOMERS_READ, Permission.CREDITS_WRITE)
    read_problem(weak.post(href), 403, "forbidden")
    assert balance_of(board, jane) == Decimal("65.50")


def test_undoing_what_was_not_done_is_a_404(program: Program) -> None:
    read_problem(program.post(f"/v1/admin/audit/{uuid4()}/undo"), 404, "not_found")


def test_money_needs_an_idempotency_key(board: BoardUnderTest, program: Program, jane: UUID) -> None:
    answer = program.post(f"/v1/admin/users/{jane}/credit-adjustments", json=BODY)
    problem = read_problem(answer, 422, "missing_idempotency_key")
    assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert entries_of(board, jane) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_an_idempotency_key_is_printable_and_short(
    key: str, board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    read_problem(adjust(headers={"Idempotency-Key": key}), 422)
    assert entries_of(board, jane) == 1


def test_the_same_key_and_body_get_the_first_answer(
    board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    first, second = adjust(headers=headers), adjust(headers=headers)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert entries_of(board, jane) == 2


def test_the_same_key_with_another_body_is_refused(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    adjust(headers=headers)
    read_problem(adjust(headers=headers, amount="21.00"), 409, "key_reused")
    assert entries_of(board, jane) == 2


def test_a_refused_request_leaves_its_key_free(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    read_problem(adjust(headers=headers, amount="200.00"), 409, "acknowledgement_required")
    assert adjust(headers=headers, amount="200.00", acknowledge=["large_amount"]).status_code == 201
    assert entries_of(board, jane) == 2


def test_keys_of_different_programs_do_not_meet(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    headers = {"Idempotency-Key": "shared"}
    other = board.program(Permission.CREDITS_WRITE)
    assert adjust(headers=headers).status_code == adjust(headers=headers, by=other).status_code == 201
    assert entries_of(board, jane) == 3


def test_a_warning_must_be_acknowledged_by_its_code(
    board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    problem = read_problem(adjust(amount="-200.00"), 409, "acknowledgement_required")
    assert {warning["code"] for warning in problem["warnings"]} == {"large_amount", "negative_balance"}
    assert all(warning["must_acknowledge"] for warning in problem["warnings"])
    read_problem(adjust(amount="-200.00", acknowledge=["large_amount"]), 409, "acknowledgement_required")
    assert entries_of(board, jane) == 1
    done = adjust(amount="-200.00", acknowledge=["large_amount", "negative_balance"])
    assert done.json()["result"]["balance_after"] == "-154.50"


def test_the_token_of_a_dry_run_refuses_what_moved(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    token = adjust(query="?dry_run=true").json()["preview"]["token"]
    adjust(amount="1.00")
    read_problem(adjust(headers={"If-Match": token}), 409, "stale_preview")
    fresh = adjust(query="?dry_run=true").json()["preview"]["token"]
    assert adjust(headers={"If-Match": fresh}).status_code == 201
    assert balance_of(board, jane) == Decimal("66.50")


@pytest.mark.parametrize("token", ["", "*", '"quoted"', "forged.token", "é"])
def test_a_token_that_is_none_is_stale(token: str, board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    read_problem(adjust(headers={"If-Match": token.encode()}), 409, "stale_preview")
    assert entries_of(board, jane) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "10000.01"),
        ("amount", "1.234"),
        ("amount", "NaN"),
        ("amount", 12.345),
        ("amount", None),
        ("amount", True),
        ("amount", ["20.00"]),
        ("reason", "short"),
        ("reason", "x" * 501),
        ("reason", 1234567890123),
        ("reason", "a control \u0007 character"),
        ("type", "gift"),
        ("expires_at", "2026-12-01T09:00:00"),
        ("expires_at", "soon"),
        ("unknown", "field"),
    ],
)
def test_a_wrong_field_is_named(
    field: str, value: Any, board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    problem = read_problem(adjust(**{field: value}), 422, "invalid_input")
    assert field in {error["field"] for error in problem["errors"]}
    assert entries_of(board, jane) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"amount": NaN}',
        b'{"reason": "\\u0000"}',
        b'{"reason": "\\ud800 half a character"}',
        b"[" * 100_000,
        b'{"amount": 1' + b"0" * 100_000 + b"}",
        b'{"acknowledge": "large_amount"}',
        b'{"acknowledge": [1]}',
    ],
)
def test_a_body_that_is_none_is_a_422(
    content: bytes, board: BoardUnderTest, program: Program, jane: UUID
) -> None:
    path = f"/v1/admin/users/{jane}/credit-adjustments"
    answer = program.post(path, content=content, headers={"Idempotency-Key": uuid4().hex})
    read_problem(answer, 422)
    assert entries_of(board, jane) == 1


def test_a_number_with_a_fraction_is_read_exactly(program: Program, jane: UUID) -> None:
    path = f"/v1/admin/users/{jane}/credit-adjustments"
    content = b'{"amount": 0.1, "reason": "Goodwill for the outage"}'
    answer = program.post(path, content=content, headers={"Idempotency-Key": uuid4().hex})
    assert answer.json()["result"]["balance_after"] == "45.60"


def test_a_body_that_is_missing_names_what_is_required(program: Program, jane: UUID) -> None:
    path = f"/v1/admin/users/{jane}/credit-adjustments"
    answer = program.post(path, headers={"Idempotency-Key": uuid4().hex})
    problem = read_problem(answer, 422)
    assert {error["field"] for error in problem["errors"]} == {"amount", "reason"}


def test_the_path_decides_who_is_meant(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    with board.rows() as session:
        other = make_user(session).id
    read_problem(adjust(user=str(other)), 422, "invalid_input")
    assert (entries_of(board, jane), entries_of(board, other)) == (1, 0)


def test_an_unknown_user_is_a_404(program: Program) -> None:
    path = f"/v1/admin/users/{uuid4()}/credit-adjustments"
    answer = program.post(path, json=BODY, headers={"Idempotency-Key": uuid4().hex})
    read_problem(answer, 404, "user_unknown")


def test_an_inactive_user_is_a_409(board: BoardUnderTest, program: Program) -> None:
    with board.rows() as session:
        inactive = make_user(session, is_active=False).id
    path = f"/v1/admin/users/{inactive}/credit-adjustments"
    answer = program.post(path, json=BODY, headers={"Idempotency-Key": uuid4().hex})
    read_problem(answer, 409, "inactive_user")


def test_more_than_the_threshold_needs_a_second_person_unless_the_key_is_exempt(
    board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    fields: dict[str, Any] = {"amount": "1000.01", "acknowledge": ["large_amount"]}
    assert adjust(query="?dry_run=true", **fields).json()["preview"]["needs_approval"] is True
    asked = adjust(**fields)
    approval = asked.json()["approval"]
    assert (asked.status_code, asked.json()["result"], asked.json()["undo"]) == (202, None, None)
    assert asked.headers["Location"] == approval["href"] == f"/v1/admin/approvals/{approval['id']}"
    assert (approval["status"], entries_of(board, jane)) == ("waiting", 1)
    exempt = board.program(Permission.CREDITS_WRITE, Permission.APPROVALS_EXEMPT)
    assert adjust(by=exempt, **fields).status_code == 201
    assert entries_of(board, jane) == 2


@pytest.mark.parametrize(
    "scopes", [[Permission.CREDITS_READ], [Permission.CUSTOMERS_READ], [Permission.CREDITS_REVERSE]]
)
def test_a_key_without_the_scope_is_refused(
    scopes: list[Permission], board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    weak = board.program(*scopes)
    read_problem(adjust(by=weak), 403, "forbidden")
    read_problem(adjust(by=weak, query="?dry_run=true"), 403, "forbidden")
    assert entries_of(board, jane) == 1


def test_a_key_does_no_more_than_its_owner(board: BoardUnderTest, adjust: Adjust, jane: UUID) -> None:
    weak = board.program(Permission.CREDITS_WRITE, role=Role.VIEWER)
    read_problem(adjust(by=weak), 403, "forbidden")
    assert entries_of(board, jane) == 1


def test_who_lacks_personal_data_sees_a_masked_subject(
    board: BoardUnderTest, adjust: Adjust, jane: UUID
) -> None:
    weak = board.program(Permission.CREDITS_WRITE)
    label = adjust(by=weak, query="?dry_run=true").json()["preview"]["subject"]["label"]
    assert label == "u•••@example.test"
