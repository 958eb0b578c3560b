"""A mail worker: woken by RQ when Redis is there, looking in the database every two seconds when it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from surveyor.flows.send_emails import Mailer
from surveyor.jobs import desk, tasks
from surveyor.jobs.lookout import Lookout
from surveyor.services import Services

log = structlog.get_logger("surveyor.worker")
POLL_SECONDS = 2.0
MAILBOX_SECONDS = 60.0
LOOK_FOR_REDIS = 5.0
LISTEN_SECONDS = 0.25
#: A Redis that is full takes no bell: without one for so long the worker looks by itself.
LOOK_ANYWAY = 5.0


def run(services: Services, *, stopping: Callable[[], bool], sleep: Callable[[float], object]) -> None:
    """Work until told to stop; what is being handed over is settled before this returns."""
    worker = desk.mailer(services)
    tasks.bind(services, worker)
    listener = _Listener(services, worker.ticks) if services.settings.redis_url else None
    lookout = Lookout(services, listener.client if listener else None, worker.ticks)
    side = SideWork(services, worker.ticks)
    polled = worker.ticks()
    while not stopping():
        side.look()
        if not lookout.clear():
            sleep(POLL_SECONDS)
        elif listener is not None and listener.there():
            if listener.work():
                polled = worker.ticks()
            elif worker.ticks() - polled >= LOOK_ANYWAY:
                poll(services, worker)
                polled = worker.ticks()
            else:
                sleep(LISTEN_SECONDS)
        else:
            poll(services, worker)
            sleep(POLL_SECONDS)
    services.provider.close()


def poll(services: Services, worker: Mailer) -> int:
    """Look in the database once; how many emails were taken. A database that is away costs this look."""
    try:
        return desk.drain(services, worker).claimed
    except Exception as error:
        log.warning("worker_failed", error=type(error).__name__)
        return 0


def in_a_thread(work: Callable[[], None]) -> None:
    """Do what waits for others beside the worker: emails go on."""
    threading.Thread(target=work, name="surveyor-webhooks", daemon=True).start()


class SideWork:
    """What a worker does besides handing over: apply what providers posted, read the mailbox of bounces, tell webhooks.

    beside: does what waits for others, which mail must not wait for.
    """

    def __init__(
        self,
        services: Services,
        ticks: Callable[[], float],
        beside: Callable[[Callable[[], None]], object] = in_a_thread,
    ) -> None:
        self._services, self._ticks, self._beside = services, ticks, beside
        self._looked: dict[str, float] = {}
        self._telling = threading.Lock()

    def look(self) -> None:
        """Do what is due; a database or a mailbox that is away costs this look."""
        for name, seconds, act in (
            ("mailbox", MAILBOX_SECONDS, desk.collect),
            ("batches", POLL_SECONDS, desk.apply_batches),
            ("webhooks", POLL_SECONDS, self._webhooks),
        ):
            last = self._looked.get(name)
            if last is not None and self._ticks() - last < seconds:
                continue
            self._looked[name] = self._ticks()
            try:
                act(self._services, now=self._services.now())
            except Exception as error:
                log.warning("side_work_failed", task=name, error=type(error).__name__)

    def _webhooks(self, _services: Services, *, now: datetime) -> None:
        """Tell webhooks, one telling at a time; `now` is asked again before each request."""
        del now
        if self._telling.acquire(blocking=False):
            self._beside(self._tell)

    def _tell(self) -> None:
        try:
            done = desk.tell(self._services)
            if done.tried:
                log.info("webhooks_told", tried=done.tried, told=done.told, paused=done.paused)
        except Exception as error:
            log.warning("side_work_failed", task="webhooks", error=type(error).__name__)
        finally:
            self._telling.release()


class _Listener:
    """Redis as a worker sees it: there or away, and the bells that wait in it."""

    def __init__(self, services: Services, ticks: Callable[[], float]) -> None:
        from surveyor.jobs.bell import connect

        self.client: Any = connect(services.settings.redis_url)
        self._ticks = ticks
        self._looked: float | None = None
        self._there = False

    def there(self) -> bool:
        """Whether Redis answers; one that is away is asked again every five seconds."""
        if not self._there and (self._looked is None or self._ticks() - self._looked >= LOOK_FOR_REDIS):
            self._looked = self._ticks()
            self._there = self._ask(lambda: bool(self.client.ping()))
        return self._there

    def work(self) -> bool:
        """Answer the bells that wait; False when there was none, or Redis is gone."""
        from surveyor.jobs.ringing import answer_bells, bells

        return self._ask(lambda: bells(self.client) > 0 and answer_bells(self.client))

    def _ask(self, act: Callable[[], bool]) -> bool:
        try:
            return act()
        except Exception as error:  # RedisError, OSError, or what RQ makes of a Redis that was emptied under it
            self._there = False
            log.warning("redis_away", error=type(error).__name__)
            return False
