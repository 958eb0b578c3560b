"""Answers with a score and every star, row by row: what the weight of stars in the score is computed of (THM-05)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision


def of_period(session: Session, reach: Reach, period: Period, stars: Sequence[str]) -> list[tuple[int, list[int]]]:
    """(score, one value of each star) of the responses that stand and skipped none of these questions."""
    if not stars:
        return []
    r, v = Response, ResponseRevision
    query = (
        select(r.score, v.answers)
        .join(v, and_(v.invitation_id == r.invitation_id, v.n == r.standing))
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.score.is_not(None), r.source == "email", r.day >= period.first, r.day <= period.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
    )
    found: list[tuple[int, list[int]]] = []
    for score, answers in session.execute(query):
        given = [one for star in stars if isinstance(one := (answers or {}).get(star), int)]
        if score is not None and len(given) == len(stars):
            found.append((score, given))
    return found
