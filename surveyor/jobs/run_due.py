"""One pass of clock and worker, and when there is something to do next: for commands and virtual clocks."""

from __future__ import annotations

from datetime import datetime

from surveyor.db import cycles, emails, reminders
from surveyor.flows.send_emails import Sent
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.services import Services


def run_due(services: Services) -> Sent:
    """Everything that is due at the services' clock: the clock's tasks, then emails until none is due any more.

    A held installation sends nothing. What fails is raised.
    """
    clock = Clock(services)
    clock.once()
    worker = desk.mailer(services)
    total = desk.drain(services, worker, seconds=3600.0)
    now = services.now()
    clock.deliveries(now)
    desk.tell(services)
    return total


def next_instant(services: Services) -> datetime | None:
    """When the next email, occurrence of a cycle or reminder is due; None when nothing waits."""
    with services.sessions() as session:
        found = [emails.next_due(session), cycles.next_instant(session), reminders.next_instant(session)]
    return min((instant for instant in found if instant is not None), default=None)
