"""What a draft would have done over the stored orders of a year: the figures that its author sees before publishing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.intervals import expected_responses
from surveyor.core.periods import Period as Days
from surveyor.core.replay import Period, Run, per_customer
from surveyor.core.rules import RuleSet, check_rules
from surveyor.core.scope import NETWORK
from surveyor.db import kept_replays
from surveyor.db.kept_replays import orders_mark
from surveyor.db.tallies import sums
from surveyor.flows.customer_journey import Defaults, Terms, read_terms
from surveyor.flows.replay_stored import replay_stored

YEAR = 365
#: Past responses as they were, and as if people tired of being asked or remembered better (indicators.md, 16).
SCENARIOS = (("low", 0.8), ("base", 1.0), ("high", 1.2))
FEWEST_DELIVERIES = 100
#: Customers shown as examples of those whom only one of the two texts reaches.
EXAMPLES = 8
#: The form of what is kept: another one when the figures of a replay change.
KEPT_FORM = 1


def measured(
    sessions: Any, rules: RuleSet, active_text: str | None, *, now: datetime, defaults: Defaults
) -> dict[str, Any]:
    """Figures as `surveyor replay --json` prints them, with expected answers, examples and the period."""
    today = local_day(now, defaults.zone)
    period = Period(today - YEAR + 1, today, today)
    against = None if active_text is None else check_rules(active_text.encode())[0]
    with sessions.begin() as session:
        mark = orders_mark(session)
        key = _key(mark, rules, against, period, read_terms(session, defaults, read=lambda _session: (0, rules)))
        said = kept_replays.find(session, key)
    if said is None:
        said = _replayed(sessions, rules, against, period=period, defaults=defaults)
        with sessions.begin() as session:
            kept_replays.keep(session, key, mark=mark, body=said, now=now)
    past = _past(sessions, today)
    said["expected"] = _expected(said["by_segment"], past)
    if against is not None:
        said["against"]["expected"] = _expected(said["against"]["by_segment"], past)
    return dict(said)


def _replayed(
    sessions: Any, rules: RuleSet, against: RuleSet | None, *, period: Period, defaults: Defaults
) -> dict[str, Any]:
    """All that depends on orders and rules alone: what is kept for the second look."""
    result = replay_stored(sessions, rules, against=against, period=period, defaults=defaults)
    said = dict(result.figures)
    if result.against_run is not None:
        said["examples"] = _examples(result.run, result.against_run)
    said["from"], said["to"] = (date.fromordinal(day).isoformat() for day in (period.first, period.last))
    return said


def _key(mark: bytes, rules: RuleSet, against: RuleSet | None, period: Period, terms: Terms) -> bytes:
    """What an answer depends on: where the orders stand, both texts as read, the period, the stores."""
    stores = sorted(terms.regime.stores.items())
    asked = (KEPT_FORM, rules, against, period, stores)
    return sha256(mark + repr(asked).encode()).digest()


def _past(sessions: Any, today: int) -> dict[str, tuple[int, int, int]]:
    """segment -> (sent, delivered, responded) of a year's emails, on their sent day."""
    days = Days(date.fromordinal(today - YEAR + 1), date.fromordinal(today))
    with sessions() as session:
        found = sums(session, (NETWORK,), days, by=("segment",), only=("sent", "delivered", "responded"))
    return {key[0]: (tally.sent, tally.delivered, tally.responded) for key, tally in found.items()}


def _expected(emails: Mapping[str, int], past: dict[str, tuple[int, int, int]]) -> dict[str, list[float]] | None:
    """Answers to come in three scenarios: value, low, high; None without 100 past deliveries to learn from."""
    sent, delivered, _ = (sum(one[n] for one in past.values()) for n in range(3))
    if delivered < FEWEST_DELIVERIES or not sent:
        return None
    groups, pooled = [], [0.0, 0, 0]
    for segment in sorted(emails.keys() | past.keys()):
        arriving = emails.get(segment, 0) * delivered / sent
        _, known, answered = past.get(segment, (0, 0, 0))
        if known >= FEWEST_DELIVERIES:
            groups.append((arriving, float(answered), float(known)))
        else:
            pooled = [pooled[0] + arriving, pooled[1] + answered, pooled[2] + known]
    if pooled[0]:
        enough = pooled[2] >= FEWEST_DELIVERIES
        whole = (float(sum(one[2] for one in past.values())), float(delivered))
        groups.append((pooled[0], *((float(pooled[1]), float(pooled[2])) if enough else whole)))
    return {name: list(expected_responses(groups, factor=factor)) for name, factor in SCENARIOS}


def _examples(run: Run, against: Run) -> dict[str, list[str]]:
    """Customers whom only this text asks, and whom only the active one does, by name."""
    now, before = (set(per_customer(one.sends)) for one in (run, against))
    return {"gained": sorted(now - before)[:EXAMPLES], "lost": sorted(before - now)[:EXAMPLES]}
