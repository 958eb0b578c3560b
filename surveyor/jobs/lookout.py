"""Before a worker hands an email over, and each minute after: is this database the one it was, or a copy of it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from surveyor.core.guard import installation_name
from surveyor.flows.beat import check_sending
from surveyor.jobs import desk, witnesses
from surveyor.services import Services

log = structlog.get_logger("surveyor.worker")
EVERY_SECONDS = 60.0


@dataclass
class Lookout:
    """One worker's own look: a restored database must not send in the moment before its clock starts.

    redis: the second witness, if any. A look that fails lets nothing leave.
    """

    services: Services
    redis: Any = None
    ticks: Callable[[], float] = desk.boot_seconds
    _looked: float | None = None

    def clear(self) -> bool:
        """Whether the worker may go on; an installation that is held goes on too, and its intents are refused."""
        if self._looked is not None and self.ticks() - self._looked < EVERY_SECONDS:
            return True
        services = self.services
        try:
            check_sending(
                services.sessions,
                name=installation_name(services.settings.base_url),
                witnesses=witnesses.read(services.settings, self.redis),
                now=services.now(),
            )
        except Exception as error:
            log.warning("worker_failed", error=type(error).__name__)
            return False
        self._looked = self.ticks()
        return True
