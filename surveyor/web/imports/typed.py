"""The form of a mapping: what a person chose, and the mapping of past answers that it says."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import replace
from typing import Any

from surveyor.core.mapping import FIELDS as OURS
from surveyor.core.mapping import Mapping, read_mapping
from surveyor.errors import Complaint
from surveyor.web.texts import say

_DEFAULTS = ("store", "answered_at")
#: Stores that the file calls otherwise, as many as one page asks about: a form holds a hundred fields.
MOST_STORES = 30
STORE_FIELDS = tuple(f"{part}_{n}" for n in range(MOST_STORES) for part in ("named", "store"))
_MISSING = {
    "columns.score": "imports.missing.score",
    "columns.answered_at": "imports.missing.answered_at",
    "columns.store": "imports.missing.store",
}
FIELDS = (
    *(f"c_{name}" for name in OURS),
    *(f"d_{name}" for name in _DEFAULTS),
    *("source", "scale", "dates", "act"),
    *STORE_FIELDS,
)


def typed_of(found: Mapping) -> dict[str, str]:
    """The form as a mapping fills it."""
    columns = {f"c_{name}": column for name, column in found.columns.items()}
    return columns | {"source": found.source, "scale": found.scale, "dates": " ; ".join(found.dates)}


def mapping_of(typed: Map[str, str]) -> Mapping:
    """The mapping that a form says. Raises Refused (`mapping_invalid`)."""
    said: dict[str, Any] = {
        "source": typed.get("source", "").strip(),
        "scale": typed.get("scale", ""),
        "columns": {name: typed.get(f"c_{name}", "") for name in OURS},
        "defaults": {name: typed.get(f"d_{name}", "").strip() for name in _DEFAULTS},
        "stores": stores_of(typed),
        "dates": [form.strip() for form in typed.get("dates", "").split(";") if form.strip()],
    }
    return read_mapping(said)


def in_page_words(complaints: Iterable[Complaint]) -> list[Complaint]:
    """What is missing of a mapping as the page asks for it, in place of the keys of a mapping file."""
    return [_in_page_words(one) for one in complaints]


def _in_page_words(one: Complaint) -> Complaint:
    key = _MISSING.get(one.where)
    if key is None or one.code != "mapping_invalid":
        return one
    return replace(one, message_fr=say("fr", key), message_en=say("en", key))


def stores_of(typed: Map[str, str]) -> dict[str, str]:
    """What the file calls a store -> our id, as the form says."""
    pairs = ((typed.get(f"named_{n}", ""), typed.get(f"store_{n}", "")) for n in range(MOST_STORES))
    return {named: store for named, store in pairs if named and store}


def with_stores(typed: Map[str, str], named: Iterable[str]) -> list[tuple[str, str]]:
    """What the form asks about stores: those that were said, then names of the file that are still no store of ours."""
    said = stores_of(typed)
    return [*said.items(), *((name, "") for name in dict.fromkeys(named) if name not in said)][:MOST_STORES]
