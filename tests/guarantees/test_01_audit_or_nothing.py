"""A change and its audit entry commit together or not at all.

The board's role loses INSERT on the audit table. Then every changing route, command and job there is must
fail as unavailable and leave the database as it was. Routes, actions, commands and jobs are asked of the
board itself, so one that is added without an example here fails the test.
"""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi.routing import iter_route_contexts
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

import adminboard
from adminboard.areas import AREAS
from adminboard.auth.models import LoginAttempt, LoginOutcome
from adminboard.auth.sealing import SealedTexts
from adminboard.auth.totp import SEALING_PURPOSE
from adminboard.billing.event_models import ProcessingStatus
from adminboard.cli import cli
from adminboard.core.actions import Action
from adminboard.core.actor import system_actor
from adminboard.core.audit import AuditUnavailable, Target
from adminboard.core.models import KeptCards, RunStatus
from adminboard.db.embedded import APP_ROLE
from adminboard.notifications.announcing import AT_MOST_EVERY
from adminboard.stripe.fake.standin import StandIn
from adminboard.web.record_page import ListTab, tabs_of
from adminboard.worker import make_run_advancer
from tests.clients import SECRET_KEY, BoardUnderTest
from tests.credit_factories import make_grant
from tests.db.templates import Addresses
from tests.factories import (
    START,
    make_admin,
    make_approval,
    make_billing_event,
    make_bulk_run,
    make_business,
    make_call,
    make_grace_period,
    make_override,
    make_promotion_code_usage,
    make_run_row,
    make_user,
)
from tests.guarantees.examples.every import EXAMPLES
from tests.guarantees.examples.requests import (
    FORMS,
    Send,
    call_api,
    confirm_on_page,
    export,
    export_tab,
    find_example_at,
    make_scene,
)
from tests.guarantees.examples.scene import MAIL_SERVER
from tests.stand_in import Served, open_board_on_stripe
from tests.webhooks.telling import make_maker

ACTIONS: dict[str, Action[Any]] = {action.name: action for area in AREAS for action in area.actions}
WRITTEN_DOWN = ("/export.csv", "/transcript", "/recording")
"""What is only read, but whoever reads it is noted."""
ONLY_READ = ("GET ", "POST /v1/invoices/create_preview")
"""What Stripe may be asked while nothing may be changed."""
CHANGE_NOTHING = {"POST /audit/chain", "POST /account/theme"} | {
    f"POST /actions/{name}/preview" for name in ACTIONS
}
COMMANDS = {
    "actions list": None,
    "actions run": ["settings.change", "--set", "setting=grace_period_days", "--set", "value=9"],
    "actions undo": None,
    "admins create": ["robin@example.com"],
    "admins disable": ["staff@example.com"],
    "admins reseal": [],
    "admins reset-2fa": ["staff@example.com"],
    "bulk run": ["credits.adjust", str(Path(__file__).parent / "examples" / "adjustments.csv")],
    "bulk template": None,
    "audit verify": None,
    "audit checkpoint": [],
    "audit export": [],
    "demo": None,
    "doctor": None,
    "export": ["users"],
    "figures rebuild": [],
    "keys create": ["a key", "--owner", "staff@example.com", "--scope", "customers.read"],
    "keys list": None,
    "keys revoke": None,
    "ledger verify": None,
    "migrate": None,
    "plans sync": [],
    "reconcile": [],
    "seed": None,
    "serve": None,
    "webhooks gaps": [],
    "webhooks replay": ["--failed"],
    "worker": None,
}
"""How a command is asked so that it would write; None for those that read, serve, prepare, or are
the same action as another one here."""


KEPT_AS_ROWS = {"POST /webhooks/stripe": "public.billing_events"}
"""What is only written down, in a table of its own: its entries come with what is done about it."""


@pytest.fixture
def board(
    fresh_addresses: Addresses, served_standin: Served, standin: StandIn, tmp_path: Path
) -> Iterator[BoardUnderTest]:
    with open_board_on_stripe(
        fresh_addresses, served_standin, recordings=str(tmp_path), smtp_url=MAIL_SERVER
    ) as board:
        yield board


def revoke_the_audit(board: BoardUnderTest) -> None:
    with board.rows() as session:
        session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))


