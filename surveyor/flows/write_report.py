"""What an email about a report says, made when it leaves: for what its reader may see then, or not at all (S26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from surveyor.core.periods import Period
from surveyor.core.quoting import french
from surveyor.core.reasons import Reason
from surveyor.core.reports.editions import read_key
from surveyor.core.reports.headings import heading
from surveyor.core.reports.recommendations import SILENT_DAYS, Level, Shown
from surveyor.core.reports.report import Kept, Report
from surveyor.core.scope import NETWORK, Reach, Scope, may
from surveyor.db import reports, stores, users
from surveyor.errors import NotForReader
from surveyor.faults import fault
from surveyor.flows.queue_reports import QUIET_AT_MOST, Subscription, of, quiet_weeks
from surveyor.flows.write_express import Asked, write_express
from surveyor.flows.write_express.composed import express_report
from surveyor.flows.write_voice import write_voice
from surveyor.flows.write_voice.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the reports of one installation; call it with the id of an email.

    sessions: the primary, for what a person may see. reads: for figures, a replica may lag. shelf: months.
    """

    sessions: Any
    reads: Any
    now: Callable[[], datetime]
    shelf: Shelf

    def __call__(self, email_id: UUID) -> Kept:
        """The report of an email. NotForReader when its reader may not read it now, or wants it no more."""
        now = self.now()
        with self.sessions() as session:
            subscription, period = _subscription(session, email_id)
            shown = _shown(session, subscription.account.id, now)
            notice = ""
            if subscription.kind == "express":
                quiet = quiet_weeks(session, subscription.account.id, subscription.scope, now=now)
                notice = heading("paused", subscription.account.language) if quiet == QUIET_AT_MOST - 1 else ""
        fault("report.rendering")
        with self.reads() as session:
            report = self._write(session, subscription, period, shown, notice)
        return Kept(scope_text(subscription.reach), report)

    def _write(self, session: Any, one: Subscription, period: str, shown: list[Shown], notice: str) -> Report:
        language = one.account.language
        if one.kind == "voice":
            return self._voice(session, one, period, shown)
        week = Period.parse(period, self.now().astimezone(ZoneInfo(self.shelf.zone)).date())
        asked = Asked(
            scope=asked_scope(one),
            reach=one.reach,
            unit=unit_of(session, one.reach, language),
            monday=week.last + timedelta(days=1),
            edition=one.edition,  # type: ignore[arg-type]
            language=language,
            delivery_events=self.shelf.delivery_events,
            zone=self.shelf.zone,
            shown_before=shown,
            now=self.now(),
            goals=self.shelf.goals(),
        )
        made = express_report(write_express(session, asked), asked)
        return replace(made, notice=notice) if made.quiet else made

    def _voice(self, session: Any, one: Subscription, period: str, shown: list[Shown]) -> Report:
        today = self.now().astimezone(ZoneInfo(self.shelf.zone)).date()
        asked = Asked(
            scope=asked_scope(one),
            reach=one.reach,
            unit=unit_of(session, one.reach, one.account.language),
            monday=today,
            edition=one.edition,  # type: ignore[arg-type]
            language=one.account.language,
            delivery_events=self.shelf.delivery_events,
            zone=self.shelf.zone,
            shown_before=shown,
            now=self.now(),
            goals=self.shelf.goals(),
        )
        book = self.shelf.book(session, Period.parse(period, today), today=today, now=self.now())
        return write_voice(session, book, asked, scope=scope_text(one.reach))


def asked_scope(one: Subscription) -> Scope:
    """The scope a report is about: what was asked, else what its reader may see when that is one scope."""
    if one.scope:
        return Scope.parse(one.scope)
    return one.reach[0] if len(one.reach) == 1 else NETWORK


def scope_text(reach: Reach) -> str:
    """Several scopes as one text: ids hold no space, it is escaped in them."""
    return " ".join(map(str, reach))


def reach_of(text: str) -> Reach:
    """The scopes again."""
    return tuple(Scope.parse(one) for one in text.split(" ") if one)


def unit_of(session: Any, reach: Reach, language: str) -> str:
    """What some scopes are called: the names of their parts."""
    if any(one.is_network for one in reach):
        return heading("network", language)
    names = stores.names(session)
    known = (names.brands, names.regions, names.stores, names.segments)
    said = [
        all_.get(key, key) for scope in reach for keys, all_ in zip(scope.parts, known, strict=True) for key in keys
    ]
    few = list(dict.fromkeys(said))
    if len(few) <= 3:
        return ", ".join(few)
    more = len(few) - 2
    rest = f" et {more} autres" if language == "fr" else f" and {more} more"
    return french(", ".join(few[:2]) + rest) if language == "fr" else ", ".join(few[:2]) + rest


def _subscription(session: Any, email_id: UUID) -> tuple[Subscription, str]:
    found = reports.key_of(session, email_id)
    account = None if found is None or found[1] is None else users.by_id(session, found[1])
    if found is None or account is None or not account.active or not may(account.role, "read", "reports"):
        raise NotForReader(Reason.NO_ACCESS)
    wanted = read_key(found[0])
    chosen = reports.choices(session, users=[account.id])
    for one in of(account, wanted.kind, chosen):  # type: ignore[arg-type]
        if one.scope == wanted.scope:
            if not one.reach or (one.scope and not stores.shops(session, one.reach)):
                raise NotForReader(Reason.NO_ACCESS)
            return one, wanted.period
    raise NotForReader(Reason.UNSUBSCRIBED)


def _shown(session: Any, user_id: UUID, now: datetime) -> list[Shown]:
    """What this reader was told in the last four weeks."""
    return [
        Shown(str(one["rule"]), str(one["unit"]), Level(one["level"]), at.date())
        for at, one in reports.told_lately(session, user_id, since=now - timedelta(days=SILENT_DAYS))
    ]
