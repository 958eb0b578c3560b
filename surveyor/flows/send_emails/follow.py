"""When an email ends, its invitation ends with it: state, link, cool-down and tallies, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from surveyor.core.calendar import wall_clock, zone_of
from surveyor.core.tally import ZERO, Tally
from surveyor.db import emails as rows
from surveyor.db.emails import OfInvitation, SentInvitation
from surveyor.db.tallies import Delta
from surveyor.flows.note_fact import Happened, is_heard, note_facts
from surveyor.flows.send_emails.mailer import End, Journeys

REMINDER = "reminder"
WENT_OUT = Tally(went_out=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def local_date(instant: datetime, zone: str) -> date:
    """The date at the store: known of a group's one instant."""
    return instant.astimezone(zone_of(zone)).date()


@lru_cache(maxsize=1024)
def end_of_day(day: date, zone: str) -> datetime:
    """The instant at which a local date is over."""
    return wall_clock(day.toordinal() + 1, 0, zone)


def fate(invitation: OfInvitation, counts: Tally, *, reason: str | None = None) -> Delta:
    """A change of what became of an invitation, on the day of its decision."""
    reasons = {("drop", reason): counts.dropped} if reason and counts.dropped else {}
    return _delta(invitation, invitation.decision_day, counts, reasons)


def sending(invitation: OfInvitation, day: date, counts: Tally) -> Delta:
    """A change of the counts that belong to the day the invitation was sent."""
    return _delta(invitation, day, counts, {})


def _delta(invitation: OfInvitation, day: date, counts: Tally, reasons: Any) -> Delta:
    return Delta(
        day,
        invitation.store_id,
        invitation.rule_id,
        invitation.rule_version,
        invitation.segment,
        invitation.questionnaire_version,
        counts,
        reasons,
    )


def follow_sent(
    session: Any, sent: Sequence[tuple[OfInvitation, datetime, str]], *, assumed: bool, written: bool = False
) -> tuple[list[End], list[Delta]]:
    """Invitations whose email was sent: (invitation, instant of the intent, state of the email before).

    assumed: the provider tells nothing of deliveries, so that sent counts as delivered until something is known;
    written: the emails say so already.
    """
    ends: list[End] = []
    deltas: list[Delta] = []
    sent_as = Tally(sent=1, delivered=1 if assumed else 0)
    for invitation, at, before in sent:
        if invitation.kind == REMINDER:
            day = invitation.sent_day or local_date(at, invitation.zone)
            deltas.append(sending(invitation, day, Tally(reminders=1)))
            continue
        ends.append(End(invitation, "sent", None, at))
        left = _left(before)
        deltas.append(fate(invitation, WENT_OUT if left is ZERO else WENT_OUT + left, reason=_unconfirmed(before)))
        deltas.append(sending(invitation, local_date(at, invitation.zone), sent_as))
    rows.sent_invitations(session, [_sent(end) for end in ends])
    latest = max((end.at for end in ends), default=_NEVER)
    if ends and is_heard(session, "invitation.sent", now=latest):
        note_facts(session, [_sent_fact(end) for end in ends], now=latest)
    if assumed and not written:
        rows.assume_delivered(session, [invitation.email_id for invitation, _, _ in sent])
    return ends, deltas


def follow_closed(
    session: Any,
    closed: Iterable[tuple[OfInvitation, str, str, str]],
    *,
    now: datetime,
    asked_at: datetime | None = None,
) -> tuple[list[End], list[Delta]]:
    """Invitations whose email was dropped or failed: (invitation, end, reason, state of the email before)."""
    ends: list[End] = []
    deltas: list[Delta] = []
    for invitation, state, reason, before in closed:
        if invitation.kind == REMINDER or invitation.state != "scheduled":
            continue
        ends.append(End(invitation, state, reason, now, asked_at))
        count = Tally(dropped=1) if state == "dropped" else Tally(failed=1)
        deltas.append(fate(invitation, count + _left(before), reason=reason))
    rows.close_invitations(
        session,
        [(end.invitation.invitation_id, end.state, end.reason or "") for end in ends],
        now=now,
        asked_at=asked_at,
    )
    note_facts(session, [_suppressed_fact(end) for end in ends if end.state == "dropped"], now=now)
    return ends, deltas


def told(session: Any, journeys: Journeys, ends: Sequence[End], *, now: datetime) -> list[Delta]:
    """Tell customers' journeys how invitations ended; what that changes in tallies."""
    if not ends:
        return []
    persons = journeys.begin(session, [end.invitation for end in ends], now=now)
    for end in ends:
        persons.ended(end)
    return persons.keep()


def doubt(invitation: OfInvitation, by: int) -> list[Delta]:
    """An invitation whose email comes into doubt (by = 1) or leaves it (-1) without an end."""
    return [] if invitation.kind == REMINDER else [fate(invitation, Tally(in_doubt=by))]


def _sent_fact(end: End) -> Happened:
    told = _about(end.invitation) | {"sent_at": end.at.isoformat()}
    return Happened("invitation.sent", end.invitation.invitation_id.hex, end.at, told, end.invitation.customer_id)


def _suppressed_fact(end: End) -> Happened:
    told = _about(end.invitation) | {"reason": end.reason, "stage": "drop"}
    return Happened("invitation.suppressed", end.invitation.invitation_id.hex, end.at, told, end.invitation.customer_id)


def _about(invitation: OfInvitation) -> dict[str, Any]:
    return {
        "store_id": invitation.store_id,
        "segment": invitation.segment,
        "rule_id": invitation.rule_id,
        "rule_version": invitation.rule_version,
        "day": invitation.decision_day.isoformat(),
    }


def _left(before: str) -> Tally:
    """What an email's state before its end takes back: the place where its invitation was counted."""
    if before == "in_doubt":
        return Tally(in_doubt=-1)
    return Tally(dropped=-1) if before == "dropped" else ZERO


def _unconfirmed(before: str) -> str | None:
    return "UNCONFIRMED" if before == "dropped" else None


def _sent(end: End) -> SentInvitation:
    day = local_date(end.at, end.invitation.zone)
    expires = end_of_day(day + timedelta(days=end.invitation.rule.response_window_days), end.invitation.zone)
    return SentInvitation(end.invitation.invitation_id, end.at, day, expires)
