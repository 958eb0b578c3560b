"""When rules, questions and email texts changed: what a trend shows beside its line, since figures may move there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db.tables.emails import EmailTemplate
from surveyor.db.tables.rules import Questionnaire, RuleVersion

What = Literal["rules", "questions", "email"]


@dataclass(frozen=True, slots=True)
class Break:
    """A version that came into force at an instant. name: the survey, or the kind of email; "" for the rules."""

    what: What
    at: datetime
    name: str
    version: int


def breaks(session: Session, first: datetime, last: datetime) -> list[Break]:
    """Every version published in `[first, last)`, in the order of time; the first version of a thing is no break."""
    r, q, e = RuleVersion, Questionnaire, EmailTemplate
    rules = select(r.published_at, r.number).where(r.base.is_not(None), r.published_at >= first, r.published_at < last)
    questions = select(q.published_at, q.survey, q.version).where(
        q.version > 1, q.published_at >= first, q.published_at < last
    )
    emails = select(e.published_at, e.kind, e.version).where(
        e.version > 1, e.published_at >= first, e.published_at < last
    )
    found = [Break("rules", at, "", number) for at, number in session.execute(rules)]
    found += [Break("questions", at, name, version) for at, name, version in session.execute(questions)]
    # The languages of one text are published together: they are one break.
    found += {Break("email", at, name, version) for at, name, version in session.execute(emails)}
    return sorted(found, key=lambda one: (one.at, one.what, one.name, one.version))
