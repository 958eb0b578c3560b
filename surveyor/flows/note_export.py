"""Before a list of the line leaves as a file: who takes what is written down, and nobody takes too many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.db import audit
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_users import Actor

ACTION = "export.made"
AN_HOUR, MOST = timedelta(hours=1), 5


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves. within: the stores and days, as a person reads them. identity: with names and addresses."""

    kind: str
    within: str
    preset: str
    identity: bool = False
    reason: str = ""


def note_export(sessions: Any, export: Export, *, by: Actor, now: datetime) -> None:
    """One line of the audit chain, before the first byte. Raises Refused (429) for the sixth of a person in an hour.

    The line is counted with the head of the chain locked, so that two at the same instant are two.
    """
    told = {"kind": export.kind, "within": export.within, "preset": export.preset, "identity": export.identity}
    entry = audit.Entry(
        by.name,
        ACTION,
        f"export:{export.kind}",
        after=told,
        reason=export.reason,
        ip_prefix=by.ip_prefix,
        request_id=by.request_id,
    )
    with sessions.begin() as session:
        audit.append(session, entry, now=now)
        if audit.count_of(session, by.name, ACTION, since=now - AN_HOUR) > MOST:
            raise Refused([_too_many()], status=429)


def _too_many() -> Complaint:
    fr = f"{MOST} exports par heure et par personne. Réessayez dans une heure, ou demandez une période plus longue."
    en = f"{MOST} exports an hour for each person. Try again in an hour, or ask for a longer period at once."
    return Complaint("path", "rate_limited", fr, en)
