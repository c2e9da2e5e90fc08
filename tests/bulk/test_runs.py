"""A file of changes: checked, run once, paused, resumed, cancelled, taken back."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from adminboard.core.permissions import Permission
from adminboard.core.runs import LEASE
from adminboard.credits.verify import verify_ledger
from adminboard.db.embedded import APP_ROLE
from adminboard.entitlements.models import UserFeatureOverride
from tests.bulk.sending import REASON, BulkBoard
from tests.factories import make_feature, make_organization
from tests.web.problems import read_problem

SUPERVISED = [
    scope for scope in Permission if scope not in {Permission.APPROVALS_EXEMPT, Permission.OWN_ACCOUNT}
]
"""All that a key can do which needs a second person as people do."""


def adjustments(emails: list[str], amount: str = "20.00") -> list[tuple[str, str, str]]:
    return [(email, amount, REASON) for email in emails]


def test_every_good_row_is_previewed_and_then_run_once_with_its_entry(bulk: BulkBoard) -> None:
    emails = bulk.make_users(3)
    run_id = bulk.check(adjustments(emails))

    assert bulk.balances(emails) == [0, 0, 0]
    assert bulk.see(run_id)["status"] == "draft"
    row = bulk.rows(run_id)[0]
    assert row.preview is not None
    assert row.preview["subject"]["label"] == emails[0]
    assert row.preview["changes"][0] == {
        "field": "Balance",
        "before": "0.00",
        "after": "20.00",
        "cell": "credits",
    }

    bulk.run_all(run_id)
    run = bulk.see(run_id)
    assert (run["status"], run["rows_done"], run["rows_failed"]) == ("finished", 3, 0)
    assert bulk.balances(emails) == [Decimal(20)] * 3
    entries = bulk.entries(run_id, "credits.adjust")
    assert {entry.id for entry in entries} == {row.audit_entry_id for row in bulk.rows(run_id)}
    assert {entry.reason for entry in entries} == {REASON}

    again = bulk.do("start", run_id)
    assert "This run is finished, so it cannot be started" in again.json()["detail"]
    assert bulk.worker().advance_next(run_id) is None
    assert bulk.balances(emails) == [Decimal(20)] * 3


def test_each_bad_row_has_its_sentence_and_the_good_ones_run(bulk: BulkBoard) -> None:
    good, inactive = bulk.make_users(1)[0], bulk.make_users(1, is_active=False)[0]
    run_id = bulk.check(
        [
            (good, "5.00", REASON),
            ("nobody@example.test", "5.00", REASON),
            (inactive, "5.00", REASON),
            (good, "0", REASON),
            (good, "1,50", REASON),
            (good, "five", "short"),
            (good, "", REASON),
            (good, "5.00", REASON, "too much"),
            (good, "5.00"),
            ("=1+1", "=1+1", "=HYPERLINK(1) is text"),
            (good, "1.00", "a bell \x07 rings here"),
            (good, "1.00", "a null \x00 is here now"),
            ("", "", ""),
            (good, "7.00", 'on two lines,\n"quoted"'),
        ]
    )

    errors = {row.number: row.error for row in bulk.rows(run_id)}
    assert list(errors) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15]
    assert errors[2] is errors[15] is None
    expected = {
        3: "There is no user nobody@example.test",
        4: "This user is inactive",
        5: "The amount must not be zero",
        6: "This is not an amount",
        7: "amount: This is not an amount. Write it like 20.00 or -5.50. reason: At least 10 characters",
        8: "amount: This is not an amount",
        9: "This row has 4 cells, and there are 3 columns",
        10: "This row has 2 cells, and there are 3 columns",
        11: "amount: This is not an amount",
        12: "reason: This contains a control character",
        13: "This row contains a null character",
    }
    assert {number: sentence in (errors[number] or "") for number, sentence in expected.items()} == (
        dict.fromkeys(expected, True)
    )

    bulk.run_all(run_id)
    run = bulk.see(run_id)
    assert (run["status"], run["rows_done"], run["rows_refused"]) == ("finished", 2, 11)
    assert bulk.balances([good]) == [Decimal(12)]


def test_warnings_are_acknowledged_once_for_the_run(bulk: BulkBoard) -> None:
    emails = bulk.make_users(3)
    run_id = bulk.check([*adjustments(emails[:2], "150.00"), (emails[2], "-5.00", REASON)])

    found = {warning["code"]: warning["rows"] for warning in bulk.see(run_id)["warnings"]}
    assert found == {"large_amount": 2, "negative_balance": 1}
    refused = bulk.do("start", run_id, ["large_amount"])
    assert (
        "1 row: The balance will be below zero"
        in read_problem(refused, 409, "acknowledgement_required")["detail"]
    )
    assert bulk.see(run_id)["status"] == "draft"

    bulk.run_all(run_id, ["large_amount", "negative_balance"])
    assert bulk.balances(emails) == [Decimal(150), Decimal(150), Decimal(-5)]


def test_a_row_that_became_something_else_is_refused_and_the_others_run(bulk: BulkBoard) -> None:
    first, second = bulk.make_users(2)
    run_id = bulk.check([(first, "-5.00", REASON), (second, "5.00", REASON), (second, "-20.00", REASON)])
    found = bulk.see(run_id)
    assert (found["rows_repeated"], [warning["rows"] for warning in found["warnings"]]) == (1, [2])
    adjust = "/v1/admin/users/{}/credit-adjustments"
    for user, amount in ((first, "10.00"), (second, "100.00")):
        body = {"amount": amount, "reason": REASON}
        bulk.program.post(adjust.format(user), json=body, headers={"Idempotency-Key": f"{user} {amount}"})
    with bulk.board.rows() as session:
        session.execute(text("UPDATE users SET is_active = false WHERE email = :email"), {"email": first})

    bulk.run_all(run_id, ["negative_balance"])
    assert bulk.statuses(run_id) == ["failed", "done", "done"]
    assert "This user is inactive" in (bulk.rows(run_id)[0].error or "")
    assert bulk.balances([first, second]) == [Decimal(10), Decimal(85)]


def test_rows_that_say_the_same_must_be_acknowledged(bulk: BulkBoard) -> None:
    [email] = bulk.make_users(1)
    run_id = bulk.check(adjustments([email, email]))

    assert [row.duplicate_of for row in bulk.rows(run_id)] == [None, 2]
    refused = bulk.do("start", run_id)
    assert "1 row says exactly the same" in refused.json()["detail"]
    bulk.run_all(run_id, ["duplicate_rows"])
    assert bulk.balances([email]) == [Decimal(40)]


def test_a_run_with_rows_that_need_a_second_person_waits_for_one_and_runs_under_the_approval(
    bulk: BulkBoard,
) -> None:
    emails = bulk.make_users(2)
    supervised, other = (bulk.board.program(*SUPERVISED) for _ in range(2))
    run_id = bulk.check([(emails[0], "2000.00", REASON), (emails[1], "1.00", REASON)], program=supervised)

    asked = bulk.do("start", run_id, ["large_amount"], program=supervised)
    assert asked.status_code == 202, asked.text
    assert bulk.see(run_id)["status"] == "draft"
    approval = asked.json()["approval"]["id"]
    decision = f"/v1/admin/approvals/{approval}/decision"
    body = {"decision": "approve", "note": "As agreed with sales"}
    read_problem(supervised.post(decision, json=body), 403, "own_request")

    assert other.post(decision, json=body).json()["result"]["status"] == "approved"
    bulk.advance(run_id)
    entries = bulk.entries(run_id, "credits.adjust")
    assert {str(entry.approval_id) for entry in entries} == {approval}
    assert not any("approval_exempt" in (entry.after or {}) for entry in entries)
    assert bulk.balances(emails) == [Decimal(2000), Decimal(1)]


def test_an_exempt_key_runs_large_rows_alone_and_the_log_says_so(bulk: BulkBoard) -> None:
    emails = bulk.make_users(2)
    run_id = bulk.check([(emails[0], "2000.00", REASON), (emails[1], "1.00", REASON)])
    bulk.run_all(run_id, ["large_amount"])
    entries = {entry.target_label: entry.after or {} for entry in bulk.entries(run_id, "credits.adjust")}
    assert entries[emails[0]]["approval_exempt"] is True
    assert "approval_exempt" not in entries[emails[1]]


def test_a_run_is_paused_resumed_and_cancelled(bulk: BulkBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminboard.bulk.changing.MOST_AT_ONCE", 2)
    emails = bulk.make_users(6)
    run_id = bulk.check(adjustments(emails))
    assert bulk.do("start", run_id).status_code == 200
    one_step = bulk.worker(slice_seconds=0)
    one_step.advance_next(run_id)

    assert bulk.do("pause", run_id).status_code == 200
    assert one_step.advance_next(run_id) is None
    assert bulk.statuses(run_id) == ["done"] * 2 + ["ready"] * 4
    read_problem(bulk.do("pause", run_id), 409, "run_forbids_this")

    assert bulk.do("resumption", run_id).status_code == 200
    one_step.advance_next(run_id)
    assert bulk.do("cancellation", run_id).status_code == 200
    assert one_step.advance_next(run_id) is None
    assert bulk.statuses(run_id) == ["done"] * 4 + ["ready"] * 2
    assert bulk.balances(emails) == [Decimal(20)] * 4 + [Decimal(0)] * 2
    read_problem(bulk.do("resumption", run_id), 409, "run_forbids_this")


def test_a_run_is_taken_back_by_another_last_row_first(bulk: BulkBoard) -> None:
    emails = bulk.make_users(3)
    run_id = bulk.check([*adjustments(emails), (emails[0], "-5.00", REASON)])
    bulk.run_all(run_id, ["negative_balance"])
    assert bulk.balances(emails) == [Decimal(15), Decimal(20), Decimal(20)]
    second = bulk.rows(run_id)[1].audit_entry_id
    assert bulk.program.post(f"/v1/admin/audit/{second}/undo", json={}).status_code == 200

    answer = bulk.do("undo", run_id)
    assert answer.status_code == 200, answer.text
    undo_id = UUID(answer.json()["result"]["id"])
    read_problem(bulk.do("undo", run_id), 409, "already_undone")
    bulk.advance(undo_id)
    assert [row.input["row"] for row in bulk.rows(undo_id)] == [5, 4, 3, 2]
    assert [row.error for row in bulk.rows(undo_id)] == [
        None,
        None,
        "This change has been undone already.",
        None,
    ]
    codes = [warning["code"] for warning in bulk.see(undo_id)["warnings"]]
    bulk.run_all(undo_id, codes)
    assert bulk.see(undo_id)["status"] == "finished"
    assert bulk.balances(emails) == [0, 0, 0]
    undone = {entry.undoes for entry in bulk.entries(undo_id, "credits.reverse")}
    assert undone == {row.audit_entry_id for row in bulk.rows(run_id)} - {second}

    read_problem(bulk.do("undo", undo_id), 409, "nothing_to_run")
    with bulk.board.rows() as session:
        assert verify_ledger(session) == []


def test_what_is_being_undone_does_not_go_on(bulk: BulkBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminboard.bulk.changing.MOST_AT_ONCE", 2)
    emails = bulk.make_users(4)
    run_id = bulk.check(adjustments(emails))
    assert bulk.do("start", run_id).status_code == 200
    bulk.worker(slice_seconds=0).advance_next(run_id)
    assert bulk.do("pause", run_id).status_code == 200
    undo_id = UUID(bulk.do("undo", run_id).json()["result"]["id"])
    read_problem(bulk.do("resumption", run_id), 409, "run_forbids_this")
    assert bulk.see(run_id)["status"] == "paused"

    assert bulk.do("cancellation", undo_id).status_code == 200
    assert bulk.do("resumption", run_id).status_code == 200
    bulk.advance(run_id)
    assert bulk.balances(emails) == [Decimal(20)] * 4


def test_rows_undone_while_the_run_that_undoes_them_waits_are_said_so(bulk: BulkBoard) -> None:
    emails = bulk.make_users(2)
    run_id = bulk.check(adjustments(emails))
    bulk.run_all(run_id)
    undo_id = UUID(bulk.do("undo", run_id).json()["result"]["id"])
    bulk.advance(undo_id)
    first = bulk.rows(run_id)[0].audit_entry_id
    bulk.program.post(f"/v1/admin/audit/{first}/undo", json={})

    bulk.run_all(undo_id)
    assert bulk.statuses(undo_id) == ["done", "failed"]
    assert bulk.balances(emails) == [0, 0]


def test_other_actions_take_files_too(bulk: BulkBoard) -> None:
    with bulk.board.rows() as session:
        slug = make_organization(session).slug
    rows = [(slug, "Called twice."), ("no-such-customer", "Called twice."), (slug, "")]
    run_id = bulk.check(rows, ("customer", "body"), action="notes.add")

    assert bulk.statuses(run_id) == ["ready", "refused", "refused"]
    bulk.run_all(run_id)
    [note] = bulk.entries(run_id, "notes.add")
    undo_id = UUID(bulk.do("undo", run_id).json()["result"]["id"])
    bulk.advance(undo_id)
    bulk.run_all(undo_id)
    assert [entry.undoes for entry in bulk.entries(undo_id, "notes.remove")] == [note.id]


def test_features_are_granted_from_a_file_and_taken_back(bulk: BulkBoard) -> None:
    with bulk.board.rows() as session:
        feature = make_feature(session).feature_key
    first, second = bulk.make_users(2)
    rows = [
        (first, feature, "true", "Promised for the pilot"),
        (second, feature, "perhaps", "Promised for the pilot"),
        (second, "no_such_feature", "true", "Promised for the pilot"),
        (second, feature, "false", "Abused by this customer"),
    ]
    header = ("user", "feature_key", "has_access", "notes")
    run_id = bulk.check(rows, header, action="entitlements.set_override")
    assert bulk.statuses(run_id) == ["ready", "refused", "refused", "ready"]
    bulk.run_all(run_id)
    with bulk.board.rows() as session:
        assert sorted(session.scalars(select(UserFeatureOverride.has_access))) == [False, True]

    undo_id = UUID(bulk.do("undo", run_id).json()["result"]["id"])
    bulk.advance(undo_id)
    bulk.run_all(undo_id)
    with bulk.board.rows() as session:
        assert session.scalars(select(UserFeatureOverride.id)).all() == []


def test_nothing_runs_where_no_row_is_good(bulk: BulkBoard) -> None:
    run_id = bulk.check([("nobody@example.test", "5.00", REASON)])
    read_problem(bulk.do("start", run_id), 409, "nothing_to_run")


def test_the_rights_are_those_the_starter_has_while_it_runs(bulk: BulkBoard) -> None:
    emails = bulk.make_users(1)
    program = bulk.board.program(Permission.BULK_RUN, Permission.CREDITS_WRITE, Permission.PERSONAL_READ)
    run_id = bulk.check(adjustments(emails), program=program)
    assert bulk.do("start", run_id, program=program).status_code == 200
    with bulk.board.rows() as session:
        run = bulk.run_row(run_id)
        session.execute(
            text("UPDATE board.api_keys SET scopes = '{bulk.run}' WHERE id = :key"), {"key": run.actor_id}
        )

    with pytest.raises(Exception, match=r"needs the permission credits\.write"):
        bulk.worker().advance_next(run_id)
    assert bulk.balances(emails) == [0]
    with bulk.board.rows() as session:
        session.execute(
            text("UPDATE board.api_keys SET revoked_at = now() WHERE id = :key"), {"key": run.actor_id}
        )
    bulk.board.clock.advance(LEASE)
    assert bulk.worker().advance_next(run_id) is None
    assert bulk.see(run_id)["status"] == "failed"


def test_whoever_may_not_make_the_change_may_not_make_many(bulk: BulkBoard) -> None:
    emails = bulk.make_users(1)
    program = bulk.board.program(Permission.BULK_RUN)
    refused = bulk.send(b"user,amount,reason\n", program=program)
    assert "credits.write" in read_problem(refused, 403, "forbidden")["detail"]
    run_id = bulk.check(adjustments(emails))
    for verb in ("start", "pause", "cancellation", "undo"):
        read_problem(bulk.do(verb, run_id, program=program), 403, "forbidden")


def test_no_row_runs_while_its_entry_could_not_be_written(bulk: BulkBoard) -> None:
    emails = bulk.make_users(1)
    run_id = bulk.check(adjustments(emails))
    bulk.do("start", run_id)
    with bulk.board.rows() as session:
        session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))
    try:
        with pytest.raises(Exception, match="audit log cannot be written"):
            bulk.worker().advance_next(run_id)
        assert bulk.balances(emails) == [0]
    finally:
        with bulk.board.rows() as session:
            session.execute(text(f"GRANT INSERT ON board.audit_entries TO {APP_ROLE}"))
    bulk.advance(run_id)
    assert bulk.balances(emails) == [Decimal(20)]