def dump(board: BoardUnderTest) -> dict[str, str]:
    """The content of every table, as a digest."""
    names = text(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'board')"
    )
    digest = "SELECT md5(coalesce(string_agg(row::text, '\n' ORDER BY row::text), '')) FROM {} row"
    with board.rows() as session:
        tables = session.scalars(names).all()
        return {name: session.scalars(text(digest.format(name))).one() for name in sorted(tables)}


def list_changing_routes(board: BoardUnderTest) -> set[str]:
    """Every route that is not only read, and those of which each reading is written down."""
    found = set()
    for route in iter_route_contexts(board.app.routes):
        for method in getattr(route, "methods", None) or ():
            if method not in {"GET", "HEAD"} or str(route.path).endswith(WRITTEN_DOWN):
                found.add(f"{method} {route.path}")
    return {name for name in found if not name.startswith("HEAD")} - CHANGE_NOTHING


def prepare_requests(board: BoardUnderTest) -> dict[str, Send]:
    sends: dict[str, Send] = {}
    for name, action in ACTIONS.items():
        scene = make_scene(board, name)
        sends[f"POST /actions/{name}"] = confirm_on_page(scene, action, EXAMPLES[name](scene))
        for rest in action.rest_calls:
            scene, example = find_example_at(board, rest, EXAMPLES[name])
            sends[f"{rest.method} /v1/admin{rest.path}"] = call_api(scene, action, rest, example)
    for area in AREAS:
        for listing in area.listings:
            path = f"{listing.path}/export.csv"
            sends[f"GET {path}"] = export(make_scene(board, path), path)
    return (
        sends
        | prepare_exports_of_tabs(board)
        | {route: prepare(make_scene(board, route)) for route, prepare in FORMS.items()}
    )


def prepare_exports_of_tabs(board: BoardUnderTest) -> dict[str, Send]:
    tabs = [tab for area in AREAS for tab in area.record_tabs]
    sends = {}
    for page in [page for area in AREAS for page in area.record_pages]:
        for tab in tabs_of(page, tabs):
            if isinstance(tab, ListTab):
                route = f"GET {page.address('{record}', tab)}/export.csv"
                sends[route] = export_tab(make_scene(board, route), page, tab)
    return sends


def test_no_route_changes_anything_without_the_audit(board: BoardUnderTest, standin: StandIn) -> None:
    sends = prepare_requests(board)
    assert list_changing_routes(board) - sends.keys() == set(), "these need an example (FORMS above)"
    revoke_the_audit(board)
    before = dump(board)
    standin.calls.clear()

    answers = {route: send() for route, send in sends.items()}
    wrong = {route: answer.status_code for route, answer in answers.items() if answer.status_code != 503}
    assert wrong == {}
    changed = {name for name, digest in dump(board).items() if digest != before[name]}
    assert changed == set()
    assert [call for call in standin.calls if not call.startswith(ONLY_READ)] == []


def test_the_same_requests_succeed_with_the_audit(board: BoardUnderTest) -> None:
    """Otherwise the test above would prove nothing: each request really gets as far as writing."""
    before = dump(board)
    for route, send in prepare_requests(board).items():
        answer = send()
        assert answer.status_code in {200, 201, 202, 204, 303}, f"{route}: {answer.status_code} {answer.text}"
        after = dump(board)
        written = KEPT_AS_ROWS.get(route, "board.audit_entries")
        assert after[written] != before[written], route
        before = after


def list_commands() -> set[str]:
    def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
        children = getattr(command, "commands", None)
        if children is None:
            yield " ".join(path)
        for name, child in (children or {}).items():
            yield from walk(child, (*path, name))

    return set(walk(typer.main.get_command(cli)))


def test_every_command_is_known() -> None:
    assert list_commands() == COMMANDS.keys()


