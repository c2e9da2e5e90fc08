"""What every model is built on: naming of constraints, types by annotation, id and time stamps.

A model writes `Mapped[datetime]`, `Mapped[Status]`, `Mapped[Credits]` and gets timestamptz, text with a
CHECK on its words, numeric(14,2). Tables of the product live in the default schema (`public`); tables of
the board say `{"schema": BOARD}` and are referred to as `"board.<table>.<column>"`.
"""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Date, DateTime, Enum, LargeBinary, MetaData, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from adminboard.db.types import CREDITS, WORDS

BOARD = "board"

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    """The base of all models. Adds to each column of a closed set the CHECK `ck_<table>_<column>`."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        str: Text(),
        bytes: LargeBinary(),
        Decimal: CREDITS,
        date: Date(),
        datetime: DateTime(timezone=True),
        enum.Enum: WORDS,
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text()),
    }

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isinstance(table := cls.__dict__.get("__table__"), Table):
            _check_words(table)


def _check_words(table: Table) -> None:
    for column in table.columns:
        if isinstance(column.type, Enum):
            words = ", ".join(f"'{word}'" for word in column.type.enums)
            table.append_constraint(CheckConstraint(f"{column.name} IN ({words})", name=column.name))


class Identified:
    """A random UUID as primary key, made in Python so that it is known before the row is written."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4, sort_order=-1)


class Created:
    """`created_at`, for rows that are never updated. Business code sets it to `work.now()`."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=1)


class Timestamped(Created):
    """`created_at` and `updated_at`.

    The ORM stamps `updated_at` at each update; no trigger does, because the product's backend writes the
    same tables and stamps its own.
    """

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), sort_order=2)
