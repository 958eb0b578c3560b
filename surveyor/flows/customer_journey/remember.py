"""Persons go back to their rows: one bounded memory per customer, written only when it changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.history_plain import forget, latest_day
from surveyor.db import memory, persons
from surveyor.flows.customer_journey.load import Loaded, unshield


def remember(session: Any, loaded: Loaded, customers: Collection[str]) -> None:
    """Write the memories of these customers, without the orders that no decision can need any more."""
    unshield(loaded)
    terms = loaded.terms
    today = local_day(loaded.now, terms.defaults.zone)
    rows, moved = [], []
    # In the order in which they were read and written: their memories lie side by side.
    for customer, row in loaded.rows.items():
        if customer not in customers:
            continue
        account = loaded.people[customer].accounts[customer]
        since = loaded.since[customer]
        # Counted from the latest order: orders fed long after they happened find those that were before them.
        before = terms.kept_since(min(today, latest_day(account)))
        if forget(account, before=before):
            since = max(since, before)
        text = memory.dump(account, since=since)
        if customer in loaded.moved:
            moved.append((row.customer_id, row.address_key, text))
        elif text != row.state:
            rows.append((row.customer_id, text))
    persons.save_states(session, rows, moved=moved, now=loaded.now)
