"""What shop platforms share: a payload of theirs told in our words, or kept aside with the place that is unusable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.ingest.payload import read_event

_WHAT = {
    "instant_missing": ("date absente", "no date"),
    "field_required": ("valeur absente", "no value"),
    "email_invalid": ("adresse non valable", "not a usable address"),
    "email_several": ("plusieurs adresses", "several addresses"),
    "amount_invalid": ("montant illisible", "unreadable amount"),
    "instant_invalid": ("date illisible", "unreadable date"),
    "instant_without_offset": ("date sans fuseau horaire", "date without a time zone"),
    "instant_out_of_range": ("date impossible", "impossible date"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A platform's order in the names of contracts.md 4, and where each name was found (JSON pointers)."""

    facts: dict[str, Any]
    found_at: Mapping[str, str] = field(default_factory=dict)


def event_of(told: Told, *, now: datetime) -> OrderEvent:
    """The order event. Raises Refused(`event_unusable`) that names the platform's own field."""
    try:
        return read_event({name: value for name, value in told.facts.items() if value not in (None, "")}, now=now)
    except Refused as refused:
        raise unusable(refused.complaints[0], told.found_at) from None


def unusable(complaint: Complaint, found_at: Mapping[str, str]) -> Refused:
    """The same complaint in the platform's words."""
    name = complaint.where.lstrip("/")
    code = "instant_missing" if complaint.code == "field_required" and name == "ordered_at" else complaint.code
    what_fr, what_en = _WHAT.get(code, ("valeur refusée", "refused value"))
    return event_unusable(found_at.get(name, complaint.where), what_fr, what_en)


def event_unusable(where: str, what_fr: str, what_en: str) -> Refused:
    """A signed event that cannot be used: it is kept for a person, and the platform still gets its 200."""
    fr = f"Événement signé mais inutilisable : {where}, {what_fr}. Gardé en quarantaine, rejouable."
    en = f"Signed but unusable event: {where}, {what_en}. Kept in quarantine, can be replayed."
    return Refused([Complaint(where, "event_unusable", french(fr), en)])


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list that came from outside; anything else is left out."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """An object that came from outside, empty when it is none."""
    return value if isinstance(value, Mapping) else {}
