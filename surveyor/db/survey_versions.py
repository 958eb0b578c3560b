"""Versions of the questions that customers are asked, and the drafts on the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.surveys import STANDARD_SURVEYS, Survey, from_plain, to_plain
from surveyor.db.engine import dialect_name
from surveyor.db.tables.rules import Questionnaire, SurveyDraft


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a survey. author "": the one that comes with the product, which has no row yet."""

    number: int
    survey: Survey
    author: str = ""
    why: str = ""
    base: int | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody works on. base: the number of the version it was made from."""

    author: str
    base: int
    survey: Survey
    updated_at: datetime


def versions(session: Session, survey: str) -> list[Version]:
    """Every version of a survey, the newest first; empty for a survey that nobody knows."""
    q = Questionnaire
    query = select(q.version, q.body, q.author, q.why, q.base, q.published_at).where(q.survey == survey)
    rows = session.execute(query.order_by(q.version.desc())).all()
    found = [Version(row[0], from_plain(row[1]), *row[2:]) for row in rows]
    standard = STANDARD_SURVEYS.get(survey)
    if standard is not None and all(one.number != standard.number for one in found):
        found.append(Version(standard.number, standard.survey))
    return found


def ids(session: Session) -> list[str]:
    """The surveys there are: those that come with the product and those that were published."""
    return sorted({*STANDARD_SURVEYS, *session.scalars(select(Questionnaire.survey).distinct())})


def publish(session: Session, version: Version, *, now: datetime) -> None:
    """Insert a version; somebody who took its number first makes it fail whole."""
    session.execute(
        insert(Questionnaire).values(
            survey=version.survey.id,
            version=version.number,
            body=to_plain(version.survey),
            author=version.author,
            why=version.why,
            base=version.base,
            published_at=version.published_at or now,
        )
    )


def find_draft(session: Session, author: str, survey: str) -> Draft | None:
    """The draft of a person for a survey."""
    d = SurveyDraft
    query = select(d.author, d.base, d.body, d.updated_at).where(d.author == author, d.survey == survey)
    row = session.execute(query).first()
    return None if row is None else Draft(row[0], row[1], from_plain(row[2]), row[3])


def drafts_of(session: Session, author: str) -> list[Draft]:
    """The drafts of a person, by survey."""
    d = SurveyDraft
    query = select(d.author, d.base, d.body, d.updated_at).where(d.author == author).order_by(d.survey)
    return [Draft(row[0], row[1], from_plain(row[2]), row[3]) for row in session.execute(query)]


def save_draft(session: Session, draft: Draft) -> None:
    """Keep a draft, whatever there was before."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values: dict[str, Any] = {"base": draft.base, "body": to_plain(draft.survey), "updated_at": draft.updated_at}
    statement: Any = make(SurveyDraft).values(author=draft.author, survey=draft.survey.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["author", "survey"], set_=values))


def discard_draft(session: Session, author: str, survey: str) -> None:
    """Forget a person's draft of a survey."""
    session.execute(delete(SurveyDraft).where(SurveyDraft.author == author, SurveyDraft.survey == survey))
