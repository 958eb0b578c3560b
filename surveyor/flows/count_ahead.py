"""Count at night what pages will ask of people and rows, so that nobody waits for it in the morning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core.indicators import find
from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import kept_counts
from surveyor.flows.keep_counts import Ask, Keeper, many, plain
from surveyor.flows.measure_indicators import Question, keeping, measure

#: What nobody has looked at for so long is counted ahead no more, and then forgotten.
LOOKED, FORGOTTEN = timedelta(days=7), timedelta(days=31)


def count_ahead(reads: Any, sessions: Any, *, zone: str, now: datetime) -> int:
    """Count again what somebody looked at within a week, and the usual periods of the network; how many counts.

    reads: sessions that only read: nobody waits meanwhile. Nothing is counted for a network of few rows. Each count
    is kept by itself: a kill loses one at most, and a second run counts again.
    """
    today = local_date(now, zone)
    with sessions.begin() as session:
        kept_counts.forget(session, before=now - FORGOTTEN)
    with reads() as session:
        asked = [_ask(one) for one in kept_counts.looked_at(session, since=now - LOOKED)]
    done = 0
    for ask in {str(one.plain()): one for one in (*asked, *_usual(reads, zone, today))}.values():
        with reads() as session:
            body = _count(session, ask, today=today, zone=zone, now=now)
        with sessions.begin() as session:
            kept_counts.keep(session, ask.plain(), body, now=now, looked=False)
        done += 1
    return done


def _ask(said: Any) -> Ask:
    first, last = (date.fromisoformat(day) for day in said["days"])
    return Ask(said["count"], tuple(Scope.parse(one) for one in said["scopes"]), Period(first, last), said["more"])


def _usual(reads: Any, zone: str, today: date) -> Iterator[Ask]:
    """What the first pages of the network ask of this month, the last one, three and twelve."""
    for token in (f"{today:%Y-%m}", f"{today.replace(day=1) - timedelta(days=1):%Y-%m}", "3m", "12m"):
        period = Period.parse(token, today)
        with reads() as session:
            counted = many(session, period)
        if not counted:
            continue
        for name in ("hit", "earlier", "answered", "questionnaires", "tongues"):
            yield Ask(name, (NETWORK,), period)
        for by in ("region", "store"):
            yield Ask("answered_by", (NETWORK,), period, {"by": by})
        question = _question("nps", NETWORK, period, today=today, zone=zone)
        yield from (keeping.ask_of(question, key) for key in sorted(keeping.KEEPABLE))
        yield from keeping.coverage_asks(question)


def _question(key: str, scope: Scope, period: Period, *, today: date, zone: str) -> Question:
    return Question((find(key),), scope, (scope,), period, today, zone=zone)


def _count(session: Any, ask: Ask, *, today: date, zone: str, now: datetime) -> Any:
    if not ask.name.startswith(keeping.PREFIX):
        return plain.COUNTS[ask.name](session, ask)
    key, scope = ask.name.removeprefix(keeping.PREFIX), Scope.parse(ask.more["scope"])
    question = replace(_question(key, scope, ask.period, today=today, zone=ask.more["zone"]), reach=ask.reach)
    keeper = _Fresh(now)
    measure(session, replace(question, keeper=keeper))
    return keeper.body


class _Fresh(Keeper):
    """Finds nothing, and holds the figure that was counted last."""

    body: Any = None

    def of(self, session: Any, ask: Ask, count: Any) -> Any:
        """Count, whatever is kept."""
        del session
        made = count()
        if ask.name.startswith(keeping.PREFIX):
            self.body = made
        return made
