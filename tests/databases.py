"""Fresh databases for the tests, cheaply: each engine is migrated once, then copied for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from surveyor.db.engine import make_engine, make_sessions
from tests.servers import PostgreSQL

_numbers = itertools.count(1)
#: Of a test that would say the same on the other engine, whose fixtures know both.
ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
#: What fills a database through its session factory: a function of a module, the same rows each time.
Write = Callable[[Any], object]


class Statements(dict[Any, Any]):
    """What SQLAlchemy compiled, for every engine of a process: its own cache lives as long as one engine."""

    MOST = 4000  # a statement is some tens of kilobytes

    @staticmethod
    def _key(key: tuple[Any, ...]) -> tuple[Any, ...]:
        """The name of a dialect for the dialect, of which each engine has one: ours of a name all write alike."""
        return (key[0].name, *key[1:])

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._key(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= self.MOST:
            self.clear()
        super().__setitem__(self._key(key), compiled)


@dataclass
class SqliteDatabases:
    """Files in a folder; a migrated one is a copy of the first."""

    folder: Path
    template: Path | None = None
    written: dict[Write, Path] = field(default_factory=dict)

    def empty(self) -> str:
        """The URL of a file that does not exist yet."""
        return f"sqlite:///{self.folder / f'{next(_numbers)}.db'}"

    def migrated(self) -> str:
        """The URL of a database that has every table and no row of anybody's."""
        if self.template is None:
            url = self.empty()
            migrate(url)
            self.template = Path(url.removeprefix("sqlite:///"))
        return self._copied(self.template)

    def filled(self, write: Write) -> str:
        """The URL of a database with what `write` writes: it writes once a process, whatever the number of copies."""
        if write not in self.written:
            url = self.migrated()
            fill(url, write)
            self.written[write] = Path(url.removeprefix("sqlite:///"))
        return self._copied(self.written[write])

    def copied(self, url: str) -> str:
        """The URL of a database with every row of another, to which nobody writes meanwhile."""
        engine = make_engine(url)
        _into_one_file(engine)
        engine.dispose()
        return self._copied(Path(url.removeprefix("sqlite:///")))

    def _copied(self, file: Path) -> str:
        copy = self.empty()
        shutil.copyfile(file, copy.removeprefix("sqlite:///"))
        return copy


@dataclass
class PostgresDatabases:
    """Databases of one server; a migrated one is made from a template database."""

    server: PostgreSQL | None
    template: str = ""
    made: list[str] = field(default_factory=list)
    written: dict[Write, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """The URL of a database of the server."""
        if self.server is not None:
            return self.server.url(name)
        return os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + "/" + name

    def create(self, template: str = "template0") -> str:
        """A new database's name."""
        name = f"surveyor_{os.getpid()}_{next(_numbers)}"
        # Files copied as they are cost half of what blocks cost that go through the log, where an fsync is free.
        how = "STRATEGY file_copy" if self.server is not None and self.server.version() >= 15 else ""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {how}')
        self.made.append(name)
        return name

    def empty(self) -> str:
        """The URL of a database without a table."""
        return self.url(self.create())

    def migrated(self) -> str:
        """The URL of a database that has every table and no row of anybody's."""
        if not self.template:
            template = self.create()
            migrate(self.url(template))
            self.template = template
        return self.url(self.create(self.template))

    def filled(self, write: Write) -> str:
        """The URL of a database with what `write` writes: it writes once a process, whatever the number of copies."""
        if write not in self.written:
            url = self.migrated()
            fill(url, write)
            self.written[write] = url.rpartition("/")[2]
        return self.url(self.create(self.written[write]))

    def drop(self, url: str) -> None:
        """Forget a database, whoever is still connected."""
        name = url.rpartition("/")[2]
        if name in self.made and name != self.template and name not in self.written.values():
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.made.remove(name)

    def drop_all(self) -> None:
        """Leave a server that is not ours as it was."""
        self.template = ""
        self.written.clear()
        for name in list(self.made):
            self.drop(self.url(name))

    def _execute(self, statement: str) -> None:
        address = self.url("postgres").replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


def migrate(url: str) -> None:
    """Apply every migration, and let go of the database."""
    engine = make_engine(url)
    _upgrade(engine)
    if engine.dialect.name == "sqlite":
        _into_one_file(engine)
    engine.dispose()


def fill(url: str, write: Write) -> None:
    """Write what `write` writes, and let go of the database."""
    engine = make_engine(url)
    write(make_sessions(engine))
    if engine.dialect.name == "sqlite":
        _into_one_file(engine)
    engine.dispose()


def _into_one_file(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _upgrade(engine: Engine) -> None:
    try:
        from surveyor.db.migrations import upgrade
    except ImportError:
        from surveyor.db import tables
        from surveyor.db.base import Base

        assert tables
        Base.metadata.create_all(engine)
    else:
        upgrade(engine)
