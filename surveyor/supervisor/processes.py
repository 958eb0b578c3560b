"""The production processes: web processes that share a socket, and any other kind that repeats itself."""

from __future__ import annotations

from collections.abc import Callable

from surveyor import logs
from surveyor.settings import Settings
from surveyor.supervisor.children import Child, Supervisor
from surveyor.supervisor.serve import listen, serve

WEB_SECONDS = 8.0


def web(settings: Settings, *, host: str, port: int, count: int) -> int:
    """`count` web processes on one address until a stop signal; the exit status."""
    import surveyor.app as application

    sock = listen(host, port)

    def live() -> None:
        serve(application.create_app(application.build_services(settings)), sock, settings)

    return many("web", live, settings=settings, count=count, stop_seconds=WEB_SECONDS)


def many(name: str, live: Callable[[], object], *, settings: Settings, count: int, stop_seconds: float) -> int:
    """`count` processes that each live the same life until a stop signal; the exit status."""
    logs.configure(key=settings.secret_keys[-1])
    children = [Child(f"{name} {number}", live, stop_seconds) for number in range(1, count + 1)]
    return Supervisor(children).run()
