"""Repairing what is ticked, and what the list finds; two people at once."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.core.models import Approval, Run, RunStatus
from adminboard.core.permissions import Permission, Role
from adminboard.reconciliation import actions
from adminboard.reconciliation.queries import FIX_KIND
from tests.clients import Browser
from tests.pages import Page
from tests.reconciliation.planting import REASON, Twin, Twins

FIX = "/actions/reconciliation.fix"


def differ(twins: Twins, count: int) -> list[Twin]:
    made = [twins.subscribe() for _ in range(count)]
    for twin in made:
        twin.item.quantity = 7
    twins.compare()
    return made


def tick(twins: Twins, *chosen: Twin, browser: Browser | None = None) -> tuple[Browser, Page]:
    """Opens the form of the bar with these rows ticked, as a browser without scripts does."""
    browser = browser or twins.board.browser(Role.BILLING)
    page = Page(browser.get("/reconciliation").text)
    bar = page.form(FIX)
    [box] = {element.attributes["name"] for element in page.root.find_all("input", form="ticks")}
    answer = browser.get(bar.action, params={**bar.values, box: [twin.id for twin in chosen]})
    return browser, Page(answer.text)


def preview(browser: Browser, page: Page) -> Page:
    form = page.form(f"{FIX}/preview")
    return Page(browser.submit(form.action, form.values | {"reason": [REASON]}).text)


def confirm(browser: Browser, page: Page) -> Any:
    form = page.form(FIX)
    return browser.submit(form.action, form.values)


def finish(twins: Twins) -> Run:
    with twins.board.rows() as session:
        run_id = session.scalars(select(Run.id).where(Run.kind == FIX_KIND)).one()
    return twins.finish(run_id)


def test_what_is_ticked_is_repaired_and_nothing_else(twins: Twins) -> None:
    chosen, also, other = differ(twins, 3)
    browser, form = tick(twins, chosen, also)
    assert "2 selected" in form.text
    shown = preview(browser, form)
    assert "Subscriptions under repair after 2" in shown.text
    assert "Stripe wins: 2 seats." in shown.text
    assert shown.text.count("seats 3 becomes 7") == 2, "what becomes of what is not named"
    answer = confirm(browser, shown)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/reconciliation?done=")

    assert finish(twins).rows_done == 2
    assert [twins.row(twin).quantity for twin in (chosen, also, other)] == [7, 7, 3]
    results = {row["Subscription"]: row["Result"] for row in Page(browser.get("/reconciliation").text).rows}
    assert results == {chosen.id: "in step", also.id: "in step", other.id: "differs"}


def test_what_the_list_finds_is_repaired_and_nothing_else(twins: Twins) -> None:
    seats, plans = differ(twins, 2)
    twins.sell("scale")
    plans.item.quantity, plans.item.price = 3, str(twins.sell("scale").stripe_price_id)
    twins.compare()
    browser = twins.board.browser(Role.BILLING)
    page = Page(browser.get("/reconciliation?field=plan&sort=result&limit=25").text)
    [link] = [link for link in page.links() if link.startswith(f"{FIX}?matching=")]
    shown = preview(browser, Page(browser.get(link).text))
    assert "Of those with Differs in: plan" in shown.text
    answer = confirm(browser, shown)
    assert answer.headers["location"].startswith("/reconciliation?field=plan&")

    assert finish(twins).rows_done == 1
    assert twins.row(plans).plan_id == twins.sell("scale").id
    assert twins.row(seats).quantity == 3


def test_a_search_chooses_as_well(twins: Twins) -> None:
    [chosen, other] = differ(twins, 2)
    body = {"matching": f"q={chosen.id}", "reason": REASON}
    answer = twins.board.program(role=Role.BILLING).post("/v1/admin/reconciliation/repairs", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["result"]["subscriptions"] == 1
    finish(twins)
    assert (twins.row(chosen).quantity, twins.row(other).quantity) == (7, 3)


@pytest.mark.parametrize(
    ("named", "status", "words"),
    [
        ({"matching": "result=wonderful"}, 422, "is none of"),
        ({"matching": "result=in_step"}, 409, "Nothing of what is chosen"),
        ({"subscriptions": ["sub_of_nobody"]}, 409, "Nothing of what is chosen"),
        ({"subscriptions": ["a b"]}, 422, "subscriptions"),
        ({"subscriptions": [""]}, 422, "subscriptions"),
    ],
)
def test_a_choice_of_nothing_is_refused(twins: Twins, named: dict[str, Any], status: int, words: str) -> None:
    [twin] = differ(twins, 1)
    program = twins.board.program(role=Role.BILLING)
    answer = program.post("/v1/admin/reconciliation/repairs", json={**named, "reason": REASON})
    assert answer.status_code == status, answer.text
    assert words in answer.text
    with twins.board.rows() as session:
        assert session.scalars(select(Run).where(Run.kind == FIX_KIND)).all() == []
    assert twins.row(twin).quantity == 3


def test_what_another_tab_has_repaired_is_not_repaired_again(twins: Twins) -> None:
    first, second = differ(twins, 2)
    browser, form = tick(twins, first, second)
    shown = preview(browser, form)
    colleague = twins.board.new_browser(Role.BILLING)
    assert confirm(colleague, preview(*tick(twins, first, browser=colleague))).status_code == 303
    answer = confirm(browser, shown)

    assert answer.status_code == 409
    assert "Subscriptions under repair after 1" in Page(answer.text).text
    with twins.board.rows() as session:
        assert len(session.scalars(select(Run).where(Run.kind == FIX_KIND)).all()) == 1


def test_many_need_a_second_person_and_are_chosen_again_when_they_agree(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_WITHOUT_APPROVAL", 1)
    chosen = differ(twins, 2)
    browser, form = tick(twins, *chosen)
    shown = preview(browser, form)
    assert "need the approval of a second admin" in shown.text
    confirm(browser, shown)
    with twins.board.rows() as session:
        asked = session.scalars(select(Approval)).one()
        assert session.scalars(select(Run).where(Run.kind == FIX_KIND)).all() == []
    colleague = twins.board.new_browser(Role.BILLING)
    note = {"approval": str(asked.id), "note": "Agreed"}
    decision = Page(colleague.submit("/actions/approvals.approve/preview", note).text)
    form_values = decision.form("/actions/approvals.approve").values
    assert colleague.submit("/actions/approvals.approve", form_values).status_code == 303
    assert finish(twins).rows_done == 2


def swap(twins: Twins, chosen: list[Twin]) -> None:
    """Another subscription differs in place of one of these."""
    chosen[0].item.quantity = 3
    twins.subscribe().item.quantity = 7


def grow_worse(twins: Twins, chosen: list[Twin]) -> None:
    """The same subscriptions differ, in another way than was shown."""
    for twin in chosen:
        twin.item.quantity = 9


@pytest.mark.parametrize("move", [swap, grow_worse])
def test_other_differences_of_the_same_number_are_not_what_was_confirmed(
    twins: Twins, monkeypatch: pytest.MonkeyPatch, move: Callable[[Twins, list[Twin]], None]
) -> None:
    monkeypatch.setattr(actions, "MOST_SAID", 1)
    chosen = differ(twins, 2)
    browser = twins.board.browser(Role.BILLING)
    shown = preview(browser, Page(browser.get(FIX).text))
    assert "Subscriptions under repair after 2" in shown.text
    assert "seats: 3 becomes 7 2" in shown.text
    move(twins, chosen)
    twins.compare()
    answer = confirm(browser, shown)

    assert answer.status_code == 409
    assert "Subscriptions under repair after 2" in Page(answer.text).text
    assert "no longer holds: Differences to repair" in Page(answer.text).text
    with twins.board.rows() as session:
        assert session.scalars(select(Run).where(Run.kind == FIX_KIND)).all() == []


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (swap, []),
        (grow_worse, ["seats: 3 becomes 7: 2 → none.", "seats: 3 becomes 9: none → 2."]),
    ],
)
def test_other_differences_of_the_same_number_void_the_request(
    twins: Twins, monkeypatch: pytest.MonkeyPatch, move: Callable[[Twins, list[Twin]], None], words: list[str]
) -> None:
    monkeypatch.setattr(actions, "MOST_SAID", 1)
    monkeypatch.setattr(actions, "MOST_WITHOUT_APPROVAL", 1)
    chosen = differ(twins, 2)
    asking = twins.board.program(Permission.RECONCILIATION_WRITE, role=Role.BILLING)
    deciding = twins.board.program(role=Role.ADMIN)
    asked = asking.post("/v1/admin/reconciliation/repairs", json={"reason": REASON})
    assert asked.status_code == 202, asked.text
    move(twins, chosen)
    twins.compare()
    with twins.board.rows() as session:
        approval = session.scalars(select(Approval)).one()
    decision = {"decision": "approve", "note": "Agreed"}
    decided = deciding.post(f"/v1/admin/approvals/{approval.id}/decision", json=decision)

    assert decided.json()["result"]["status"] == "void", decided.text
    with twins.board.rows() as session:
        outcome = str(session.get_one(Approval, approval.id).outcome)
        assert session.scalars(select(Run).where(Run.kind == FIX_KIND)).all() == []
    assert [said for said in words if said not in outcome] == []
    assert "Differences to repair: no longer those that were shown." in outcome


def test_who_may_not_is_refused(twins: Twins) -> None:
    [twin] = differ(twins, 1)
    program = twins.board.program(Permission.BILLING_READ)
    body = {"subscriptions": [twin.id], "reason": REASON}
    assert program.post("/v1/admin/reconciliation/repairs", json=body).status_code == 403
    assert twins.board.browser(Role.SUPPORT).submit(FIX, body).status_code == 403
    assert twins.row(twin).quantity == 3


def test_the_button_begins_a_comparison_once(twins: Twins) -> None:
    twins.subscribe()
    browser = twins.board.browser(Role.BILLING)
    page = Page(browser.get("/reconciliation").text)
    assert "/actions/reconciliation.run?return_to=/reconciliation" in page.links()
    for _ in range(2):
        form = Page(browser.get("/actions/reconciliation.run").text).form("/actions/reconciliation.run")
        shown = Page(browser.submit(form.action, form.values | {"reason": [REASON]}).text)
        form = shown.form("/actions/reconciliation.run")
        assert browser.submit(form.action, form.values).status_code == 303
    with twins.board.rows() as session:
        [run] = session.scalars(select(Run))
    assert run.status is RunStatus.WAITING
    assert "Comparison with Stripe, begun by" in browser.get("/reconciliation").text
