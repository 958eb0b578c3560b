"""Orders of the sample network: people with rhythms of their own, who come, come back, and stop coming."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.testing.network.places import SamplePlace

ZONE = ZoneInfo("Europe/Paris")
#: Mean days between two orders, share of customers, spread.
_RHYTHMS = ((7.5, 0.03, 0.25), (14.5, 0.08, 0.35), (29.0, 0.52, 0.35), (75.0, 0.37, 0.6))
_FIRST = (
    "Camille Léa Manon Chloé Emma Inès Jade Louise Alice Zoé Sarah Nadia Fatima Sophie Claire Hélène Martine Monique "
    "Nicolas Julien Thomas Antoine Lucas Hugo Mehdi Karim Pierre Paul Jean Michel Gérard Denis Yann Loïc Étienne Rémi"
).split()
_LAST = (
    "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David "
    "Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand Garnier"
).split()
_ODD_ADDRESSES = ((0.006, "hard+"), (0.010, "soft+"), (0.0115, "block+"), (0.0125, "complaint+"))


@dataclass(frozen=True, slots=True)
class Shopper:
    """One customer: where they shop, how often, from when to when. gap: mean days between orders."""

    id: str
    first_name: str
    last_name: str
    email: str
    language: str
    segment: str
    store: SamplePlace
    second_store: SamplePlace
    gap: float
    spread: float
    first_day: date
    last_day: date


def shoppers(stores: list[SamplePlace], *, count: int, start: date, end: date, seed: int = 2026) -> list[Shopper]:
    """`count` customers between two days; one in fifty has no address, one in thirty reads English."""
    draw = Random(f"shoppers {seed}")
    weights = [store.size for store in stores]
    length = (end - start).days
    found = []
    for number in range(1, count + 1):
        store = draw.choices(stores, weights)[0]
        nearby = [one for one in stores if one.region == store.region and one.id != store.id] or [store]
        gap, _, spread = draw.choices(_RHYTHMS, [share for _, share, _ in _RHYTHMS])[0]
        joined = start + timedelta(days=0 if draw.random() < 0.55 else draw.randrange(max(1, length)))
        stays = draw.expovariate(1 / 420)
        first, last = draw.choice(_FIRST), draw.choice(_LAST)
        found.append(
            Shopper(
                id=f"c{number:06d}",
                first_name=first,
                last_name=last,
                email="" if draw.random() < 0.02 else _address(draw, number),
                language="en" if draw.random() < 0.033 else "fr",
                segment=draw.choices(("famille", "couple", "senior"), (0.5, 0.3, 0.2))[0],
                store=store,
                second_store=draw.choice(nearby),
                gap=gap * draw.uniform(0.8, 1.25),
                spread=spread,
                first_day=joined,
                last_day=min(end, joined + timedelta(days=int(stays))),
            )
        )
    return found


def order_events(people: list[Shopper], *, seed: int = 2026, until: datetime) -> list[dict[str, Any]]:
    """Every order event up to an instant, in the order in which a till would send them (names of contracts.md 4).

    A drive order is sent once it is collected; three in a hundred were sent when placed as well, and one in seventy
    is cancelled. `received_at` is when the source sends it.
    """
    events = [event for person in people for event in _of(person, Random(f"orders {seed} {person.id}"), until)]
    events.sort(key=lambda event: (event["received_at"], event["event_id"]))
    return events


def _of(person: Shopper, draw: Random, until: datetime) -> Iterator[dict[str, Any]]:
    day = person.first_day + timedelta(days=int(draw.uniform(0, person.gap)))
    number = 0
    while day <= person.last_day:
        number += 1
        placed = datetime.combine(day, time(draw.randint(7, 22), draw.randint(0, 59)), ZONE)
        collected = datetime.combine(day + timedelta(days=draw.choice((0, 1, 1))), time(23, 59), ZONE)
        collected = max(
            placed + timedelta(hours=2), collected.replace(hour=draw.randint(9, 19), minute=draw.randint(0, 59))
        )
        if collected > until:
            return
        yield from _order(person, draw, f"{person.id}-{number}", placed, collected)
        day += timedelta(days=max(1, round(draw.gauss(person.gap, person.gap * person.spread))))


def _order(
    person: Shopper, draw: Random, order_id: str, placed: datetime, collected: datetime
) -> Iterator[dict[str, Any]]:
    store = person.store if draw.random() < 0.93 else person.second_store
    facts = {
        "order_id": order_id,
        "customer_id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "language": person.language,
        "segment": person.segment,
        "store_id": store.id,
        "ordered_at": placed.isoformat(),
        "amount": f"{max(9.9, draw.gauss(84, 34)):.2f}",
        "currency": "EUR",
        "channel": "drive",
    }
    if draw.random() < 0.03:
        yield {**facts, "event_id": f"{order_id}-p", "type": "order.placed", "received_at": placed.isoformat()}
    if draw.random() < 0.014:
        at = (placed + timedelta(hours=1)).isoformat()
        yield {**facts, "event_id": f"{order_id}-c", "type": "order.cancelled", "received_at": at}
        return
    at = collected.isoformat()
    yield {**facts, "event_id": order_id, "type": "order.completed", "fulfilled_at": at, "received_at": at}


def _address(draw: Random, number: int) -> str:
    """An address under a domain that no mail can leave for; a few behave badly, as the outbox simulator knows."""
    luck = draw.random()
    odd = next((prefix for below, prefix in _ODD_ADDRESSES if luck < below), "")
    return f"{odd}client{number:06d}@{draw.choice(('courriel', 'messagerie', 'poste'))}.example"
