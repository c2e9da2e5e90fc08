"""How each changing route is asked so that it gets as far as writing: prepared while it can, sent later."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import update
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.auth.own_account import begin_second_factor
from adminboard.auth.set_password import INVITATION_LIFETIME, give_code
from adminboard.core.action_runner import Confirmation
from adminboard.core.actions import Action, RestCall
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.commands import parse_command
from adminboard.core.currencies import to_major_units
from adminboard.core.permissions import Role
from adminboard.web.cookies import session_cookie_name
from adminboard.web.record_page import ListTab, RecordPage
from adminboard.webhooks.replay_run import REPLAY
from tests.auth.staff import PASSWORD, password_hash, set_second_factor
from tests.clients import BoardUnderTest, Browser
from tests.factories import (
    make_bulk_run,
    make_call,
    make_organization,
    make_run,
    make_saved_view,
    make_user,
)
from tests.guarantees.examples.deciding import ask, somebody_else
from tests.guarantees.examples.replaying import replaying
from tests.guarantees.examples.scene import Example, MakeExample, Scene
from tests.webhooks.sending import make_event, send_event

Send = Callable[[], Any]
ADJUSTMENTS = (Path(__file__).parent / "adjustments.csv").read_bytes()
NEW_PASSWORD = "another correct horse"


def log_scene_in(scene: Scene) -> Browser:
    """A browser of the scene's administrator."""
    browser = scene.board.stranger()
    cookie = scene.board.open_session(scene.me)
    browser.cookies.set(session_cookie_name(scene.board.runtime.settings), cookie)
    return browser


def make_scene(board: BoardUnderTest, name: str) -> Scene:
    scene = Scene(board, Random(name))  # noqa: S311 - chosen, not guessed
    with board.rows() as session:
        session.execute(update(Admin).where(Admin.id == scene.me.id).values(password_hash=password_hash()))
    return scene


def confirm_on_page(scene: Scene, action: Action[Any], example: Example) -> Send:
    """The confirmation of a preview, as its page posts it."""
    browser = log_scene_in(scene)
    prepared = scene.board.app.state.board.runner.preview(scene.actor, action, example.command)
    form: dict[str, Any] = {
        name: [str(item) for item in value] if isinstance(value, list) else str(value)
        for name, value in example.command.asked_data().items()
        if value is not None and value is not False
    }
    if "amount_cents" in form:
        form["amount_cents"] = str(to_major_units(int(form["amount_cents"]), form["currency"]))
    form |= {"token": prepared.token, "acknowledged": sorted(prepared.preview.acknowledgements)}
    form |= {"csrf_token": browser.csrf_token()}
    return lambda: browser.post(f"/actions/{action.name}", data=form, follow_redirects=False)


def find_example_at(board: BoardUnderTest, rest: RestCall, make: MakeExample) -> tuple[Scene, Example]:
    """An example that this address of an action is for, and its scene."""
    for number in count():
        scene = make_scene(board, f"{rest.path} by a program {number}")
        example = make(scene)
        data = example.command.asked_data()
        named = {name for name, value in data.items() if value is not None}
        if rest.path_fields <= named and not rest.leaves_out & named:
            return scene, example
    raise AssertionError("not reached")


def call_api(scene: Scene, action: Action[Any], rest: RestCall, example: Example) -> Send:
    """The same through the API, as a program of the scene's administrator."""
    program = scene.board.program(owner=scene.me)
    prepared = scene.board.app.state.board.runner.preview(scene.actor, action, example.command)
    data = example.command.asked_data()
    path = rest.path.format(**data)
    left_out = rest.path_fields | rest.leaves_out
    body = {rest.names.get(name, name): value for name, value in data.items() if name not in left_out}
    body["acknowledge"] = sorted(prepared.preview.acknowledgements)
    method, headers = rest.method, {"Idempotency-Key": scene.word()}
    return lambda: program.request(method, f"/v1/admin{path}", json=body, headers=headers)


def post_form(scene: Scene, path: str, **fields: str) -> Send:
    """A form of a page, sent by the scene's administrator."""
    browser = log_scene_in(scene)
    form = {"csrf_token": browser.csrf_token()} | fields
    return lambda: browser.post(path, data=form, follow_redirects=False)


