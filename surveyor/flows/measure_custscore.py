"""The twelve facts of a CustScore for a scope and a period, and the score that a formula makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core import intervals
from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.benchmark import cx_benchmark
from surveyor.core.calendar import add_months
from surveyor.core.custscore import CustScore, CustScoreChange, custscore, custscore_change, gain
from surveyor.core.custscore_formula import OURS, Formula, formula_from_plain, read_formula
from surveyor.core.custscore_items import item_points
from surveyor.core.custscore_levers import lever
from surveyor.core.indicators import legitimate_volume
from surveyor.core.indicators.reviews import reply_time, review_volume
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import ZERO, Reasons, Tally
from surveyor.db import cases, scores, stores, tallies
from surveyor.errors import Refused
from surveyor.flows.choose_peers import peers_of
from surveyor.flows.indicators_file import indicators_text
from surveyor.flows.keep_counts import Ask, Keeper, mentions, refusals
from surveyor.flows.measure_adoption import measure_adoption
from surveyor.flows.measure_matrix import measure_matrix

Facts = Mapping[str, Mapping[str, Any]]
ITEMS = (
    *("nps", "reply_rate", "reply_time", "cx_matrix", "review_volume", "solicitation_volume"),
    *("cx_benchmark", "label_coverage", "store_connections", "google_volume", "faq", "widgets"),
)
#: What is kept of a scope and a period, by this name.
ROWS = "custscore"


@dataclass(frozen=True, slots=True)
class Scored:
    """The facts of each item, their points (None: not available), and the score with its parts."""

    facts: Facts
    points: Mapping[str, float | None]
    score: CustScore
    formula: Formula


@dataclass(frozen=True, slots=True)
class Of:
    """Which stores and days. scope: as asked; reach: what of it the reader sees. ours: in force until somebody saves
    another formula, that of indicators.toml.
    """

    scope: Scope
    reach: Reach
    period: Period
    now: datetime
    zone: str
    ours: Formula = OURS

    @property
    def today(self) -> date:
        """The local date of the installation."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    @property
    def store(self) -> str:
        """The store of a scope that is one store and nothing else; "" for any other."""
        alone = self.scope.stores and self.scope == Scope.of(stores=self.scope.stores[:1])
        return self.scope.stores[0] if alone else ""


def measure_custscore(session: Any, of: Of, formula: Formula | None = None) -> Scored:
    """Everything counted now; formula: another than the one in force."""
    tally = _tally(session, of)
    refused = refusals.reasons(session, None, of.reach, of.period, tally) or {}
    return _scored(session, of, formula, _Read(tally, refused, count_rows(session, of)))


def kept_custscore(session: Any, of: Of, keeper: Keeper, formula: Formula | None = None) -> Scored | None:
    """The same with what many rows say as it is kept for a day; None when it is left to be counted.

    What is kept holds while the lexicon does (keep_counts/mentions); everything that somebody sets is read now.
    """
    rows = keeper.of(session, ask_of(of), lambda: count_rows(session, of), holds=mentions.holds(session))
    tally = _tally(session, of)
    refused = refusals.reasons(session, keeper, of.reach, of.period, tally)
    return None if rows is None or refused is None else _scored(session, of, formula, _Read(tally, refused, rows))


def ask_of(of: Of) -> Ask:
    """How what many rows say is asked of a keeper."""
    return Ask(ROWS, of.reach, of.period, {"zone": of.zone})


