"""Filters of the API's reads: every one known, given once, checked; an unknown one is an error, never ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from surveyor.core.periods import Period, day_of
from surveyor.core.quoting import french, shown
from surveyor.core.scope import Reach, Scope, narrow
from surveyor.db import network
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.web.api.door import reach
from surveyor.web.here import now, services

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HABITS = {"store": "scope=store:", "stroe": "scope=store:", "region": "scope=region:", "brand": "scope=brand:"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The days and stores of a read; `reach` is what was asked within what the key may see."""

    scope: Scope
    reach: Reach
    period: Period
    today: date


def arguments(*known: str) -> dict[str, str]:
    """The arguments of the address. Raises Refused for an unknown or repeated one."""
    complaints: list[Complaint] = []
    for name in request.args:
        if name not in known:
            complaints.append(_unknown(name, known))
        elif len(request.args.getlist(name)) > 1:
            fr, en = (
                f"?{name} est donné plusieurs fois. Donnez-le une seule fois.",
                f"?{name} is given several times. Give it once.",
            )
            complaints.append(Complaint(f"?{name}", "field_repeated", fr, en))
    if complaints:
        raise Refused(complaints)
    return {name: request.args[name] for name in known if name in request.args}


def asked(given: dict[str, str], *, default: str = "4w") -> Asked:
    """Scope and period of a read. Raises Refused, or NotFound outside of what the key may see."""
    here = services()
    today = now().astimezone(ZoneInfo(here.settings.time_zone)).date()
    scope = Scope.parse(given.get("scope", "network"))
    return Asked(scope, _reach(scope), _period(given, today, default), today)


def choice(given: dict[str, str], name: str, among: tuple[str, ...], default: str = "") -> str:
    """One of the words, or the default when it is not given. Raises Refused."""
    value = given.get(name, default)
    if value and value not in among:
        listed = ", ".join(among[:-1]) + f" or {among[-1]}" if len(among) == 2 else ", ".join(among)
        raise Refused([value_refused(name, value, listed.replace(" or ", " ou "), listed)])
    return value


def whole(given: dict[str, str], name: str, *, low: int, high: int, default: int) -> int:
    """A whole number in its range. Raises Refused."""
    text = given.get(name)
    if text is None:
        return default
    if re.fullmatch(r"[0-9]{1,18}", text) and low <= int(text) <= high:
        return int(text)
    raise Refused([value_refused(name, text, f"un entier de {low} à {high}", f"an integer from {low} to {high}")])


def value_refused(name: str, value: str, expected_fr: str, expected_en: str) -> Complaint:
    """A value that a filter does not take, and what it does."""
    said = shown(value)
    return Complaint(
        f"?{name}",
        "filter_value",
        french(f"?{name} : {said} n'est pas accepté. Attendu : {expected_fr}."),
        f"?{name}: {said} is not accepted. Expected: {expected_en}.",
    )


def _reach(scope: Scope) -> Reach:
    within = narrow(scope, reach())
    with services().read_sessions() as session:
        known = network.stores(session, scope.stores) if scope.stores else {}
    if not within or any(store not in known for store in scope.stores):
        raise Refused([NOT_FOUND], status=404)
    return within


NOT_FOUND = Complaint(
    "?scope",
    "not_found",
    "Rien à cette adresse, ou hors de votre périmètre.",
    "Nothing at this address, or outside your scope.",
)


def _period(given: dict[str, str], today: date, default: str) -> Period:
    if "period" in given:
        return Period.parse(given["period"], today)
    if "from" not in given and "to" not in given:
        return Period.parse(default, today)
    days = {name: _day(name, given[name]) for name in ("from", "to") if name in given}
    first = days.get("from", days.get("to", today).replace(day=1))
    last = days.get("to", max(today, first))
    if first > last:
        fr, en = "?from : le début vient après la fin.", "?from: the start comes after the end."
        raise Refused([Complaint("?from", "period_invalid", french(fr), en)])
    return Period(first, last)


def _day(name: str, text: str) -> date:
    if _DAY.fullmatch(text) and (day := day_of(text)) is not None:
        return day
    said = shown(text)
    fr, en = f"?{name} : {said} n'est pas une date AAAA-MM-JJ.", f"?{name}: {said} is not a YYYY-MM-DD date."
    raise Refused([Complaint(f"?{name}", "date_invalid", french(fr), en)])


def _unknown(name: str, known: tuple[str, ...]) -> Complaint:
    said = shown(name)
    meant = next((habit for word, habit in _HABITS.items() if word == name and "scope" in known), "")
    if meant:
        meant += shown(request.args.get(name, ""))
    else:
        meant = next(iter(get_close_matches(name, known, n=1, cutoff=0.6)), "")
    fr = f"?{said} : filtre inconnu." + (f" Vouliez-vous {meant} ?" if meant else f" Connus : {', '.join(known)}.")
    en = f"?{said}: unknown filter." + (f" Did you mean {meant}?" if meant else f" Known: {', '.join(known)}.")
    return Complaint(f"?{said}", "filter_unknown", french(fr), en)


def missing() -> NotFound:
    """Nothing here, or nothing that this key may see."""
    return NotFound("no such object")


Json = dict[str, Any]
