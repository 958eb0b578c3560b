"""The sample network: always the same for a seed, plausible, and every event of it acceptable."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from surveyor.core.orders import OrderEvent
from surveyor.ingest.payload import read_items
from surveyor.testing.network import Asked, answer_of, order_events, places, shoppers

END = date(2026, 11, 22)
UNTIL = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Europe/Paris"))


def test_stores_have_ids_of_their_own_in_five_regions() -> None:
    stores = places()
    assert len({store.id for store in stores}) == 40
    assert len({store.region for store in stores}) == 5


def test_the_same_seed_gives_the_same_orders_in_order_of_arrival() -> None:
    people = shoppers(places(), count=150, start=date(2025, 9, 22), end=END)
    first, again = (order_events(people, until=UNTIL) for _ in range(2))
    assert first == again
    assert all(a["received_at"][:10] <= b["received_at"][:10] for a, b in pairwise(first))
    assert len({event["event_id"] for event in first}) == len(first)


def test_every_event_of_it_is_acceptable() -> None:
    people = shoppers(places(), count=60, start=date(2025, 9, 22), end=END)
    events = json.loads(json.dumps(order_events(people, until=UNTIL)))
    verdicts = list(read_items(events, now=datetime(2026, 11, 22, 9, tzinfo=UTC)))
    assert all(isinstance(verdict, OrderEvent) for verdict in verdicts)


def test_about_one_in_five_answers_and_the_words_fit_the_score() -> None:
    store = places()[0]
    asked = [Asked(str(n), store, "famille", "fr", n % 4, END) for n in range(4000)]
    answers = [answer for answer in map(answer_of, asked) if answer is not None]
    assert 0.12 < len(answers) / 4000 < 0.28
    assert all(0 <= answer.score <= 10 and answer.after.days <= 30 for answer in answers)
    assert any(answer.comment for answer in answers if answer.score <= 6)
