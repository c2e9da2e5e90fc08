"""The report: everything on the page in one file that no spreadsheet runs, and who took it."""

import csv
import io
import re
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.listings.export import FORMULA_START
from adminboard.core.models import FeatureFlag
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.system.installation import find_commit
from adminboard.system.panels import PANELS
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import START

CANARY = "canary-" + "c" * 40


def take_report(board: BoardUnderTest, role: Role = Role.ADMIN) -> tuple[str, list[list[str]]]:
    answer = board.browser(role).get("/system/export.csv")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    return answer.headers["content-disposition"], list(csv.reader(io.StringIO(text)))


def test_it_holds_everything_the_page_shows_and_its_name_the_time(board: BoardUnderTest) -> None:
    disposition, lines = take_report(board)
    assert disposition == 'attachment; filename="system-2026-01-15-1200.csv"'
    assert lines[0] == ["section", "item", "measure", "value", "note"]
    assert ["Report", "Made", "", "2026-01-15T12:00:00Z", ""] in lines
    assert {line[0] for line in lines[2:]} >= {panel.title for panel in PANELS} - {"Feature flags"}
    assert ["Rows", "Users", "", "0", ""] in lines
    assert ["Growth", "calls", "30 days", "0", ""] in lines
    assert ["Settings", "APP_ENV", "Value", "test", ""] in lines
    assert ["Settings", "APP_ENV", "From", "environment", ""] in lines


def test_it_leaves_out_what_its_reader_may_not_see(board: BoardUnderTest) -> None:
    _, lines = take_report(board, Role.SUPPORT)
    assert "Last changes" not in {line[0] for line in lines}


def test_who_took_it_is_written_down(board: BoardUnderTest) -> None:
    take_report(board, Role.VIEWER)
    admin = board.browser(Role.VIEWER).admin
    assert admin is not None
    with board.rows() as session:
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "system.export")
            .order_by(AuditEntry.position.desc())
            .limit(1)
        ).one()
    assert entry.actor_id == admin.id


def test_no_spreadsheet_runs_a_line(board: BoardUnderTest) -> None:
    with board.rows() as session:
        for number, start in enumerate("=+-@\t\r＝"):
            key = f"{start}HYPERLINK{number}"
            session.add(FeatureFlag(key=key, enabled=True, description=key, updated_at=START, updated_by=key))
    _, lines = take_report(board)
    cells = [cell for line in lines for cell in line]
    assert sum("HYPERLINK" in cell for cell in cells) >= 7
    assert [cell for cell in cells if re.match(FORMULA_START, cell)] == []


@pytest.mark.parametrize("role", Role)
def test_no_secret_is_on_the_page_in_the_api_or_in_the_report(
    role: Role, server: EmbeddedServer, template_database: str
) -> None:
    secrets: dict[str, Any] = {
        "secret_key": SecretStr(CANARY),
        "admin_key": SecretStr(CANARY),
        "migration_database_url": SecretStr(f"postgresql://owner:{CANARY}@db/board?sslpassword={CANARY}"),
        "admin_email": "grace@board.test",
        "admin_password_hash": SecretStr(CANARY),
        "stripe_dashboard_url": f"https://someone:{CANARY}@stripe.test/",
    }
    with copied_database(server, template_database) as addresses, open_board(addresses, **secrets) as board:
        browser = board.browser(role)
        password = board.runtime.database.engine.url.password
        addresses_of_page = ["/system", "/system/export.csv", "/system/database-test"]
        addresses_of_page += [f"/system/panels/{panel.name}" for panel in PANELS]
        # An address may break at its signs; what must not be told may hold some.
        told = [browser.get(address).text.replace("<wbr>", "") for address in addresses_of_page]
        told.append(board.program().get("/v1/admin/system").text)
    everything = "\n".join(told)
    assert CANARY not in everything
    assert not password or password not in everything
    assert "https://stripe.test/" in everything
    assert ("grace@board.test" in told[0]) == (role is not Role.VIEWER)
    assert "g•••@board.test" in told[0] or role is not Role.VIEWER


def test_the_commit_is_read_from_the_checkout_or_not_known(tmp_path_factory: pytest.TempPathFactory) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    loose, packed, detached, none = (tmp_path_factory.mktemp(name) for name in ("a", "b", "c", "d"))
    for checkout in (loose, packed):
        (checkout / "HEAD").write_text("ref: refs/heads/main\n")
    (loose / "refs/heads").mkdir(parents=True)
    (loose / "refs/heads/main").write_text(f"{commit}\n")
    (packed / "packed-refs").write_text(f"# pack-refs with: peeled\n{commit} refs/heads/main\n")
    (detached / "HEAD").write_text(f"{commit}\n")
    assert {find_commit(checkout) for checkout in (loose, packed, detached)} == {commit[:12]}
    assert find_commit(none) is None
