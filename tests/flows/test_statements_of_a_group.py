"""What a group of emails asks of the database: as many statements for two as for twenty, on either engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from surveyor.db.tables.instance import Instance
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import Sent, send_emails
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import Scripted, mailer
from tests.flows.statements import statements_of

JAN_5, DUE = at("2026-01-05T17:00"), at("2026-01-07T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\n'


def _statements(sessions: Any, size: int, day: int) -> list[str]:
    """What `size` emails ask, from their claim to their tallies."""
    ordered = JAN_5 + timedelta(days=day)
    record(sessions, *(event(f"o{day}-{n}", f"c{day}-{n}", ordered) for n in range(size)), now=ordered)
    one = mailer(Scripted(), journeys=CustomerJourneys(KEYS, PARIS))

    def send() -> None:
        sent = send_emails(sessions, mailer=one, now=lambda: DUE + timedelta(days=day), limit=size)
        assert sent == Sent(claimed=size, sent=size)

    return statements_of(sessions, send)


def test_twenty_emails_ask_as_much_of_the_database_as_two(sessions: Any) -> None:
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    _statements(sessions, 2, 0)  # the connection is made, the rules are read
    two, twenty = _statements(sessions, 2, 1), _statements(sessions, 20, 2)
    assert len(two) == len(twenty) <= 30
