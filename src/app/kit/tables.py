"""What every table of the product shares: one metadata, one way of naming constraints, the usual column types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Enum, MetaData
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Moment = TIMESTAMP(timezone=True)


class Base(DeclarativeBase):
    """Base of all tables; migrations compare `Base.metadata` with the database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: Moment}


def words(kind: type[StrEnum], name: str) -> Enum:
    """A text column that holds the values of an enumeration, with a check constraint of this name."""
    return Enum(kind, name=name, native_enum=False, create_constraint=True, length=32, values_callable=_values)


def _values(kind: type[StrEnum]) -> Sequence[str]:
    return [member.value for member in kind]