def count_rows(session: Any, of: Of) -> dict[str, Any]:
    """What many rows say of a scope and a period, as JSON: how comments were replied to, labels, answers."""
    return {
        "sorted_by": mentions.sorted_by(session),
        "facts": {**_replies(session, of), **_labels(session, of)},
        "answers": list(scores.responses_of(session, of.reach, of.period)),
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """The counts of a scope and a period, why nothing was sent, and what many rows say."""

    tally: Tally
    refused: Reasons
    rows: Mapping[str, Any]


def _tally(session: Any, of: Of) -> Tally:
    return tallies.sums(session, of.reach, of.period).get((), ZERO)


def _scored(session: Any, of: Of, formula: Formula | None, read: _Read) -> Scored:
    used = formula or formula_in_force(session, of.ours)
    facts = _facts(session, of, read)
    points = {item: points_of(item, facts.get(item), of, used) for item in ITEMS}
    return Scored(facts, points, score_of(points, used), used)


def points_of(item: str, facts: Mapping[str, Any] | None, of: Of, formula: Formula) -> float | None:
    """Points 0..100 of one item under a formula; None when it is not available."""
    if facts is None:
        return None
    return item_points(item, facts, level="store" if of.store else "network", setting=formula.setting(item))


def score_of(points: Mapping[str, float | None], formula: Formula) -> CustScore:
    """The score that a formula makes of points."""
    return custscore(
        points,
        coefficients=formula.coefficients,
        zero_if_missing=formula.zero_if_missing,
        min_coverage=formula.min_coverage,
    )


def change_of(before: Scored, now: Scored) -> CustScoreChange:
    """How a score moved under the formula of the later one."""
    used = now.formula
    return custscore_change(before.points, now.points, coefficients=used.coefficients, min_coverage=used.min_coverage)


@dataclass(frozen=True, slots=True)
class Lever:
    """Something to do about an item: `more` of it would earn about `gain` points of the score."""

    more: int
    gain: float


def levers_of(found: Scored, of: Of) -> dict[str, Lever]:
    """What can be done about each item that is available and not at its best."""
    weight = found.score.sum_available
    made: dict[str, Lever] = {}
    for item, points in found.points.items():
        more = None if points is None or found.score.value is None else lever(item, found.facts[item])
        if more is None or points is None or not weight:
            continue
        after = points_of(item, more[1], of, found.formula)
        if after is not None and after > points:
            won = gain(item, points, after, sum_available=weight, coefficient=found.formula.coefficient(item))
            made[item] = Lever(more[0], won)
    return made


def formula_in_force(session: Any, ours: Formula = OURS) -> Formula:
    """The last formula that somebody saved, else that of the file, else the product's."""
    rows = scores.formulas(session)
    return formula_of(rows[0]) if rows else ours


def formula_of(row: scores.FormulaRow) -> Formula:
    """A stored formula."""
    return formula_from_plain(row.body, number=row.number, why=row.why, at=row.at)


def file_formula(home: Path) -> Formula:
    """What indicators.toml of the home says, else the one that comes with the product.

    Raises:
        Refused: what is wrong with the file.
    """
    return read_formula(indicators_text(home))


def usable_formula(home: Path) -> Formula:
    """The same for a page of figures: ours when the file cannot be read; the page of the formula says what is wrong."""
    try:
        return file_formula(home)
    except Refused:
        return OURS


def _facts(session: Any, of: Of, read: _Read) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    n = sum(read.tally.bands)
    said = n >= HIDDEN_UNDER  # of fewer nothing is, bands would give the score away
    value = intervals.raw_nps(read.tally.bands) if said else None
    found["nps"] = {"value": value, "n": n, "bands": list(read.tally.bands) if said else None}
    found |= read.rows["facts"]
    found |= _volumes(session, of, read)
    found |= _adoption(session, of)
    if of.store:
        found |= _benchmark(session, of)
    return found


def _replies(session: Any, of: Of) -> dict[str, dict[str, Any]]:
    rows = [(one.answered_at, one.replied_at) for one in cases.replied(session, of.reach, of.period)]
    told = reply_time(rows, now=of.now)
    replied = {"reviews": told.reviews, "replied": told.replied}
    return {"reply_rate": replied, "reply_time": {"mature": told.mature, "capped_mean": told.capped_mean or 0.0}}


def _labels(session: Any, of: Of) -> dict[str, dict[str, Any]]:
    view = measure_matrix(session, of.reach, of.period)
    found: dict[str, dict[str, Any]] = {}
    if view.matrix is not None:
        value, classified = view.matrix.value, view.matrix.classified
        found["cx_matrix"] = {"value": value, "classified": classified, "good": view.matrix.good}
    alone = view if not view.widened else measure_matrix(session, of.reach, of.period, widen=False)
    found["label_coverage"] = {"commented": alone.commented, "labelled": alone.labelled}
    return found


def _volumes(session: Any, of: Of, read: _Read) -> dict[str, dict[str, Any]]:
    days = [open_days(shop, of.period) for shop in stores.shops(session, of.reach)]
    responses, commented = read.rows["answers"]
    volume = review_volume(responses, days)
    since = scores.ruled_since(session)
    start = datetime.combine(of.period.first, time(), ZoneInfo(of.zone))
    found: dict[str, dict[str, Any]] = {
        "review_volume": {"per_store_30_days": volume, "responses": responses, "commented": commented},
        "solicitation_volume": {
            "rule_active_all_period": since is not None and since <= start,
            "legitimate": legitimate_volume(read.tally.hits, read.refused),
            "went_out": read.tally.went_out,
        },
    }
    end = datetime.combine(of.period.last + timedelta(days=1), time(), ZoneInfo(of.zone))
    google = scores.google(session, of.reach, start, end)
    if google is not None:
        found["google_volume"] = {"per_store_30_days": review_volume(google[0], days), "reviews": google[0]}
    return found


def open_days(shop: stores.Shop, period: Period) -> int:
    """How many days of a period a store was open."""
    first = max(period.first, shop.opened_on or period.first)
    last = min(period.last, shop.closed_on - timedelta(days=1) if shop.closed_on else period.last)
    return max(0, (last - first).days + 1)


def _adoption(session: Any, of: Of) -> dict[str, dict[str, Any]]:
    told = measure_adoption(session, of.reach, of.period, today=of.today, zone=of.zone).measure.facts
    found: dict[str, dict[str, Any]] = {
        "store_connections": {"active_weeks": told["active_weeks"], "access_weeks": told["access_weeks"]}
    }
    brands = sorted({one.brand_id for one in stores.shops(session, of.reach) if one.brand_id})
    year = date.fromordinal(add_months(of.today.toordinal(), -12))
    faq = scores.faq(session, brands, year)
    found["faq"] = {"enabled": faq is not None, "reviewed": faq or 0}
    seen = scores.widgets_seen(session, None)
    recent = of.today - timedelta(days=30)
    found["widgets"] = {
        "enabled": seen is not None,
        **{kind: bool((last := (seen or {}).get(kind)) and last >= recent) for kind in ("badge", "carousel")},
    }
    return found


def _benchmark(session: Any, of: Of) -> dict[str, dict[str, Any]]:
    found = peers_of(session, [of.store], of.period).get(of.store)
    if found is None:
        return {}
    own = found.stores.get(of.store, (0, 0, 0))
    others = {name: counts for name, counts in found.stores.items() if name != of.store}
    told = cx_benchmark(own, others)
    answered = [counts for counts in others.values() if sum(counts)]
    change = told.change if sum(own) >= HIDDEN_UNDER else None
    return {
        "cx_benchmark": {
            "peer_stores": len(answered),
            "n_own": sum(own),
            "n_peers": sum(sum(counts) for counts in answered),
            "own": told.own if sum(own) >= HIDDEN_UNDER else None,
            "peers": told.peers,
            "gap": [change.delta, change.ci_low, change.ci_high] if change else None,
        }
    }
