"""What a group of emails asks of the database: as many statements for two as for twenty, on either engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import event as sql_event

from surveyor.db.plain import CURSOR
from surveyor.db.tables.instance import Instance
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import Sent, send_emails
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import Scripted, mailer

JAN_5, DUE = at("2026-01-05T17:00"), at("2026-01-07T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\n'


class Counted:
    """A driver's cursor that counts what it is asked."""

    def __init__(self, cursor: Any, asked: list[str]) -> None:
        self.cursor, self.asked = cursor, asked

    def execute(self, text: str, values: Any) -> Any:
        self.asked.append(text)
        return self.cursor.execute(text, values)

    def executemany(self, text: str, values: Any) -> Any:
        self.asked.append(text)
        return self.cursor.executemany(text, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


def _statements(sessions: Any, size: int, day: int) -> list[str]:
    """What `size` emails ask, from their claim to their tallies."""
    ordered = JAN_5 + timedelta(days=day)
    record(sessions, *(event(f"o{day}-{n}", f"c{day}-{n}", ordered) for n in range(size)), now=ordered)
    engine, asked = sessions.kw["bind"], []

    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        record.info[CURSOR] = Counted(connection.cursor(), asked)

    def on_execute(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        asked.append(text)

    sql_event.listen(engine, "checkout", on_checkout)
    sql_event.listen(engine, "before_cursor_execute", on_execute)
    try:
        one = mailer(Scripted(), journeys=CustomerJourneys(KEYS, PARIS))
        sent = send_emails(sessions, mailer=one, now=lambda: DUE + timedelta(days=day), limit=size)
    finally:
        sql_event.remove(engine, "checkout", on_checkout)
        sql_event.remove(engine, "before_cursor_execute", on_execute)
    assert sent == Sent(claimed=size, sent=size)
    return list(asked)


def test_twenty_emails_ask_as_much_of_the_database_as_two(sessions: Any) -> None:
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    _statements(sessions, 2, 0)  # the connection is made, the rules are read
    two, twenty = _statements(sessions, 2, 1), _statements(sessions, 20, 2)
    assert len(two) == len(twenty) <= 30
