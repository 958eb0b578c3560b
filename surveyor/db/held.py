"""One connection and one session for many transactions in a row: for a drain of emails, which makes three a group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session, sessionmaker

from surveyor.db.engine import IDLE_SECONDS, RESTED, UNHURRIED
from surveyor.db.plain import CURSOR


class Held:
    """Stands in for `Sessions` in one thread: `begin` gives the same session on the same connection, emptied.

    A session and a connection from the pool cost more than most statements. A connection that idled is given back and
    asked for again, so that the pool finds out whether it still lives.
    """

    def __init__(self, sessions: Any) -> None:
        self._sessions = sessions
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._worked_at = 0.0

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when it raises."""
        session = self._ready()
        if session.identity_map:
            session.expunge_all()
        session.info.pop(CURSOR, None)
        connection = self._connection
        if connection is not None and connection.get_execution_options().get(UNHURRIED):
            connection.execution_options(**{UNHURRIED: False})  # that was said of the one before
        try:
            with session.begin():
                yield session
        except BaseException:
            self.close()
            raise
        self._worked_at = time.monotonic()

    def close(self) -> None:
        """Give the connection back; the next `begin` asks for another."""
        session, connection, self._session, self._connection = self._session, self._connection, None, None
        if session is not None:
            session.close()
        if connection is not None:
            connection.close()

    def _ready(self) -> Session:
        if self._session is not None and time.monotonic() - self._worked_at < IDLE_SECONDS:
            return self._session
        if self._connection is not None and not self._connection.closed:
            self._connection.info[RESTED] = True
        self.close()
        self._connection = self._sessions.kw["bind"].connect()
        self._session = self._sessions(bind=self._connection)
        return self._session


@contextmanager
def held(sessions: Any) -> Iterator[Any]:
    """The sessions of a drain, over one connection that is given back at its end; others than ours stay as they are."""
    if not isinstance(sessions, sessionmaker):
        yield sessions
        return
    made = Held(sessions)
    try:
        yield made
    finally:
        made.close()
