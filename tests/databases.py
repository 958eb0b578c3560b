"""Fresh databases for the tests, cheaply: each engine is migrated once, then copied for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from surveyor.db.engine import make_engine
from tests.servers import PostgreSQL

_numbers = itertools.count(1)


@dataclass
class SqliteDatabases:
    """Files in a folder; a migrated one is a copy of the first."""

    folder: Path
    template: Path | None = None

    def empty(self) -> str:
        """The URL of a file that does not exist yet."""
        return f"sqlite:///{self.folder / f'{next(_numbers)}.db'}"

    def migrated(self) -> str:
        """The URL of a database that has every table and no row of anybody's."""
        if self.template is None:
            url = self.empty()
            migrate(url)
            self.template = Path(url.removeprefix("sqlite:///"))
        copy = self.empty()
        shutil.copyfile(self.template, copy.removeprefix("sqlite:///"))
        return copy


@dataclass
class PostgresDatabases:
    """Databases of one server; a migrated one is made from a template database."""

    server: PostgreSQL | None
    template: str = ""
    made: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """The URL of a database of the server."""
        if self.server is not None:
            return self.server.url(name)
        return os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + "/" + name

    def create(self, template: str = "template0") -> str:
        """A new database's name."""
        name = f"surveyor_{os.getpid()}_{next(_numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
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

    def drop(self, url: str) -> None:
        """Forget a database, whoever is still connected."""
        name = url.rpartition("/")[2]
        if name in self.made and name != self.template:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.made.remove(name)

    def drop_all(self) -> None:
        """Leave a server that is not ours as it was."""
        self.template = ""
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
        with engine.connect() as connection:
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


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
