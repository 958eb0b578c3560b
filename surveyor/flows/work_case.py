"""Work on a case: take it, note something, move it, close it with its cause and what was done; each leaves a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.cases import Status, level_due, may_move
from surveyor.core.quoting import french
from surveyor.core.surveys.verbatim import clean, forbidden
from surveyor.db import cases
from surveyor.db.alerts import resolve
from surveyor.db.cases import Entry
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.open_cases import ALERT
from surveyor.flows.tell_outside import tell_case

#: A root cause that is none of the labels.
OTHER = "other"
LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on a case: their id, as the story keeps it."""

    id: UUID

    @property
    def name(self) -> str:
        """The id as text."""
        return self.id.hex


def assign(sessions: Any, case_id: UUID, owner: UUID | None, *, by: Worker, now: datetime) -> None:
    """Give a case to somebody, or to nobody; a new case that somebody takes is in progress. Raises NotFound."""

    def act(session: Any, case: Any) -> None:
        if case.owner_id == owner:
            return
        values: dict[str, Any] = {"owner_id": owner}
        if owner is not None and case.status == Status.NEW:
            values["status"] = str(Status.IN_PROGRESS)
        cases.change(session, case_id, **values)
        cases.tell(session, case_id, Entry("owner", by=by.name, detail=owner.hex if owner else ""), now=now)

    _held(sessions, case_id, act)


def note(sessions: Any, case_id: UUID, words: str, *, by: Worker, entry_id: UUID, now: datetime) -> None:
    """Keep an internal note; the same form twice is one note. Raises NotFound; Refused: `note_required`."""
    said = checked(words, "note", LONGEST_NOTE)

    def act(session: Any, case: Any) -> None:
        cases.tell(session, case_id, Entry("note", by=by.name, body=said, id=entry_id), now=now)

    _held(sessions, case_id, act)


def move(sessions: Any, case_id: UUID, status: Status, *, by: Worker, now: datetime) -> None:
    """Move a case; where it is already, nothing happens. Raises NotFound; Refused: 409 `case_move`."""

    def act(session: Any, case: Any) -> None:
        if case.status == status:
            return
        if status is Status.CLOSED or not may_move(Status(case.status), status):
            raise Refused([_no_move(case.status, status)], status=409)
        cases.change(session, case_id, status=str(status), closed_at=None)
        cases.tell(session, case_id, Entry("status", by=by.name, detail=str(status)), now=now)

    _held(sessions, case_id, act)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why it happened (a label's id, or `other`) and what was done about it, in words."""

    root_cause: str
    action: str = ""


def close(sessions: Any, case_id: UUID, ending: Ending, *, by: Worker, now: datetime) -> None:
    """Close a case; a closed one stays as it was closed. Raises NotFound; Refused: 422 `case_cause_required`."""
    if not ending.root_cause:
        raise Refused([_no_cause()])
    action = checked(ending.action, "action", LONGEST_NOTE, required=False)

    def act(session: Any, case: Any) -> None:
        if case.status == Status.CLOSED:
            return
        values = {"status": str(Status.CLOSED), "closed_at": now, "unread": False}
        cases.change(session, case_id, **values, root_cause=ending.root_cause[:60], action=action)
        cases.tell(session, case_id, Entry("closed", by=by.name, detail=ending.root_cause[:60]), now=now)
        resolve(session, ALERT, now=now, subject=case_id.hex)
        tell_case(session, "case.closed", case_id, store=case.store_id, customer_id=case.customer_id, now=now)

    _held(sessions, case_id, act)


def seen(sessions: Any, case_id: UUID) -> None:
    """Staff read what the customer wrote."""
    _held(sessions, case_id, lambda session, case: cases.change(session, case_id, unread=False))


def escalate(sessions: Any, *, now: datetime, limit: int = 200) -> int:
    """Tell the region, then the network, of open cases that nobody has answered in time; how many were raised."""

    def once() -> int:
        with sessions.begin() as session:
            waiting = cases.waiting(session, now=now, limit=limit)
            for case in waiting:
                level = level_due(now, answer_by=case.answer_by, network_by=case.network_by)
                cases.change(session, case.id, level=str(level))
                cases.tell(session, case.id, Entry("escalated", detail=str(level)), now=now)
            return len(waiting)

    return again(once)


def checked(words: str, field: str, longest: int, *, required: bool = True) -> str:
    """What a person typed, cleaned. Raises Refused: `FIELD_required`, `FIELD_too_long`, `FIELD_characters`."""
    said = clean(words)
    if required and not said:
        raise Refused([Complaint(field, f"{field}_required", "Écrivez quelques mots.", "Write a few words.")])
    if len(said) > longest:
        fr, en = f"{longest} caractères au plus.", f"{longest} characters at most."
        raise Refused([Complaint(field, f"{field}_too_long", fr, en)])
    if forbidden(said) is not None:
        fr, en = "Un caractère de contrôle s'y trouve : retirez-le.", "It holds a control character: take it out."
        raise Refused([Complaint(field, f"{field}_characters", french(fr), en)])
    return said


def _held(sessions: Any, case_id: UUID, act: Callable[[Any, Any], None]) -> None:
    def once() -> None:
        with sessions.begin() as session:
            case = cases.lock(session, case_id)
            if case is None:
                raise NotFound("case")
            act(session, case)

    again(once)


def _no_move(now: str, then: Status) -> Complaint:
    fr = f"Ce dossier est « {now} » : il ne passe pas à « {then} ». Rechargez la page."
    return Complaint("status", "case_move", french(fr), f'This case is "{now}": it cannot become "{then}". Reload.')


def _no_cause() -> Complaint:
    fr, en = "Choisissez une cause avant de clore.", "Choose a root cause before closing."
    return Complaint("root_cause", "case_cause_required", fr, en)