def log_in(scene: Scene) -> Send:
    stranger = scene.board.stranger()
    form = {"email": scene.me.email, "password": PASSWORD}
    return lambda: stranger.post("/login", data=form, follow_redirects=False)


def enter_second_factor(scene: Scene) -> Send:
    app, _ = set_second_factor(scene.board.runtime, scene.actor)
    stranger = scene.board.stranger()
    entered = stranger.post(
        "/login", data={"email": scene.me.email, "password": PASSWORD}, follow_redirects=False
    )
    assert entered.headers["location"].startswith("/login/second-factor"), entered.text
    form = {"code": app.at(scene.board.clock.now() + timedelta(seconds=30))}
    return lambda: stranger.post("/login/second-factor", data=form, follow_redirects=False)


def set_first_password(scene: Scene) -> Send:
    with scene.board.runtime.work(system_actor()) as work:
        admin = work.session.get_one(Admin, scene.make_admin().id)
        code = give_code(work, admin, INVITATION_LIFETIME)
        work.audit("admins.invite", Target("admin", str(admin.id), admin.email), "Invited for a test")
    stranger = scene.board.stranger()
    form = {"code": code, "password": NEW_PASSWORD}
    return lambda: stranger.post("/set-password", data=form, follow_redirects=False)


def set_up_second_factor(scene: Scene) -> Send:
    setup, enrollment = begin_second_factor(scene.board.runtime, scene.actor)
    code = pyotp.TOTP(enrollment.secret.replace(" ", "")).at(scene.board.clock.now())
    return post_form(scene, "/account/second-factor", setup=setup, code=code)


def remove_view(scene: Scene) -> Send:
    with scene.board.rows() as session:
        view = make_saved_view(session, admin_id=scene.me.id)
    return post_form(scene, f"/views/{view.id}/removal")


def adjust(scene: Scene) -> str:
    """The audit entry of an adjustment that can be undone."""
    with scene.board.rows() as session:
        user = make_user(session)
    answer = scene.board.program(role=Role.ADMIN).post(
        f"/v1/admin/users/{user.id}/credit-adjustments",
        headers={"Idempotency-Key": scene.word()},
        json={"amount": "20.00", "reason": "Goodwill for the outage"},
    )
    assert answer.status_code == 201, answer.text
    audit_id: str = answer.json()["audit_id"]
    return audit_id


def undo_on_page(scene: Scene) -> Send:
    """Of what one has just done, which needs no further confirmation."""
    with scene.board.rows() as session:
        user = make_user(session)
    runner = scene.board.app.state.board.runner
    action = runner.actions.get("credits.adjust")
    given = {"user": str(user.id), "amount": "20.00", "reason": "Goodwill for the outage"}
    done = runner.run(scene.actor, action, parse_command(action.command, given), Confirmation())
    return post_form(scene, f"/undo/{done.audit_id}")


def undo_by_api(scene: Scene) -> Send:
    path, program = f"/v1/admin/audit/{adjust(scene)}/undo", scene.board.program(role=Role.ADMIN)
    return lambda: program.post(path, json={})


def deduct_usage(scene: Scene) -> Send:
    with scene.board.rows() as session:
        user = make_user(session)
    program = scene.board.program()
    body = {"user": str(user.id), "amount": "0.30", "description": "Call of 3 minutes"}
    headers = {"Idempotency-Key": scene.word()}
    return lambda: program.post("/v1/usage/deductions", json=body, headers=headers)


def export(scene: Scene, path: str) -> Send:
    browser = log_scene_in(scene)
    return lambda: browser.get(path)


def make_spoken_call(scene: Scene) -> UUID:
    """A call with a transcript, and a recording where the board looks for one."""
    folder = Path(scene.board.runtime.settings.recordings or "/")
    (folder / "spoken.wav").write_bytes(b"RIFF")
    with scene.board.rows() as session:
        return make_call(session, transcript="Agent: Hi", recording_url="https://a.example/spoken.wav").id


def read_call(scene: Scene, part: str) -> Send:
    browser, path = log_scene_in(scene), f"/calls/{make_spoken_call(scene)}{part}"
    return lambda: browser.get(path)


def read_transcript_by_api(scene: Scene) -> Send:
    program, path = scene.board.program(), f"/v1/admin/calls/{make_spoken_call(scene)}/transcript"
    return lambda: program.get(path)


