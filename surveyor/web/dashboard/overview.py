"""The overview: every figure of the page, each an envelope of the registry with its n, put together once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.closing import Kind, Standing
from surveyor.core.goals import Aimed
from surveyor.core.indicators import Envelope, Funnel, find, funnel
from surveyor.core.indicators.changes import Change, change, changes
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period, local_date, month_of, week_of
from surveyor.core.searching import fold
from surveyor.core.tally import Tally
from surveyor.db import stores, tallies, verbatims
from surveyor.db.breaks import Break, breaks
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.measure_indicators import READ, Answers, Group, Question, measure
from surveyor.web import charts
from surveyor.web.dashboard.aims import aims
from surveyor.web.dashboard.asked import Asked
from surveyor.web.dashboard.spans import Span, Told, spans
from surveyor.web.dashboard.words import break_name
from surveyor.web.here import page_keeper

HEADLINES = ("nps", "shares", "mean_score", "recommendation_rate")
#: From the answers to other questions than the score.
ASKED = ("csat", "csat_satisfied", "ces", "ces_easy", "stars")
RATES = ("responses", "response_rate", "comment_rate", "delivery_rate", "coverage")
FLOW = (
    "hits",
    "sent",
    "visit_rate",
    "completion_rate",
    "response_rate",
    "unsubscribe_rate",
    "complaint_rate",
    "refusal_reasons",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: a store, a region… with its figures, their change and their place on the scale.

    change: None while it is being counted whether both periods were asked the same.
    position: of a store, its score drawn towards its peers and its tier among them.
    """

    key: str
    name: str
    nps: Envelope
    rate: Envelope
    change: Change | None
    range: charts.Range | None
    position: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The page. `figures` and `before`: key -> envelope of the period and of the one before.

    quarters: the points of the trend are quarters: most months have too few answers.
    assumed: nobody says what was delivered: what was sent and not refused is taken for it.
    last: the score of the last answer of each customer, where they answered so often that their interval counts people.
    change, customers_hit, earlier: None while they are being counted.
    """

    figures: Mapping[str, Envelope]
    last: Envelope | None
    before: Mapping[str, Envelope]
    before_period: Period
    change: Change | None
    trend: charts.Trend
    quarters: bool
    histogram: tuple[charts.Bar, ...]
    shares: tuple[charts.ShareBar, ...]
    funnel: Funnel
    assumed: bool
    customers_hit: int | None
    earlier: int | None
    lines: tuple[Line, ...]
    words: tuple[verbatims.Verbatim, ...]
    closed: Mapping[Kind, Standing]
    aims: Mapping[str, Aimed]


def overview(session: Any, asked: Asked, *, language: str, delivery_events: bool, zone: str, name_of: Any) -> Overview:
    """Measure everything the page shows. `name_of(span, first day)` gives a label and a full name for the trend."""
    with tallies.once(session):
        return _overview(session, asked, language, delivery_events, zone, name_of)


def _overview(session: Any, asked: Asked, language: str, delivery_events: bool, zone: str, name_of: Any) -> Overview:
    def ask(keys: tuple[str, ...], period: Period, by: Any = None, answers: Answers = "all") -> list[Group]:
        question = Question(
            indicators=tuple(find(key) for key in dict.fromkeys(keys)),
            scope=asked.scope,
            reach=asked.reach,
            period=period,
            today=asked.today,
            language=language,
            by=by,
            answers=answers,
            delivery_events=delivery_events,
            zone=zone,
            keeper=page_keeper(),
        )
        return measure(session, question)

    before_period = asked.before
    if 2 * asked.period.days >= _seen(asked).days:  # the trend's days or months say the whole period
        by: Any = ("month",) if asked.span == "month" else ("day",)
        tallies.sums(session, asked.reach, _seen(asked), by=by, only=READ)
    now_group = ask((*HEADLINES, *ASKED, *RATES, *FLOW), asked.period)[0]
    before_group = ask((*HEADLINES, "response_rate", "responses"), before_period)[0]
    same = _same_questionnaire(session, asked, before_period)
    figures = {figure.key: figure for figure in now_group.figures}
    aimed = aims(session, asked.scope, figures)
    again = figures["nps"].shown and figures["nps"].facts.get("n_interval") != figures["nps"].n

    def people(days: Period, answers: int) -> int | None:
        return plain.people_of(plain.counted(session, page_keeper(), Ask("answered", asked.reach, days)), answers)

    told, seen = Told(name_of, people, language), _seen(asked)
    points, quarters = spans(ask(("nps",), seen, asked.span), asked, told, seen=seen)
    parts = figures["shares"].facts.get("shares")
    return Overview(
        figures=figures,
        last=ask(("nps",), asked.period, answers="last")[0].figures[0] if again else None,
        before={figure.key: figure for figure in before_group.figures},
        before_period=before_period,
        change=_change(now_group, before_group, same),
        trend=_trend(points, _breaks(session, _seen(asked), zone), aimed.get("nps")),
        quarters=quarters,
        histogram=charts.histogram(now_group.tally.scores) if figures["nps"].shown else (),
        shares=charts.share_bar(parts) if isinstance(parts, Mapping) else (),
        funnel=funnel(
            _arrived(now_group.tally, delivery_events),
            None if "refusal_reasons" in now_group.facts.counting else now_group.facts.reasons,
        ),
        assumed=not delivery_events,
        customers_hit=plain.counted(session, page_keeper(), Ask("hit", asked.reach, asked.period)),
        earlier=plain.counted(session, page_keeper(), Ask("earlier", asked.reach, asked.period)),
        lines=_lines(session, ask, asked, before_period, same=same),
        words=tuple(verbatims.verbatims(session, asked.reach, verbatims.Asked(asked.period, limit=5))),
        closed=now_group.closed,
        aims=aimed,
    )


def _change(now: Group, before: Group, same: bool | None) -> Change | None:
    return None if same is None else change(now.tally.bands, before.tally.bands, same_questionnaire=same)


def _lines(session: Any, ask: Any, asked: Asked, before: Period, *, same: bool | None) -> tuple[Line, ...]:
    known = stores.names(session)
    names = {"store": known.stores, "region": known.regions, "brand": known.brands, "segment": known.segments}
    keys = ("nps", "response_rate", *(("adjusted_nps",) if asked.cut == "store" else ()))
    groups = {group.key: group for group in ask(keys, asked.period, asked.cut)}
    earlier = {group.key: group.tally.bands for group in ask(("nps",), before, asked.cut)}
    units = {key: (group.tally.bands, earlier.get(key, (0, 0, 0))) for key, group in groups.items()}
    compared = {} if same is None else changes(units, same_questionnaire=same)
    lines = []
    for key, group in groups.items():
        nps, rate, *position = group.figures
        name = names[asked.cut].get(key, key)
        lines.append(Line(key, name, nps, rate, compared.get(key), charts.nps_range(nps), *position))
    return tuple(sorted(lines, key=lambda line: (line.key == "", fold(line.name))))


def _trend(points: list[Span], breaks: list[tuple[date, Break]], aimed: Aimed | None) -> charts.Trend:
    firsts = [(one.days.first, one.days.days) for one in points]
    marks = [(_place(firsts, day), break_name(day, one)) for day, one in breaks if firsts and day >= firsts[0][0]]
    drawn = [(one.label, one.name, one.figure) for one in points]
    return charts.trend(drawn, marks, goal=None if aimed is None else aimed.target)


def _place(firsts: list[tuple[date, int]], day: date) -> float:
    """A day as a number of spans from the first one's first day."""
    index = max(n for n, (first, _) in enumerate(firsts) if first <= day)
    first, days = firsts[index]
    return index + min(1.0, (day - first).days / days)


