"""indicators.md, 4: a cut that no tally keeps counts rows with the same formulas, and its sum is the tallies'."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import SENT_COUNTS, Tally
from surveyor.db import cohorts, tallies
from surveyor.flows.record_visit import count_visits
from tests.flows.line import answer, install, send, sent_to
from tests.flows.orders import at, event, record

SENT = at("2026-01-08T09:00")
WEEK = Period(date(2026, 1, 1), date(2026, 1, 31))


def test_rows_summed_over_languages_are_the_tallies_whole_and_by_store(sessions: Any) -> None:
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    ordered = at("2026-01-05T17:00")
    for n in range(9):
        fields = {"language": ("fr", "en", "de")[n % 3], "store_id": f"S{n % 2}"}
        record(sessions, event(f"o{n}", f"c{n}", ordered, **fields), now=ordered)
    send(sessions, SENT)
    for n, (_, (invitation, _email)) in enumerate(sorted(sent_to(sessions).items())):
        if n % 3 != 1:
            answer(sessions, invitation, 9, now=SENT + timedelta(hours=n))
    count_visits(sessions, now=SENT + timedelta(days=1))
    with sessions() as session:
        for scope in (NETWORK, Scope.of(stores=["S0"]), Scope.of(stores=["S1"])):
            found = cohorts.by_language(session, (scope,), WEEK)
            kept = tallies.sums(session, (scope,), WEEK, only=SENT_COUNTS)[()]
            total = Tally()
            for tally in found.values():
                total += tally
            assert total == kept
        everything = cohorts.by_language(session, (NETWORK,), WEEK, rule="std")
        ages = cohorts.answers_by_age(session, (NETWORK,), WEEK)
        none = cohorts.by_language(session, (NETWORK,), WEEK, rule="nobody")
    assert sum(tally.sent for tally in everything.values()) == 9
    assert len(everything) > 1
    assert ages == {0: 6}
    assert none == {}
