"""Write, publish and read again the questions that customers ask a brand; every change is in the audit chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from surveyor.core.quoting import french
from surveyor.db import audit, faq
from surveyor.db.base import new_id
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

TEXTS = {"question_fr": 200, "question_en": 200, "answer_fr": 2000, "answer_en": 2000}


def save_entry(
    sessions: Any, entry_id: UUID | None, given: Mapping[str, str], *, brands: Sequence[str], by: Actor, now: datetime
) -> UUID:
    """A new entry (entry_id None, with `brand`), or a changed one; publishing and `reviewed` say it was read today.

    Raises NotFound outside of `brands`, Refused: `field_required`, `field_too_long`, `field_value`.
    """
    complaints = [_long(name, most) for name, most in TEXTS.items() if len(given.get(name, "")) > most]
    position = given.get("position", "")
    if position and not (position.isascii() and position.isdigit() and len(position) < 5):
        complaints.append(Complaint("position", "field_value", "Un nombre entier.", "A whole number."))
    with sessions.begin() as session:
        found = None if entry_id is None else faq.one(session, brands, entry_id)
        if entry_id is not None and found is None:
            raise NotFound("faq")
        brand = given.get("brand", "") if found is None else found.brand_id
        if brand not in brands:
            complaints.append(Complaint("brand", "reference_unknown", "Choisissez une enseigne.", "Choose a brand."))
        values: dict[str, Any] = {name: given[name].strip() for name in TEXTS if name in given}
        published = given.get("published", "1" if found and found.published else "0") == "1"
        told = {name: values.get(name, getattr(found, name, "")) for name in TEXTS}
        if not any(told[f"question_{one}"] and told[f"answer_{one}"] for one in ("fr", "en")):
            complaints.append(_empty())
        if complaints:
            raise Refused(complaints)
        values |= {"published": published, "updated_at": now, "author": by.name}
        if position:
            values["position"] = int(position)
        if given.get("reviewed") == "1" or (published and (found is None or not found.published)):
            values["reviewed_on"] = _today(now)
        key = entry_id or new_id(now)
        if found is None:
            faq.add(session, id=key, brand_id=brand, **(dict.fromkeys(TEXTS, "") | {"position": 0} | values))
        else:
            faq.change(session, key, **values)
        _note(session, by, "faq.saved" if found else "faq.made", key, {"brand": brand, "published": published}, now)
    return key


def remove_entry(sessions: Any, entry_id: UUID, *, brands: Sequence[str], by: Actor, now: datetime) -> None:
    """Take an entry away. Raises NotFound."""
    with sessions.begin() as session:
        if faq.one(session, brands, entry_id) is None:
            raise NotFound("faq")
        faq.remove(session, entry_id)
        _note(session, by, "faq.removed", entry_id, None, now)


def _today(now: datetime) -> date:
    return now.date()


def _note(session: Any, by: Actor, action: str, key: UUID, after: Any, now: datetime) -> None:
    entry = audit.Entry(by.name, action, f"faq:{key.hex}", None, after, "", by.ip_prefix, by.request_id)
    audit.append(session, entry, now=now)


def _long(name: str, most: int) -> Complaint:
    return Complaint(name, "field_too_long", f"{most} caractères au plus.", f"At most {most} characters.")


def _empty() -> Complaint:
    fr = "Il faut une question et sa réponse, en français ou en anglais."
    en = "It takes a question and its answer, in French or in English."
    return Complaint("question_fr", "field_required", french(fr), en)