def test_no_command_changes_anything_without_the_audit(
    board: BoardUnderTest,
    fresh_addresses: Addresses,
    served_standin: Served,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    for name, value in served_standin.environment.items():
        monkeypatch.setenv(name, value)
    standin.account.clock.set(int(time.time()))
    make_maker(served_standin).customer()
    with board.rows() as session:
        make_billing_event(
            session,
            event_type="customer.subscription.updated",
            processing_status=ProcessingStatus.FAILED,
            raw_payload={},
        )
        sealed = SealedTexts([SECRET_KEY], SEALING_PURPOSE).seal("x")
        make_admin(session, email="staff@example.com", totp_secret_encrypted=sealed, totp_confirmed_at=START)
    with board.runtime.work(make_scene(board, "commands").actor) as work:
        work.audit("flags.set", Target("flag", "new", "new"), "Something to sign")
    revoke_the_audit(board)
    before = dump(board)
    for name, arguments in COMMANDS.items():
        if arguments is not None:
            result = CliRunner().invoke(cli, [*name.split(), *arguments])
            assert result.exit_code == 3, f"{name}: {result.exit_code} {result.output}"
            assert "audit log cannot be written" in result.stderr, name
    assert dump(board) == before


def fail_two_events(board: BoardUnderTest, at: datetime) -> None:
    """Of the first staff are told at once, the second waits for a letter that is due now."""
    board.clock.set(at)
    for event in ("invoice.paid", "invoice.voided"):
        with board.runtime.work(system_actor("webhooks")) as work:
            work.audit("webhooks.fail", Target("billing_event", event, event), "It failed 8 times")
    board.clock.advance(AT_MOST_EVERY)


def keep_two_events(session: Session, at: datetime) -> None:
    """One waits to be applied; of the other, a failed payment, Stripe is to say why."""
    make_billing_event(session, event_type="source.canceled", next_attempt_at=START)
    make_billing_event(
        session,
        event_type="invoice.payment_failed",
        processing_status=ProcessingStatus.PROCESSED,
        received_at=at,
        stripe_invoice_id="in_unpaid",
        raw_payload={"created": 1},
    )


def leave_failures(session: Session) -> None:
    """A guess at a password, and a job in the queue itself."""
    session.add(LoginAttempt(account="somebody", at=START, outcome=LoginOutcome.FAILED))
    queued = "(queue_name, task_name, status) VALUES ('default', 'check_figures', 'failed')"
    session.execute(text(f"INSERT INTO board.procrastinate_jobs {queued}"))
    failed = "SELECT id, 'failed', :at FROM board.procrastinate_jobs"
    session.execute(
        text(f"INSERT INTO board.procrastinate_events (job_id, type, at) {failed}"), {"at": START}
    )


def test_no_job_changes_anything_without_the_audit(
    board: BoardUnderTest, served_standin: Served, standin: StandIn
) -> None:
    next_year = START.replace(year=START.year + 1)
    standin.account.clock.set(int(next_year.timestamp()))
    make_maker(served_standin).customer()
    with board.rows() as session:
        user = make_user(session)
        make_grant(session, user.id, 5, expires_at=START + timedelta(days=1))
        business = make_business(session, owner_id=user.id)
        make_call(session, business_id=business.id, started_at=next_year - timedelta(days=1))
        make_promotion_code_usage(session, user_id=user.id)
        make_approval(session)
        make_override(session, user_id=user.id, expires_at=START + timedelta(days=1))
        make_run_row(session, run_id=make_bulk_run(session, status=RunStatus.CHECKING).id)
        make_grace_period(session, ends_at=next_year + timedelta(days=1))
        make_grace_period(session, ends_at=next_year - timedelta(days=1))
        keep_two_events(session, next_year)
        leave_failures(session)
        session.add_all(
            KeptCards(listing=name, part="", figures={}, counted_at=START)
            for name in ("customers", "invoices")
        )
    scene = make_scene(board, "jobs")
    board.open_session(scene.me)
    FORMS["POST /v1/usage/deductions"](scene)()
    fail_two_events(board, next_year)
    revoke_the_audit(board)
    before = dump(board)
    jobs = [job for area in AREAS for job in area.jobs]
    assert jobs
    for job in jobs:
        with pytest.raises(AuditUnavailable):
            job.run(board.runtime)
    with pytest.raises(AuditUnavailable):
        make_run_advancer(board.runtime).advance_next()
    assert dump(board) == before


def test_nothing_but_the_database_layer_commits() -> None:
    """The only way to write is a work, which ends with its trail."""
    root = Path(adminboard.__file__).parent
    commits = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"\.commit\(|\.writing\(|autocommit", path.read_text(encoding="utf-8"))
    ]
    allowed = re.compile(r"^(db|migrations|demo)/|^runtime\.py$")
    assert [path for path in commits if not allowed.match(path)] == []
