"""One answer of another tool's file, from its cells and the mapping to what is kept; a refusal names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.mapping import Mapping, plain_name, read_date
from surveyor.errors import Refused
from surveyor.ingest import fields
from surveyor.ingest.complaints import complain

_WHOLE = re.compile(r"(-?\d{1,3})(?:[.,]0{1,4})?", re.ASCII)
_AHEAD = timedelta(hours=24)
MOST_COMMENT = 4000


@dataclass(frozen=True, slots=True)
class Place:
    """A store as lines are matched with it."""

    id: str
    name: str
    zone: str
    segment: str = ""
    language: str = ""


class Places:
    """Stores by id, and by a name that only one of them has."""

    def __init__(self, stores: list[Place], said: Map[str, str]) -> None:
        self.by_id = {one.id: one for one in stores}
        names: dict[str, list[Place]] = {}
        for one in stores:
            names.setdefault(plain_name(one.name), []).append(one)
        self._by_name = {name: found[0] for name, found in names.items() if len(found) == 1}
        self._said = {plain_name(name): key for name, key in said.items()}

    def find(self, text: str, where: str) -> Place:
        """The store that a line names. Raises Refused: `store_unknown`, with the one that resembles."""
        name = plain_name(text)
        found = self.by_id.get(self._said.get(name, text)) or self._by_name.get(name)
        if found is None:
            close = next(iter(get_close_matches(name, [*self._by_name], n=1)), "")
            near = self._by_name[close] if close else None
            fr = f"Il ressemble à {near.name} ({near.id}). " if near else ""
            en = f"It resembles {near.name} ({near.id}). " if near else ""
            raise Refused([complain("store_unmatched", where, text, near_fr=fr, near_en=en)])
        return found


def read_answer(
    content: Map[str, Any], mapping: Mapping, places: Places, *, now: datetime, prefix: str = ""
) -> dict[str, Any]:
    """The columns of `imported_responses` that a line gives; `customer`: the source's id, `ref`: "" when it says none.

    Raises Refused, its places being columns of the file.
    """

    def cell(name: str) -> tuple[str, str]:
        column = mapping.columns.get(name)
        if column is None:
            return str(mapping.defaults.get(name, "")), prefix + name
        value = content.get(column)
        text = "" if value is None else str(value)
        return text or str(mapping.defaults.get(name, "")), prefix + column

    place = places.find(*cell("store")) if cell("store")[0] else _required(cell("store")[1])
    at = _when(*cell("answered_at"), mapping, place, now)
    return {
        "ref": fields.text(*cell("id"), limit=200, identifier=True),
        "customer": fields.text(*cell("customer"), limit=200, identifier=True),
        "store_id": place.id,
        "segment": fields.text(*cell("segment"), limit=200, identifier=True) or place.segment,
        "language": fields.text(*cell("language"), limit=35) or place.language,
        "score": _score(*cell("score"), mapping),
        "comment": _comment(*cell("comment")),
        "answers": _answers(content, mapping, prefix),
        "answered_at": at.astimezone(UTC),
        "day": at.astimezone(ZoneInfo(place.zone)).date(),
    }


def _required(where: str) -> Place:
    raise Refused([complain("field_required", where)])


def _score(text: str, where: str, mapping: Mapping) -> int:
    if not text.strip():
        raise Refused([complain("field_required", where)])
    found = _WHOLE.fullmatch(text.strip())
    if found is None or int(found[1]) not in mapping.scores:
        raise Refused([complain("score_scale", where, text, scale=mapping.scale)])
    return int(found[1])


def _when(text: str, where: str, mapping: Mapping, place: Place, now: datetime) -> datetime:
    if not text.strip():
        raise Refused([complain("field_required", where)])
    found = read_date(text, mapping.dates, ZoneInfo(mapping.zone or place.zone))
    if found is None:
        raise Refused([complain("date_unreadable", where, text, forms=", ".join(mapping.dates) or "ISO 8601")])
    if found.year < 1990 or found > now + _AHEAD:
        raise Refused([complain("instant_out_of_range", where, text)])
    return found


def _comment(text: str, where: str) -> str | None:
    """Line ends are kept as blanks: a table's cell often has them, and a verbatim needs none."""
    plain = re.sub(r"[\r\n\t\v\f\x85]+", " ", text)
    return fields.text(re.sub(r"[\x00-\x1f\x7f-\x9f]", "", plain), where, limit=MOST_COMMENT) or None


def _answers(content: Map[str, Any], mapping: Mapping, prefix: str) -> dict[str, Any]:
    found = {}
    for name, column in mapping.answers.items():
        text = fields.text(str(content.get(column) or ""), prefix + column, limit=MOST_COMMENT)
        if text:
            number = _WHOLE.fullmatch(text)
            found[name] = int(number[1]) if number else text
    return found
