"""Stores beside each other, without a league: the plot that says what chance alone makes, and a small line for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators import Envelope, Facts, View, envelope, find
from surveyor.core.indicators.measures import without_interval
from surveyor.core.indicators.peers import funnel_plot
from surveyor.core.periods import Period, local_date, month_of
from surveyor.core.scope import Scope
from surveyor.core.searching import fold
from surveyor.core.tally import Tally
from surveyor.db import stores, tallies
from surveyor.db.breaks import breaks
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.measure_indicators import Group, Question, measure
from surveyor.web import charts
from surveyor.web.dashboard.asked import Asked
from surveyor.web.dashboard.words import break_name, span_name
from surveyor.web.here import page_keeper
from surveyor.web.language import language, text
from surveyor.web.screens import count, minus

TONES = {"above": "good", "below": "bad", "average": "flat", "not_ranked": "low"}
MONTHS = 12
#: Small lines of one page; a larger network is looked at region by region.
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Small:
    """A store, a region… with its figure of the period and its line over twelve months."""

    key: str
    name: str
    figure: Envelope
    drawing: charts.Drawing


@dataclass(frozen=True, slots=True)
class Compared:
    """The page. plot is None for fewer than two stores that may be shown; left_out: stores under ten answers.

    scale: of all the small lines, in points. more: how many of them the page does not hold.
    """

    plot: charts.Drawing | None
    rows: tuple[tuple[str, str, Envelope, Envelope], ...]
    left_out: int
    smalls: tuple[Small, ...]
    scale: tuple[float, float]
    first: str
    last: str
    more: int
    marks: tuple[str, ...]


def compare(session: Any, asked: Asked, *, zone: str) -> Compared:
    """Everything the page shows, for the stores that the reader may see and no other."""
    with tallies.once(session):
        return _compare(session, asked, zone)


def _compare(session: Any, asked: Asked, zone: str) -> Compared:
    names = stores.names(session)
    question = Question(
        indicators=(find("nps"), find("adjusted_nps")),
        scope=asked.scope,
        reach=asked.reach,
        period=asked.period,
        today=asked.today,
        language=language(),
        by="store",
        zone=zone,
        keeper=page_keeper(),
    )
    groups = [group for group in measure(session, question) if group.tally.responses]
    shown = [group for group in groups if group.tally.responses >= HIDDEN_UNDER]
    rows = [(one.key, names.stores.get(one.key, one.key), one.figures[0], one.figures[1]) for one in shown]
    lines = _smalls(session, asked, names, zone)
    first, last = (_month_name(day) for day in (_months(asked)[0].first, _months(asked)[-1].first))
    return Compared(
        plot=_plot(shown, names.stores) if len(shown) > 1 else None,
        rows=tuple(sorted(rows, key=lambda row: fold(row[1]))),
        left_out=len(groups) - len(shown),
        smalls=lines.smalls,
        scale=lines.scale,
        first=first,
        last=last,
        more=lines.more,
        marks=lines.marks,
    )


def _plot(groups: list[Group], names: Mapping[str, str]) -> charts.Drawing:
    places = []
    for group in groups:
        nps, position = group.figures
        tier = str(position.facts.get("tier", "not_ranked"))
        about = f"{names.get(group.key, group.key)} : {minus(nps.display)} {minus(nps.interval)} · n = {count(nps.n)}"
        places.append(charts.Place(nps.n, nps.value or 0.0, TONES.get(tier, "low"), about))
    center, limits = funnel_plot({g.key: g.tally.bands for g in groups}, charts.sizes(places))
    about = text("dashboard.compare.plot_about", n=len(places))
    return charts.funnel_plot(places, center, limits, about, text("dashboard.compare.axis"))


def _months(asked: Asked) -> list[Period]:
    """Twelve months that end with the one that holds the end of the period."""
    found = [month_of(asked.period.last)]
    while len(found) < MONTHS:
        found.insert(0, found[0].before())
    return found


@dataclass(frozen=True, slots=True)
class _Lines:
    """The small lines with their scale, what changed meanwhile, and how many the page does not hold."""

    smalls: tuple[Small, ...]
    scale: tuple[float, float]
    marks: tuple[str, ...]
    more: int


def _smalls(session: Any, asked: Asked, names: stores.Names, zone: str) -> _Lines:
    every = {"store": names.stores, "region": names.regions, "brand": names.brands, "segment": names.segments}
    named: dict[str, str] = {key: name or key for key, name in every[asked.cut].items()}
    months = _months(asked)
    by: Any = (asked.cut,)
    only = tuple(tallies.BANDS)
    sums = [_by_key(tallies.sums(session, asked.reach, month, by=by, only=only)) for month in months]
    whole = _by_key(tallies.sums(session, asked.reach, asked.period, by=by, only=only))
    keys = [key for key in {key for one in sums for key in one} if any(key in s and s[key].responses for s in sums)]
    keys.sort(key=lambda key: (key == "", fold(named.get(key) or key)))
    months, sums = _wide_enough(months, sums)
    spans = list(zip(sums, months, strict=True))
    shown = keys[:MOST_LINES]
    people = [_people(session, asked, month, one) for one, month in spans]
    beside = list(zip(spans, people, strict=True))
    lines = {
        key: [_spot(key, one.get(key, Tally()), month, asked, who) for (one, month), who in beside] for key in shown
    }
    now = _people(session, asked, asked.period, whole)
    scale = charts.shared_scale(list(lines.values()))
    marks = _marks(session, months, zone)
    smalls = []
    for key in shown:
        name = named.get(key, key) or text("dashboard.table.unnamed")
        figure = _nps(key, whole.get(key, Tally()), asked.period, asked, now)
        drawing = charts.small_line(lines[key], scale, text("dashboard.compare.small_about", name=name), marks)
        smalls.append(Small(key, name, figure, drawing))
    return _Lines(tuple(smalls), scale, tuple(said for _, said in marks), len(keys) - len(shown))


def _marks(session: Any, spans: list[Period], zone: str) -> list[tuple[float, str]]:
    """What changed in these spans, as a number of spans from the first."""
    ends = (spans[0].first, spans[-1].last + timedelta(days=1))
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in ends)
    found = []
    for one in breaks(session, first, last, of=("nps",)):
        day = local_date(one.at, zone)
        index = max(n for n, span in enumerate(spans) if span.first <= day)
        found.append((index + (day - spans[index].first).days / spans[index].days, break_name(day, one)))
    return found


def _wide_enough(months: list[Period], sums: list[dict[str, Tally]]) -> tuple[list[Period], list[dict[str, Tally]]]:
    """The months, or the quarters they make when most of what a month would show has fewer than ten answers."""
    cells = [tally.responses for one in sums for tally in one.values() if tally.responses]
    if 2 * sum(n >= HIDDEN_UNDER for n in cells) >= len(cells):
        return months, sums
    found: list[dict[str, Tally]] = []
    for at in range(0, MONTHS, 3):
        quarter: dict[str, Tally] = {}
        for one in sums[at : at + 3]:
            for key, tally in one.items():
                quarter[key] = quarter.get(key, Tally()) + tally
        found.append(quarter)
    return [Period(months[at].first, months[at + 2].last) for at in range(0, MONTHS, 3)], found


def _by_key(found: Mapping[tuple[Any, ...], Tally]) -> dict[str, Tally]:
    return {str(key[0] or ""): tally for key, tally in found.items()}


def _people(session: Any, asked: Asked, period: Period, sums: Mapping[str, Tally]) -> dict[str, int] | None:
    """Group -> people behind its answers, whom intervals count; None while they are being counted."""
    ask = Ask("answered_by", asked.reach, period, {"by": asked.cut})
    return plain.people_by(session, page_keeper(), ask, {key: one.responses for key, one in sums.items()})


def _nps(key: str, tally: Tally, period: Period, asked: Asked, people: Mapping[str, int] | None) -> Envelope:
    view, facts = View(period, Scope(), asked.today, language()), Facts(customers=(people or {}).get(key))
    early = without_interval(find("nps").formula(tally, facts)) if people is None else None
    return envelope(find("nps"), tally, view, facts, found=early)


def _spot(key: str, tally: Tally, month: Period, asked: Asked, people: Mapping[str, int] | None) -> charts.Spot:
    shown = _nps(key, tally, month, asked, people)
    name = _month_name(month.first)
    if month.days > 31:
        name = f"{name} – {_month_name(month.last)}"
    about = f"{name} : {minus(shown.display)} {minus(shown.interval)} · n = {count(shown.n)}"
    return charts.Spot(shown.value, shown.ci_low, shown.ci_high, str(shown.status) == "low", about)


def _month_name(first: date) -> str:
    return span_name("month", first)[1]