def decide_by_api(scene: Scene) -> Send:
    request, _ = ask(scene, somebody_else(scene))
    program = scene.board.program(owner=scene.me)
    path = f"/v1/admin/approvals/{request}/decision"
    return lambda: program.post(path, json={"decision": "approve", "note": "Agreed with the customer"})


def compare_with_stripe(scene: Scene) -> Send:
    program = scene.board.program(owner=scene.me)
    return lambda: program.post("/v1/admin/billing/reconcile", json={})


def send_file(scene: Scene) -> Send:
    """A file of changes, sent from its page."""
    browser = log_scene_in(scene)
    data = {"csrf_token": browser.csrf_token(), "action": "credits.adjust"}
    files = {"file": ("may.csv", ADJUSTMENTS, "text/csv")}
    return lambda: browser.post("/bulk/new", data=data, files=files, follow_redirects=False)


def send_file_by_api(scene: Scene) -> Send:
    program = scene.board.program(role=Role.ADMIN)
    headers = {"Content-Type": "text/csv"}
    path = "/v1/admin/bulk-runs?action=credits.adjust"
    return lambda: program.post(path, content=ADJUSTMENTS, headers=headers)


def export_run(scene: Scene) -> Send:
    with scene.board.rows() as session:
        run = make_bulk_run(session)
    return export(scene, f"/bulk/{run.id}/export.csv")


def export_replay(scene: Scene) -> Send:
    with scene.board.rows() as session:
        run = make_run(session, kind=REPLAY.name, parameters={"reason": "Webhooks were away"})
    return export(scene, f"/webhooks/replays/{run.id}/export.csv")


def export_tab(scene: Scene, page: RecordPage, tab: ListTab) -> Send:
    """The list of a tab, of a new record of its page."""
    with scene.board.rows() as session:
        record = RECORDS[page.name](session)
    return export(scene, f"{page.address(record.id, tab)}/export.csv")


def replay_by_api(scene: Scene) -> Send:
    example = replaying(scene).command.to_data()
    body = {"event_id": example["event"], "reason": example["reason"]}
    program = scene.board.program(owner=scene.me)
    return lambda: program.post("/v1/admin/billing/webhook/replay", json=body)


def deliver_event(scene: Scene) -> Send:
    event = make_event()
    return lambda: send_event(scene.board, event)


RECORDS: dict[str, Callable[[Session], Any]] = {"customer": make_organization}
"""A new record of each record page, by the page's name."""
FORMS: dict[str, Callable[[Scene], Send]] = {
    "POST /login": log_in,
    "POST /login/second-factor": enter_second_factor,
    "POST /set-password": set_first_password,
    "POST /logout": lambda scene: post_form(scene, "/logout"),
    "POST /step-up": lambda scene: post_form(scene, "/step-up", proof=PASSWORD),
    "POST /account/password": lambda scene: post_form(
        scene, "/account/password", current_password=PASSWORD, new_password=NEW_PASSWORD
    ),
    "POST /account/second-factor": set_up_second_factor,
    "GET /calls/{call_id}/transcript": lambda scene: read_call(scene, "/transcript"),
    "GET /calls/{call_id}/recording": lambda scene: read_call(scene, "/recording"),
    "GET /v1/admin/calls/{id}/transcript": read_transcript_by_api,
    "POST /bulk/new": send_file,
    "POST /v1/admin/bulk-runs": send_file_by_api,
    "GET /bulk/{run_id:uuid}/export.csv": export_run,
    "GET /webhooks/replays/{run_id:uuid}/export.csv": export_replay,
    "GET /system/export.csv": lambda scene: export(scene, "/system/export.csv"),
    "POST /undo/{audit_id}": undo_on_page,
    "POST /views/{page}": lambda scene: post_form(scene, "/views/users", name="Mine", query="sort=-credits"),
    "POST /views/{view_id}/removal": remove_view,
    "POST /v1/admin/audit/{audit_id}/undo": undo_by_api,
    "POST /v1/admin/approvals/{approval}/decision": decide_by_api,
    "POST /v1/usage/deductions": deduct_usage,
    "POST /v1/admin/billing/reconcile": compare_with_stripe,
    "POST /v1/admin/billing/webhook/replay": replay_by_api,
    "POST /webhooks/stripe": deliver_event,
}
