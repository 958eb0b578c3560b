"""A PostgreSQL database for one look at a restored backup of the line, made and forgotten on a server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url


def create_database(server: str, name: str) -> str:
    """A new, empty PostgreSQL database on the server of a URL; its URL. The name is ours, letters, digits and _."""
    _administer(server, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    made = make_url(server).set(database=name)
    return made.render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """Forget a database that `create_database` made, whoever is still connected."""
    _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def left_behind(server: str, prefix: str) -> list[str]:
    """The databases of the server whose name begins so: of a rehearsal that was killed."""
    query = "SELECT datname FROM pg_database"
    return [name for (name,) in _administer(server, query) if name.startswith(prefix)]


def _administer(server: str, statement: str) -> list[Any]:
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True, pool_size=1)
    try:
        with engine.connect() as connection:
            done = connection.exec_driver_sql(statement)
            return list(done) if done.returns_rows else []
    finally:
        engine.dispose()
