"""Fixtures that every test may use: real servers, fresh databases, a clock set by hand, no way out of the machine."""

from __future__ import annotations

import gc
import ipaddress
import os
import pkgutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from coverage import Coverage
from flask import Flask
from hypothesis import settings as properties
from jinja2.bccache import Bucket, BytecodeCache

from tests.servers import PostgreSQL, Valkey, chromium_path, quick_folder, smtp_sink_path

if TYPE_CHECKING:
    from tests.databases import PostgresDatabases, SqliteDatabases

ROOT = Path(__file__).resolve().parent.parent
#: Where coverage looks: at tests that call core and flows, and at the edges that lead to the rest of these. Tracing
#: takes any test most of its time again; browsers, faults, mailboxes and the database come past little else.
MEASURED = ("core", "flows", "cli", "jobs", "web")
#: Of these, what takes long and goes where the others go: more than a third of the time of what is traced, for at most
#: 22 branches of core and 17 of flows, of some 3000 each.
GOES_WHERE_OTHERS_GO = {
    "core": ("responses", "rules_properties", "second_reading", "tally", "thresholds", "toml"),
    "flows": ("counts_add_up", "lived_cases", "replay_by_columns"),
    "cli": ("line", "mail", "quarantine"),
    "jobs": ("redis_policy", "timelapse"),
    "web": (
        *("counting", "dashboard", "definitions", "funnel", "golden_screens", "links_of_pages", "odd_values"),
        *("pages_and_rows", "protection", "staff_inputs", "strangers", "survey_inputs"),
    ),
    "web/api": ("export_memory", "orders"),
}
UNTRACED = {f"tests/{place}/test_{name}.py" for place, names in GOES_WHERE_OTHERS_GO.items() for name in names}
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


# A busy machine is no reason to fail; --fast looks at fewer examples, and at the same ones each time.
properties.register_profile("whole", deadline=None)
properties.register_profile("fast", deadline=None, max_examples=25, derandomize=True)
properties.load_profile("whole")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What reads the real data sets is slow; what waits for a browser comes first, beside what keeps a core busy."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def is_measured(item: pytest.Item) -> bool:
    """Whether coverage looks at a test: once, when it runs on each engine, since core and flows know of none."""
    file = item.path.relative_to(ROOT).as_posix()
    under = file.startswith(tuple(f"tests/{place}/" for place in MEASURED)) and file not in UNTRACED
    spec = getattr(item, "callspec", None)
    again = spec is not None and spec.params.get("engine_name") == "postgresql"
    return under and not again


def trace(config: pytest.Config, wanted: bool) -> None:
    """Have pytest-cov trace, or not. Nothing happens in a run without --cov."""
    plugin = config.pluginmanager.getplugin("_cov")
    controller = plugin and plugin.cov_controller
    if not controller or controller.started == wanted:
        return
    if wanted:
        controller.resume()
        return
    controller.pause()
    # pytest-cov starts twice in a worker, and what is stopped gives way to what was started before it.
    while (beneath := Coverage.current()) is not None:
        beneath.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Trace how core and flows are imported, and nothing else of a collection, which would take half as long again."""
    plugin = session.config.pluginmanager.getplugin("_cov")
    if not plugin or not plugin.cov_controller or session.config.getoption("numprocesses", None):
        return  # nothing is traced, or it is by workers, which collect too
    for part in ("surveyor.core", "surveyor.flows"):
        for module in pkgutil.walk_packages(import_module(part).__path__, f"{part}."):
            import_module(module.name)
    trace(session.config, False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Trace what is measured and nothing else, fixtures included: pytest-cov's own marker leaves these traced."""
    trace(item.config, is_measured(item))
    return (yield)


