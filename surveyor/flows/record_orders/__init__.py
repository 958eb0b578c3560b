"""Record a batch of order events: stored once each, decided upon, counted; the answer comes after the commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Keyring
from surveyor.db import order_events, orders, tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.engine import may_pass
from surveyor.db.plain import by_index
from surveyor.faults import fault
from surveyor.flows.customer_journey.regime import DEFAULTS, Defaults, ReadRules, active_rules
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.record_orders.batch import Batch
from surveyor.flows.record_orders.decide import decide_events
from surveyor.flows.record_orders.receipt import Outcome, Receipt, Verdict
from surveyor.flows.record_orders.reference import unknown_stores

__all__ = ["Also", "Batch", "Defaults", "Outcome", "Receipt", "Verdict", "decide_events", "record_orders"]

MAX_EVENTS = 1000
#: What a caller keeps in the transaction of its batch, such as how far a file was read.
Also = Callable[[Any, Receipt], None]
#: How often a batch that met another transaction (a deadlock, the same address at the same instant) comes again.
_TIMES = 5
#: How often a batch is decided again without the events that failed; then their customers' events all wait.
_WITHOUT = 4


class _Failed(Exception):
    """Events that could not be decided, by index: the transaction is given up, and made again without them."""

    def __init__(self, failed: dict[int, str]) -> None:
        self.failed = failed
        super().__init__(f"{len(failed)} events")


def record_orders(  # noqa: PLR0913 - what a source, an installation and an option each have to say
    sessions: Any,
    events: Sequence[OrderEvent],
    *,
    source: str,
    now: datetime,
    keys: Keyring,
    defaults: Defaults = DEFAULTS,
    history: bool = False,
    strict_stores: bool = False,
    read: ReadRules = active_rules,
    also: Also | None = None,
) -> Receipt:
    """Record 1 to 1000 events in one transaction; one verdict each, in order, after the commit.

    history: they count in windows and decide nothing. strict_stores: an event of an unknown store is rejected and not
    remembered. An event whose decision fails stays `new` and is tried again by flows/retry_events; the others go on.
    also: called with the session and the receipt before the commit, again when the transaction is made again.
    Raises ValueError for more than 1000 events, and what the database raises when it is away: then nothing was kept.
    """
    if len(events) > MAX_EVENTS:
        raise ValueError(f"{len(events)} events: at most {MAX_EVENTS} in a call")
    fault("ingest.before_tx")
    batch = Batch(source, now, keys, defaults, history, strict_stores, read)
    with quiet_memory():
        receipt = _until_it_passes(sessions, events, batch, also)
    fault("ingest.committed")
    return receipt


def _until_it_passes(sessions: Any, events: Sequence[OrderEvent], batch: Batch, also: Also | None) -> Receipt:
    failed: dict[int, str] = {}
    rounds = contended = 0
    while True:
        try:
            with sessions.begin() as session:
                receipt = _record(session, events, batch, failed)
                if also is not None:
                    also(session, receipt)
                return receipt
        except _Failed as error:
            rounds += 1
            failed |= error.failed if rounds < _WITHOUT else _all_of(events, error.failed)
        except Exception as error:
            contended += 1
            if contended >= _TIMES or not may_pass(error):
                raise


def _all_of(events: Sequence[OrderEvent], failed: dict[int, str]) -> dict[int, str]:
    """Every event of the customers of these, and the anonymous ones: they wait together."""
    why = next(iter(failed.values()))
    waiting = {events[n].customer_id for n in failed} | {""}
    return {n: failed.get(n, why) for n, event in enumerate(events) if event.customer_id in waiting}


def _record(session: Any, events: Sequence[OrderEvent], batch: Batch, failed: dict[int, str]) -> Receipt:
    by_index(session)
    refused = unknown_stores(session, events) if batch.strict_stores else {}
    taken = [n for n, event in enumerate(events) if event.store_id not in refused]
    orders.lock_marks(session, unknown=_unknown_marks(session, [events[n] for n in taken]))
    once = order_events.store_once(session, [events[n] for n in taken], source=batch.source, now=batch.now)
    fault("ingest.in_tx")
    rows = {n: row_id for n, row_id in zip(taken, once.ids, strict=True) if row_id is not None}
    skip = frozenset(rows[n] for n in failed if n in rows)
    deltas, failures = decide_events(session, [(row_id, events[n]) for n, row_id in rows.items()], batch, skip=skip)
    if failures:
        numbers = {row_id: n for n, row_id in rows.items()}
        raise _Failed({numbers[row_id]: why for row_id, why in failures.items()})
    order_events.set_states(session, [(rows[n], "new", 1, why) for n, why in failed.items() if n in rows])
    if "conflict" in once.verdicts:
        raise_alert(session, "order_event_conflict", now=batch.now, subject=batch.source)
    fault("decide.in_tx")
    tallies.add(session, deltas)
    fault("tally.in_tx")
    if len(rows) == len(events):
        return Receipt((_PLAIN["accepted"],) * len(events))
    verdicts = {
        n: _verdict(verdict, differs) for n, verdict, differs in zip(taken, once.verdicts, once.differs, strict=True)
    }
    return Receipt(
        tuple(
            verdicts[n] if n in verdicts else Verdict(Outcome.REJECTED, refused[event.store_id])
            for n, event in enumerate(events)
        )
    )


_PLAIN = {outcome: Verdict(Outcome(outcome)) for outcome in ("accepted", "duplicate")}


def _verdict(said: str, differs: tuple[str, ...]) -> Verdict:
    return _PLAIN.get(said) or Verdict(Outcome(said), fields=differs)


def _unknown_marks(session: Any, events: Sequence[OrderEvent]) -> bool:
    """Whether the batch cancels or refunds an order that is neither stored nor in the batch."""
    marked = {event.order_id for event in events if event.type in ("order.cancelled", "order.refunded")}
    if marked:
        marked -= {event.order_id for event in events if event.type in ("order.placed", "order.completed")}
    return bool(marked - orders.by_order_id(session, marked).keys())
