"""The System page: what each panel says, to whom, and at what cost."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.models import FeatureFlag, Setting
from adminboard.core.permissions import Permission, Role
from adminboard.reconciliation.plan_sync import sync_plans
from adminboard.reconciliation.promotion_sync import SYNC_KIND, open_promotion_sync
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_billing_event, make_run
from tests.pages import Page
from tests.system.reading import PARTIAL, ask, open_panel, read_facts, read_rows

EVERYBODYS = {
    "database",
    "workers",
    "services",
    "row_counts",
    "growth",
    "data_quality",
    "versions",
    "migrations",
    "feature_flags",
    "settings",
    "slowest_queries",
}


def open_page(board: BoardUnderTest, role: Role = Role.ADMIN) -> Page:
    answer = board.browser(role).get("/system")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def shown_panels(page: Page) -> set[str]:
    return {
        section.attributes["id"].removeprefix("panel-")
        for section in page.root.find_all("section", class_="system-panel")
    }


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_the_page_and_who_reads_the_audit_log_its_end(
    role: Role, board: BoardUnderTest
) -> None:
    expected = EVERYBODYS | ({"recent_audit"} if role in (Role.BILLING, Role.ADMIN) else set())
    assert shown_panels(open_page(board, role)) == expected


def test_a_panel_that_is_not_for_somebody_is_not_there_for_them(board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get("/system/panels/recent_audit").status_code == 404
    assert "recent_audit" not in ask(board.program(Permission.SYSTEM_READ))


def test_a_key_without_the_scope_learns_nothing(board: BoardUnderTest) -> None:
    assert board.program(Permission.CUSTOMERS_READ).get("/v1/admin/system").status_code == 403


def test_the_database_panel_says_which_database_answers_and_how(board: BoardUnderTest) -> None:
    facts = read_facts(open_page(board), "database")
    assert facts["Status"] == "up"
    assert facts["Name"] == board.runtime.database.engine.url.database
    assert facts["Version"].startswith("PostgreSQL ")
    assert facts["Host"] != "N/A"
    assert facts["Response time"].endswith(" ms")
    assert facts["Pool in use"] == "1 of 10, this process"
    assert facts["Pool size"] == "10"
    assert facts["Size"].endswith("iB")


def test_the_workers_panel_tells_heartbeat_queue_and_the_oldest_job(board: BoardUnderTest) -> None:
    facts = read_facts(open_page(board), "workers")
    assert facts["Status"] == "down"
    assert facts["Last heartbeat"] == "N/A"
    assert facts["Oldest waiting since"] == "N/A"
    with board.rows() as session:
        session.execute(
            text("INSERT INTO board.procrastinate_workers (last_heartbeat) VALUES (:at), (:long_ago)"),
            {"at": START - timedelta(seconds=9), "long_ago": START - timedelta(days=9)},
        )
        for task, status, at in (
            ("first", "todo", START - timedelta(seconds=2)),
            ("second", "todo", None),
            ("later", "todo", START + timedelta(hours=1)),
            ("busy", "doing", None),
            ("broken", "failed", None),
        ):
            session.execute(
                text(
                    "INSERT INTO board.procrastinate_jobs (queue_name, task_name, status, scheduled_at) "
                    "VALUES ('default', :task, CAST(:status AS board.procrastinate_job_status), :at)"
                ),
                {"task": task, "status": status, "at": at},
            )
        session.execute(
            text("UPDATE board.procrastinate_events SET at = :at"), {"at": START - timedelta(hours=2)}
        )
    facts = read_facts(open_page(board), "workers")
    assert facts["Status"] == "up"
    assert facts["Workers"] == "1"
    assert facts["Last heartbeat"] == "2026-01-15 03:59 PST"
    assert facts["Jobs waiting"] == "2"
    assert facts["Oldest waiting since"] == "2026-01-15 02:00 PST second"
    assert facts["Jobs running"] == "1"
    assert facts["Jobs planned for later"] == "1"
    assert facts["Jobs failed"] == "1"


def test_stripe_is_told_by_its_last_event_sync_and_reconciliation(board: BoardUnderTest) -> None:
    facts = read_facts(open_page(board), "services")
    assert facts["Last Stripe event"] == "N/A"
    assert facts["Last Stripe sync"] == facts["Last reconciliation"] == "never"
    assert facts["Redis"].startswith("not configured")
    with board.rows() as session:
        make_billing_event(session, received_at=START - timedelta(hours=1), event_type="invoice.paid")
        make_billing_event(session, received_at=START - timedelta(hours=2), event_type="invoice.voided")
        make_billing_event(session, received_at=START, source="manual", stripe_event_id=None)
        make_run(session, kind=SYNC_KIND, created_at=START - timedelta(hours=3))
        make_run(
            session,
            kind="reconciliation",
            status="finished",
            created_at=START - timedelta(hours=5),
            finished_at=START - timedelta(hours=4),
        )
    facts = read_facts(open_page(board), "services")
    assert facts["Last Stripe event"] == "2026-01-15 03:00 PST invoice.paid"
    assert facts["Last Stripe sync"] == "2026-01-15 01:00 PST waiting"
    assert facts["Last reconciliation"] == "2026-01-15 00:00 PST finished"


def test_a_sync_of_plans_that_begins_no_run_is_the_last_one_too(board: BoardUnderTest) -> None:
    with board.rows() as session:
        make_run(session, kind=SYNC_KIND, created_at=START - timedelta(hours=1))
    with board.runtime.work(system_actor()) as work:
        work.audit(sync_plans.name, Target("plans", "all", "plans"), "Synced the plans from Stripe")
        assert open_promotion_sync(work) is None
    assert read_facts(open_page(board), "services")["Last Stripe sync"] == "2026-01-15 04:00 PST plans alone"
    with board.rows() as session:
        make_run(
            session,
            kind=SYNC_KIND,
            status="finished",
            created_at=START - timedelta(minutes=30),
            finished_at=START,
        )
    assert read_facts(open_page(board), "services")["Last Stripe sync"] == "2026-01-15 04:00 PST finished"


def test_both_chains_of_migrations_are_compared_with_what_is_expected(board: BoardUnderTest) -> None:
    assert read_rows(open_page(board), "migrations") == [
        ["product", "product_0005", "product_0005", "in step"],
        ["board", "board_0004", "board_0004", "in step"],
    ]


def test_versions_environment_and_time_are_told(board: BoardUnderTest) -> None:
    facts = read_facts(open_page(board), "versions")
    assert facts["Environment"] == "test"
    assert facts["Server time"] == "2026-01-15 04:00 PST"
    assert facts["Python"].startswith("3.")
    assert {"fastapi", "sqlalchemy", "psycopg", "procrastinate"} <= facts.keys()
    assert "N/A" not in (facts["fastapi"], facts["Board"])


def test_flags_are_listed_and_their_absence_said(board: BoardUnderTest) -> None:
    section = open_page(board).root.get("section", id="panel-feature_flags")
    assert "There are no feature flags." in section.text
    with board.rows() as session:
        session.add(
            FeatureFlag(
                key="new_search", enabled=True, description="Search", updated_at=START, updated_by="ada"
            )
        )
    row = ["new_search", "enabled", "Search", "2026-01-15 04:00 PST", "ada"]
    assert read_rows(open_page(board), "feature_flags") == [row]


def test_the_last_changes_lead_to_their_entries(board: BoardUnderTest) -> None:
    page = open_page(board)
    section = page.root.get("section", id="panel-recent_audit")
    links = [link.attributes["href"] for link in section.find_all("a")]
    assert 1 <= len(links) <= 10
    assert all(board.browser(Role.ADMIN).get(link).status_code == 200 for link in links)
    assert "Logged in for a test" in section.text


def test_what_changed_is_masked_for_a_key_without_personal_data(board: BoardUnderTest) -> None:
    told = ask(board.program(Permission.SYSTEM_READ, Permission.AUDIT_READ))
    assert {row["summary"] for row in told["recent_audit"]["rows"]} == {None}
    told = ask(board.program())
    assert any(row["summary"] for row in told["recent_audit"]["rows"])


def test_slow_panels_come_after_the_page_into_their_place(board: BoardUnderTest) -> None:
    page = open_page(board)
    for name in ("row_counts", "growth", "data_quality", "slowest_queries"):
        section = page.root.get("section", id=f"panel-{name}")
        assert section.attributes["hx-get"] == f"/system/panels/{name}"
        assert section.find_all("span", class_="skeleton-line")
        link = section.get("a")
        alone = board.browser(Role.ADMIN).get(link.attributes["href"])
        assert alone.status_code == 200
        assert "<html" in alone.text


def test_the_slowest_statements_are_shown_or_their_absence_explained(board: BoardUnderTest) -> None:
    section = open_panel(board.browser(Role.ADMIN), "slowest_queries").root
    if section.find_all("table"):
        assert "SELECT" in section.text
        assert "COPY" not in section.text
    else:
        assert "shared_preload_libraries" in section.text


def test_the_test_of_the_database_measures_round_trips(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get("/system/database-test", headers=PARTIAL)
    facts = read_facts(Page(answer.text), "database_test")
    assert facts["Round trips"] == "20"
    assert all(facts[label].endswith(" ms") for label in ("Fastest", "Slowest", "A new connection"))


def test_there_is_no_button_for_an_action_that_does_not_exist(board: BoardUnderTest) -> None:
    names = {action.name for action in board.app.state.board.runner.actions}
    links = open_page(board).links()
    assert any("figures.rebuild" in link for link in links) == ("figures.rebuild" in names)
    assert "/system/export.csv" in links


def test_an_unknown_panel_is_a_404(board: BoardUnderTest) -> None:
    assert board.browser(Role.ADMIN).get("/system/panels/nothing").status_code == 404


def test_the_page_asks_the_same_number_of_queries_whatever_there_is(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    numbers = set()
    for flags in (2, 20):
        with board.rows() as session:
            for number in range(flags):
                key = f"flag_{flags}_{number}"
                session.add(
                    FeatureFlag(key=key, enabled=False, description=key, updated_at=START, updated_by="ada")
                )
        with recorded_queries(board.runtime.database.engine) as queries:
            browser.get("/system")
        numbers.add(len([query for query in queries if "SAVEPOINT" not in query]))
    assert len(numbers) == 1
    assert numbers.pop() <= 20


def test_settings_say_where_they_come_from(board: BoardUnderTest) -> None:
    with board.rows() as session:
        session.add(Setting(key="grace_period_days", value=9, updated_at=START, updated_by="ada"))
    rows = {row[0]: row[1:] for row in read_rows(open_page(board, Role.SUPPORT), "settings")}
    assert rows["APP_ENV"] == ["test", "environment"]
    assert rows["DB_POOL_SIZE"] == ["5", "default"]
    assert rows["GRACE_PERIOD_DAYS"] == ["9 days", "database"]
    assert rows["APPROVAL_THRESHOLD_CREDITS"] == ["$1,000.00", "default"]
    assert rows["SECRET_KEY"] == ["set, hidden", "environment"]
    assert rows["ADMIN_KEY"] == ["N/A", "default"]
    assert rows["support_refund_limit"] == ["$100.00", "default"]
