"""The express of a week for a reader's stores: figures of the registry and what may be said of them, nothing sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from surveyor.core.indicators import Envelope, find
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period, express_windows
from surveyor.core.reports import excerpt, express_subject
from surveyor.core.reports.aimed import of_goal
from surveyor.core.reports.express import Collected, Young, banner, closing, collection, day_of_year, is_quiet, waiting
from surveyor.core.reports.mentioned import mentioned, most_mentioned
from surveyor.core.reports.report import Quote, Told
from surveyor.core.rounding import display_rate
from surveyor.core.scope import Reach
from surveyor.core.surveys import masked
from surveyor.core.tally import Tally
from surveyor.db import report_cases, report_figures, stores, tallies, verbatims
from surveyor.db.labels import counts
from surveyor.flows.aim_figures import aim_figures
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.sort_verbatims import in_force
from surveyor.flows.write_express.advice import Weeks, advise
from surveyor.flows.write_express.asked import EDITIONS, Asked, Edition
from surveyor.flows.write_express.health import health

__all__ = ["EDITIONS", "Asked", "Edition", "Express", "Tiers", "write_express"]

MOST_WORDS, MOST_READ = 3, 5
LATE = timedelta(hours=48)
RANKED = ("above", "average", "below")


@dataclass(frozen=True, slots=True)
class Tiers:
    """Stores by tier (above, average, below), each with its score drawn towards its peers; over `period` ("3m", "12m").

    unranked: stores that answered less than 30 times.
    """

    period: str
    stores: Mapping[str, Sequence[tuple[str, Envelope]]]
    unranked: int


@dataclass(frozen=True, slots=True)
class Express:
    """The report, in the order it is read. figures: the envelopes behind the sentences. tiers: None for one store."""

    subject: str
    week: Period
    quiet: bool
    banner: str
    to_read: str
    detractors: tuple[Quote, ...]
    mentioned: str
    latest: tuple[Quote, ...]
    collection: str
    recommendations: tuple[Told, ...]
    health: tuple[str, ...]
    closing: str
    figures: Mapping[str, Envelope]
    tiers: Tiers | None


def write_express(session: Any, asked: Asked) -> Express:
    """The express read on `asked.monday`, of the week that ended the day before."""
    windows = express_windows(asked.monday)
    week, rolling, before = (_sum(session, asked.reach, windows[name]) for name in ("week", "rolling", "before"))
    mature = _sum(session, asked.reach, windows["mature_sent"])
    mature = mature if asked.delivery_events else assume_delivered(mature)
    figures, customers = _figures(session, asked, windows)
    versions = verbatims.questionnaires_answered(
        session, asked.reach, Period(windows["before"].first, windows["rolling"].last)
    )
    same, spoken = versions <= 1, asked.language
    names = stores.names(session).stores
    latest = _latest(session, asked, windows["week"], names)
    since = Period(windows["before"].first, windows["week"].last)
    unanswered = report_cases.unanswered(session, asked.reach, since)
    late = sum(asked.instant - one.at > LATE for one in unanswered)
    detractors = tuple(_quote(one, names, spoken) for one in unanswered[:MOST_READ])
    sums = {"week": week, "rolling": rolling, "before": before, "mature_sent": mature}
    said, left = advise(session, asked, Weeks(windows, sums, late, same))
    aimed = aim_figures(session, asked.scope, figures, asked.goals)
    rate = figures["response_rate"]
    sent = Collected(
        week.sent,
        week.bounced_hard + week.bounced_soft + week.rejected,
        rate.display if rate.shown else "",
        windows["mature_sent"],
        _young(session, asked, windows),
    )
    number = windows["week"].first.isocalendar().week
    return Express(
        subject=express_subject(number, asked.unit, waiting=len(unanswered), four_weeks=rolling.bands, language=spoken),
        week=windows["week"],
        quiet=not unanswered and is_quiet(rolling.bands, week.sent),
        banner=_with(
            banner(
                rolling.bands,
                week.bands,
                before.bands,
                language=spoken,
                same_questionnaire=same,
                customers=customers,
            ),
            of_goal(aimed, "nps", spoken) if figures["nps"].shown else "",
        ),
        to_read=waiting(len(unanswered), late, spoken),
        detractors=detractors,
        mentioned=_mentioned(session, asked, windows["week"], week.commented),
        latest=latest,
        collection=_with(collection(sent, spoken), of_goal(aimed, "response_rate", spoken) if rate.shown else ""),
        recommendations=said,
        health=health(session, asked, windows, figures) if asked.edition == "support" else (),
        closing=closing(said, spoken, left=left),
        figures=figures,
        tiers=None if asked.edition == "store" else _tiers(session, asked, names),
    )


def _sum(session: Any, reach: Reach, period: Period) -> Tally:
    return tallies.sums(session, reach, period).get((), Tally())


def _ask(session: Any, asked: Asked, keys: Sequence[str], period: Period, **more: Any) -> Any:
    question = Question(
        indicators=tuple(find(key) for key in keys),
        scope=asked.scope,
        reach=asked.reach,
        period=period,
        today=asked.monday,
        language=asked.language,
        delivery_events=asked.delivery_events,
        zone=asked.zone,
        **more,
    )
    return measure(session, question)


def _with(said: str, more: str) -> str:
    return f"{said} {more}" if more else said


def _young(session: Any, asked: Asked, windows: Mapping[str, Period]) -> Young:
    """The emails after the mature cohort, until yesterday."""
    period = Period(windows["mature_sent"].last + timedelta(days=1), windows["week"].last)
    tally = _sum(session, asked.reach, period)
    tally = tally if asked.delivery_events else assume_delivered(tally)
    rate = display_rate(tally.responded, tally.delivered, asked.language)
    return Young(period, tally.delivered, tally.responded, rate)


def _mentioned(session: Any, asked: Asked, week: Period, comments: int) -> str:
    """The labels of the week that go badly and well, beside the week before."""
    last = Period(week.first - timedelta(days=7), week.first - timedelta(days=1))
    now, before = (counts.mentions(session, asked.reach, one) for one in (week, last))
    spoken = 0 if asked.language == "fr" else 1
    names = {one.id: (one.fr, one.en)[spoken] for one in in_force(session).lexicon.labels}
    return mentioned(*most_mentioned(now, before, names), comments=comments, language=asked.language)


def _figures(session: Any, asked: Asked, windows: Mapping[str, Period]) -> tuple[dict[str, Envelope], int | None]:
    """By key, and the people behind the answers of four weeks."""
    (scores,) = _ask(session, asked, ("nps", "comment_rate"), windows["rolling"])
    (rates,) = _ask(session, asked, ("response_rate",), windows["mature_sent"])
    (now,) = _ask(session, asked, ("sent", "delivery_rate"), windows["week"])
    found = {figure.key: figure for group in (scores, rates, now) for figure in group.figures}
    return found, scores.facts.customers


def _latest(session: Any, asked: Asked, week: Period, names: Mapping[str, str]) -> tuple[Quote, ...]:
    """The latest promoter and the latest two detractors who wrote: a rule, never a hand."""
    return (
        *_written(session, asked, week, "promoter", 1, names),
        *_written(session, asked, week, "detractor", MOST_WORDS - 1, names),
    )


def _written(
    session: Any, asked: Asked, week: Period, band: str, most: int, names: Mapping[str, str]
) -> tuple[Quote, ...]:
    found = verbatims.verbatims(session, asked.reach, verbatims.Asked(week, band=band, limit=most))
    return tuple(
        Quote(
            one.score,
            excerpt(masked(one.verbatim)),
            f"{names.get(one.store_id, one.store_id)}, {day_of_year(one.day, asked.language)}",
            one.id.hex,
        )
        for one in found
    )


def _quote(one: report_figures.Wrote, names: Mapping[str, str], language: str) -> Quote:
    where = f"{names.get(one.store, one.store)}, {day_of_year(one.day, language)}"
    case = one.case.hex if one.case is not None else ""
    return Quote(one.score, excerpt(masked(one.text)), where, one.id.hex, case)


def _tiers(session: Any, asked: Asked, names: Mapping[str, str]) -> Tiers:
    """Stores by tier, by name inside a tier: over three months, or twelve when no store has enough answers in three."""
    found = Tiers("3m", {}, 0)
    for token in ("3m", "12m"):
        found = _tiers_of(session, asked, names, token)
        if found.stores:
            break
    return found


def _tiers_of(session: Any, asked: Asked, names: Mapping[str, str], token: str) -> Tiers:
    rows: dict[str, list[tuple[str, Envelope]]] = {tier: [] for tier in RANKED}
    unranked = 0
    for group in _ask(session, asked, ("adjusted_nps",), Period.parse(token, asked.monday), by="store"):
        (figure,) = group.figures
        tier = str(figure.facts.get("tier", ""))
        if tier in rows:
            rows[tier].append((names.get(group.key, group.key), figure))
        else:
            unranked += bool(group.key and figure.n)
    ranked = {tier: sorted(some, key=lambda row: row[0].lower()) for tier, some in rows.items() if some}
    return Tiers(token, ranked, unranked)
