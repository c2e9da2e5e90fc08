"""Pausing, resuming and cancelling a comparison with Stripe, or a repair of what it found."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import RunStatus
from adminboard.core.permissions import Permission, Role
from adminboard.reconciliation.actions import FixDifferences, RunReconciliation
from adminboard.reconciliation.jobs import begin_hourly
from tests.clients import Browser
from tests.pages import Page
from tests.reconciliation.planting import REASON, Twins
from tests.web.problems import read_problem

RUNS = "/v1/admin/reconciliation/runs"


def begin(twins: Twins, steps: int = 1) -> UUID:
    """A comparison that has listed what Stripe has, and has not compared yet."""
    run_id = UUID(twins.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"])
    for _ in range(steps):
        twins.advancer(slice_seconds=0).advance_next(run_id)
    return run_id


def steer(twins: Twins, run_id: UUID, verb: str) -> Any:
    program = twins.board.program(Permission.RECONCILIATION_WRITE)
    return program.post(f"{RUNS}/{run_id}/{verb}", json={})


def press(browser: Browser, address: str) -> None:
    """Follows a button without scripts, and confirms what it shows."""
    form = Page(browser.get(address).text).form(address.partition("?")[0])
    answer = browser.submit(form.action, form.values)
    assert answer.status_code == 303, answer.text


def test_a_comparison_goes_on_where_it_was_paused(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.item.quantity = 7
    run_id = begin(twins)
    assert twins.see(run_id).rows_checked == 1
    assert steer(twins, run_id, "pause").json()["result"]["status"] == "paused"
    assert twins.advancer().advance_next(run_id) is None
    assert steer(twins, run_id, "resumption").json()["result"]["status"] == "waiting"
    assert twins.finish(run_id).rows_checked == 1
    assert twins.found() == {("quantity", twin.id)}
    assert twins.calls() == 1, "what was listed before the pause is listed again"


def test_while_one_is_paused_no_other_begins_until_it_is_cancelled(twins: Twins) -> None:
    run_id = begin(twins)
    steer(twins, run_id, "pause")
    again = twins.act("reconciliation.run", RunReconciliation(reason=REASON)).result
    assert again["run"] == str(run_id)
    assert begin_hourly(twins.board.runtime) == 0
    assert steer(twins, run_id, "cancellation").json()["result"]["status"] == "cancelled"
    assert begin_hourly(twins.board.runtime) == 1


def test_a_repair_that_is_cancelled_leaves_the_rest_to_be_repaired(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.item.quantity = 7
    twins.compare()
    command = FixDifferences(reason="Webhooks were away")
    run_id = UUID(twins.act("reconciliation.fix", command).result["run"])
    assert steer(twins, run_id, "cancellation").status_code == 200
    assert twins.row(twin).quantity == 3
    twins.fix()
    assert twins.row(twin).quantity == 7


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (RunStatus.PAUSED, "pause"),
        (RunStatus.RUNNING, "resumption"),
        (RunStatus.FAILED, "resumption"),
        (RunStatus.FINISHED, "cancellation"),
    ],
    ids=["paused again", "runs already", "failed", "is over"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(twins: Twins, status: RunStatus, verb: str) -> None:
    run_id = begin(twins)
    with twins.board.rows() as session:
        run = session.get_one(type(twins.see(run_id)), run_id)
        run.status = status
    read_problem(steer(twins, run_id, verb), 409, "run_forbids_this")
    assert twins.see(run_id).status is status


def test_the_same_request_twice_pauses_once(twins: Twins) -> None:
    run_id = begin(twins)
    program, key = twins.board.program(Permission.RECONCILIATION_WRITE), {"Idempotency-Key": "pause"}
    first, second = (program.post(f"{RUNS}/{run_id}/pause", json={}, headers=key) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == second.json()
    entries = select(func.count()).where(AuditEntry.action == "reconciliation.pause")
    with twins.board.rows() as session:
        assert session.scalar(entries) == 1


def test_who_may_only_read_cannot_and_runs_of_changes_are_not_found(twins: Twins) -> None:
    run_id = begin(twins)
    program = twins.board.program(Permission.BILLING_READ)
    assert program.post(f"{RUNS}/{run_id}/pause", json={}).status_code == 403
    assert "Pause" not in twins.board.browser(Role.SUPPORT).get("/reconciliation").text
    assert twins.see(run_id).status is RunStatus.RUNNING
    with twins.board.rows() as session:
        session.get_one(type(twins.see(run_id)), run_id).kind = "promotions.sync"
    assert steer(twins, run_id, "pause").status_code == 404


def test_the_page_and_the_runs_panel_offer_it(twins: Twins) -> None:
    run_id = begin(twins)
    browser = twins.board.browser(Role.BILLING)
    for address in ("/reconciliation", f"/reconciliation/runs?selected={run_id}"):
        links = {link.partition("?")[0]: link for link in Page(browser.get(address).text).links()}
        press(browser, links["/actions/reconciliation.pause"])
        page = Page(browser.get(address).text)
        links = {link.partition("?")[0]: link for link in page.links()}
        assert "/actions/reconciliation.pause" not in links
        press(browser, links["/actions/reconciliation.resume"])
        assert "/actions/reconciliation.cancel" in links