def pytest_collection_finish() -> None:
    """Look for rubbish rarely: an application of a test makes so much that is kept that most of its time went to it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Clock:
    """A clock that stands still until a test moves it: `now` is what edges pass to flows."""

    def __init__(self, start: datetime) -> None:
        self.instant = start

    def __call__(self) -> datetime:
        return self.instant

    def set(self, instant: datetime) -> datetime:
        """Go to an aware instant."""
        self.instant = instant
        return instant

    def forward(self, **steps: float) -> datetime:
        """Go on by days, hours, minutes, seconds."""
        return self.set(self.instant + timedelta(**steps))


@pytest.fixture
def clock() -> Clock:
    """Monday 2 November 2026, 09:00 UTC, until it is moved."""
    return Clock(datetime(2026, 11, 2, 9, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgreSQL]:
    """The PostgreSQL of this test process; to be hurt only by tests that put it right again."""
    server = PostgreSQL()
    server.initialise()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[PostgresDatabases]:
    from tests.databases import PostgresDatabases

    own = os.environ.get("TEST_DATABASE_URL")
    databases = PostgresDatabases(None if own else request.getfixturevalue("postgres_server"))
    yield databases
    if own:
        databases.drop_all()


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[SqliteDatabases]:
    import shutil

    from tests.databases import SqliteDatabases

    folder = quick_folder("surveyor-sqlite-")
    yield SqliteDatabases(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """A fresh migrated SQLite database."""
    return sqlite_databases.migrated()


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """A fresh migrated PostgreSQL database (mark the test `postgres`)."""
    url = postgres_databases.migrated()
    yield url
    postgres_databases.drop(url)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def engine_url(request: pytest.FixtureRequest, engine_name: str) -> str:
    """A fresh migrated database on each engine in turn."""
    return str(request.getfixturevalue("sqlite_url" if engine_name == "sqlite" else "postgres_url"))


@pytest.fixture
def empty_engine_url(request: pytest.FixtureRequest, engine_name: str) -> str:
    """A database without a table on each engine in turn."""
    return str(request.getfixturevalue("sqlite_databases" if engine_name == "sqlite" else "postgres_databases").empty())


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Statements compiled once a process, whatever the number of engines that its tests and their commands make."""
    from sqlalchemy import Connection, Engine, event

    from tests.databases import Statements

    statements = Statements()

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=statements)

    event.listen(Engine, "engine_connect", share)
    yield
    event.remove(Engine, "engine_connect", share)


@pytest.fixture
def engine(engine_url: str) -> Iterator[Any]:
    """An engine of a fresh migrated database, on each engine in turn."""
    from surveyor.db.engine import make_engine

    made = make_engine(engine_url)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Any) -> Any:
    """The session factory that flows receive, on each engine in turn."""
    from surveyor.db.engine import make_sessions

    return make_sessions(engine)


@pytest.fixture
def filled(request: pytest.FixtureRequest, engine_name: str) -> Iterator[Callable[[Any], Any]]:
    """`filled(write)`: sessions of a database with what `write(sessions)` writes, on each engine in turn.

    write: a function of the module, kept by itself: it writes once a process, and each test has a copy of its own.
    """
    from surveyor.db.engine import make_engine, make_sessions

    databases = request.getfixturevalue("sqlite_databases" if engine_name == "sqlite" else "postgres_databases")
    engines = []

    def copy(write: Any) -> Any:
        engine = make_engine(databases.filled(write))
        engines.append(engine)
        return make_sessions(engine)

    yield copy
    for engine in engines:
        engine.dispose()
        if engine_name == "postgresql":
            databases.drop(engine.url.render_as_string(hide_password=False))


@pytest.fixture
def sqlite_sessions(sqlite_url: str) -> Iterator[Any]:
    """The session factory that flows receive, on SQLite alone: for what does not differ by engine."""
    from surveyor.db.engine import make_engine, make_sessions

    made = make_engine(sqlite_url)
    yield make_sessions(made)
    made.dispose()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """The Valkey of this test process; to be hurt only by tests that put it right again."""
    server = Valkey()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """An empty Redis or Valkey (mark the test `redis`)."""
    import redis

    url = os.environ.get("TEST_REDIS_URL") or request.getfixturevalue("valkey_server").url()
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return str(url)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    return chromium_path()


@pytest.fixture(scope="session")
def chromium_browser(chromium: str) -> Iterator[Any]:
    """One browser for all the tests of a process: Playwright runs once at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def smtp_sink() -> str:
    """The path of postfix's smtp-sink."""
    return smtp_sink_path()


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """`real_data("onlineretail/order_events.csv.gz")`: a real file beside the checkout, or a skip that says so."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"the real data are not beside the checkout: {name}")
        return path

    return find


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    try:
        return host in ("", "localhost") or ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Compiled(BytecodeCache):
    """Templates compiled once a process, whatever the number of applications that its tests make."""

    def __init__(self) -> None:
        self.codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.codes:
            bucket.bytecode_from_string(self.codes[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.codes[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> None:
    """An option that Flask hands to the templates of every application made from now on."""
    Flask.jinja_options["bytecode_cache"] = Compiled()


@pytest.fixture(scope="session", autouse=True)
def no_way_out() -> Iterator[None]:
    """Sockets reach this machine and no other: a test that needs the world is a broken test."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address):
                raise PermissionError(f"a test tried to reach {address}: tests stay on this machine")
            return original(self, address)

        return call

    socket.socket.connect = guarded(connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded(connect_ex)  # type: ignore[method-assign]
    yield
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[method-assign]
