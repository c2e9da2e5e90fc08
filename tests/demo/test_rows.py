"""The rows before they are loaded: the same for the same plan, and written as COPY reads them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, add_months, months_between
from adminboard.demo.seed.plan import Counts
from tests.db.templates import Addresses
from tests.demo.plans import list_rows, make_plan


def test_the_same_plan_makes_the_same_rows() -> None:
    assert list_rows(make_plan(200, 900)) == list_rows(make_plan(200, 900))


def test_another_seed_makes_other_rows() -> None:
    rows, others = list_rows(make_plan(20, 50)), list_rows(make_plan(20, 50, seed=8))
    shared = {line for block in rows for line in block.data.splitlines()} & {
        line for block in others for line in block.data.splitlines()
    }
    assert not shared


def test_the_number_of_processes_makes_no_difference() -> None:
    plan = make_plan(4_001, 300)
    small = replace(plan, counts=Counts(4_001, 100, 300, 4_001, 200, 300, 300))
    assert len(list(small.chunks())) == 3
    assert list_rows(small, processes=2) == list_rows(small, processes=1)


@pytest.mark.parametrize(("users", "calls"), [(1, 0), (1, 40), (3, 3), (50, 0)])
def test_odd_sizes_work(users: int, calls: int) -> None:
    rows: Counter[str] = Counter()
    for block in list_rows(make_plan(users, calls)):
        rows[block.table] += block.rows
    assert (rows["users"], rows["call_logs"]) == (users, calls)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "back\\slash",
        "tab\tnew\nline\r",
        "\\N",
        "",
        " ",
        "Ünï 🌵 عبد",
        "quote ' and \"",
        "\u00a0\u2028",
        "\x01",
    ],
)
def test_any_text_arrives_as_it_was(text: str, addresses: Addresses) -> None:
    rows = RowBuffer()
    rows.add("t", text=text, data={"key": text}, nothing=None)
    (block,) = rows.take_all()
    with psycopg.connect(psycopg_conninfo(addresses.app_url)) as connection:
        connection.execute("CREATE TEMPORARY TABLE t (text text, data jsonb, nothing text)")
        with connection.cursor() as cursor, cursor.copy("COPY t (text, data, nothing) FROM STDIN") as copy:
            copy.write(block.data)
        assert connection.execute("SELECT * FROM t").fetchall() == [(text, {"key": text}, None)]
        connection.rollback()


def test_rows_of_a_table_have_the_same_columns() -> None:
    rows = RowBuffer()
    rows.add("t", a=1, b=2)
    with pytest.raises(ValueError, match="different columns"):
        rows.add("t", b=2, a=1)


def test_no_float_becomes_a_value() -> None:
    with pytest.raises(TypeError, match="float"):
        RowBuffer().add("t", amount=0.1)


def test_blocks_are_given_away_when_they_are_full() -> None:
    rows = RowBuffer()
    rows.add("t", text="x" * 4_000_001)
    assert [block.rows for block in rows.take_full()] == [1]
    assert list(rows.take_all()) == []


def test_months_end_on_their_last_day() -> None:
    start = datetime(2026, 1, 31, tzinfo=UTC)
    assert add_months(start, 1) == datetime(2026, 2, 28, tzinfo=UTC)
    assert add_months(start, -2) == datetime(2025, 11, 30, tzinfo=UTC)
    assert months_between(start, datetime(2026, 2, 28, tzinfo=UTC)) == 1
    assert months_between(start, start + timedelta(days=27)) == 0
    assert months_between(start, start - timedelta(days=90)) == 0


def test_ids_are_random_uuids() -> None:
    identifier = Draw(1, "a").new_id()
    assert identifier.version == 4
    assert identifier != Draw(1, "b").new_id()
