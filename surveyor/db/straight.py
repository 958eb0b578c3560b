"""Statements of the hot path handed to PostgreSQL's own client library once they are known: below `plain`.

psycopg looks at each statement anew, sends it and waits for it in Python; of the small statements that a group of
emails or of orders is made of, that is more than half of our side. What is adapted and how, and what is prepared under
which name, stays psycopg's: a statement that it has not prepared yet, or let go, goes its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_COMMAND_OK = 1
_IDLE = 0
_IN_TRANSACTION = 2
_NO_PIPELINE = 0


def straight(cursor: Any) -> Any:
    """A way round this cursor of psycopg, or the cursor itself when its version keeps prepared statements elsewhere."""
    prepared = getattr(cursor.connection, "_prepared", None)
    known = isinstance(getattr(prepared, "_names", None), Mapping) and hasattr(prepared, "_to_flush")
    known = known and hasattr(cursor.connection, "_get_tx_start_command")
    return Straight(cursor) if known else cursor


class Straight:
    """A cursor of psycopg that knows a way round itself, for statements inside a transaction."""

    def __init__(self, cursor: Any) -> None:
        from psycopg.adapt import PyFormat, Transformer  # noqa: PLC0415 - embedded imports no psycopg
        from psycopg.errors import error_from_result  # noqa: PLC0415
        from psycopg.pq import ExecStatus  # noqa: PLC0415

        self._cursor = cursor
        self._connection = cursor.connection
        self._pgconn = cursor.connection.pgconn
        self._adapter = Transformer(cursor)
        self._formats = [PyFormat.AUTO]
        self._done = (int(ExecStatus.TUPLES_OK), int(ExecStatus.COMMAND_OK))
        self._error = error_from_result
        self._prepared = cursor.connection._prepared
        self._result: Any = None

    def execute(self, text: str, values: Sequence[Any]) -> None:
        """Run a text, `%s` for each value; good until the next one."""
        pgconn = self._pgconn
        if not self._begun():
            self._by_psycopg(text, values)
            return
        adapter = self._adapter
        written = adapter.dump_sequence(values, self._formats * len(values))
        name = self._prepared._names.get((_numbered(text), adapter.types or ()))
        if name is None or self._prepared._to_flush:
            self._by_psycopg(text, values)
            return
        self._result = result = pgconn.exec_prepared(name, written, adapter.formats)
        if result.status not in self._done:
            self._result = None
            raise self._error(result, encoding="utf-8")

    def command(self, text: str) -> None:
        """Run statements of ours without values, in one message, that of the transaction's beginning included."""
        if not self._begun(text.encode()):
            self._result = None
            self._cursor.execute(text)

    def executemany(self, text: str, rows: Any) -> None:
        """Run a text once for each row."""
        self._result = None
        self._cursor.executemany(text, rows)

    def copy(self, text: str) -> Any:
        """psycopg's own way to write rows that a COPY reads."""
        self._result = None
        return self._cursor.copy(text)

    def fetchall(self) -> list[Any]:
        """The rows of the last statement."""
        if self._result is None:
            found: list[Any] = self._cursor.fetchall()
            return found
        self._adapter.set_pgresult(self._result)
        read: list[Any] = self._adapter.load_rows(0, self._result.ntuples, tuple)
        return read

    @property
    def description(self) -> Any:
        """None when the last statement brings no rows."""
        if self._result is None:
            return self._cursor.description
        return None if self._result.nfields == 0 else ()

    @property
    def rowcount(self) -> int:
        """How many rows the last statement wrote or brought."""
        if self._result is None:
            return int(self._cursor.rowcount)
        return int(self._result.command_tuples or 0)

    def _begun(self, also: bytes = b"") -> bool:
        """Whether a transaction is under way that psycopg need not be asked about; begun if need be, `also` run."""
        pgconn = self._pgconn
        status = pgconn.transaction_status
        if pgconn.pipeline_status != _NO_PIPELINE or self._connection.autocommit:
            return False
        if status == _IDLE:
            begin = self._connection._get_tx_start_command()
            self._simply(begin + b";" + also if also else begin)
        elif status != _IN_TRANSACTION:
            return False
        elif also:
            self._simply(also)
        return True

    def _simply(self, text: bytes) -> None:
        self._result = None
        result = self._pgconn.exec_(text)
        if result.status not in self._done:
            raise self._error(result, encoding="utf-8")

    def _by_psycopg(self, text: str, values: Sequence[Any]) -> None:
        self._result = None
        self._cursor.execute(text, values)


def commit(connection: Any) -> None:
    """Commit a connection of psycopg; the server's refusal raises what psycopg raises."""
    pgconn = connection.pgconn
    if pgconn.transaction_status != _IN_TRANSACTION or pgconn.pipeline_status != _NO_PIPELINE:
        connection.commit()
        return
    from psycopg.errors import error_from_result  # noqa: PLC0415 - embedded imports no psycopg

    result = pgconn.exec_(b"COMMIT")
    if result.status != _COMMAND_OK:
        raise error_from_result(result, encoding="utf-8")


@lru_cache(maxsize=512)
def _numbered(text: str) -> bytes:
    """A text with `$1` for its first value, as the server knows it."""
    first, *others = text.split("%s")
    numbered = first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))
    return numbered.replace("%%", "%").encode()
