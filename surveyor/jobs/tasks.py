"""The functions that Redis may ask a worker to run: this list and no other; ids in, one flow called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from surveyor.db.alerts import raise_alert
from surveyor.flows.send_emails import Mailer
from surveyor.jobs import desk
from surveyor.services import Services

log = structlog.get_logger("surveyor.tasks")


@dataclass
class _Bench:
    """What this worker process works with; a job carries nothing but its name and ids."""

    services: Services | None = None
    mailer: Mailer | None = None


_bench = _Bench()


def bind(services: Services, mailer: Mailer) -> None:
    """Give this process what its tasks work with."""
    _bench.services, _bench.mailer = services, mailer


def ring() -> int:
    """Something may be due: send until nothing is, or ten seconds have passed; how many emails were taken."""
    if _bench.services is None or _bench.mailer is None:
        raise RuntimeError("this process is no worker: nothing was bound")
    return desk.drain(_bench.services, _bench.mailer).claimed


def refused() -> None:
    """What stands for a job that is not on the list: nothing is imported and nothing runs, but a person hears of it."""
    log.error("job_refused")
    services = _bench.services
    if services is not None:
        with services.sessions.begin() as session:
            raise_alert(session, "job_refused", now=services.now(), detail="a job that is not ours was found in Redis")


#: name in Redis -> function. Nothing else is ever run, whatever Redis holds.
TASKS: dict[str, Callable[[], Any]] = {"surveyor.jobs.tasks.ring": ring}
REFUSED = "surveyor.jobs.tasks.refused"
EVERY: dict[str, Callable[[], Any]] = {**TASKS, REFUSED: refused}
