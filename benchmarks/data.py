"""What every stage is fed with: orders from a fixed seed, 10 a customer, 200 stores, 4 segments, some doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Keyring
from surveyor.ingest.payload import read_event

SEED = 2026
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = Keyring((bytes(range(32)),))
BATCH = 1000
RULES = '[[rule]]\nid = "std"\nmin_orders = 2\nwindow_months = 2\ncooldown_months = 2\nidle_months = 2\n'


def items(count: int, *, a_customer: int = 10, seed: int = SEED) -> list[dict[str, Any]]:
    """`count` distinct events in order of arrival, plus 2 % doubled; 1 % come late, by up to four weeks.

    Nothing comes before it has happened: the clock of a batch is its latest order.
    """
    draw = random.Random(seed)
    customers = max(1, count // a_customer)
    made = []
    for number in range(count):
        customer = number % customers
        day = (number // customers) * 28 + customer * 28 // customers
        made.append(
            {
                "event_id": f"e{seed}-{number}",
                "type": "order.completed",
                "order_id": f"o{seed}-{number}",
                "customer_id": f"c{customer}",
                "email": f"c{customer}@bench.example",
                "ordered_at": (START + timedelta(days=day, minutes=draw.randrange(600))).isoformat(),
                "store_id": f"S{customer % 200:03d}",
                "segment": f"g{customer % 4}",
                "amount": f"{draw.randrange(1000, 20000) / 100:.2f}",
                "currency": "EUR",
            }
        )
    for at in sorted((draw.randrange(count) for _ in range(count // 100)), reverse=True):
        late = made.pop(at)
        made.insert(min(len(made), at + draw.randrange(1, customers + 1)), late)
    for at in sorted((draw.randrange(count) for _ in range(count // 50)), reverse=True):
        made.insert(draw.randrange(at, len(made) + 1), made[at])
    return made


def batches(made: Sequence[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """`size` at a time."""
    for start in range(0, len(made), size):
        yield list(made[start : start + size])


def events(made: Sequence[dict[str, Any]]) -> list[OrderEvent]:
    """As the line takes them."""
    return [read_event(item, now=NOW) for item in made]


def dated(made: Sequence[OrderEvent], size: int = BATCH) -> list[tuple[datetime, list[OrderEvent]]]:
    """Batches with the instant at which each comes: an hour after the latest order so far."""
    found, latest = [], START
    for batch in batches(made, size):
        latest = max(latest, *(event.ordered_at for event in batch))
        found.append((latest + timedelta(hours=1), batch))
    return found


def bodies(made: Sequence[dict[str, Any]]) -> list[bytes]:
    """As HTTP or a file brings them: NDJSON, a thousand a body."""
    encode = msgspec.json.Encoder().encode_lines
    return [encode(batch) for batch in batches(made)]
