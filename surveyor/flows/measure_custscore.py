"""The twelve facts of a CustScore for a scope and a period, and the score that a formula makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core import intervals
from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.benchmark import cx_benchmark
from surveyor.core.calendar import add_months
from surveyor.core.custscore import CustScore, custscore, item_points
from surveyor.core.indicators import legitimate_volume
from surveyor.core.indicators.reviews import reply_time, review_volume
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import Tally
from surveyor.db import cases, scores, stores, tallies
from surveyor.flows.choose_peers import peers_of
from surveyor.flows.measure_adoption import measure_adoption
from surveyor.flows.measure_matrix import measure_matrix

Facts = Mapping[str, Mapping[str, Any]]
ITEMS = (
    *("nps", "reply_rate", "reply_time", "cx_matrix", "review_volume", "solicitation_volume"),
    *("cx_benchmark", "label_coverage", "store_connections", "google_volume", "faq", "widgets"),
)
_NONE = Tally()


@dataclass(frozen=True, slots=True)
class Formula:
    """Which coefficients, and which items earn 0 when they are missing; number 1 without changes is ours."""

    number: int = 1
    coefficients: Mapping[str, int] = field(default_factory=dict)
    zero_if_missing: tuple[str, ...] = ()
    why: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The facts of each item, their points (None: not available), and the score with its parts."""

    facts: Facts
    points: Mapping[str, float | None]
    score: CustScore
    formula: Formula


@dataclass(frozen=True, slots=True)
class Of:
    """Which stores and days. scope: as asked; reach: what of it the reader sees."""

    scope: Scope
    reach: Reach
    period: Period
    now: datetime
    zone: str

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
    used = formula or formula_in_force(session)
    facts = _facts(session, of)
    level = "store" if of.store else "network"
    points = {item: item_points(item, facts[item], level=level) if item in facts else None for item in ITEMS}
    score = custscore(points, coefficients=used.coefficients, zero_if_missing=used.zero_if_missing)
    return Scored(facts, points, score, used)


def formula_in_force(session: Any) -> Formula:
    """The last formula that somebody made, else ours."""
    rows = scores.formulas(session)
    return formula_of(rows[0]) if rows else Formula()


def formula_of(row: scores.FormulaRow) -> Formula:
    """A stored formula."""
    body = row.body
    coefficients = {str(name): int(value) for name, value in dict(body.get("coefficients", {})).items()}
    return Formula(row.number, coefficients, tuple(body.get("zero_if_missing", ())), row.why, row.at)


def _facts(session: Any, of: Of) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    sums = tallies.sums(session, of.reach, of.period)
    tally = sums.get((), _NONE)
    n = sum(tally.bands)
    value = intervals.raw_nps(tally.bands) if n >= HIDDEN_UNDER else None  # too few to be said
    found["nps"] = {"value": value, "n": n, "bands": list(tally.bands)}
    found |= _replies(session, of)
    found |= _labels(session, of)
    found |= _volumes(session, of, tally)
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


def _volumes(session: Any, of: Of, tally: Tally) -> dict[str, dict[str, Any]]:
    days = [open_days(shop, of.period) for shop in stores.shops(session, of.reach)]
    responses, commented = scores.responses_of(session, of.reach, of.period)
    volume = review_volume(responses, days)
    refusals = tallies.reasons(session, of.reach, of.period).get((), {})
    since = scores.ruled_since(session)
    start = datetime.combine(of.period.first, time(), ZoneInfo(of.zone))
    found: dict[str, dict[str, Any]] = {
        "review_volume": {"per_store_30_days": volume, "responses": responses, "commented": commented},
        "solicitation_volume": {
            "rule_active_all_period": since is not None and since <= start,
            "legitimate": legitimate_volume(tally.hits, refusals),
            "went_out": tally.went_out,
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
    return {
        "cx_benchmark": {
            "peer_stores": len(answered),
            "n_own": sum(own),
            "n_peers": sum(sum(counts) for counts in answered),
            "own": told.own if sum(own) >= HIDDEN_UNDER else None,
            "peers": told.peers,
        }
    }
