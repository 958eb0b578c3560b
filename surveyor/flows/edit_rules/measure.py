"""What a draft would have done over the stored orders of a period: what its author sees before publishing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from threading import Lock
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.history import Regime
from surveyor.core.replay import CountedSends, Gathered, Live, Period, Run, joined, per_customer, run
from surveyor.core.rules import RuleSet, check_rules
from surveyor.db import kept_replays
from surveyor.db.kept_replays import orders_mark
from surveyor.flows.customer_journey import Defaults, Terms, read_terms
from surveyor.flows.edit_rules.expected import expected, past_year, stores_with_enough
from surveyor.flows.prove_decisions import prove_decisions
from surveyor.flows.replay_by_columns import Heard, unheard
from surveyor.flows.replay_stored import How, replay_stored

YEAR = 365
#: Customers shown as examples of those whom one of the two texts reaches, or both.
EXAMPLES = 8
#: The form of what is kept: another one when the figures of a replay change.
KEPT_FORM = 3
#: A replay is told of in so many parts.
PARTS = 20
#: Of a replay, in percent: what reading the orders takes.
READING = 10
#: Of a replay by columns: percent between two words about how far it is, and where it is when its figures are there
#: and are still to be proved.
STEP, PROVING = 4, 96
#: Customers whose decisions are made again before any figure is shown; the night does it for all of them.
PROVED = 200
#: Emails of one customer that are shown apart; more are together.
RANKS = 4

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a replay: local days of sending, when, and what stores that say nothing have.

    read: sessions that read alone, on which orders are read while how far it is is written on the others; None: these.
    """

    period: Period
    now: datetime
    defaults: Defaults
    read: Any = None


def measured(
    sessions: Any,
    rules: RuleSet,
    active_text: str | None,
    *,
    asked: Asked,
    told: Told = lambda _percent: None,
) -> dict[str, Any]:
    """Figures as `surveyor replay --json` prints them, with expected answers, examples, days and the period.

    told: how far it is, in percent.
    """
    period, defaults, reader = asked.period, asked.defaults, asked.read or sessions
    against = None if active_text is None else check_rules(active_text.encode())[0]
    with reader.begin() as session:
        mark = orders_mark(session)
        key = _key(mark, rules, against, period, read_terms(session, defaults, read=lambda _session: (0, rules)))
        said = kept_replays.find(session, key)
    if said is None:
        result = replay_stored(
            reader,
            rules,
            against=against,
            period=period,
            defaults=defaults,
            how=How(in_parts(told, against is not None), by_steps(told) if asked.read is not None else unheard),
        )
        said = report(result.figures, result.run, result.against_run)
        said["proof"] = proof_of(sessions, defaults)
        said["from"], said["to"] = (date.fromordinal(day).isoformat() for day in (period.first, period.last))
        with sessions.begin() as session:
            kept_replays.keep(session, key, mark=mark, body=said, now=asked.now)
    return foretold(sessions, dict(said), period.last, defaults)


def proof_of(sessions: Any, defaults: Defaults) -> dict[str, Any]:
    """The active versions lived again as they were for some customers: how many decisions were found as stored."""
    proof = prove_decisions(sessions, defaults=defaults, page=PROVED, most=PROVED)
    return {"found": proof.found, "compared": proof.compared, "differ": proof.count, "customers": PROVED}


def report(figures: dict[str, Any], own: Run, other: Run | None) -> dict[str, Any]:
    """The figures with those that a screen adds: emails by day, customers by number of emails, examples."""
    said = {**figures, **_days_and_ranks(own)}
    if other is not None:
        said["against"] = {**figures["against"], **_days_and_ranks(other)}
        said["examples"] = _examples(own, other)
    return said


def foretold(sessions: Any, said: dict[str, Any], today: int, defaults: Defaults) -> dict[str, Any]:
    """The figures with the answers to expect, the stores that may get 30 of them, and how people tired so far."""
    with sessions() as session:
        past = past_year(session, today, zone=defaults.zone, language=defaults.language)
    for side in (said, said.get("against")):
        if side is not None:
            side["expected"] = expected(side["by_segment"], past.segments)
            side["stores_with_enough"] = stores_with_enough(side["by_store"], past)
    return {**said, "fatigue": past.fatigue}


def in_parts(told: Told, both: bool) -> Live[Any]:
    """A way to live a replay that says how far it is: customers are taken in parts, each lives their own."""
    steps, done = PARTS * (2 if both else 1), 0

    def live(gathered: Gathered, regime: Regime, *, period: Period) -> Run:
        nonlocal done
        found = []
        for n in range(PARTS):
            found.append(run(replace(gathered, groups=gathered.groups[n::PARTS]), regime, period=period))
            done += 1
            told(READING + (100 - READING) * min(done, steps) // steps)
        return joined(found)

    return live


def by_steps(told: Told) -> Heard:
    """Who says how far a replay by columns is, in steps of some percent: each is a small transaction."""
    last, turn = -STEP, Lock()

    def heard(share: float) -> None:
        nonlocal last
        percent = int(PROVING * share)
        with turn:
            if percent >= last + STEP:
                last = percent
                told(percent)

    return heard


def year_before(now: datetime, zone: str) -> Period:
    """The last 365 days, today included."""
    today = local_day(now, zone)
    return Period(today - YEAR + 1, today, today)


def _key(mark: bytes, rules: RuleSet, against: RuleSet | None, period: Period, terms: Terms) -> bytes:
    """What an answer depends on: where the orders stand, both texts as read, the period, the stores."""
    stores = sorted(terms.regime.stores.items())
    asked = (KEPT_FORM, rules, against, period, stores)
    return sha256(mark + repr(asked).encode()).digest()


def _days_and_ranks(one: Run) -> dict[str, Any]:
    sends = one.sends
    days = sends.counted("send_day") if isinstance(sends, CountedSends) else Counter(send.send_day for send in sends)
    ranks = Counter(min(count, RANKS) for count in per_customer(one.sends).values())
    return {
        "by_day": {date.fromordinal(day).isoformat(): count for day, count in sorted(days.items())},
        "by_rank": {str(rank): ranks[rank] for rank in range(1, RANKS + 1)},
    }


def _examples(own: Run, other: Run) -> dict[str, list[str]]:
    """Customers whom only this text asks, whom only the active one does, and whom both do, by name."""
    now, before = (set(per_customer(one.sends)) for one in (own, other))
    return {
        "gained": sorted(now - before)[:EXAMPLES],
        "lost": sorted(before - now)[:EXAMPLES],
        "both": sorted(now & before)[:EXAMPLES],
    }
