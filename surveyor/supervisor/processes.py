"""The production processes: web processes that share a socket, and any other kind that repeats itself."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module

from surveyor import logs
from surveyor.ingest import SOURCES
from surveyor.jobs.redis_policy import refuse_eviction
from surveyor.settings import Settings
from surveyor.supervisor.children import Child, Supervisor
from surveyor.supervisor.lock import slot
from surveyor.supervisor.serve import listen, refuse_plain_http, serve

WEB_SECONDS = 8.0
CONSUMER_SECONDS = 20.0
WORKER_SECONDS = 45.0  # an email being handed over: 10 s to begin, 30 s to end


def web(settings: Settings, *, host: str, port: int, count: int) -> int:
    """`count` web processes on one address until a stop signal; the exit status."""
    import surveyor.app as application

    refuse_plain_http(settings, host)
    refuse_eviction(settings)
    sock = listen(host, port)

    def live() -> None:
        serve(application.create_app(application.build_services(settings)), sock, settings)

    return many("web", live, settings=settings, count=count, stop_seconds=WEB_SECONDS)


def many(name: str, live: Callable[[], object], *, settings: Settings, count: int, stop_seconds: float) -> int:
    """`count` processes that each live the same life until a stop signal; the exit status."""
    logs.configure(key=settings.secret_keys[-1])
    refuse_eviction(settings)
    children = [Child(f"{name} {number}", live, stop_seconds) for number in range(1, count + 1)]
    return Supervisor(children).run()


def workers(settings: Settings, *, count: int) -> int:
    """`count` mail workers until a stop signal; the exit status."""
    from surveyor.app import build_services
    from surveyor.jobs.worker import run

    def live() -> None:
        stop = until_stopped()
        run(build_services(settings), stopping=stop.is_set, sleep=stop.wait)

    return many("worker", live, settings=settings, count=count, stop_seconds=WORKER_SECONDS)


def clock(settings: Settings) -> int:
    """The clock until a stop signal; the exit status."""
    from surveyor.app import build_services
    from surveyor.jobs.clock import Clock, run

    logs.configure(key=settings.secret_keys[-1])
    refuse_eviction(settings)
    stop = until_stopped()
    made = Clock(build_services(settings))
    if settings.redis_url:
        from surveyor.jobs.bell import Bell, connect

        made.redis = connect(settings.redis_url)
        made.bell = Bell(connect(settings.redis_url))
    run(made, stopping=stop.is_set, sleep=stop.wait)
    return 0


def consumer(settings: Settings) -> int:
    """Consume every source of entries that the settings name, one process each, until a stop signal; the status."""
    refuse_eviction(settings)
    named = entry_sources(settings)
    if len(named) == 1:
        logs.configure(key=settings.secret_keys[-1])
        _consume(settings, *named.items())
        return 0
    children = [
        Child(f"consume {kind}", partial(_consume, settings, (kind, place)), CONSUMER_SECONDS)
        for kind, place in named.items()
    ]
    logs.configure(key=settings.secret_keys[-1])
    return Supervisor(children).run()


def entry_sources(settings: Settings) -> dict[str, tuple[str, str]]:
    """The kinds of ingest.SOURCES that are configured: URL, and the name there."""
    places = {"stream": (settings.redis_url, settings.orders_stream), "kafka": (settings.kafka_url, "")}
    return {kind: place for kind, place in places.items() if place[0]}


def _consume(settings: Settings, named: tuple[str, tuple[str, str]]) -> None:
    from surveyor.app import build_services
    from surveyor.jobs.consume import run

    kind, (url, name) = named
    module, _, function = SOURCES[kind].partition(":")
    stop = until_stopped()
    with slot(settings.home / "consumers", kind) as number:
        source = getattr(import_module(module), function)(url, name=name, consumer=f"{socket.gethostname()}-{number}")
        run(source, build_services(settings), stopping=stop.is_set, sleep=stop.wait)


def until_stopped() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
