"""The form of a mapping: what a person chose, and the mapping of past answers that it says."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from surveyor.core.mapping import FIELDS as OURS
from surveyor.core.mapping import Mapping, read_mapping

_DEFAULTS = ("store", "answered_at")
FIELDS = (*(f"c_{name}" for name in OURS), *(f"d_{name}" for name in _DEFAULTS), "source", "scale", "dates", "act")


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
        "dates": [form.strip() for form in typed.get("dates", "").split(";") if form.strip()],
    }
    return read_mapping(said)
