"""Rows 17 to 19: screens read from tallies, and a response with its tallies against the response alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import func, select

from benchmarks import data, databases, tallied
from benchmarks.bench_send import due
from benchmarks.bench_send import ours as send_all
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.responses import Revision, Standing
from surveyor.core.surveys import DEFAULT_SURVEY
from surveyor.db import responses, tallies
from surveyor.db.responses import Counted, Link, NewRevision
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.db.tables.tallies import CoarseTally, FineTally
from surveyor.flows.record_response import counting

#: A round takes 0.6 s of processor where the README was measured: one twice as fast still says something.
SIZES = {"small": 2000, "full": 4000}
DAY = date(2026, 1, 12)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both engines."""
    many = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "19",
            which,
            lambda place: answer(place, tallied=True),
            limit=lambda place: answer(place, tallied=False),
            fresh=lambda which=which: databases.copy(sent(which, many)),
            done=databases.close,
            check=check,
            servers=lambda which=which: databases.servers(which),
            cost=True,
        )
        yield from tallied.cases(size=size, which=which)


@cache
def sent(engine: str, many: int) -> Place:
    """A database with so many invitations sent, and their links; each round has a copy."""
    place = due(engine, many)
    send_all(place)
    with place.sessions() as session:
        ids = list(session.scalars(select(Invitation.id).where(Invitation.state == "sent")))
        place.notes["links"] = [responses.link_of(session, one) for one in ids]
    return place


def answer(place: Place, *, tallied: bool) -> int:
    """One revision and what stands, each in its transaction."""
    now = place.notes["now"] + timedelta(hours=3)
    for number, link in enumerate(place.notes["links"]):
        score = number % 11
        with place.sessions.begin() as session:
            _keep(session, link, score, now)
            if tallied:
                tallies.add(session, counting.moved(link, None, Counted(score, False, DAY, ())))
    return len(place.notes["links"])


def check(place: Place) -> None:
    """Coarse and fine tallies say what the rows say, score by score."""
    with place.sessions() as session:
        for score in range(11):
            told = {
                int(session.scalar(select(func.sum(getattr(table, f"score_{score}")))) or 0)
                for table in (CoarseTally, FineTally)
            }
            stored = int(session.scalar(select(func.count()).where(Response.score == score)) or 0)
            if told != {stored}:
                raise CheckError(f"score {score}: {stored} responses, tallies say {sorted(told)}")


def _keep(session: object, link: Link, score: int, now: object) -> None:
    revision = Revision(1, "0" * 16, (), score, True, now)  # type: ignore[arg-type]
    invitation: UUID = link.invitation_id
    plain = {"score": score, "values": {}, "survey": DEFAULT_SURVEY.id}
    new = NewRevision(invitation, revision, bytes(32), plain, None, None, 9000, bytes(32))
    responses.insert_revision(session, new)  # type: ignore[arg-type]
    found = Standing(1, score, now, frozenset(), 0)  # type: ignore[arg-type]
    responses.save_response(session, link, found, Counted(score, False, DAY, ()), now=data.NOW)  # type: ignore[arg-type]
