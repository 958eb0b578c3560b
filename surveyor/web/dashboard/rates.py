"""Who answers the emails: weekly cohorts, what a young one will come to, and the rate by rule, store or language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.goals import Aimed
from surveyor.core.indicators import Envelope, Facts, View, envelope, find
from surveyor.core.indicators.changes import rate_level
from surveyor.core.indicators.cohorts import MATURE_WEEKS, Projected, completeness, is_mature, projected, share_by_age
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period, local_date, week_of
from surveyor.core.searching import fold
from surveyor.core.tally import SENT_COUNTS, Tally
from surveyor.db import stores, tallies
from surveyor.db.breaks import breaks
from surveyor.flows.keep_counts import Ask, plain
from surveyor.web import charts
from surveyor.web.dashboard.aims import aims
from surveyor.web.dashboard.asked import Asked
from surveyor.web.dashboard.words import break_name, span_name
from surveyor.web.here import page_keeper
from surveyor.web.language import language

CUTS = ("rule", "store", "segment", "language")
HEADLINES = (
    "response_rate",
    "response_rate_sent",
    "visit_rate",
    "completion_rate",
    "unsubscribe_rate",
    "delivery_rate",
)
#: What a response rate is made of, delivered as it is told or as it is assumed.
RATE_COUNTS = ("sent", "delivered", "bounced_hard", "bounced_soft", "rejected", "undelivered", "responded")
MOST_WEEKS = 53
FEWEST_WEEKS = 16


@dataclass(frozen=True, slots=True)
class Week:
    """The emails of one ISO week: their rate as it is, and as it will be when it is young but old enough to say."""

    name: str
    rate: Envelope
    tally: Tally
    mature: bool
    share: float | None
    projected: Projected | None


@dataclass(frozen=True, slots=True)
class Part:
    """A rule, a store… with its rate; level: against the rest of the page, "alert", "information" or "none"."""

    name: str
    rate: Envelope
    tally: Tally
    level: str


@dataclass(frozen=True, slots=True)
class Rates:
    """The page; all figures are of the emails sent in the period, the weeks of those up to its end.

    ages_known: False while it is being counted how old answers are, so that no young week is projected yet.
    parts: None while they are being counted.
    """

    figures: Mapping[str, Envelope]
    aims: Mapping[str, Aimed]
    tally: Tally
    weeks: tuple[Week, ...]
    trend: charts.Trend
    parts: tuple[Part, ...] | None
    assumed: bool
    ages_known: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """What the address asks beside the filter of every page."""

    rule: str
    by: str
    delivery_events: bool
    zone: str


def rates(session: Any, asked: Asked, cut: Cut) -> Rates:
    """Everything the page shows."""
    seen = _seen(asked)
    by_day = {key[0]: _known(tally, cut) for key, tally in _sums(session, asked, seen, cut, ("day",)).items()}
    whole = _total(tally for day, tally in by_day.items() if day in asked.period)
    figures = {key: _figure(key, whole, asked.period, asked, cut) for key in HEADLINES}
    weeks, ages_known = _weeks(session, asked, cut, seen, by_day)
    parts = _parts(session, asked, cut)
    aimed = {} if cut.rule else aims(session, asked.scope, figures)  # a goal is of a scope, not of one of its rules
    goal = aimed["response_rate"].target if "response_rate" in aimed else None
    spans = [(span_name("week", week.rate.period.first)[0], week.name, week.rate) for week in weeks]
    marks = _marks(session, seen, cut.zone)
    return Rates(
        figures=figures,
        aims=aimed,
        tally=whole,
        weeks=tuple(weeks),
        trend=charts.trend(spans, marks, percent=True, goal=goal),
        parts=None if parts is None else tuple(parts),
        assumed=not cut.delivery_events,
        ages_known=ages_known,
    )


def _sums(
    session: Any, asked: Asked, period: Period, cut: Cut, by: tuple[Any, ...], only: tuple[str, ...] = SENT_COUNTS
) -> dict[tuple[Any, ...], Tally]:
    return tallies.sums(session, asked.reach, period, by=by, rule_id=cut.rule, only=only)


def _known(tally: Tally, cut: Cut) -> Tally:
    """The counts, with deliveries assumed where the provider says nothing of them (the page says so)."""
    return tally if cut.delivery_events else assume_delivered(tally)


def _total(each: Any) -> Tally:
    found = Tally()
    for tally in each:
        found += tally
    return found


def _figure(key: str, tally: Tally, period: Period, asked: Asked, cut: Cut) -> Envelope:
    view = View(period, asked.scope, asked.today, language())
    return envelope(find(key), tally, view, Facts(delivery_events=cut.delivery_events))


def _seen(asked: Asked) -> Period:
    """Whole weeks up to the one that holds the end of the period, or today: as many as it has, 16 to 53."""
    last = week_of(min(asked.period.last, asked.today))
    first = min(asked.period.first, last.first - timedelta(weeks=FEWEST_WEEKS - 1))
    return Period(max(week_of(first).first, last.first - timedelta(weeks=MOST_WEEKS - 1)), last.last)


def _weeks(session: Any, asked: Asked, cut: Cut, seen: Period, by_day: Mapping[date, Tally]) -> tuple[list[Week], bool]:
    """The weeks, and whether it is known how old answers are where a week needs it."""
    spans = seen.split("week")
    young = any(not is_mature(week, asked.today) for week in spans)
    ages = _ages(session, asked, cut) if young else {}
    shares = share_by_age(plain.ages(ages)) if ages else None
    found = []
    for week in spans:
        days = {day: by_day[day] for day in week.each() if day in by_day}
        tally, mature = _total(days.values()), is_mature(week, asked.today)
        share = None
        if not mature and shares is not None:
            share = completeness(shares, {day: one.delivered for day, one in days.items()}, asked.today)
        rate = _figure("response_rate", tally, week, asked, cut)
        name = span_name("week", week.first)[1]
        found.append(Week(name, rate, tally, mature, share, None if mature else projected(tally, share)))
    return found, ages is not None


def _ages(session: Any, asked: Asked, cut: Cut) -> Mapping[str, int] | None:
    """Days from email to answer in the last twelve weeks whose answers are all in; None while they are counted."""
    last = week_of(asked.today)
    while not is_mature(last, asked.today):
        last = week_of(last.first - timedelta(days=1))
    mature = Period(last.first - timedelta(weeks=MATURE_WEEKS - 1), last.last)
    found: Mapping[str, int] | None = plain.counted(
        session, page_keeper(), Ask("ages", asked.reach, mature, _more(cut))
    )
    return found


def _more(cut: Cut) -> dict[str, str]:
    return {"rule": cut.rule} if cut.rule else {}


def _parts(session: Any, asked: Asked, cut: Cut) -> list[Part] | None:
    names = stores.names(session)
    named: Mapping[str, str] = {"store": names.stores, "segment": names.segments}.get(cut.by, {})
    if cut.by == "language":
        ask = Ask("languages", asked.reach, asked.period, _more(cut))
        said = plain.counted(session, page_keeper(), ask)
        if said is None:
            return None
        found = plain.tallies_of(said)
    else:
        # The page also says which rules decided anything: one reading says both.
        only = (*RATE_COUNTS, "hits") if cut.by == "rule" else RATE_COUNTS
        sums = _sums(session, asked, asked.period, cut, (cut.by,), only)
        found = {str(key[0] or ""): tally for key, tally in sums.items()}
    known = {key: _known(tally, cut) for key, tally in found.items() if tally.sent}
    whole = _total(known.values())
    parts = []
    for key, tally in known.items():
        rest = (whole.responded - tally.responded, whole.delivered - tally.delivered)
        level = rate_level((tally.responded, tally.delivered), rest)[1] if rest[1] and tally.delivered else "none"
        rate = _figure("response_rate", tally, asked.period, asked, cut)
        parts.append(Part(named.get(key) or key, rate, tally, level))
    return sorted(parts, key=lambda part: (part.name == "", fold(part.name)))


def _marks(session: Any, seen: Period, zone: str) -> list[tuple[float, str]]:
    """What changed in these weeks, as a number of weeks from the first."""
    ends = (seen.first, seen.last + timedelta(days=1))
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in ends)
    days = ((local_date(one.at, zone), one) for one in breaks(session, first, last, of=("response_rate",)))
    return [((day - seen.first).days / 7, break_name(day, one)) for day, one in days]
