"""Count at night what pages will ask of people and rows, so that nobody waits for it in the morning."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core.indicators import find
from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import kept_counts
from surveyor.flows import measure_custscore
from surveyor.flows.keep_counts import Ask, Keeper, held_out, many, mentions, plain, refusals
from surveyor.flows.measure_indicators import Question, keeping, measure

#: What nobody has looked at for so long is counted ahead no more, and then forgotten.
LOOKED, FORGOTTEN = timedelta(days=7), timedelta(days=31)


def count_ahead(reads: Any, sessions: Any, *, zone: str, now: datetime) -> int:
    """Count again what somebody looked at within a week, and the usual periods of the network; how many counts.

    reads: sessions that only read: nobody waits meanwhile. Nothing is counted for a network of few rows. What comes
    from the same rows is counted and kept together: a kill loses no more, and a second run counts again.
    """
    today = local_date(now, zone)
    with sessions.begin() as session:
        kept_counts.forget(session, before=now - FORGOTTEN)
    with reads() as session:
        looked = [_ask(one) for one in kept_counts.looked_at(session, since=now - LOOKED)]
    asked = [moved for one in looked for moved in (*_still(one, today), *_moved_on(one, today))]
    left = {str(one.plain()): one for one in (*asked, *_usual(reads, zone, today))}
    done = 0
    while left:
        name, ask = next(iter(left.items()))
        with reads() as session:
            made = _count(session, ask, left.keys(), today=today, zone=zone, now=now)
        with sessions.begin() as session:
            for one, body in made:
                kept_counts.keep(session, one.plain(), body, now=now, looked=False)
        done += len(made)
        for gone in (name, *(str(one.plain()) for one, _ in made)):
            left.pop(gone, None)
    return done


def _ask(said: Any) -> Ask:
    first, last = (date.fromisoformat(day) for day in said["days"])
    return Ask(said["count"], tuple(Scope.parse(one) for one in said["scopes"]), Period(first, last), said["more"])


def _usual_periods(day: date) -> dict[str, Period]:
    """What pages are opened with on a day: its month, the last one, three and twelve."""
    last_month = day.replace(day=1) - timedelta(days=1)
    tokens = {"this": f"{day:%Y-%m}", "last": f"{last_month:%Y-%m}", "3m": "3m", "12m": "12m"}
    return {name: Period.parse(token, day) for name, token in tokens.items()}


def _still(ask: Ask, today: date) -> Iterator[Ask]:
    """The same count, but for the year of those held out, which moves on each day."""
    if ask.name != "holdout" or ask.period == held_out.year_of(today):
        yield ask


def _moved_on(ask: Ask, today: date) -> Iterator[Ask]:
    """The same count of the days that a usual period has come to mean since somebody looked."""
    if ask.name == "holdout":
        yield replace(ask, period=held_out.year_of(today))
        return
    days = (ask.period.first, ask.period.last)
    now = _usual_periods(today)
    for back in range(1, LOOKED.days + 1):
        for name, period in _usual_periods(today - timedelta(days=back)).items():
            if (period.first, period.last) == days != (now[name].first, now[name].last):
                yield replace(ask, period=now[name])


def _usual(reads: Any, zone: str, today: date) -> Iterator[Ask]:
    """What the first pages of the network ask of this month, the last one, three and twelve."""
    for period in _usual_periods(today).values():
        with reads() as session:
            counted = many(session, period)
        if not counted:
            continue
        for name in ("hit", "earlier", "answered", "questionnaires", "tongues"):
            yield Ask(name, (NETWORK,), period)
        for by in ("region", "store"):
            yield Ask("answered_by", (NETWORK,), period, {"by": by})
        yield Ask("questionnaires", (NETWORK,), period.before())
        yield Ask("answered", (NETWORK,), period.before())
        if period.days >= refusals.LONG:
            yield Ask("reasons", (NETWORK,), period)
        yield Ask("apart", (NETWORK,), period, {"zone": zone})
        for days in (period, period.before()):
            yield from (Ask(name, (NETWORK,), days) for name in mentions.COUNTS)
            yield Ask(measure_custscore.ROWS, (NETWORK,), days, {"zone": zone})
        question = _question((), NETWORK, period, today=today, zone=zone)
        yield from (keeping.ask_of(question, key) for key in sorted(keeping.KEEPABLE))
        yield from keeping.coverage_asks(question)


def _question(keys: tuple[str, ...], scope: Scope, period: Period, *, today: date, zone: str) -> Question:
    return Question(tuple(find(key) for key in keys), scope, (scope,), period, today, zone=zone)


def _count(
    session: Any, ask: Ask, wanted: Collection[str], *, today: date, zone: str, now: datetime
) -> list[tuple[Ask, Any]]:
    """What a count says, and those of `wanted` that its rows say as well."""
    if ask.name == measure_custscore.ROWS:
        of = measure_custscore.Of(NETWORK, ask.reach, ask.period, now, ask.more["zone"])
        return [(ask, measure_custscore.count_rows(session, of))]
    if not ask.name.startswith(keeping.PREFIX):
        return [(ask, plain.COUNTS[ask.name](session, ask))]
    scope, line = Scope.parse(ask.more["scope"]), keeping.line_of(ask.name.removeprefix(keeping.PREFIX))
    keys = tuple(sorted(key for key in line if str(_same(ask, key).plain()) in wanted))
    question = replace(_question(keys, scope, ask.period, today=today, zone=ask.more["zone"]), reach=ask.reach)
    keeper = _Fresh(now)
    measure(session, replace(question, keeper=keeper))
    return keeper.bodies


def _same(ask: Ask, key: str) -> Ask:
    """The figure of another indicator, asked alike."""
    return replace(ask, name=keeping.PREFIX + key)


class _Fresh(Keeper):
    """Finds nothing, and holds the figures that were counted."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.bodies: list[tuple[Ask, Any]] = []

    def of(self, session: Any, ask: Ask, count: Any, *, ready: bool = False, holds: Any = None) -> Any:
        """Count, whatever is kept."""
        del session, ready, holds
        made = count()
        if ask.name.startswith(keeping.PREFIX):
            self.bodies.append((ask, made))
        return made
