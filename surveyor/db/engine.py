"""Engine recipes: SQLite that is as durable as it says, PostgreSQL that locks what it reads; sessions for flows."""

from __future__ import annotations

import re
import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from surveyor.core.searching import fold
from surveyor.db import packed
from surveyor.db.straight import commit
from surveyor.errors import SettingsError

Sessions = sessionmaker[Session]
#: Execution option of a transaction whose loss in a crash of the machine costs nothing that was promised: a visit.
UNHURRIED = "unhurried"
#: In a connection's `info`: it did nothing for a while before it is given back.
RESTED = "rested"
IDLE_SECONDS = 1.0
#: Kilobytes of SQLite's pages that a connection keeps: an import of any size stays under 160 MB, an export of any size
#: within 32 MB of an idle process. A list is walked once, and a year of tallies of 200 stores fits.
WRITING_CACHE, READING_CACHE = 40 * 1024, 16 * 1024


def make_engine(url: str, *, read_only: bool = False, durable: bool = True, pool_size: int = 10) -> Engine:
    """An engine for `url` (sqlite:///path or postgresql://…); statement parameters never reach a log.

    read_only: for dashboards; on SQLite transactions are deferred and writes refused, on PostgreSQL the
    transaction is READ ONLY. durable: False for a SQLite file that is made again when its making is interrupted.
    Raises SettingsError for another kind of database.
    """
    kind = make_url(url).get_backend_name()
    if kind == "sqlite":
        return _sqlite(url, read_only=read_only, synchronous="FULL" if durable else "OFF")
    if kind == "postgresql":
        return _postgresql(url, read_only=read_only, pool_size=pool_size)
    raise SettingsError(f"SURVEYOR_DATABASE_URL: {kind} is not supported; use sqlite:///… or postgresql://…")


def make_sessions(engine: Engine) -> Sessions:
    """What flows receive: `with sessions.begin() as session:` is one transaction."""
    return sessionmaker(engine, expire_on_commit=False, autoflush=False)


def sqlite_module() -> Any:
    """The newest SQLite at hand: pysqlite3 when it is installed, else the one Python came with."""
    try:
        import pysqlite3.dbapi2 as found  # noqa: PLC0415
    except ImportError:
        found = sqlite3
    # Without an adapter the driver asks every bytes and every None for one, in vain: four times the cost of the value.
    found.register_adapter(bytes, bytearray)
    found.register_adapter(type(None), {}.get)
    return found


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """False for the libraries with the WAL-reset fault: 3.7.0 to 3.51.2, but for 3.44.6 and 3.50.7."""
    return version > (3, 51, 2) or version in ((3, 44, 6), (3, 50, 7)) or version < (3, 7, 0)


def _sqlite(url: str, *, read_only: bool, synchronous: str) -> Engine:
    module = sqlite_module()
    journal = "WAL" if wal_is_safe(module.sqlite_version_info) else "TRUNCATE"
    engine = create_engine(
        url,
        module=module,
        hide_parameters=True,
        connect_args={"timeout": 20, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in (
            f"journal_mode={journal}",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=20000",
            f"cache_size=-{READING_CACHE if read_only else WRITING_CACHE}",
            "temp_store=MEMORY",
            "secure_delete=ON",  # what was emptied is not to be read in the free space of the file
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("folded", 1, _folded, deterministic=True)
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        unhurried = journal == "WAL" and connection.get_execution_options().get(UNHURRIED, False)
        level = "NORMAL" if unhurried and synchronous == "FULL" else synchronous
        if connection.info.setdefault(UNHURRIED, synchronous) != level:
            connection.connection.driver_connection.execute(f"PRAGMA synchronous={level}")
            connection.info[UNHURRIED] = level

    # A write transaction that starts as a reader fails at once with SQLITE_BUSY_SNAPSHOT, its timeout ignored.
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    dialect: Any = engine.dialect
    dialect.do_begin = lambda connection: connection.execute(begin).close()

    return engine


def _folded(text: str | None) -> str | None:
    """What SQLite cannot do by itself: a text without capitals nor accents, for searches."""
    return None if text is None else fold(text)


def _postgresql(url: str, *, read_only: bool, pool_size: int) -> Engine:
    engine = create_engine(
        re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url),
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 5, "application_name": "surveyor"},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        packed.register(connection)
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute("SET plan_cache_mode = force_custom_plan")
            cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
            if read_only:
                cursor.execute("SET default_transaction_read_only = on")
        connection.commit()

    _test_what_idled(engine)
    dialect: Any = engine.dialect
    dialect.do_commit = commit
    return engine


def _test_what_idled(engine: Engine) -> None:
    """Ask a connection whether it still lives, but not one that has just worked: it costs as much as a page."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        if not record.info.pop(RESTED, False):
            record.info["worked_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("worked_at", 0.0) < IDLE_SECONDS:
            return
        dialect: Any = engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as wrong:
            raise InvalidatePoolError("the database went away") from wrong


def durability_problems(engine: Engine) -> list[str]:
    """What makes the promise G1 void on this server, one sentence each; empty when nothing does."""
    return [
        f"PostgreSQL runs with {setting}=off: a crash loses orders that were acknowledged."
        for setting in _off(engine, "fsync", "full_page_writes")
    ]


def durability_warnings(engine: Engine) -> list[str]:
    """What weakens it: a crash of the server itself loses nothing, one of its machine does."""
    return [
        f"PostgreSQL runs with {setting}=off: a loss of power loses the last orders that were acknowledged."
        for setting in _off(engine, "synchronous_commit")
    ]


def _off(engine: Engine, *settings: str) -> list[str]:
    """Which of these settings of PostgreSQL are off."""
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        return [one for one in settings if connection.execute(_SETTING, {"name": one}).scalar() == "off"]


_SETTING = text("SELECT current_setting(:name)")


def dialect_name(session: Session) -> str:
    """'sqlite' or 'postgresql', for the few statements that differ."""
    return (session.bind or session.get_bind()).dialect.name


def may_pass(error: BaseException) -> bool:
    """Whether a transaction that ended so may succeed when it is made again: it met another one."""
    if isinstance(error, IntegrityError):
        return True  # the same address or order at the same instant; what was inserted is seen by the next try
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") in ("40P01", "40001")
