"""The proof of a balance on its page and through the API: who paid what, and the balance of a past moment."""

from datetime import timedelta

import pytest

from adminboard.core.permissions import Role
from adminboard.credits.kinds import TransactionType
from adminboard.users.models import User
from tests.clients import BoardUnderTest, Program
from tests.credits.pages.changing import new_user, tick
from tests.credits.posting import post
from tests.factories import START
from tests.pages import Page


def get(board: BoardUnderTest, user: User, query: str = "") -> Page:
    answer = board.browser(Role.VIEWER).get(f"/credits?user={user.id}&tab=proof{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_each_entry_is_accounted_for(board: BoardUnderTest, jane: User) -> None:
    debit, subscription, trial = (row["Account"] for row in get(board, jane).rows)
    assert debit == "Paid by entry 2 ($15.00)."
    assert subscription.startswith("Used for entry 3 ($15.00). Left: $15.00 , until 2026-02-04")
    assert trial == "Left: $10.00 ."


def test_what_nobody_paid_is_owed(board: BoardUnderTest) -> None:
    user = new_user(board)
    post(board.runtime, user, "-3", TransactionType.DEDUCT_USAGE)
    assert [row["Account"] for row in get(board, user).rows] == ["Owed: $3.00."]


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("2026-01-15T04:00", "the balance was $10.00 , after 1 entry."),
        ("2026-01-15T12:01:30Z", "the balance was $40.00 , after 2 entries."),
        ("2026-01-14T00:00", "the balance was $0.00 , after 0 entries."),
        ("2030-01-01T00:00", "the balance was $25.00 , after 3 entries."),
    ],
)
def test_the_balance_of_any_moment_is_known(
    board: BoardUnderTest, jane: User, at: str, sentence: str
) -> None:
    """A moment without a zone is meant in the reader's, which is eight hours behind."""
    assert sentence in get(board, jane, f"&at={at}").text


@pytest.mark.parametrize("at", ["yesterday", "0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01", "%00"])
def test_no_moment_is_refused_beside_its_field(board: BoardUnderTest, jane: User, at: str) -> None:
    page = get(board, jane, f"&at={at}")
    assert "Write the moment like 2026-12-01T14:30" in page.field_errors["at-error"]
    assert len(page.rows) == 3


def test_a_long_proof_has_pages(board: BoardUnderTest, program: Program) -> None:
    user = new_user(board)
    for _ in range(51):
        post(board.runtime, user, "1")
        tick(board)
    first = get(board, user)
    assert len(first.rows) == 50
    older = next(link for link in first.links() if "before=" in link)
    assert [row["Entry"] for row in Page(board.browser(Role.VIEWER).get(older).text).rows] == ["1"]

    path = f"/v1/admin/users/{user.id}/credit-proof"
    body = program.get(path, params={"limit": 30}).json()
    assert (len(body["entries"]), body["next_before"]) == (30, 22)
    rest = program.get(path, params={"limit": 30, "before": body["next_before"]}).json()
    assert (len(rest["entries"]), rest["next_before"]) == (21, None)


def test_the_api_proves_the_same(board: BoardUnderTest, program: Program, jane: User) -> None:
    at = (START + timedelta(minutes=1)).isoformat()
    body = program.get(f"/v1/admin/users/{jane.email}/credit-proof", params={"at": at}).json()
    assert body["balance_at"] == {"at": "2026-01-15T12:01:00.000000+00:00", "total": "40.00", "sequence": 2}
    debit = body["entries"][0]
    assert (debit["amount"], debit["balance_after"], debit["uncovered"]) == ("-15.00", "25.00", "0.00")
    assert [(part["type"], part["amount"]) for part in debit["paid_by"]] == [("grant_subscription", "15.00")]
    assert body["credits"]["balance"]["total"] == "25.00"


@pytest.mark.parametrize("query", ["at=soon", "limit=0", "limit=201", "before=0", "before=x"])
def test_the_api_refuses_what_makes_no_sense(program: Program, jane: User, query: str) -> None:
    assert program.get(f"/v1/admin/users/{jane.id}/credit-proof?{query}").status_code == 422
