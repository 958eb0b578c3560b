"""What a month recommends: R1 to R16 on the facts of some stores; a rule whose facts nobody has stays silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.matrix import cx_matrix
from surveyor.core.reports.recommendations import Recommendation, Shown, recommend, select
from surveyor.core.reports.report import Told
from surveyor.core.reports.voice import VoiceFacts, top
from surveyor.core.rounding import signed
from surveyor.core.tally import Tally
from surveyor.db.report_figures import together
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here

_SENT = ("delivered", "responded", "visited", "unsubscribed", "complained")


def advise(book: Book, here: Here, facts: VoiceFacts, asked: Asked) -> tuple[Told, ...]:
    """At most three, in the order of their rules."""
    fired: list[tuple[str, Recommendation]] = []
    unit = str(asked.scope)

    def ask(rule: str, about: str, given: Mapping[str, Any]) -> None:
        found = recommend(rule, given, language=asked.language)
        if found is not None and found.text and not any(one.text == found.text for _, one in fired):
            fired.append((about, found))

    for quote in facts.quotes:
        ask("R1", f"response:{quote.id}", {"comment": quote.text, "language": asked.language})
    ask("R3", unit, _drop(book, here, facts))
    _about_labels(book, here, facts, ask)
    _about_peers(book, here, facts, unit, ask)
    _about_sending(here, facts, unit, ask)
    if facts.weighted is not None:
        segment = facts.heard.segment if facts.heard is not None else None
        gap = {"weighted": facts.weighted.value, "unweighted": facts.weighted.unweighted, "segment": segment}
        ask("R13", unit, gap)
    ask("R14", unit, {"n_3_months": sum(sum(here.bands(month)) for month in book.months[-3:])})
    ask("R15", unit, {"weeks_since_login": _weeks(book, here, asked.zone), "edition": asked.edition})
    shown = [Shown(one.rule, about, one.level) for about, one in fired]
    kept = select(shown, asked.shown_before, today=asked.monday, edition=asked.edition)
    texts = {(one.rule, about): one for about, one in fired}
    return tuple(Told(one.rule, one.unit, one.level, texts[one.rule, one.unit].text) for one in kept)


def _drop(book: Book, here: Here, facts: VoiceFacts) -> Mapping[str, Any]:
    """R3: discoveries are among the units of the report: the whole, and each of its stores."""
    others = {}
    if not here.alone:
        now, before = (book.scores[one.token] for one in (book.month, book.before))
        others = {
            store: {"now": now[store].bands, "before": before[store].bands}
            for store in here.stores
            if store in now and store in before
        }
    names = [name for name, _ in top(facts, 2)[:2]]
    worst = dict(zip(("label1", "label2"), names, strict=False)) if len(names) == 2 else {}
    return {
        "now": facts.now,
        "before": facts.before.counts,
        "same_questionnaire": facts.before.same_questionnaire,
        "others": others,
        **worst,
    }


def _about_labels(book: Book, here: Here, facts: VoiceFacts, ask: Any) -> None:
    for key, k1, n1, k0, n0 in facts.rising:
        counts = {"label": facts.labels.get(key, key), "labels": {facts.labels.get(key, key): (k1, k0)}}
        ask("R4", f"label:{key}", {**counts, "detractors_now": n1, "detractors_before": n0})
    if facts.matrix is None:
        return
    former = together(
        book.mentions[book.before.token][store] for store in here.stores if store in book.mentions[book.before.token]
    )
    commented = here.scores(book.before).commented
    before = cx_matrix(former, commented=commented).labels if former and commented else {}
    for key, one in sorted(facts.matrix.labels.items(), key=lambda item: (-item[1].mentions, item[0])):
        positive, _, negative = facts.mentions[key]
        name = facts.labels.get(key, key)
        was = before.get(key)
        months = [(was.quadrant, was.uncertain)] if was is not None else []
        counted = {"label": name, "positive": positive, "negative": negative, "mentions": one.mentions}
        ask("R5", f"label:{key}", {**counted, "months": [*months, (one.quadrant, one.uncertain)]})
        ask("R8", f"label:{key}", {**counted, "quadrant": one.quadrant, "uncertain": one.uncertain})


def _about_peers(book: Book, here: Here, facts: VoiceFacts, unit: str, ask: Any) -> None:
    """R6 and R7: the tier of the last two months. No store has agreed to be named, so none is."""
    if not here.alone or facts.beside is None:
        return
    store = here.stores[0]
    earlier, now = book.adjusted(store, 1), book.adjusted(store)
    if earlier is None or now is None:
        return
    liked = top(facts, 0)
    ask(
        "R6",
        unit,
        {
            "tiers": (earlier.tier, now.tier),
            "own": signed(facts.beside.own),
            "peers": signed(facts.beside.peers),
            "best_peer": None,
        },
    )
    ask(
        "R7",
        unit,
        {"tiers": (earlier.tier, now.tier), "store": here.name(store), "label": liked[0][0] if liked else None},
    )


def _about_sending(here: Here, facts: VoiceFacts, unit: str, ask: Any) -> None:
    cohort = here.cohort
    if facts.delivered_known:
        ask("R9", unit, {"sent": cohort.sent, "delivered": cohort.delivered})
    rest = here.rest
    if not here.whole and rest.delivered > 0:
        pressure = facts.pressure[0] if facts.pressure is not None else None
        given = {**_sending(cohort), "network": _sending(rest), "pressure": pressure}
        for rule in ("R10a", "R10b", "R11"):
            ask(rule, unit, given)


def _sending(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in _SENT}


def _weeks(book: Book, here: Here, zone: str) -> list[int | None]:
    """R15: full weeks since somebody of each store was seen; a store without such a person is left out.

    Somebody who never came in counts as long absent.
    """
    now = datetime.combine(book.today, time(), ZoneInfo(zone))
    found: list[int | None] = []
    for store in here.stores:
        if store in book.seen:
            seen = book.seen[store]
            found.append(99 if seen is None else (now - seen) // timedelta(weeks=1))
    return found
