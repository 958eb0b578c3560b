"""Everything that the monthly reports of a network are made of, read once: one pass, whatever the number of stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.goals import Goals
from surveyor.core.indicators.counted import Peers
from surveyor.core.indicators.peers import AdjustedStore, PeerGroup, adjusted_nps
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period, local_date, month_of
from surveyor.core.scope import Reach
from surveyor.core.tally import SENT_COUNTS, Reasons, Tally
from surveyor.db import breaks, plans, report_cases, report_figures, stores, tallies, users
from surveyor.db.closed_periods import Kept
from surveyor.db.plans import Plan
from surveyor.db.report_figures import EVERYWHERE, Counts, Wrote
from surveyor.flows.choose_peers import group_of
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.set_goal import from_screen
from surveyor.flows.sort_verbatims import in_force
from surveyor.flows.write_voice.months import scores_of
from surveyor.flows.write_voice.replies import Replies, read_replies

MONTHS = 13
WORDS_EACH = 5


@dataclass(frozen=True)
class Book:
    """A month of every store. months: thirteen, the oldest first; bands: month -> store -> promoters,
    passives, detractors; scores: every count, of the month and the one before.

    closed: months whose counts stand; kept: what stores closed the month with. versions: month -> store ->
    questionnaires.
    peers: of the three months that end with the month, and with the one before. cohort: the last whose rates are final.
    placed: where stores stood on the last day of the month, and which stood elsewhere in these thirteen. replies: hours
    to the first reply, who would come back, and of `returning` (three months) the detractors whose 60 days are over.
    """

    month: Period
    today: date
    delivery_events: bool
    shops: Mapping[str, stores.Shop]
    months: Sequence[Period]
    scores: Mapping[str, Mapping[str, Tally]]
    bands: Mapping[str, Mapping[str, Counts]]
    closed: frozenset[str]
    kept: Mapping[str, Kept]
    versions: Mapping[str, Mapping[str, set[tuple[str, int]]]]
    customers: Mapping[str, int]
    words: Mapping[str, Sequence[Wrote]]
    labels: Mapping[str, tuple[str, str]]
    mentions: Mapping[str, Mapping[str, Mapping[str, Counts]]]
    detractors: Mapping[str, Mapping[str, Mapping[str, int]]]
    eligible: Mapping[str, Mapping[str, int]]
    segments: Mapping[str, str]
    answers: Mapping[str, Mapping[str, Counts]]
    cohort_month: Period
    cohort: Mapping[str, Tally]
    reasons: Mapping[str, Reasons]
    peers: tuple[Mapping[str, Peers], Mapping[str, Peers]]
    marks: Sequence[tuple[str, breaks.Break]]
    seen: Mapping[str, datetime]
    custscores: Mapping[str, report_figures.Scored]
    advised: Mapping[str, Sequence[Mapping[str, Any]]]
    followed: Mapping[tuple[str, str, str], str]
    placed: stores.Placement
    replies: Replies
    grave: Mapping[str, Sequence[report_cases.Grave]]
    themes: Mapping[str, tuple[str, str]]
    plans: Sequence[Plan]
    agreed: Mapping[str, str]
    goals: Goals
    zone: str
    reach: Reach = EVERYWHERE
    _groups: dict[tuple[int, int], PeerGroup | None] = field(default_factory=dict)
    _pooled: dict[int, Counts] = field(default_factory=dict)
    _older: dict[str, Mapping[str, Mapping[str, Counts]]] = field(default_factory=dict)

    def adjusted(self, store: str, back: int = 0) -> AdjustedStore | None:
        """SUR-11 of a store over the three months that end `back` months before this one ends (0 or 1)."""
        found = self.peers[back].get(store)
        if found is None:
            return None
        key = (back, id(found.stores))  # stores of one group share their counts
        if key not in self._groups:
            self._groups[key] = adjusted_nps(found.stores)
        group = self._groups[key]
        return None if group is None else group.stores.get(store)

    def pooled(self, peers: Mapping[str, Counts]) -> Counts:
        """The counts of a group of stores together; stores of one group share them."""
        key = id(peers)
        if key not in self._pooled:
            first, second, third = zip(*peers.values(), strict=True)
            self._pooled[key] = (sum(first), sum(second), sum(third))
        return self._pooled[key]

    def group(self, store: str) -> Mapping[str, AdjustedStore]:
        """The stores that one is judged with over the three months that end with this one, itself among them."""
        found = self.peers[0].get(store)
        group = None if found is None or self.adjusted(store) is None else self._groups[0, id(found.stores)]
        return {} if group is None else group.stores

    def mentions_of(self, session: Any, month: Period) -> Mapping[str, Mapping[str, Counts]]:
        """The mentions of a month by store; months before the last two are read when a label asks for them, once."""
        if month.token in self.mentions:
            return self.mentions[month.token]
        if month.token not in self._older:
            self._older[month.token] = report_figures.mentions(session, month, self.reach)
        return self._older[month.token]

    @cached_property
    def everybody(self) -> Tally:
        """The final cohort of all stores."""
        return Tally.sum(list(self.cohort.values()))

    @cached_property
    def known(self) -> frozenset[str]:
        """Every store that is counted anywhere or exists."""
        return frozenset(
            {store for rows in self.bands.values() for store in rows} | self.cohort.keys() | self.shops.keys()
        )

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
    with quiet_memory():
        return _read(session, month, today=today, zone=zone, delivery_events=delivery_events)


def narrowed(session: Any, book: Book, reach: Reach) -> Book:
    """The same month of these scopes alone: for readers of some segments, of whom a store's own counts say too much."""
    with quiet_memory():
        return _read(
            session, book.month, today=book.today, zone=book.zone, delivery_events=book.delivery_events, reach=reach
        )


