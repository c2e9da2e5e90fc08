"""What the base of the models promises for every table."""

import enum

import pytest
from sqlalchemy import CheckConstraint, Column, Enum, Numeric, Table, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from adminboard.customers.models import OrganizationStatus
from adminboard.db.base import BOARD
from adminboard.models import metadata
from tests.factories import make_admin, make_organization, make_user

COLUMNS = [column for table in metadata.sorted_tables for column in table.columns]
FLOATING = ("FLOAT", "REAL", "DOUBLE")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_every_table_lives_in_the_products_or_the_boards_schema(table: Table) -> None:
    assert table.schema in {None, BOARD}


@pytest.mark.parametrize("column", [column for column in COLUMNS if isinstance(column.type, Enum)], ids=str)
def test_every_closed_set_of_words_is_a_str_enum_and_a_check(column: Column[object]) -> None:
    assert isinstance(column.type, Enum)
    assert column.type.enum_class is not None
    assert issubclass(column.type.enum_class, enum.StrEnum)
    checks = {str(check.name) for check in column.table.constraints if isinstance(check, CheckConstraint)}
    assert f"ck_{column.table.name}_{column.name}" in checks


def test_no_column_is_a_float() -> None:
    assert [str(column) for column in COLUMNS if str(column.type).startswith(FLOATING)] == []


def test_every_time_has_a_zone() -> None:
    times = [column for column in COLUMNS if str(column.type) == "DATETIME"]
    assert times
    assert [str(column) for column in times if not getattr(column.type, "timezone", False)] == []


def test_credits_have_two_places_and_stripes_amounts_are_whole() -> None:
    for column in COLUMNS:
        if column.name.endswith("_cents"):
            assert str(column.type) == "BIGINT", column
        if isinstance(column.type, Numeric):
            assert column.type.scale == 2, column


def test_a_word_outside_its_set_is_refused_in_python_and_by_the_database(session: Session) -> None:
    organization = make_organization(session)
    with pytest.raises(StatementError), session.begin_nested():
        make_organization(session, status="closed")
    with pytest.raises(IntegrityError, match="ck_organizations_status"), session.begin_nested():
        session.execute(text("UPDATE organizations SET status = 'closed'"))
    session.refresh(organization)
    assert organization.status is OrganizationStatus.ACTIVE


@pytest.mark.parametrize("make", [make_user, make_admin])
def test_an_email_address_is_taken_whatever_its_case(session: Session, make: object) -> None:
    assert callable(make)
    make(session, email="Jo@example.test")
    with pytest.raises(IntegrityError, match="_email"), session.begin_nested():
        make(session, email="jO@Example.test")


def test_a_row_that_is_changed_is_stamped(session: Session) -> None:
    user = make_user(session)
    before = user.updated_at
    user.full_name = "Another Name"
    session.flush()
    assert user.updated_at > before
