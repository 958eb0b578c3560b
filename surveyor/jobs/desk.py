"""What the clock and the workers make of an installation's services: its journeys, its mailer, its bounded clocks."""

from __future__ import annotations

import os
import secrets
import socket
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from surveyor.core.outgoing import Policy
from surveyor.db.alerts import raise_alert
from surveyor.flows.apply_provider_batches import AppliedBatches, apply_provider_batches
from surveyor.flows.collect_bounces import collect_bounces
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.deliver_webhooks import Delivered, deliver_webhooks
from surveyor.flows.deliver_webhooks import Means as Telling
from surveyor.flows.erase_customer import Means
from surveyor.flows.receive_messages import collect_messages
from surveyor.flows.send_emails import Mailer, Sent, send_emails
from surveyor.mail.bounces import MailboxError, read_mailbox
from surveyor.mail.providers import pace_from_url
from surveyor.outgoing import Post
from surveyor.services import Services
from surveyor.settings import Settings

log = structlog.get_logger("surveyor.desk")
#: How long one worker drains the queue for one ring of the bell.
DRAIN_SECONDS = 10.0


def defaults(services: Services) -> Defaults:
    """What stores and customers that say nothing have."""
    return Defaults(services.settings.time_zone, services.settings.language)


def journeys(services: Services) -> CustomerJourneys:
    """The rules at both ends of a hand-over."""
    return CustomerJourneys(services.keyring, defaults(services))


def erasing(services: Services) -> Means:
    """What an erasure needs of an installation."""
    return Means(services.keyring, services.settings.home, outbox_folder(services.settings))


def outbox_folder(settings: Settings) -> Path:
    """Where emails are files: of the provider in use, else where the embedded set-up keeps them."""
    url = urlsplit(settings.mail_url)
    return Path(url.netloc + url.path) if url.scheme == "outbox" else settings.home / "outbox"


def mailer(services: Services, owner: str = "") -> Mailer:
    """What hands emails over, under the name of this worker."""
    pace = pace_from_url(services.settings.mail_url)
    return Mailer(services.provider, services.build, journeys(services), owner or worker_name(), boot_seconds, pace)


def apply_batches(services: Services, *, now: datetime) -> AppliedBatches:
    """What providers posted since the last look; the clock and every worker may do it at once."""
    done = apply_provider_batches(services.sessions, journeys=journeys(services), keys=services.keyring, now=now)
    if done.bad:
        log.warning("provider_events_failed", events=done.bad)
    return done


def collect(services: Services, *, now: datetime) -> int:
    """Bounces that wait in their mailbox, if one is set; one that cannot be read now is told and read later."""
    url = services.settings.bounces_url
    if not url:
        return 0
    try:
        return collect_bounces(services.sessions, read_mailbox(url), now=now)
    except MailboxError as wrong:
        log.warning("mailbox_away", error=str(wrong))
        with services.sessions.begin() as session:
            raise_alert(session, "mailbox_away", now=now, detail=str(wrong))
        return 0


def telling(services: Services) -> Telling:
    """What telling webhooks needs: where this installation lets them go."""
    settings = services.settings
    policy = Policy(settings.webhook_hosts, settings.webhook_networks, settings.webhook_ports)
    return Telling(services.keyring, Post(policy))


def tell(services: Services) -> Delivered:
    """Tell webhooks what is due: round after round until nothing is, at most twenty."""
    means = telling(services)
    total = Delivered()
    for _ in range(20):
        done = deliver_webhooks(services.sessions, means, now=services.now)
        total += done
        if not done.tried and not done.spread:
            break
    return total


def collect_replies(services: Services, *, now: datetime) -> int:
    """What customers wrote back, out of its mailbox, if one is set; it is told when it cannot be read now."""
    url = services.settings.replies_url
    if not url:
        return 0
    try:
        return collect_messages(services.sessions, read_mailbox(url), keys=services.keyring, now=now)
    except MailboxError as wrong:
        log.warning("replies_away", error=str(wrong))
        with services.sessions.begin() as session:
            raise_alert(session, "replies_away", now=now, detail=str(wrong))
        return 0


def worker_name() -> str:
    """A name that no other worker has: machine, process and four random digits."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"


def boot_seconds() -> float:
    """Seconds since the machine started, those when it slept included: what an intent's ten seconds are read on."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def drain(services: Services, worker: Mailer, *, seconds: float = DRAIN_SECONDS, limit: int = 1_000_000) -> Sent:
    """Send until nothing is due, the provider rests, or `seconds` have passed."""
    end = worker.ticks() + seconds
    total = Sent()
    while worker.ticks() < end and total.claimed < limit:
        sent = send_emails(services.sessions, mailer=worker, now=services.now, limit=min(500, limit - total.claimed))
        total += sent
        if sent.paused or not sent.claimed:
            return total
    return total
