"""Users through the API: shapes, limits, one record, and the problems it answers."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.core.permissions import Permission, Role
from tests.clients import BoardUnderTest, Program
from tests.credit_factories import make_grant
from tests.factories import START, make_plan, make_subscription, make_user, make_user_figures
from tests.web.problems import read_problem

USERS = "/v1/admin/users"


@pytest.fixture(scope="module")
def jane(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        plan = make_plan(session, name="Scale", slug="scale")
        subscription = make_subscription(session, plan_id=plan.id)
        jane = make_user(
            session,
            email="jane@example.com",
            full_name="Jane Smith",
            organization_id=subscription.organization_id,
            last_login_at=START - timedelta(hours=1),
        )
        make_grant(session, jane.id, "45.50")
        make_user_figures(session, user_id=jane.id, calls_30d=12)
        for number in range(60):
            make_user(session, created_at=START - timedelta(days=1 + number))
    return jane.id


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, jane: UUID) -> Program:
    return board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)


def test_a_page_holds_items_a_cursor_and_a_count(program: Program, jane: UUID) -> None:
    answer = program.get(USERS).json()
    assert list(answer) == ["items", "next_cursor", "count"]
    assert len(answer["items"]) == 50
    assert isinstance(answer["next_cursor"], str)
    assert answer["count"] == {"value": 61, "exact": True}


def test_an_item_has_the_columns_of_the_page(program: Program, jane: UUID) -> None:
    assert program.get(USERS).json()["items"][0] == {
        "id": str(jane),
        "email": "jane@example.com",
        "full_name": "Jane Smith",
        "plan": "Scale",
        "status": "active",
        "created_at": "2026-01-15T12:00:00.000000+00:00",
        "credits": "45.50",
        "calls_30d": 12,
        "last_login_at": "2026-01-15T11:00:00.000000+00:00",
    }


@pytest.mark.parametrize(("limit", "rows"), [("1", 1), ("200", 61), ("61", 61), ("60", 60)])
def test_the_limit_is_between_1_and_200(limit: str, rows: int, program: Program) -> None:
    answer = program.get(USERS, params={"limit": limit}).json()
    assert len(answer["items"]) == rows
    assert (answer["next_cursor"] is None) == (rows == 61)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"sort": "password_hash"}, "sort"),
        ({"active": "1"}, "active"),
        ({"created_from": "2026-02-30"}, "created_from"),
        ({"q": "x" * 201}, "q"),
        ({"subscription": "none"}, "subscription"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], field: str, program: Program) -> None:
    problem = read_problem(program.get(USERS, params=parameters), 422, "bad_query")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_an_unknown_parameter_is_left_alone(program: Program) -> None:
    assert program.get(USERS, params={"utm_source": "x"}).status_code == 200


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "WzEsMiwzLDRd", "%00", "é"])
def test_a_damaged_cursor_is_refused(cursor: str, program: Program) -> None:
    read_problem(program.get(USERS, params={"cursor": cursor}), 422, "damaged_cursor")


def test_one_user_is_told_in_full(program: Program, jane: UUID) -> None:
    record = program.get(f"{USERS}/{jane}").json()
    assert record["id"] == str(jane)
    assert record["email"] == "jane@example.com"
    assert record["credits"] == "45.50"
    assert record["plan"] == "Scale"
    assert record["businesses"] == []
    assert record["last_calls"] == []


def test_who_lacks_personal_data_gets_it_masked(board: BoardUnderTest, jane: UUID) -> None:
    masked = board.program(Permission.CUSTOMERS_READ)
    assert masked.get(f"{USERS}/{jane}").json()["email"] == "j•••@example.com"
    assert masked.get(USERS).json()["items"][0]["email"] == "j•••@example.com"


def test_a_user_that_is_not_there_is_a_404(program: Program) -> None:
    read_problem(program.get(f"{USERS}/{uuid4()}"), 404, "user_unknown")
    read_problem(program.get(f"{USERS}/nobody@example.com"), 404, "user_unknown")


def test_a_name_that_cannot_be_is_a_422(program: Program) -> None:
    problem = read_problem(program.get(f"{USERS}/a%00b"), 422)
    assert problem["errors"][0]["field"] == "id"


def test_a_user_may_be_named_by_the_address(program: Program, jane: UUID) -> None:
    assert program.get(f"{USERS}/jane@example.com").json()["id"] == str(jane)
    assert program.get(f"{USERS}/JANE@EXAMPLE.COM").json()["id"] == str(jane)


class TestKeys:
    """Without a valid key nobody learns why."""

    def refused(self, board: BoardUnderTest, **headers: str | bytes) -> dict[str, Any]:
        problem = read_problem(board.program_with(headers).get(USERS), 403, "key_refused")
        return {name: value for name, value in problem.items() if name != "request_id"}

    def test_every_refusal_reads_the_same(self, board: BoardUnderTest, jane: UUID) -> None:
        good = board.new_key([Permission.CUSTOMERS_READ])
        expired = board.new_key([Permission.CUSTOMERS_READ], expires_at=board.clock.now())
        refusals = [
            self.refused(board),
            self.refused(board, **{"X-Admin-Key": ""}),
            self.refused(board, **{"X-Admin-Key": "wrong"}),
            self.refused(board, **{"X-Admin-Key": good[:-1]}),
            self.refused(board, **{"X-Admin-Key": good + "x"}),
            self.refused(board, **{"X-Admin-Key": expired}),
            self.refused(board, **{"X-Admin-Key": b"\xe9\xff"}),
            self.refused(board, Authorization=f"Bearer {good}"),
        ]
        assert all(refusal == refusals[0] for refusal in refusals)

    def test_a_session_does_not_open_the_api(self, board: BoardUnderTest) -> None:
        read_problem(board.browser(Role.ADMIN).get(USERS), 403, "key_refused")

    def test_a_key_does_not_open_a_page(self, board: BoardUnderTest, program: Program) -> None:
        response = program.get("/users", follow_redirects=False)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/login")

    def test_a_key_without_the_scope_is_told_which(self, board: BoardUnderTest) -> None:
        problem = read_problem(board.program(Permission.USAGE_WRITE).get(USERS), 403, "forbidden")
        assert "customers.read" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/admin/nothing", 404),
        ("GET", "/v1/admin/users/x/y/z", 404),
        ("DELETE", USERS, 405),
        ("PUT", f"{USERS}/{UUID(int=7)}", 405),
        ("PATCH", "/v1/openapi.json", 405),
    ],
)
def test_what_is_not_there_is_a_problem_too(method: str, path: str, status: int, program: Program) -> None:
    read_problem(program.request(method, path), status)


def test_more_than_two_megabytes_are_a_problem(program: Program) -> None:
    read_problem(
        program.post(f"{USERS}/x/credit-adjustments", content=b"x" * 2_000_001), 413, "body_too_large"
    )


def test_two_megabytes_that_were_not_announced_are_too(board: BoardUnderTest) -> None:
    def pieces() -> Any:
        for _ in range(30):
            yield b" " * 100_000

    answer = board.program().post(f"{USERS}/x/credit-adjustments", content=pieces())
    read_problem(answer, 413, "body_too_large")


def test_the_description_of_the_api_is_complete(program: Program) -> None:
    document = program.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path} has no summary"
            if path.startswith("/v1/admin"):
                assert {"403", "422", "503"} <= operation["responses"].keys(), f"{method} {path}"


def test_the_readable_description_names_every_call(program: Program) -> None:
    html = program.get("/v1/docs").text
    for path in program.get("/v1/openapi.json").json()["paths"]:
        assert path in html
