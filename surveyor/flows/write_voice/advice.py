"""What a month recommends: R1 to R16 on the facts of some stores; a rule whose facts nobody has stays silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.indicators.changes import Verdict
from surveyor.core.indicators.counted import Ranked
from surveyor.core.matrix import cx_matrix
from surveyor.core.reports.report import Told
from surveyor.core.reports.voice import NEGATIVE, VoiceFacts, top
from surveyor.core.rounding import signed
from surveyor.core.scope import Scope
from surveyor.core.tally import Tally
from surveyor.db.plans import Plan
from surveyor.db.report_figures import together
from surveyor.flows.confirm_action import confirmed_by
from surveyor.flows.fire_rules import (
    Around,
    Fired,
    ask_actions,
    ask_emails,
    ask_labels,
    ask_practice,
    best_named,
    lives_badly,
)
from surveyor.flows.write_express.advice import MOST_MONTHS, weeks_since_login
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here, stores_inside

_SENT = ("delivered", "responded", "visited", "unsubscribed", "complained")
_sent: Callable[[Tally], tuple[int, ...]] = attrgetter(*_SENT)


@dataclass(frozen=True, slots=True)
class Month:
    """What the rules read: a month of some stores, counted. ranked: who answered a first and a fourth email."""

    book: Book
    here: Here
    facts: VoiceFacts
    ranked: Ranked | None


def advise(session: Any, month: Month, asked: Asked) -> tuple[tuple[Told, ...], int]:
    """At most three, in the order of their rules, and how many others fired.

    session: for the months behind a label that has gone badly long.
    """
    book, here, facts = month.book, month.here, month.facts
    fired, unit = Fired(asked.language), str(asked.scope)
    for store in here.stores:
        for one in book.grave.get(store, ()):
            theme = book.themes.get(one.themes[0], (one.themes[0],) * 2)[0 if asked.language == "fr" else 1]
            fired.ask("R1", f"response:{one.id.hex}", {"theme": theme})
    fired.ask("R2", unit, {"waiting": book.replies.late(here.stores, asked.instant)})
    change = _change(month)
    names = [name for name, *_ in top(facts, NEGATIVE)[:2]]
    fired.ask("R3", unit, {**change, **(dict(zip(("label1", "label2"), names, strict=True)) if names[1:] else {})})
    _about_labels(session, month, fired)
    _about_peers(month, fired, unit)
    _about_sending(month, fired, unit)
    if facts.weighted is not None:
        segment = facts.heard.segment if facts.heard is not None else None
        gap = {"weighted": facts.weighted.value, "unweighted": facts.weighted.unweighted, "segment": segment}
        fired.ask("R13", unit, gap)
    fired.ask("R14", unit, {"n_3_months": sum(sum(here.bands(one)) for one in book.months[-3:])})
    today = datetime.combine(book.today, time(), ZoneInfo(asked.zone))
    weeks = weeks_since_login(book.seen, frozenset(here.stores), today)
    fired.ask("R15", unit, {"weeks_since_login": weeks, "edition": asked.edition})
    around = Around(book.before.first, book.month.first, change, asked.zone)
    changed = [one for _, one in book.marks]
    confirmed = partial(confirmed_by, session, today=book.today)
    ask_actions(fired, _plans(month), changed, unit=unit, around=around, confirmed=confirmed)
    return fired.kept(asked.shown_before, today=asked.monday, edition=asked.edition)


def _change(month: Month) -> Mapping[str, Any]:
    """R3 and R16: discoveries are among the units of the report: the whole, and each of its stores."""
    book, here, facts = month.book, month.here, month.facts
    others = {}
    if not here.alone:
        now, before = (book.scores[one.token] for one in (book.month, book.before))
        others = {
            store: {"now": now[store].bands, "before": before[store].bands}
            for store in here.stores
            if store in now and store in before
        }
    return {
        "now": facts.now,
        "before": facts.before.counts,
        "same_questionnaire": facts.before.same_questionnaire,
        "others": others,
    }


def _plans(month: Month) -> list[Plan]:
    """The plans for all of these stores."""
    mine = set(month.here.stores)
    return [one for one in month.book.plans if mine <= _held(month.book, Scope.parse(one.scope))]


def _held(book: Book, scope: Scope) -> set[str]:
    return set(book.known) if scope.is_network else stores_inside(book, (scope,))


def _about_labels(session: Any, month: Month, fired: Fired) -> None:
    facts = month.facts
    for key, k1, n1, k0, n0 in facts.rising:
        name = facts.labels.get(key, key)
        counts = {"label": name, "labels": {name: (k1, k0)}}
        fired.ask("R4", f"label:{key}", {**counts, "detractors_now": n1, "detractors_before": n0})
    if facts.matrix is None:
        return
    for key, months in _months_badly(session, month).items():
        positive, _, negative = facts.mentions[key]
        counted = {"label": facts.labels.get(key, key), "positive": positive, "negative": negative}
        counted |= {"comments": facts.scores.commented}
        fired.ask("R5", f"label:{key}", {**counted, "months": [("improve", False)] * months})
    ask_labels(fired, facts.matrix, facts.labels, facts.mentions)


def _months_badly(session: Any, month: Month) -> dict[str, int]:
    """R5: label -> for how many months in a row, this one included, it is to improve, and certainly so."""
    book, here, matrix = month.book, month.here, month.facts.matrix
    assert matrix is not None
    rank = sorted(matrix.labels.items(), key=lambda item: (-item[1].mentions, item[0]))
    found = {key: 1 for key, _ in rank if lives_badly(matrix, key)}
    left, back = set(found), 2
    while left and back <= MOST_MONTHS:
        earlier = book.months[-back]
        by_store = book.mentions_of(session, earlier)
        mentions = together(by_store[store] for store in here.stores if store in by_store)
        commented = here.scores(earlier).commented if back <= 2 else _commented(mentions)
        then = cx_matrix(mentions, commented=commented) if mentions and commented else None
        left = {key for key in left if lives_badly(then, key)}
        for key in left:
            found[key] += 1
        back += 1
    return found


def _commented(mentions: Mapping[str, Any]) -> int:
    """A quadrant compares labels with each other: any common number of comments places them the same."""
    return max((sum(row) for row in mentions.values()), default=0)


def _about_peers(month: Month, fired: Fired, unit: str) -> None:
    """R6 and R7: the tier of the last two months; a peer is named when it agreed to be."""
    book, here, facts = month.book, month.here, month.facts
    if not here.alone or facts.beside is None:
        return
    store = here.stores[0]
    earlier, now = book.adjusted(store, 1), book.adjusted(store)
    if earlier is None or now is None:
        return
    tiers = (earlier.tier, now.tier)
    best = None
    if tiers == (Verdict.BELOW, Verdict.BELOW):  # looked for among all peers only where R6 may say it
        others = {name: (one.tier, one.value) for name, one in book.group(store).items() if name != store}
        best = best_named(others, book.agreed)
    own, peers = signed(facts.beside.own), signed(facts.beside.peers)
    fired.ask("R6", unit, {"tiers": tiers, "own": own, "peers": peers, "best_peer": best})
    ask_practice(fired, facts.mentions, facts.labels, tiers=tiers, store=here.name(store))


def _about_sending(month: Month, fired: Fired, unit: str) -> None:
    here, facts = month.here, month.facts
    cohort = here.cohort
    if facts.delivered_known:
        fired.ask("R9", unit, {"sent": cohort.sent, "delivered": cohort.delivered})
    mine, every = _sending(cohort), _sending(month.book.everybody)
    rest = {name: n - mine[name] for name, n in every.items()}
    others = rest if not here.whole and rest["delivered"] > 0 else None
    pressure = facts.pressure[0] if facts.pressure is not None else None
    ask_emails(fired, unit, {**mine, "network": others, "pressure": pressure})
    if month.ranked is not None and month.ranked.customers:
        responded = {"first": month.ranked.responded_first, "fourth": month.ranked.responded_fourth}
        counted = {f"responded_{rank}": n for rank, n in responded.items()}
        fired.ask("R12", unit, {"customers": month.ranked.customers, **counted})


def _sending(tally: Tally) -> dict[str, int]:
    return dict(zip(_SENT, _sent(tally), strict=True))
