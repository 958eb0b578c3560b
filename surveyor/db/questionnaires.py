"""Versions of questionnaires: what was asked, which is the key to what was answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db.tables.rules import Questionnaire


def bodies(session: Session) -> list[Any]:
    """The questions of every version that was ever published, the oldest first."""
    return list(session.scalars(select(Questionnaire.body).order_by(Questionnaire.survey, Questionnaire.version)))
