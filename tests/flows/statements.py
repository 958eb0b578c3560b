"""Every statement that a piece of work asks of the database, through SQLAlchemy or on the driver itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event as sql_event

from surveyor.db.plain import CURSOR


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

    def copy(self, text: str) -> Any:
        self.asked.append(text)
        return self.cursor.copy(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


def statements_of(sessions: Any, work: Callable[[], Any]) -> list[str]:
    """What `work` asks."""
    engine, asked = sessions.kw["bind"], []

    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        record.info[CURSOR] = Counted(connection.cursor(), asked)

    def on_checkin(_connection: Any, record: Any) -> None:
        record.info.pop(CURSOR, None)

    def on_execute(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        asked.append(text)

    listeners = {"checkout": on_checkout, "checkin": on_checkin, "before_cursor_execute": on_execute}
    for name, listener in listeners.items():
        sql_event.listen(engine, name, listener)
    try:
        work()
    finally:
        for name, listener in listeners.items():
            sql_event.remove(engine, name, listener)
    return asked
