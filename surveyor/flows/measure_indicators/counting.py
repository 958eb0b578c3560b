"""What some indicators need beside sums of tallies, counted when they are asked for and only then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.calendar import add_months
from surveyor.core.indicators import on_demand
from surveyor.core.indicators.counted import Base, Counted, Former, Part
from surveyor.core.indicators.customer_base import IDLE_MONTHS, REPURCHASE_DAYS
from surveyor.core.periods import WEEK, Period, local_date, month_of
from surveyor.core.scope import Reach
from surveyor.core.tally import Tally
from surveyor.db import buyers, distinct, sendings, tallies
from surveyor.flows.customer_journey.regime import active_rules
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.measure_indicators import from_files, voice
from surveyor.flows.measure_indicators.keeping import year_before
from surveyor.flows.measure_indicators.question import Question

LINK_DAYS = 90


def counted(session: Any, question: Question) -> Counted:
    """Everything that the indicators of a question need, for its whole scope and period."""
    needed = dict.fromkeys(need for entry in question.indicators for need in _NEEDS.get(entry.key, ()))
    found: dict[str, Any] = {}
    for need in needed:
        found |= _COUNTERS[need](session, question, question.period)
    return Counted(**found)


def _parts(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """SUR-10: segments of the period, by those who ordered and by those who answered."""
    eligible = distinct.customers_by_segment(session, question.reach, period, zone=question.zone)
    answered = _by(session, question.reach, period, "segment", only=tuple(tallies.BANDS))
    names = sorted(eligible.keys() | answered.keys())
    return {"parts": [Part(name, eligible.get(name, 0), answered.get(name, Tally()).bands) for name in names]}


def _segment_rates(session: Any, question: Question, period: Period) -> dict[str, Any]:
    found = _by(session, question.reach, period, "segment", only=("sent", "responded"))
    return {"segment_rates": [(one.responded, one.sent) for one in found.values()]}


def _by(session: Any, reach: Reach, period: Period, kind: Any, *, only: tuple[str, ...]) -> dict[str, Tally]:
    found = tallies.sums(session, reach, period, by=(kind,), only=only)
    return {key[0] or "": tally for key, tally in found.items()}


def _former(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """SUR-12: the month before and the month a year ago; for weeks, four of them against the twelve before."""
    rolling = None
    if str(period) == "4w" or WEEK.fullmatch(period.token):
        four = Period(period.last - timedelta(days=27), period.last)
        rolling = None if four.first == period.first else _sum(session, question.reach, four).bands
        twelve = Period(four.first - timedelta(days=84), four.first - timedelta(days=1))
        wanted = [("weeks", twelve, "week")]
    elif period == month_of(period.first):
        last_year = month_of(date(period.first.year - 1, period.first.month, 1))
        wanted = [("month", period.before(), "month"), ("year", last_year, "month")]
    else:
        wanted = [("days", period.before(), "month")]
    former = [_compared(session, question, period, *one) for one in wanted]
    return {"former": former, "rolling": rolling}


def _compared(session: Any, question: Question, period: Period, label: str, before: Period, cadence: str) -> Former:
    both = (Period(before.first, before.last), Period(period.first, period.last))
    versions = [
        version
        for one in both
        for version in plain.counted(session, question.keeper, Ask("questionnaires", question.reach, one))
    ]
    return Former(
        label=label,
        first=before.first.isoformat(),
        last=before.last.isoformat(),
        counts=_sum(session, question.reach, before).bands,
        cadence=cadence,
        same_questionnaire=plain.same_questionnaire(versions),
    )


def _sum(session: Any, reach: Reach, period: Period) -> Tally:
    return tallies.sums(session, reach, period).get((), Tally())


def _emails(session: Any, question: Question, period: Period) -> dict[str, Any]:
    return {"emails": sendings.emails_per_customer(session, question.reach, _days(period, 365))}


def _ranked(session: Any, question: Question, period: Period) -> dict[str, Any]:
    return {"ranked": sendings.ranked(session, question.reach, _days(period, 365))}


def _days(period: Period, number: int) -> Period:
    """So many days that end with a period."""
    return Period(period.last - timedelta(days=number - 1), period.last)


def _delays(session: Any, question: Question, period: Period) -> dict[str, Any]:
    return {"delays": sendings.answer_hours(session, question.reach, period)}


def _respondents(session: Any, question: Question, period: Period) -> dict[str, Any]:
    return {"respondents": distinct.customers_answered(session, question.reach, period)[0]}


def _engaged(session: Any, question: Question, period: Period) -> dict[str, Any]:
    year = year_before(period)
    return {
        "engaged": distinct.customers_answered_sent(session, question.reach, year),
        "contacted": distinct.customers_asked(session, question.reach, year),
    }


def _base(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """CUS-01 to 05; idle months are those of the first active rule that has some."""
    idle = idle_months(session)
    start, span = period.first - timedelta(days=1), _span(period, question.zone)
    found = buyers.activity(
        session,
        question.reach,
        before=_span(_idle(start, idle), question.zone),
        after=_span(_idle(period.last, idle), question.zone),
        period=span,
    )
    base = Base(
        active_before=found.before,
        active=found.after,
        churned=found.left,
        buyers=found.buyers,
        repeat_buyers=found.repeat_buyers,
        orders=found.orders,
        first_orders=buyers.first_orders(session, question.reach, span),
    )
    return {"base": base}


def idle_months(session: Any) -> int:
    """Months of silence after which a customer is taken for gone: those of the first active rule that says some."""
    active = sorted((rule for rule in active_rules(session)[1].rules if rule.active), key=lambda r: (r.priority, r.id))
    return next((rule.idle_months for rule in active if rule.idle_months), IDLE_MONTHS)


def _idle(last: date, months: int) -> Period:
    """The days `(last - months, last]`."""
    return Period(date.fromordinal(add_months(last.toordinal(), -months) + 1), last)


def _repurchase(session: Any, question: Question, period: Period) -> dict[str, Any]:
    horizon, zone = timedelta(days=REPURCHASE_DAYS), question.zone
    cohort = came_back = 0
    for first, second in buyers.second_orders(session, question.reach, _span(period, zone)):
        cohort += 1
        came_back += second is not None and local_date(second, zone) - local_date(first, zone) <= horizon
    return {"repurchase": (cohort, came_back, question.today >= period.last + horizon)}


def _link(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """CUS-12: only answers whose 90 days are over."""
    within = timedelta(days=LINK_DAYS)
    promoters, detractors = [0, 0], [0, 0]
    for score, at, again in buyers.came_back(session, question.reach, period, within=within):
        if local_date(at, question.zone) + within > question.today or 6 < score < 9:
            continue
        group = promoters if score >= 9 else detractors
        group[0] += again
        group[1] += 1
    return {"link": (tuple(promoters), tuple(detractors))}


def _gaps(session: Any, question: Question, period: Period) -> dict[str, Any]:
    zone = question.zone
    pairs = buyers.consecutive(session, question.reach, _span(period, zone))
    return {"gaps": Counter((local_date(at, zone) - local_date(former, zone)).days for former, at in pairs)}


def _span(period: Period, zone: str) -> tuple[datetime, datetime]:
    """From the first instant of a period to the first one after it, in a zone."""
    days = (period.first, period.last + timedelta(days=1))
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in days)
    return first, last


_Counter = Callable[[Any, Question, Period], Mapping[str, Any]]
_COUNTERS: Mapping[str, _Counter] = {
    "parts": _parts,
    "segment_rates": _segment_rates,
    "former": _former,
    "emails": _emails,
    "ranked": _ranked,
    "delays": _delays,
    "respondents": _respondents,
    "engaged": _engaged,
    "base": _base,
    "repurchase": _repurchase,
    "link": _link,
    "gaps": _gaps,
    "worth": lambda session, question, period: from_files.worth(session, question, period, idle=idle_months(session)),
    "spending": from_files.spending,
    "tickets": from_files.tickets,
    "polarities": from_files.polarities,
    "store_days": voice.store_days,
    "replies": voice.replies,
    "elsewhere": voice.elsewhere,
    "adopted": voice.adopted,
    "themes": voice.labelled,
    "importance": voice.importance,
    "score": voice.score,
    "compared": voice.compared,
    "imported": voice.imported,
}
#: Indicator -> what must be counted for it.
_NEEDS: Mapping[str, Iterable[str]] = {
    "weighted_nps": ("parts",),
    "nps_change": ("former",),
    "pressure": ("emails",),
    "respondent_rate": ("respondents", "base"),
    "r_indicator": ("segment_rates",),
    "answer_delay": ("delays",),
    "fatigue": ("ranked",),
    "active_customers": ("base",),
    "churn_rate": ("base",),
    "retention_rate": ("base",),
    "repeat_customer_rate": ("base",),
    "repeat_order_share": ("base",),
    "repurchase_rate": ("repurchase",),
    "engagement": ("engaged",),
    "nps_repurchase_link": ("link",),
    "order_gap": ("gaps",),
    "cltv": ("worth",),
    **dict.fromkeys(("cac", "acquisition_source"), ("spending",)),
    **dict.fromkeys((entry.key for entry in on_demand.SERVICE), ("tickets",)),
    "net_sentiment": ("polarities",),
    "review_volume": ("store_days",),
    "google_volume": ("store_days", "elsewhere"),
    "google_rating": ("elsewhere",),
    **dict.fromkeys("reply_rate reply_time detractors_48h recovered recovered_measured".split(), ("replies",)),
    **dict.fromkeys(("store_connections", "widgets", "faq"), ("adopted",)),
    **dict.fromkeys("label_coverage label_salience label_performance cx_matrix label_trend".split(), ("themes",)),
    "label_importance": ("importance",),
    "custscore": ("score",),
    "cx_benchmark": ("compared",),
    "peer_file": ("imported",),
}
