"""What is wrong with a file as a whole is refused with a sentence, and nothing of it is kept."""

import io
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from adminboard.bulk import csv_file
from adminboard.bulk.csv_file import NotReadable, read_rows
from adminboard.core.models import Run, RunRow
from adminboard.credits.actions import adjust_credits
from tests.bulk.sending import REASON, BulkBoard, write_csv
from tests.web.problems import read_problem

ROW = f"ada@example.test,5.00,{REASON}\n"


def count_rows(bulk: BulkBoard) -> tuple[int, int]:
    with bulk.board.rows() as session:
        runs, rows = (session.scalar(select(func.count()).select_from(model)) for model in (Run, RunRow))
        return runs or 0, rows or 0


@pytest.mark.parametrize(
    ("file", "code", "sentence"),
    [
        (b"", "no_file", "Choose a file first."),
        (b"\n\n  \n", "wrong_columns", "Missing: 'user', 'amount', 'reason'."),
        (b"user,amount,reason\n", "not_readable", "The file has no rows."),
        (b"user,amount,reason\n,,\n", "not_readable", "The file has no rows."),
        (f"user,amount\n{ROW}".encode(), "wrong_columns", "Missing: 'reason'."),
        (f"user,amount,reason,colour\n{ROW}".encode(), "wrong_columns", "There is no column 'colour'."),
        (f"user,amount,user,reason\n{ROW}".encode(), "wrong_columns", "Named twice: 'user'."),
        (f"user,amount,reason\n{ROW}".encode("utf-16"), "not_readable", "begins as UTF-16 does"),
        (
            b"user,amount,reason\nada@example.test,5.00,Entsch\xe4digung\n",
            "not_readable",
            "not UTF-8 text: line 2 has the byte 0xe4. Save it as",
        ),
        (f"user,amount,reason\n{ROW}é".encode()[:-1], "not_readable", "line 3 ends within a character"),
        (
            f'user,amount,reason\n"ada,5.00,{REASON}\n'.encode(),
            "not_readable",
            "a quotation mark is never closed",
        ),
        (
            f'user,amount,reason\n"ada"x,5.00,{REASON}\n'.encode(),
            "not_readable",
            "after a closing quotation mark comes something else",
        ),
        (
            f"user,amount,reason\n{'x' * 30_000},5.00,{REASON}\n".encode(),
            "not_readable",
            "a cell has more than 20,000 characters",
        ),
        (b"\x00\x01\x02PK", "wrong_columns", "There is no column"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(
    bulk: BulkBoard, file: bytes, code: str, sentence: str
) -> None:
    before = count_rows(bulk)
    answer = bulk.send(file)
    assert sentence in read_problem(answer, 422, code)["detail"]
    assert count_rows(bulk) == before


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheets_may_separate_and_mark_as_they_do(delimiter: str, encoding: str) -> None:
    row = ("jörg@example.test", "5.00", "Mended; the line, at last")
    text = write_csv([row], (" User", "AMOUNT", "reason "), delimiter).decode()
    [read] = read_rows(io.BytesIO(text.encode(encoding)), adjust_credits)
    assert read.cells == dict(zip(("user", "amount", "reason"), row, strict=True))


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_ROWS", 3)
    rows = [("ada@example.test", "1.00", f"{REASON} {number}") for number in range(4)]
    assert len(list(read_rows(io.BytesIO(write_csv(rows[:3])), adjust_credits))) == 3
    with pytest.raises(NotReadable, match="more than 3 rows"):
        list(read_rows(io.BytesIO(write_csv(rows)), adjust_credits))


def test_more_than_fifty_megabytes_are_not_taken(bulk: BulkBoard) -> None:
    header = b"user,amount,reason\n"
    answer = bulk.program.post(
        "/v1/admin/bulk-runs?action=credits.adjust",
        content=header,
        headers={"Content-Type": "text/csv", "Content-Length": "50000001"},
    )
    assert "(50 MB)" in read_problem(answer, 413, "body_too_large")["detail"]

    def endless() -> Iterator[bytes]:
        piece = b"x" * 1_000_000
        yield header
        for _ in range(60):
            yield piece

    answer = bulk.program.post(
        "/v1/admin/bulk-runs?action=credits.adjust",
        content=endless(),
        headers={"Content-Type": "text/csv"},
    )
    read_problem(answer, 413, "body_too_large")


def test_strangers_files_are_not_even_read(bulk: BulkBoard) -> None:
    stranger = bulk.board.program_with({"X-Admin-Key": "abk_wrong_wrong"})
    read_problem(bulk.send(b"x" * 3_000_000, program=stranger), 403, "key_refused")


def test_only_actions_that_take_files_take_them(bulk: BulkBoard) -> None:
    for action in ("admins.invite", "no.such", ""):
        answer = bulk.send(f"user,amount,reason\n{ROW}".encode(), action=action)
        read_problem(answer, 404, "action_unknown")


def test_a_form_does_as_well(bulk: BulkBoard) -> None:
    file = f"user,amount,reason\n{ROW}".encode()
    answer = bulk.program.post(
        "/v1/admin/bulk-runs",
        data={"action": "credits.adjust"},
        files={"file": ("C:\\files\\may.csv", file, "text/csv")},
    )
    assert answer.status_code == 201
    assert answer.json()["result"]["title"] == "may.csv"
