"""Unsubscribe by link, by one click or by name; pause; less often; and take it back within ten minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from surveyor.core.calendar import add_months
from surveyor.core.tally import Tally
from surveyor.core.tokens import digest, is_token
from surveyor.db import audit, suppressions, tallies, unsubscribes
from surveyor.db import emails as rows
from surveyor.db.tallies import Delta
from surveyor.db.unsubscribes import Addressed, Choices
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.send_emails.follow import sending
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence
from surveyor.flows.unsubscribe.oppose import oppose

__all__ = ["Choice", "Preferences", "oppose", "preferences", "unsubscribe", "unsubscribe_address"]

UNDO_WITHIN = timedelta(minutes=10)
MONTHS = range(1, 25)
LEFT = Fact("unsubscribe", arrived=True)
#: Who acts on the page of a link.
CUSTOMER = "customer"


class Choice(StrEnum):
    """What a person may choose on the page of an unsubscribe link; STOP is what one click means."""

    STOP = "stop"
    PAUSE = "pause"
    LESS_OFTEN = "less_often"
    AS_BEFORE = "as_before"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page shows. `addressed`: None for a token that nobody has, which gets the same page.

    done: what was just done, None when nothing changed. can_undo: the last unsubscribe can be taken back still.
    """

    addressed: Addressed | None
    choices: Choices
    done: Choice | None = None
    can_undo: bool = False


def preferences(sessions: Any, token: str, *, now: datetime) -> Preferences:
    """What the page of an unsubscribe link shows; changes nothing, however often it is opened."""
    with sessions() as session:
        found = _find(session, token)
        if found is None:
            return Preferences(None, Choices())
        return _shown(session, found, None, now)


def unsubscribe(
    sessions: Any, token: str, *, choice: Choice = Choice.STOP, months: int = 0, journeys: Journeys, now: datetime
) -> Preferences:
    """Carry out a choice in one transaction; a token that nobody has changes nothing and is answered the same way.

    months: 1 to 24, of a pause or between two emails (LESS_OFTEN); another number is answered with nothing done.
    """
    if choice in (Choice.PAUSE, Choice.LESS_OFTEN) and months not in MONTHS:
        return preferences(sessions, token, now=now)

    def once() -> Preferences:
        with sessions.begin() as session:
            found = _find(session, token)
            if found is None:
                return Preferences(None, Choices(), choice)
            rows.lock(session, address_keys=[found.address_key], email_ids=[found.email_id])
            deltas = accept_on_evidence(session, [found.email_id], LEFT, journeys=journeys, now=now)
            deltas += _carry_out(session, found, choice, months, journeys, now)
            shown = _shown(session, found, choice, now)
            tallies.add(session, deltas)
        return shown

    shown = again(once)
    fault("unsubscribe.committed")
    return shown


def unsubscribe_address(sessions: Any, address_key: bytes, *, source: str, journeys: Journeys, now: datetime) -> bool:
    """Unsubscribe an address that somebody names (API, staff): False when it was so already."""
    with sessions.begin() as session:
        new, deltas = oppose(session, address_key, "unsubscribed", source=source, journeys=journeys, now=now)
        tallies.add(session, deltas)
    return new


def _carry_out(
    session: Any, found: Addressed, choice: Choice, months: int, journeys: Journeys, now: datetime
) -> list[Delta]:
    key, source = found.address_key, f"link:{found.email_id.hex}"
    if choice is Choice.STOP:
        new, deltas = oppose(session, key, "unsubscribed", source=source, journeys=journeys, now=now)
        _written(session, found, "suppression.added", now, changed=new, after="unsubscribed")
        return [*deltas, *_counted(session, found, 1 if new else 0)]
    if choice is Choice.UNDO:
        undone = unsubscribes.opposed_by(session, key, source=source, since=now - UNDO_WITHIN)
        if undone:
            suppressions.lift(session, key, "unsubscribed", now=now, by=CUSTOMER)
        _written(session, found, "suppression.lifted", now, changed=undone, before=["unsubscribed"])
        return _counted(session, found, -1 if undone else 0)
    if choice is Choice.PAUSE:
        until = _months_later(now, months)
        new = suppressions.suppress(session, key, "paused", source=source, now=now, until=until)
        _written(session, found, "suppression.added", now, changed=new, after="paused")
    elif choice is Choice.LESS_OFTEN:
        _choose_gap(session, found, months, now)
    else:
        _choose_gap(session, found, None, now)
        lifted = suppressions.lift(session, key, "paused", now=now, by=CUSTOMER)
        _written(session, found, "suppression.lifted", now, changed=lifted, before=["paused"])
    return []


def _choose_gap(session: Any, found: Addressed, months: int | None, now: datetime) -> None:
    before = suppressions.choose_gap(session, found.address_key, months, now=now)
    _written(session, found, "frequency.chosen", now, changed=before != months, before=before, after=months)


def _written(session: Any, found: Addressed, action: str, now: datetime, *, changed: bool, **values: Any) -> None:
    """A line of the audit chain for what the customer changed: the proof of an opposition, and of who lifted it."""
    if changed:
        about = f"address:{found.address_key.hex()[:12]}"
        audit.append(session, audit.Entry(CUSTOMER, action, about, **values), now=now)


def _counted(session: Any, found: Addressed, by: int) -> list[Delta]:
    """An unsubscribe belongs to the day on which the invitation of its email was sent."""
    if not by:
        return []
    invitations = rows.of_invitations(session, [found.email_id])
    return [
        sending(one, one.sent_day, Tally(unsubscribed=by)) for one in invitations.values() if one.sent_day is not None
    ]


def _find(session: Any, token: str) -> Addressed | None:
    return unsubscribes.addressed(session, digest(token)) if is_token(token) else None


def _shown(session: Any, found: Addressed, done: Choice | None, now: datetime) -> Preferences:
    source = f"link:{found.email_id.hex}"
    undo = unsubscribes.opposed_by(session, found.address_key, source=source, since=now - UNDO_WITHIN)
    return Preferences(found, unsubscribes.choices(session, found.address_key, now=now), done, undo)


def _months_later(now: datetime, months: int) -> datetime:
    day = date.fromordinal(add_months(now.astimezone(UTC).date().toordinal(), months))
    return datetime.combine(day, time(), UTC)
