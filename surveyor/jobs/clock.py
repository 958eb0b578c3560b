"""The clock: the only one that rings for due mail, and that looks after what nobody asked for on time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from surveyor.core.guard import installation_name
from surveyor.core.periods import local_date
from surveyor.core.tokens import key_id
from surveyor.db import emails
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.anchor_audit import anchor_audit
from surveyor.flows.apply_provider_batches import forget_batches
from surveyor.flows.beat import Beat, beat
from surveyor.flows.check_nightly import check_nightly
from surveyor.flows.close_months import Months, close_months
from surveyor.flows.count_ahead import count_ahead
from surveyor.flows.erase_customer import erase_waiting
from surveyor.flows.follow_reviews import follow_reviews
from surveyor.flows.gather_tallies import gather_tallies
from surveyor.flows.judge_streams import judge_streams
from surveyor.flows.keep_custscores import keep_custscores
from surveyor.flows.measure_custscore import usable_formula
from surveyor.flows.note_definitions import note_definitions
from surveyor.flows.note_memory import note_memory
from surveyor.flows.open_cases import open_cases
from surveyor.flows.publish_rules.file import RULES_FILE, sync_file
from surveyor.flows.queue_reports import queue_reports
from surveyor.flows.record_provider_events import count_undelivered
from surveyor.flows.record_visit import count_visits
from surveyor.flows.refresh_widgets import refresh_widgets
from surveyor.flows.reply_to_response import note_lost_replies
from surveyor.flows.retry_events import retry_events
from surveyor.flows.run_retention import run_retention
from surveyor.flows.settle_doubts import settle_doubts
from surveyor.flows.simulate_deliveries import simulate_deliveries
from surveyor.flows.sort_verbatims import sort_again
from surveyor.flows.sum_months import sum_months
from surveyor.flows.sweep_leases import sweep_leases
from surveyor.flows.watch_experiments import watch_experiments
from surveyor.flows.watch_line import watch_line
from surveyor.flows.work_case import escalate
from surveyor.jobs import desk, nightly, witnesses
from surveyor.jobs.redis_policy import WANTED, policy_of
from surveyor.jobs.schedule import ASIDE, SCHEDULE
from surveyor.services import Services

log = structlog.get_logger("surveyor.clock")


def in_a_thread(work: Callable[[], None]) -> None:
    """Do what takes minutes beside the clock: leases and bells go on."""
    threading.Thread(target=work, name="surveyor-night", daemon=True).start()


@dataclass
class Clock:
    """One clock; two at once are harmless. bell: called when something is due. redis: a second witness, if any."""

    services: Services
    bell: Callable[[], object] | None = None
    redis: Any = None
    ticks: Callable[[], float] = desk.boot_seconds
    beside: Callable[[Callable[[], None]], object] = in_a_thread
    _at_night: threading.Lock = field(default_factory=threading.Lock)
    _last: dict[str, float] = field(default_factory=dict)
    _late: int = 0

    def tick(self) -> None:
        """Do what is due; what fails is logged and does not hold up the rest."""
        for name, seconds in (*SCHEDULE, *ASIDE):
            last = self._last.get(name)
            if last is None or self.ticks() - last >= seconds:
                self._last[name] = self.ticks()
                self._do(name)

    def once(self) -> None:
        """Everything of the line now, whenever it was done last; what fails is raised."""
        for name, _ in SCHEDULE:
            getattr(self, name)(self.services.now())

    def _do(self, name: str) -> None:
        try:
            getattr(self, name)(self.services.now())
        except Exception as error:
            log.warning("clock_failed", task=name, error=type(error).__name__)

    def heartbeat(self, now: datetime) -> Beat:
        """Beat, and copy the epoch outside."""
        settings = self.services.settings
        done = beat(
            self.services.sessions,
            name=installation_name(settings.base_url),
            pepper_id=key_id(self.services.keyring.pepper),
            witnesses=witnesses.read(settings, self.redis),
            now=now,
        )
        if done.epoch is not None:
            witnesses.write(settings, done.epoch, self.redis)
        return done

    def ring(self, now: datetime) -> None:
        """Ring when something is due; without a bell the workers look by themselves."""
        if self.bell is None:
            return
        with self.services.sessions() as session:
            due = bool(emails.due_lanes(session, now=now))
        if due:
            self.bell()

    def sweep(self, now: datetime) -> None:
        """Take back what workers held and let go, and add up what they noted."""
        swept = sweep_leases(self.services.sessions, now=now)
        if swept.pending or swept.in_doubt:
            log.warning("leases_over", pending=len(swept.pending), in_doubt=len(swept.in_doubt))
        gather_tallies(self.services.sessions)

    def events(self, now: datetime) -> None:
        """Order events that could not be decided."""
        services = self.services
        retry_events(services.sessions, keys=services.keyring, now=now, defaults=desk.defaults(services))

    def cycles(self, now: datetime) -> None:
        """Occurrences of cycles and reminders that are due."""
        services = self.services
        advance_cycles(services.sessions, keys=services.keyring, now=now, defaults=desk.defaults(services))

    def reports(self, now: datetime) -> None:
        """Reports to staff that are due."""
        services = self.services
        done = queue_reports(services.sessions, keys=services.keyring, zone=services.settings.time_zone, now=now)
        if done:
            log.info("reports_queued", emails=done)

    def batches(self, now: datetime) -> None:
        """What providers posted and nobody has applied yet."""
        desk.apply_batches(self.services, now=now)

    def deliveries(self, now: datetime) -> None:
        """What mailboxes would have said, for the providers that hand over to nobody."""
        services = self.services
        while simulate_deliveries(
            services.sessions,
            services.provider.name,
            journeys=desk.journeys(services),
            keys=services.keyring,
            now=now,
        ):
            pass

    def visits(self, now: datetime) -> None:
        """Visits by people, counted from what the pages wrote."""
        count_visits(self.services.sessions, now=now)

    def cases(self, now: datetime) -> None:
        """Cases that answers call for, those that wait too long, replies that never left."""
        open_cases(self.services.sessions, now=now, keys=self.services.keyring)
        escalate(self.services.sessions, now=now)
        note_lost_replies(self.services.sessions, now=now)

    def lexicon(self, _now: datetime) -> None:
        """Verbatims that an earlier lexicon sorted."""
        sort_again(self.services.sessions, most=3000)

    def messages(self, now: datetime) -> None:
        """What customers wrote back."""
        desk.collect_replies(self.services, now=now)

    def doubts(self, now: datetime) -> None:
        """Emails in doubt."""
        services = self.services
        settle_doubts(
            services.sessions,
            provider=services.provider,
            journeys=desk.journeys(services),
            keys=services.keyring,
            now=now,
        )

    def streams(self, now: datetime) -> None:
        """Kinds of emails whose figures say that they do harm."""
        for kind in judge_streams(self.services.sessions, provider=self.services.provider.name, now=now):
            log.error("stream_paused", kind=kind)

    def undelivered(self, now: datetime) -> None:
        """Emails that nobody said anything final of."""
        while count_undelivered(self.services.sessions, now=now):
            pass

    def forget(self, now: datetime) -> None:
        """Raw bodies of provider events whose time is over."""
        forget_batches(self.services.sessions, now=now)

    def erasures(self, now: datetime) -> None:
        """Persons who asked to be forgotten."""
        done = erase_waiting(self.services.sessions, desk.erasing(self.services), now=now)
        if done:
            log.info("erased", erasures=done)

    def anchor(self, _now: datetime) -> None:
        """The signed head of the audit chain goes to the log, where a cut tail shows."""
        found = anchor_audit(self.services.sessions, self.services.keyring)
        if found is not None:
            log.info("audit_head", n=found.n, hash=found.hash, key_id=found.key_id, signature=found.signature)

    def watch(self, now: datetime) -> None:
        """Alerts of what waits too long."""
        watch_line(self.services.sessions, now=now)

    def experiments(self, now: datetime) -> None:
        """Guard rails of experiments."""
        zone = ZoneInfo(self.services.settings.time_zone)
        over = watch_experiments(self.services.sessions, now=now, today=now.astimezone(zone).date())
        if over:
            log.warning("experiment_guard", arms=over)

    def rules_file(self, _now: datetime) -> None:
        """rules.toml on disk follows the version in force, when a crash or another machine left it behind."""
        if sync_file(self.services.sessions, self.services.settings.home / RULES_FILE):
            log.info("rules_file_written")

    def reviews(self, now: datetime) -> None:
        """Reviews follow what they are made of: changed words are judged again, old ones are withdrawn."""
        done = follow_reviews(self.services.sessions, now=now)
        if done.late > self._late:  # an alert says the rest; a line a minute would hide what else is logged
            log.warning("reviews_late", reviews=done.late)
        self._late = done.late

    def widgets(self, now: datetime) -> None:
        """What badges and carousels say, made again."""
        refresh_widgets(self.services.sessions, zone=self.services.settings.time_zone, now=now)

    def night(self, now: datetime) -> None:
        """Once a night the line is counted and lived again, beside the clock; what differs is an alert."""
        if nightly.is_due(self.services.settings, now) and self._at_night.acquire(blocking=False):
            self.beside(self._check)

    def _check(self) -> None:
        services, now = self.services, self.services.now()
        try:
            sum_months(services.sessions, today=local_date(now, services.settings.time_zone))
            found = check_nightly(
                services.sessions,
                now=now,
                defaults=desk.defaults(services),
                reads=services.read_sessions,
                rules_file=services.settings.home / RULES_FILE,
            )
            note_definitions(services.sessions, now=now)
            if not found.tallies:  # a month is closed on counts that are what their rows say
                months = close_months(services.sessions, now=now, zone=services.settings.time_zone)
                if months != Months():
                    log.info("months_closed", closed=months.closed, revised=months.revised)
            let_go = run_retention(services.sessions, outbox=desk.outbox_folder(services.settings), now=now)
            keep_custscores(
                services.read_sessions,
                services.sessions,
                zone=services.settings.time_zone,
                now=now,
                ours=usable_formula(services.settings.home),
            )
            if let_go.total:
                log.info("retention", **let_go.counts)
            count_ahead(services.read_sessions, services.sessions, zone=services.settings.time_zone, now=now)
            nightly.done(services.settings, now)
            log.info("night_checked", ok=found.ok, findings=len(found.findings), tallies=found.tallies)
        except Exception as error:
            log.warning("clock_failed", task="night", error=type(error).__name__)
        finally:
            self._at_night.release()

    def memory(self, now: datetime) -> None:
        """Whether Redis would rather forget than refuse when it is full: entries of orders could be lost."""
        if self.redis is None:
            return
        try:
            policy = policy_of(self.redis)
        except Exception:  # it is away, or mute: the next minute asks again
            return
        note_memory(self.services.sessions, policy="" if policy in ("", WANTED) else policy, now=now)


def run(clock: Clock, *, stopping: Callable[[], bool], sleep: Callable[[float], object]) -> None:
    """Tick until told to stop."""
    while not stopping():
        clock.tick()
        sleep(0.2)
