"""The embedded set-up's second process: clock and worker in one, no Redis; it looks in the database by itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.jobs.lookout import Lookout
from surveyor.jobs.worker import POLL_SECONDS, SideWork, poll
from surveyor.services import Services


def run(services: Services) -> None:
    """Beat and send until SIGTERM or SIGINT; what is being handed over is settled before this returns."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    live(services, stopping=stop.is_set, sleep=stop.wait)


def live(services: Services, *, stopping: Callable[[], bool], sleep: Callable[[float], object]) -> None:
    """The same, for whoever brings a way to stop and to sleep."""
    clock = Clock(services)
    worker = desk.mailer(services)
    side = SideWork(services, worker.ticks)
    lookout = Lookout(services, ticks=worker.ticks)
    looked: float | None = None
    while not stopping():
        clock.tick()
        side.look()
        if looked is None or worker.ticks() - looked >= POLL_SECONDS:
            if lookout.clear():
                poll(services, worker)
            looked = worker.ticks()
        sleep(0.2)
    services.provider.close()
