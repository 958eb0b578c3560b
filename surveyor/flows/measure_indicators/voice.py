"""What REV, ADO, THM, CST and BEN need, counted as their own screens count it: one figure, one place."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.calendar import add_months
from surveyor.core.indicators import adoption
from surveyor.core.indicators.counted import Compared, Elsewhere, Imported, Score, Themes
from surveyor.core.indicators.measures import Said
from surveyor.core.periods import Period
from surveyor.db import scores, stores
from surveyor.flows.choose_peers import ENOUGH, group_of
from surveyor.flows.measure_adoption import measure_adoption
from surveyor.flows.measure_benchmark import files_beside, stores_beside
from surveyor.flows.measure_cases import measure_cases
from surveyor.flows.measure_custscore import Of, measure_custscore, open_days
from surveyor.flows.measure_importance import measure_importance
from surveyor.flows.measure_indicators.question import Question
from surveyor.flows.measure_matrix import measure_matrix
from surveyor.flows.sort_verbatims import in_force

Found = dict[str, Any]


def instant(question: Question) -> datetime:
    """Now, else the first instant of the reader's day."""
    return question.now or datetime.combine(question.today, time(), ZoneInfo(question.zone))


def store_days(session: Any, question: Question, period: Period) -> Found:
    """REV-01, 02."""
    return {"store_days": [open_days(shop, period) for shop in stores.shops(session, question.reach)]}


def replies(session: Any, question: Question, period: Period) -> Found:
    """REV-03 to 05, 07 and 08."""
    return {"replies": measure_cases(session, question.reach, period, now=instant(question))}


def elsewhere(session: Any, question: Question, period: Period) -> Found:
    """REV-02 and 06; peers as SUR-11 chooses them, those with reviews, for one store only."""
    first = datetime.combine(period.first, time(), ZoneInfo(question.zone))
    end = datetime.combine(period.last + timedelta(days=1), time(), ZoneInfo(question.zone))
    found = scores.google(session, question.reach, first, end)
    if found is None:
        return {}
    return {"elsewhere": Elsewhere(found[0], found[1], _peer_mean(session, question, period, (first, end)))}


def _peer_mean(session: Any, question: Question, period: Period, span: tuple[datetime, datetime]) -> float | None:
    own = _of(question).store
    everybody = {one.id: one for one in stores.peers(session)}
    if own not in everybody:
        return None
    _, names = group_of(everybody[own], [one for one in everybody.values() if one.is_open(period.first, period.last)])
    rated = scores.google_by_store(session, *span)
    peers = [rated[name] for name in names if name in rated]
    return sum(total for _, total in peers) / sum(n for n, _ in peers) if len(peers) >= ENOUGH else None


def _of(question: Question, period: Period | None = None) -> Of:
    days = period or question.period
    return Of(question.scope, question.reach, days, instant(question), question.zone, question.formula)


def adopted(session: Any, question: Question, period: Period) -> Found:
    """ADO-01 to 03."""
    weeks = measure_adoption(session, question.reach, period, today=question.today, zone=question.zone)
    brands = sorted({one.brand_id for one in stores.shops(session, question.reach) if one.brand_id})
    since = date.fromordinal(add_months(question.today.toordinal(), -12))
    reviewed = scores.faq(session, brands, since)
    seen = scores.widgets_seen(session, None)
    ago = {
        f"{kind}_days": (question.today - day).days if (day := (seen or {}).get(kind)) else None
        for kind in ("badge", "carousel")
    }
    return {
        "connections": weeks.measure,
        "widgets": adoption.widgets(enabled=seen is not None, **ago),
        "faq": adoption.faq(enabled=reviewed is not None, reviewed=reviewed or 0),
    }


def labelled(session: Any, question: Question, period: Period) -> Found:
    """ADO-04 and THM-01 to 04: labels of the period itself; the CX Matrix of a wider one when comments are few."""
    own = measure_matrix(session, question.reach, period, widen=False)
    wide = measure_matrix(session, question.reach, period)
    names = {one.id: Said(one.name("fr"), one.name("en")) for one in in_force(session).lexicon.labels}
    days = (wide.period.first.isoformat(), wide.period.last.isoformat())
    found = Themes(names, own.commented, own.labelled, own.detractors, own.matrix, wide.matrix, days, own.trend)
    return {"themes": found}


def importance(session: Any, question: Question, period: Period) -> Found:
    """THM-05."""
    return {"importance": measure_importance(session, question.reach, period, widen=False).found}


def score(session: Any, question: Question, period: Period) -> Found:
    """CST-01."""
    found = measure_custscore(session, _of(question, period))
    return {"score": Score(found.score, found.points, found.formula.number, int(found.facts["nps"]["n"]))}


def compared(session: Any, question: Question, period: Period) -> Found:
    """BEN-01, of one store."""
    store = _of(question).store
    one = next((one for one in stores_beside(session, question.reach, period) if one.store_id == store), None)
    if one is None:
        return {}
    return {"compared": Compared(one.beside, one.by, one.n, one.peers, one.n_peers)}


def imported(session: Any, question: Question, period: Period) -> Found:
    """BEN-02."""
    rows = [
        Imported(
            one.group,
            one.period,
            one.metric,
            one.entities,
            one.method,
            one.source,
            one.result.status,
            one.result.reference,
            one.result.delta,
        )
        for one in files_beside(session, question.reach, period)
    ]
    return {"imported": rows}