def _breaks(session: Any, seen: Period, zone: str) -> list[tuple[date, Break]]:
    """What changed in the days of a trend, with the local day it changed on."""
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (seen.first, seen.last + timedelta(days=1)))
    return [(local_date(one.at, zone), one) for one in breaks(session, first, last, of=("nps",))]


def _arrived(tally: Tally, delivery_events: bool) -> Tally:
    """The counts, with deliveries assumed where the provider says nothing of them (the page says so)."""
    return tally if delivery_events else assume_delivered(tally)


def _seen(asked: Asked) -> Period:
    """The days of the trend: those of the period, and what it takes before them to see twelve points."""
    back = timedelta(weeks=11) if asked.span == "week" else timedelta(days=335)
    first = min(asked.period.first, asked.period.last - back)
    first = week_of(first).first if asked.span == "week" else month_of(first).first
    return Period(first, asked.period.last)


def _same_questionnaire(session: Any, asked: Asked, before: Period) -> bool | None:
    """Whether one questionnaire version was answered in both periods: two are never compared with an arrow.

    None: it is being counted.
    """
    found = [
        plain.counted(session, page_keeper(), Ask("questionnaires", asked.reach, period))
        for period in (before, asked.period)
    ]
    return None if None in found else plain.same_questionnaire([version for one in found for version in one])
