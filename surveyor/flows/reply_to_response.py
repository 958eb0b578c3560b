"""Reply to an answer: the words join the case, an email waits in the queue of every email; one transaction, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.cases import Status
from surveyor.core.emails import domain_group, policy
from surveyor.core.quoting import french
from surveyor.core.tokens import Keyring, Purpose, digest
from surveyor.db import cases
from surveyor.db.base import new_id
from surveyor.db.cases import Entry, NewReply
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.work_case import Worker, checked

KIND = "reply"
LONGEST = 5000
#: `detail` of a reply that asks whether the customer means to come back.
ASKS = "asks"


@dataclass(frozen=True, slots=True)
class Written:
    """What a person sends. id: of the form, so that a second click is the same reply. public: may stand beside the
    review. asks: add the question whether the customer means to come back.
    """

    id: UUID
    text: str
    public: bool = False
    asks: bool = False


def reply_to_response(
    sessions: Any, case_id: UUID, written: Written, *, by: Worker, keys: Keyring, now: datetime
) -> bool:
    """Queue a reply and note it in the case, which then waits for the customer; False when the form was sent before.

    Whatever stops emails to this address stops it too, when it leaves (`core/emails/kinds`).

    Raises:
        NotFound: no such case. Refused: 422 `reply_required`, `reply_too_long`, `reply_characters`; 409
        `reply_no_address`, the customer has no address any more or asked for no more processing.
    """
    text = checked(written.text, "reply", LONGEST)

    def once() -> bool:
        with sessions.begin() as session:
            case = cases.lock(session, case_id)
            if case is None:
                raise NotFound("case")
            return _send(session, case, written, text, _Means(by, keys, now))

    return again(once)


@dataclass(frozen=True, slots=True)
class _Means:
    by: Worker
    keys: Keyring
    now: datetime


def _send(session: Any, case: Any, written: Written, text: str, means: _Means) -> bool:
    keys, now = means.keys, means.now
    to = cases.addressee(session, case.id)
    if to is None or to.restricted:
        raise Refused([_no_address()], status=409)
    email_id = new_id(now)
    asks = written.asks and case.come_back is None
    entry = Entry(KIND, means.by.name, ASKS if asks else "", text, None, None, written.public, written.id)
    if not cases.tell(session, case.id, entry, now=now):
        return False
    kind = policy(KIND)
    assert kind.lifetime is not None
    cases.queue(
        session,
        NewReply(
            id=email_id,
            kind=KIND,
            priority=kind.priority,
            dedupe_key=f"{KIND}:{written.id.hex}",
            customer_id=to.customer_id,
            address_key=to.address_key,
            domain_group=domain_group(to.email),
            due_at=now,
            expires_at=now + kind.lifetime,
            key_id=keys.newest_id,
            unsubscribe_sha256=digest(keys.token(Purpose.UNSUBSCRIBE, email_id)),
        ),
    )
    cases.set_email(session, written.id, email_id)
    values: dict[str, Any] = {"replied_at": case.replied_at or now, "unread": False}
    if case.status != Status.CLOSED:
        values["status"] = str(Status.WAITING)
    if case.owner_id is None:
        values["owner_id"] = means.by.id
    if asks:
        values["followup_sha256"] = digest(keys.token(Purpose.FOLLOW_UP, case.id))
    cases.change(session, case.id, **values)
    return True


def note_lost_replies(sessions: Any, *, now: datetime) -> int:
    """Say in their case that replies never left, and count them as no reply; how many."""

    def once() -> int:
        with sessions.begin() as session:
            found = cases.lost(session, limit=200)
            for entry_id, case_id, why in found:
                case = cases.lock(session, case_id)
                cases.mark_failed(session, entry_id, why)
                if case is None:
                    continue
                values: dict[str, Any] = {"replied_at": cases.first_reply(session, case_id)}
                if case.status == Status.WAITING:
                    values["status"] = str(Status.IN_PROGRESS)
                cases.change(session, case_id, **values)
                cases.tell(session, case_id, Entry("not_sent", detail=why), now=now)
            return len(found)

    return again(once)


def _no_address() -> Complaint:
    fr = "Ce client n'a plus d'adresse, ou a demandé que ses données ne servent plus : aucun e-mail ne peut partir."
    en = "This customer has no address any more, or asked for their data not to be used: no email can leave."
    return Complaint("reply", "reply_no_address", french(fr), en)
