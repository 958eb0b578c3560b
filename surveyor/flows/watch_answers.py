"""Ask the network about answers that look arranged, and keep what somebody found; no figure is touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core import watch
from surveyor.core.periods import Period
from surveyor.core.quoting import french
from surveyor.core.watch import Asked, Question
from surveyor.db import audit, stores
from surveyor.db import watch as rows
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_users import Actor

#: The key of a browser lives 30 days; so far back it is looked.
DAYS = 30
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with the store's name and what somebody answered to it, if anybody did."""

    asked: Asked
    store: str
    answer: str = ""
    at: datetime | None = None


def questions(session: Any, *, today: date) -> list[Shown]:
    """Every question of the last 30 days, those that nobody has answered first."""
    period = Period(today - timedelta(days=DAYS), today)
    names = stores.names(session).stores
    domains = rows.staff_domains(session)
    told = rows.answered(session)
    found: list[Asked] = []
    for store, of in rows.answers(session, period).items():
        found += watch.streaks(store, of.answers)
        found += watch.devices(store, of.devices, len(of.answers))
        found += watch.variants(store, of.addresses)
        found += watch.staff_answers(store, of.addresses, domains)
    listed = [_shown(one, names, told) for one in found]
    return sorted(listed, key=lambda one: (bool(one.answer), -one.asked.count, one.store))


def answer_question(sessions: Any, key: tuple[str, str, str], *, answer: str, by: Actor, now: datetime) -> None:
    """Keep what somebody found. Raises Refused: `field_required`, `field_value` for no such kind or store."""
    said = answer.strip()
    if not said or len(said) > LONGEST:
        fr, en = (
            "Dites ce que vous avez vérifié, en 500 caractères au plus.",
            "Say what you checked, in 500 characters at most.",
        )
        raise Refused([Complaint("answer", "field_required", french(fr), en)])
    with sessions.begin() as session:
        if key[0] not in tuple(Question) or key[1] not in stores.names(session).stores or len(key[2]) > 20:
            raise Refused(
                [Complaint("kind", "field_value", "Cette question n'existe pas.", "There is no such question.")]
            )
        rows.keep_answer(session, key, answer=said, by=by.name, now=now)
        after = {"kind": key[0], "mark": key[2]}
        entry = audit.Entry(by.name, "watch.answered", f"store:{key[1]}", None, after, "", by.ip_prefix, by.request_id)
        audit.append(session, entry, now=now)


def _shown(one: Asked, names: dict[str, str], told: Any) -> Shown:
    answer, at = told.get((str(one.kind), one.store_id, one.mark), ("", None))
    return Shown(one, names.get(one.store_id, one.store_id), answer, at)
