"""Everything that the monthly reports of a network are made of, read once: one pass, whatever the number of stores."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.indicators.counted import Peers
from surveyor.core.indicators.peers import AdjustedStore, PeerGroup, adjusted_nps
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period, local_date, month_of
from surveyor.core.scope import NETWORK
from surveyor.core.tally import COUNTS, SCORE_COUNTS, SENT_COUNTS, Reasons, Tally
from surveyor.db import breaks, closed_periods, distinct_stores, report_figures, stores, tallies, users
from surveyor.db.closed_periods import NETWORK_ROW
from surveyor.db.report_figures import Counts, Wrote
from surveyor.flows.measure_indicators.peering import peers_of
from surveyor.flows.sort_verbatims import in_force

MONTHS = 13
EVERYWHERE = (NETWORK,)
WORDS_EACH = 5


@dataclass(frozen=True)
class Book:
    """A month of every store. months: thirteen, the oldest first; scores: month -> store -> counts.

    closed: months whose counts stand, with when the last was corrected; versions: month -> store -> questionnaires.
    peers: of the three months that end with the month, and with the one before. cohort: the last whose rates are final.
    """

    month: Period
    today: date
    delivery_events: bool
    shops: Mapping[str, stores.Shop]
    months: Sequence[Period]
    scores: Mapping[str, Mapping[str, Tally]]
    closed: Mapping[str, datetime | None]
    versions: Mapping[str, Mapping[str, set[tuple[str, int]]]]
    customers: Mapping[str, int]
    words: Mapping[str, Sequence[Wrote]]
    labels: Mapping[str, tuple[str, str]]
    mentions: Mapping[str, Mapping[str, Mapping[str, Counts]]]
    detractors: Mapping[str, Mapping[str, Mapping[str, int]]]
    eligible: Mapping[str, Mapping[str, int]]
    segments: Mapping[str, str]
    answers: Mapping[tuple[str, str], Counts]
    cohort_month: Period
    cohort: Mapping[str, Tally]
    reasons: Mapping[str, Reasons]
    peers: tuple[Mapping[str, Peers], Mapping[str, Peers]]
    marks: Sequence[tuple[str, breaks.Break]]
    seen: Mapping[str, datetime | None]
    advised: Mapping[str, Sequence[Mapping[str, Any]]]
    followed: Mapping[tuple[str, str, str], str]
    _groups: dict[tuple[int, tuple[str, ...]], PeerGroup | None] = field(default_factory=dict)

    def adjusted(self, store: str, back: int = 0) -> AdjustedStore | None:
        """SUR-11 of a store over the three months that end `back` months before this one ends (0 or 1)."""
        found = self.peers[back].get(store)
        if found is None:
            return None
        key = (back, tuple(found.stores))
        if key not in self._groups:
            self._groups[key] = adjusted_nps(found.stores)
        group = self._groups[key]
        return None if group is None else group.stores.get(store)

    @property
    def before(self) -> Period:
        """The month before."""
        return self.months[-2]

    @property
    def year_ago(self) -> Period:
        """The same month a year ago."""
        return self.months[0]


def open_book(session: Any, month: Period, *, today: date, zone: str, delivery_events: bool) -> Book:
    """Read a month. today: the local date on which cohorts are final or not; zone: of days without a store."""
    months = _months_until(month)
    cohort = _last_final(month, today)
    shops = {one.id: one for one in stores.shops(session, EVERYWHERE)}
    scores, closed = _scores(session, months)
    sent = tallies.sums(session, EVERYWHERE, cohort, by=("store",), only=SENT_COUNTS)
    before, year = months[-2], months[0]
    names = in_force(session).lexicon
    return Book(
        month=month,
        today=today,
        delivery_events=delivery_events,
        shops=shops,
        months=months,
        scores=scores,
        closed=closed,
        versions={one.token: report_figures.questionnaires(session, one) for one in (month, before, year)},
        customers={
            store: people["customers_answered"] for store, people in distinct_stores.of_scores(session, month).items()
        },
        words=report_figures.latest_words(session, month, each=WORDS_EACH),
        labels={one.id: (one.fr, one.en) for one in names.labels},
        mentions={one.token: report_figures.mentions(session, one) for one in (month, before)},
        detractors={one.token: report_figures.mentioned_by_detractors(session, one) for one in (month, before)},
        eligible=report_figures.customers_by_segment(session, month, zone=zone),
        segments=stores.names(session).segments,
        answers=_answers(session, month),
        cohort_month=cohort,
        cohort={str(key[0]): tally if delivery_events else assume_delivered(tally) for key, tally in sent.items()},
        reasons={
            str(key[0]): found for key, found in tallies.reasons(session, EVERYWHERE, cohort, by=("store",)).items()
        },
        peers=(_peers(session, shops, months[-3:]), _peers(session, shops, months[-4:-1])),
        marks=_marks(session, months, zone),
        seen=_seen(session),
        advised=report_figures.advised(session, "voice", before.token),
        followed=report_figures.followed(session, before.token),
    )


def _months_until(month: Period) -> list[Period]:
    found = [month]
    while len(found) < MONTHS:
        found.insert(0, month_of(found[0].first - timedelta(days=1)))
    return found


def _last_final(month: Period, today: date) -> Period:
    """The last month of emails, at most the reported one, whose rates no longer move on a day."""
    found = month
    while today < found.last + timedelta(days=31):
        found = month_of(found.first - timedelta(days=1))
    return found


def _scores(session: Any, months: Sequence[Period]) -> tuple[dict[str, dict[str, Tally]], dict[str, datetime | None]]:
    """Counts of each month as it was closed, else as they are."""
    found: dict[str, dict[str, Tally]] = {}
    closed: dict[str, datetime | None] = {}
    for month in months:
        kept = closed_periods.newest(session, "scores", month.first)
        if NETWORK_ROW in kept:
            rows = {store: Tally.from_mapping(one.inputs["counts"]) for store, one in kept.items() if store}
            revised = [one.closed_at for one in kept.values() if one.revision > 1]
            closed[month.token] = max(revised) if revised else None
        else:
            only = COUNTS if month is months[-1] else SCORE_COUNTS
            sums = tallies.sums(session, EVERYWHERE, month, by=("store",), only=only)
            rows = {str(key[0]): tally for key, tally in sums.items()}
        found[month.token] = rows
    return found, closed


def _answers(session: Any, month: Period) -> dict[tuple[str, str], Counts]:
    found = tallies.sums(session, EVERYWHERE, month, by=("store", "segment"), only=SCORE_COUNTS)
    return {(str(key[0]), str(key[1] or "")): tally.bands for key, tally in found.items() if tally.responses}


def _peers(session: Any, shops: Collection[str], months: Sequence[Period]) -> dict[str, Peers]:
    return peers_of(session, list(shops), Period(months[0].first, months[-1].last))


def _marks(session: Any, months: Sequence[Period], zone: str) -> list[tuple[str, breaks.Break]]:
    """What changed in which month, the first month left aside."""
    here = ZoneInfo(zone)
    first = datetime.combine(months[1].first, time(), here)
    last = datetime.combine(months[-1].last + timedelta(days=1), time(), here)
    return [(f"{local_date(one.at, zone):%Y-%m}", one) for one in breaks.breaks(session, first, last)]


def _seen(session: Any) -> dict[str, datetime | None]:
    """Store -> when somebody who has the store, and no more, was last seen; absent without such a person."""
    found: dict[str, datetime | None] = {}
    for account in users.everybody(session):
        if not account.active:
            continue
        for scope in account.reach:
            for store in scope.stores:
                known = found.get(store)
                seen = account.last_seen_at
                found[store] = max(filter(None, (known, seen)), default=None)
    return found