def _read(
    session: Any, month: Period, *, today: date, zone: str, delivery_events: bool, reach: Reach = EVERYWHERE
) -> Book:
    months = _months_until(month)
    cohort = _last_final(month, today)
    shops = {one.id: one for one in stores.shops(session, EVERYWHERE)}
    scores, bands, closed, kept = scores_of(session, months, reach)
    sent = tallies.sums(session, reach, cohort, by=("store",), only=SENT_COUNTS)
    before, year = months[-2], months[0]
    people, asked = report_figures.answered(session, month, reach)
    names = in_force(session).lexicon
    placed = stores.placement(session, months[0].first, month.last)
    standing = [replace(one, region=placed.at[one.id][1]) for one in stores.peers(session)]
    return Book(
        month=month,
        today=today,
        delivery_events=delivery_events,
        shops=shops,
        months=months,
        scores=scores,
        bands=bands,
        closed=closed,
        kept=kept,
        versions={month.token: asked}
        | {one.token: report_figures.questionnaires(session, one, reach) for one in (before, year)},
        customers=people,
        words=report_figures.latest_words(session, month, each=WORDS_EACH, reach=reach),
        labels={one.id: (one.fr, one.en) for one in names.labels},
        mentions={one.token: report_figures.mentions(session, one, reach) for one in (month, before)},
        detractors={one.token: report_figures.mentioned_by_detractors(session, one, reach) for one in (month, before)},
        eligible=report_figures.customers_by_segment(session, month, zone=zone, reach=reach),
        segments=stores.names(session).segments,
        answers=_answers(session, month, reach),
        cohort_month=cohort,
        cohort={str(key[0]): tally if delivery_events else assume_delivered(tally) for key, tally in sent.items()},
        reasons={str(key[0]): found for key, found in tallies.reasons(session, reach, cohort, by=("store",)).items()},
        peers=(_peers(standing, bands, months[-3:]), _peers(standing, bands, months[-4:-1])),
        marks=_marks(session, months, zone),
        seen=users.store_last_seen(session),
        custscores=report_figures.custscores(session, month.last),
        advised=report_figures.advised(session, "voice", before.token),
        followed=report_figures.followed(session, before.token),
        placed=placed,
        replies=read_replies(session, months, reach),
        grave=_by_store(report_cases.grave(session, reach, month)),
        themes={one.id: (one.fr, one.en) for one in names.themes},
        plans=[one.plan for one in plans.listed(session)],
        agreed=stores.agreed(session),
        goals=from_screen(session),
        zone=zone,
        reach=reach,
    )


def _by_store(found: Sequence[report_cases.Grave]) -> dict[str, list[report_cases.Grave]]:
    by_store: dict[str, list[report_cases.Grave]] = {}
    for one in found:
        by_store.setdefault(one.store, []).append(one)
    return by_store


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


def _answers(session: Any, month: Period, reach: Reach) -> dict[str, dict[str, Counts]]:
    """Store -> segment -> promoters, passives, detractors."""
    found = tallies.sums(session, reach, month, by=("store", "segment"), only=tuple(tallies.BANDS))
    answers: dict[str, dict[str, Counts]] = {}
    for (store, segment), tally in found.items():
        answers.setdefault(str(store), {})[str(segment or "")] = tally.bands
    return answers


def _peers(
    standing: Sequence[stores.Peer], bands: Mapping[str, Mapping[str, Counts]], months: Sequence[Period]
) -> dict[str, Peers]:
    """SUR-11 of every store: those of its segment, region or network that were open, with what they answered."""
    counts: dict[str, Counts] = {}
    for month in months:
        for store, more in bands[month.token].items():
            known = counts.get(store, (0, 0, 0))
            counts[store] = (known[0] + more[0], known[1] + more[1], known[2] + more[2])
    still = [one for one in standing if one.is_open(months[0].first, months[-1].last)]
    open_ids = {one.id for one in still}
    groups: dict[tuple[str, str], dict[str, Counts]] = {}
    same: dict[tuple[str, ...], dict[str, Counts]] = {}
    kinds: dict[tuple[str, str], str] = {}
    found = {}
    for one in standing:
        key = (one.segment, one.region) if one.id in open_ids else (one.id, "")
        if key not in groups:  # open stores of one segment and region have the same group, themselves in it
            by, names = group_of(one, still)
            members = tuple(sorted({*names, one.id}))
            if members not in same:  # regions too small for a group of their own have the network's
                same[members] = {name: counts.get(name, (0, 0, 0)) for name in members}
            groups[key] = same[members]
            kinds[key] = by
        found[one.id] = Peers(one.id, kinds[key], groups[key])
    return found


def _marks(session: Any, months: Sequence[Period], zone: str) -> list[tuple[str, breaks.Break]]:
    """What changed in which month, the first month left aside."""
    here = ZoneInfo(zone)
    first = datetime.combine(months[1].first, time(), here)
    last = datetime.combine(months[-1].last + timedelta(days=1), time(), here)
    return [(f"{local_date(one.at, zone):%Y-%m}", one) for one in breaks.breaks(session, first, last, of=("nps",))]
