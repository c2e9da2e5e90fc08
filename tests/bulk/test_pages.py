"""Pages of bulk changes: the list of runs, choosing a file, a run with its rows and its result file."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from tests.bulk.sending import REASON, BulkBoard, write_csv
from tests.clients import recorded_queries

MOST_QUERIES = 8
LIST_PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"}


def send_form(bulk: BulkBoard, file: bytes, action: str = "credits.adjust") -> Any:
    data = {"action": action, "csrf_token": bulk.staff.csrf_token()}
    return bulk.staff.post(
        "/bulk/new",
        data=data,
        files={"file": ("may.csv", file, "text/csv")},
        follow_redirects=False,
    )


@pytest.fixture(scope="module")
def checked(bulk: BulkBoard) -> UUID:
    """A checked run of a good row, one with a warning, a formula, and somebody nobody knows."""
    emails = bulk.make_users(3)
    return bulk.check(
        [
            (emails[0], "20.00", "=1+1 is what they paid"),
            (emails[1], "150.00", REASON),
            ("nobody@example.test", "1.00", REASON),
        ]
    )


def test_the_form_says_what_each_column_takes(bulk: BulkBoard) -> None:
    page = bulk.staff.get("/bulk/new?action=credits.adjust").text
    for words in (
        "Email address or id.",
        "Positive adds credits",
        "grant_trial",
        "10 to 500 characters",
        "at most 100,000 rows",
    ):
        assert words in page
    assert 'href="/bulk/new?action=notes.add"' in page
    template = bulk.staff.get("/bulk/template.csv?action=credits.adjust")
    assert template.headers["content-disposition"] == 'attachment; filename="credits-adjust.csv"'
    header, example = csv.reader(io.StringIO(template.text))
    assert header == ["user", "amount", "type", "reason", "expires_at"]
    assert example[1] == "20.00"


def test_a_sent_file_becomes_a_run_and_a_wrong_one_comes_back_to_the_form(bulk: BulkBoard) -> None:
    emails = bulk.make_users(1)
    answer = send_form(bulk, write_csv([(emails[0], "5.00", REASON)]))
    assert answer.status_code == 303
    run_id = UUID(answer.headers["location"].removeprefix("/bulk/"))
    page = bulk.staff.get(f"/bulk/{run_id}").text
    assert "may.csv" in page
    assert "0 of 1 rows checked" in page
    assert "every 2s" in page
    assert "bulk.start" not in page

    bulk.advance(run_id)
    page = bulk.staff.get(f"/bulk/{run_id}").text
    assert "bulk.start" in page
    assert "every 2s" not in page

    refused = send_form(bulk, b"user,amount\n")
    assert refused.status_code == 422
    assert "Missing: &#39;reason&#39;" in refused.text
    assert "The file has no rows" in send_form(bulk, b"user,amount,reason\n").text


def test_a_form_without_its_token_is_refused(bulk: BulkBoard) -> None:
    answer = bulk.staff.post("/bulk/new", data={"action": "credits.adjust"}, files={"file": ("a.csv", b"x")})
    assert answer.status_code == 403


def test_the_run_shows_what_each_row_would_do(bulk: BulkBoard, checked: UUID) -> None:
    page = bulk.staff.get(f"/bulk/{checked}").text
    for words in (
        "Balance: $0.00 → $20.00",
        '<strong><span class="positive">+$170.00</span></strong> in all, to 2 rows',
        "large_amount",
        "There is no user nobody@example.test",
        "<strong>1</strong> × large amount",
        f'href="/bulk/{checked}?warned=yes"',
        f'<a href="/bulk/{checked}?status=refused">1</a>',
    ):
        assert words in page, words
    refused = bulk.staff.get(f"/bulk/{checked}?status=refused", headers=LIST_PART).text
    assert "nobody@example.test" in refused
    assert "→ $20.00" not in refused
    assert "no row" in bulk.staff.get(f"/bulk/{checked}?status=done").text.lower()
    page_one = bulk.staff.get(f"/bulk/{checked}?limit=25&sort=-number", headers=LIST_PART).text
    assert page_one.index("nobody@example.test") < page_one.index("→ $20.00")


def test_the_part_that_is_polled_says_when_there_is_something_new(bulk: BulkBoard, checked: UUID) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#run"}
    part = bulk.staff.get(f"/bulk/{checked}?polled=yes", headers=headers)
    assert part.text.lstrip().startswith("<section")
    assert part.headers["HX-Trigger"] == "board:changed"
    assert "HX-Trigger" not in bulk.staff.get(f"/bulk/{checked}", headers=headers).headers


def test_the_result_file_has_every_row_and_no_formula(bulk: BulkBoard, checked: UUID) -> None:
    text = bulk.staff.get(f"/bulk/{checked}/export.csv").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Status"] for row in rows] == ["ready", "ready", "refused"]
    assert rows[0]["reason"] == "'=1+1 is what they paid"
    assert rows[2]["Error"].startswith("There is no user")
    through_api = bulk.program.get(f"/v1/admin/bulk-runs/{checked}/rows", headers={"Accept": "text/csv"})
    assert through_api.text.removeprefix("\ufeff") == text


def test_the_list_names_every_run(bulk: BulkBoard, checked: UUID) -> None:
    page = bulk.staff.get("/bulk?status=draft").text
    assert f"selected={checked}" in page
    assert 'href="/bulk/new"' in page
    detail = bulk.staff.get(f"/bulk?selected={checked}").text
    assert "Open the run" in detail


def test_a_reader_without_personal_data_sees_no_texts(bulk: BulkBoard, checked: UUID) -> None:
    program = bulk.board.program(Permission.BULK_RUN, Permission.CREDITS_WRITE)
    answer = program.get(f"/v1/admin/bulk-runs/{checked}/rows")
    assert answer.status_code == 200
    assert "•••@example.test" in answer.text
    for hidden in ("nobody@example.test", "what they paid", "→ $20.00"):
        assert hidden not in answer.text


def test_viewers_see_nothing_of_it(bulk: BulkBoard, checked: UUID) -> None:
    viewer = bulk.board.browser(Role.VIEWER)
    assert "Bulk changes" not in viewer.get("/users").text
    for path in ("/bulk", "/bulk/new", f"/bulk/{checked}", f"/bulk/{checked}/export.csv"):
        assert viewer.get(path).status_code == 403, path


def test_a_run_that_is_not_there_is_not_found(bulk: BulkBoard) -> None:
    nobody = UUID(int=1)
    assert bulk.staff.get(f"/bulk/{nobody}").status_code == 404
    assert bulk.staff.get(f"/actions/bulk.start?run={nobody}").status_code == 404
    assert bulk.program.get(f"/v1/admin/bulk-runs/{nobody}/rows").status_code == 404


@pytest.mark.parametrize("path", ["/bulk", "/bulk/{}", "/bulk/{}?status=ready&limit=100", "/bulk/{}/count"])
def test_pages_ask_few_questions(bulk: BulkBoard, checked: UUID, path: str) -> None:
    bulk.staff.get(path.format(checked))
    with recorded_queries(bulk.board.runtime.database.engine) as queries:
        assert bulk.staff.get(path.format(checked)).status_code == 200
    assert len(queries) <= MOST_QUERIES, queries


def test_a_run_is_started_from_its_page(bulk: BulkBoard) -> None:
    emails = bulk.make_users(1)
    run_id = bulk.check([(emails[0], "5.00", REASON)])
    preview = bulk.staff.submit("/actions/bulk.start/preview", {"run": str(run_id)}).text
    assert "Run 1 row" in preview
    token = preview.split('name="token" value="')[1].split('"')[0]
    assert "Run 1 row, +$5.00 in all" in preview
    assert "Credits moved after" in preview
    answer = bulk.staff.submit("/actions/bulk.start", {"run": str(run_id), "token": token})
    assert answer.status_code == 303, answer.text
    assert bulk.see(run_id)["status"] == "waiting"
    bulk.advance(run_id)
    assert [int(total) for total in bulk.balances(emails)] == [5]


def test_undoing_a_run_leads_to_the_run_that_takes_it_back_and_its_page_says_how_that_stands(
    bulk: BulkBoard,
) -> None:
    emails = bulk.make_users(2)
    run_id = bulk.check([(email, "5.00", REASON) for email in emails])
    bulk.run_all(run_id)
    page = bulk.staff.get(f"/bulk/{run_id}").text
    assert "<dt>Ready</dt><dd>0</dd>" in page
    typed = {"run": str(run_id), "return_to": f"/bulk/{run_id}"}
    preview = bulk.staff.submit("/actions/bulk.undo/preview", typed).text
    assert "Prepare the undo of 2 rows" in preview
    assert "Nothing is taken back before you start that one" in preview

    typed["token"] = preview.split('name="token" value="')[1].split('"')[0]
    answer = bulk.staff.submit("/actions/bulk.undo", typed)
    assert answer.status_code == 303, answer.text
    there = answer.headers["location"]
    undo_id = UUID(there.removeprefix("/bulk/").partition("?")[0])
    assert undo_id != run_id
    assert "When its check is done, press Start on its page" in bulk.staff.get(there).text
    assert "takes this one back is being checked" in bulk.staff.get(f"/bulk/{run_id}").text

    bulk.advance(undo_id)
    page = bulk.staff.get(f"/bulk/{run_id}").text
    assert "The run that takes this one back is checked, waiting to be started." in page
    assert f'href="/bulk/{undo_id}">Open it</a>' in page
    assert "bulk.undo" not in page
    assert '<span class="negative">-$10.00</span></strong> in all, to 2 rows' in (
        bulk.staff.get(f"/bulk/{undo_id}").text
    )
    bulk.run_all(undo_id)
    assert "takes this one back is finished" in bulk.staff.get(f"/bulk/{run_id}").text


def test_a_dialog_that_made_a_record_leads_there(bulk: BulkBoard) -> None:
    run_id = bulk.check([(bulk.make_users(1)[0], "5.00", REASON)])
    bulk.run_all(run_id)
    preview = bulk.staff.submit("/actions/bulk.undo/preview", {"run": str(run_id)}).text
    token = preview.split('name="token" value="')[1].split('"')[0]
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "dialog#dialog"}
    answer = bulk.staff.submit("/actions/bulk.undo", {"run": str(run_id), "token": token}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["HX-Redirect"].startswith(f"/bulk/{bulk.see(run_id)['undone_by']}?done=")
