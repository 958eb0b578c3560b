"""What the columns of a list hold, so that a file of typed cells (XLSX, Parquet) says instants, days and numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """Of one column."""

    TEXT = "text"
    WHOLE = "whole"
    DAY = "day"
    INSTANT = "instant"


_WHOLE = frozenset("score rule_version questionnaire_version n value occurrence".split())
_DAYS = frozenset("day decision_day occurrence_on due_on".split())


def kind_of(column: str) -> Kind:
    """By its name: the lists of the API name their columns alike."""
    if column.endswith("_at"):
        return Kind.INSTANT
    if column in _DAYS:
        return Kind.DAY
    return Kind.WHOLE if column in _WHOLE else Kind.TEXT


def typed(value: Any, kind: Kind) -> Any:
    """A value of a driver as the column's kind has it: aware datetime, date, int or text; None stays."""
    if value is None:
        return None
    if kind is Kind.INSTANT:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if kind is Kind.DAY:
        return date.fromisoformat(value) if isinstance(value, str) else value
    if kind is Kind.WHOLE:
        return int(value)
    return as_text(value)


def as_text(value: Any) -> str:
    """What a text column says of a value: ids in hex, structures as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, UUID | bytes):
        return value.hex if isinstance(value, UUID) else value.hex()
    return str(value) if isinstance(value, int | float | Decimal) else msgspec.json.encode(value).decode()
