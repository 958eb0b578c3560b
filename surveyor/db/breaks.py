"""When rules, questions, email texts and formulas changed: what a trend marks, since figures may move there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db import definitions
from surveyor.db.tables.emails import EmailTemplate
from surveyor.db.tables.rules import Questionnaire, RuleVersion

What = Literal["rules", "questions", "email", "definition"]


@dataclass(frozen=True, slots=True)
class Break:
    """A version that came into force at an instant.

    name: the survey, the kind of email, or the key of the indicator whose definition it is; "" for the rules.
    """

    what: What
    at: datetime
    name: str
    version: int


def breaks(session: Session, first: datetime, last: datetime, *, of: Collection[str]) -> list[Break]:
    """Every version published in `[first, last)`, in the order of time; the first version of a thing is no break.

    of: the indicators that are shown: whose definitions count, by key.
    """
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
    found += [
        Break("definition", since, key, version)
        for key, version, since in definitions.raised(session, first, last)
        if key in of
    ]
    return sorted(found, key=lambda one: (one.at, one.what, one.name, one.version))
