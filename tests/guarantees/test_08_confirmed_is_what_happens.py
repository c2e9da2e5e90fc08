"""What was previewed is what happens, for every action there is; what no longer holds is refused.

A new action needs an example in `tests/guarantees/examples`: a command that makes sense, and how to see in
the tables what it changed. The eye on the tables shares nothing with the action's own preview.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.areas import AREAS
from adminboard.core.action_runner import Confirmation, Prepared, StalePreview
from adminboard.core.actions import Action
from adminboard.core.audit_models import AuditEntry
from adminboard.core.canonical import to_plain
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Role
from adminboard.credits.models import CreditBalance
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest
from tests.db.templates import copied_database
from tests.factories import make_user
from tests.guarantees.examples import money
from tests.guarantees.examples.every import EXAMPLES
from tests.guarantees.examples.scene import MAIL_SERVER, Example, Scene, Seen
from tests.stand_in import Served, open_board_on_stripe

ACTIONS: dict[str, Action[Any]] = {action.name: action for area in AREAS for action in area.actions}
CHANCES = range(4)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin, smtp_url=MAIL_SERVER) as board,
    ):
        yield board


def look(scene: Scene, example: Example) -> Seen:
    with scene.board.runtime.reading() as session:
        return dict(example.look(session))


def confirm(prepared: Prepared) -> Confirmation:
    return Confirmation(prepared.token, prepared.preview.acknowledgements)


def test_every_action_has_an_example() -> None:
    assert ACTIONS.keys() - EXAMPLES.keys() == set(), "these need an example in tests/guarantees/examples/"
    assert EXAMPLES.keys() - ACTIONS.keys() == set(), "there are no such actions"


@pytest.mark.parametrize("chance", CHANCES)
@pytest.mark.parametrize("name", ACTIONS)
def test_what_was_previewed_is_what_happens(board: BoardUnderTest, name: str, chance: int) -> None:
    scene, action = Scene(board, Random(f"{name} {chance}")), ACTIONS[name]  # noqa: S311 - chosen, not guessed
    example = EXAMPLES[name](scene)
    runner = board.app.state.board.runner

    before = dict(look(scene, example))
    prepared = runner.preview(scene.actor, action, example.command)
    changes = {change.field: change for change in prepared.preview.changes}
    assert look(scene, example) == before, "a preview changes nothing"
    assert {field: before[field] for field in changes} == {
        field: change.before for field, change in changes.items()
    }

    outcome = runner.run(scene.actor, action, example.command, confirm(prepared))
    expected = before | {field: change.after for field, change in changes.items()}
    assert look(scene, example) == expected

    with board.runtime.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.id == outcome.audit_id)).one()
    assert entry.before == {field: to_plain(change.before) for field, change in changes.items()}
    assert (entry.after or {}).items() >= {
        field: to_plain(change.after) for field, change in changes.items()
    }.items()


@pytest.mark.parametrize("name", ACTIONS)
def test_a_confirmation_that_no_longer_holds_is_refused(board: BoardUnderTest, name: str) -> None:
    """What moved here is the change itself: confirmed a second time, it would start from somewhere else."""
    scene, action = Scene(board, Random(name)), ACTIONS[name]  # noqa: S311 - chosen, not guessed
    example = EXAMPLES[name](scene)
    runner = board.app.state.board.runner
    prepared = runner.preview(scene.actor, action, example.command)
    runner.run(scene.actor, action, example.command, confirm(prepared))
    if example.repeatable:
        return

    after = look(scene, example)
    with pytest.raises(DomainError) as refusal:
        runner.run(scene.actor, action, example.command, confirm(prepared))
    assert refusal.value.status in {409, 404}
    assert look(scene, example) == after


def test_a_change_between_preview_and_confirmation_is_refused_not_adjusted(board: BoardUnderTest) -> None:
    scene, action = Scene(board, Random(1)), ACTIONS["credits.adjust"]  # noqa: S311 - chosen, not guessed
    first, second = money.adjustment(scene), money.adjustment(scene)
    command = second.command.model_copy(update={"user": first.command.to_data()["user"]})
    runner = board.app.state.board.runner
    prepared = runner.preview(scene.actor, action, first.command)
    runner.run(scene.actor, action, command, confirm(runner.preview(scene.actor, action, command)))
    moved = look(scene, first)

    with pytest.raises(StalePreview):
        runner.run(scene.actor, action, first.command, confirm(prepared))
    assert look(scene, first) == moved


def test_a_stale_preview_is_a_409_in_the_api(board: BoardUnderTest) -> None:
    with board.rows() as session:
        user = make_user(session)
    program = board.program(role=Role.BILLING)
    path = f"/v1/admin/users/{user.id}/credit-adjustments"
    body = {"amount": "20.00", "reason": "Goodwill for the outage"}
    token = program.post(f"{path}?dry_run=true", json=body).json()["preview"]["token"]
    assert program.post(path, json=body, headers={"Idempotency-Key": f"{user.id} 1"}).status_code == 201

    stale = program.post(path, json=body, headers={"Idempotency-Key": f"{user.id} 2", "If-Match": token})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_preview")
    with board.runtime.reading() as session:
        assert str(session.get_one(CreditBalance, user.id).total) == "20.00"
