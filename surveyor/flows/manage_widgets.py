"""Make and change the widgets that show figures and reviews elsewhere; every change is in the audit chain."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from surveyor.core.scope import Reach, Scope
from surveyor.core.widgets import WidgetKind, origins_of
from surveyor.db import audit, stores, widgets
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

LANGUAGES = ("fr", "en")
#: 128 bits in an address: nobody finds a widget by trying.
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class WidgetForm:
    """A widget as somebody typed it. origins: whole origins, one a line."""

    kind: str
    name: str
    scope: str = "network"
    language: str = "fr"
    origins: str = ""


def make_widget(sessions: Any, form: WidgetForm, *, reach: Reach, by: Actor, now: datetime, id: str = "") -> str:
    """Make a widget; returns its id, which says nothing about it, or `id`, that of the form which asks for it.

    The form sent again makes nothing more. Raises Refused.
    """
    origins, complaints = origins_of(form.origins)
    if form.kind not in tuple(WidgetKind):
        complaints.append(_value("kind", form.kind))
    if form.language not in LANGUAGES:
        complaints.append(_value("language", form.language))
    if not form.name.strip():
        complaints.append(Complaint("name", "field_required", "Le nom est obligatoire.", "The name is required."))
    if complaints:
        raise Refused(complaints)
    scope = Scope.parse(form.scope, where="scope")
    made = id or secrets.token_hex(ID_BYTES)
    with sessions.begin() as session:
        known = stores.names(session)
        parts = ((scope.brands, known.brands), (scope.regions, known.regions), (scope.stores, known.stores))
        strangers = [one for ids, names in parts for one in ids if one not in names]
        if scope.segments or strangers or not widgets.reaches(session, reach, str(scope)):
            raise Refused([_value("scope", form.scope)])
        values = {"kind": form.kind, "name": form.name.strip(), "scope": str(scope), "language": form.language}
        of = {"origins": list(origins), "active": True, "created_at": now, "created_by": by.name}
        if not widgets.add(session, id=made, **of, **values):
            return made
        after = values | {"origins": list(origins)}
        audit.append(session, _entry(by, "widget.made", made, (None, after)), now=now)
    return made


def change_widget(
    sessions: Any, widget_id: str, given: Mapping[str, str], *, reach: Reach, by: Actor, now: datetime
) -> None:
    """Change the name, the origins or whether it is shown; what is not given stays. Raises Refused, NotFound."""
    origins, complaints = origins_of(given.get("origins", ""))
    if "name" in given and not given["name"].strip():
        complaints.append(Complaint("name", "field_required", "Le nom est obligatoire.", "The name is required."))
    if given.get("active", "1") not in ("0", "1"):
        complaints.append(_value("active", given["active"]))
    if complaints:
        raise Refused(complaints)
    with sessions.begin() as session:
        found = widgets.one(session, reach, widget_id, since=date.min)
        if found is None:
            raise NotFound("widget")
        values: dict[str, Any] = {}
        if "name" in given:
            values["name"] = given["name"].strip()
        if "origins" in given:
            values["origins"] = list(origins)
        if "active" in given:
            values["active"] = given["active"] == "1"
        before = {"name": found.name, "origins": list(found.origins), "active": found.active}
        moved = {name: value for name, value in values.items() if value != before[name]}
        if moved:
            widgets.change(session, widget_id, **moved)
            states = ({name: before[name] for name in moved}, moved)
            audit.append(session, _entry(by, "widget.changed", widget_id, states), now=now)


def _entry(by: Actor, action: str, widget: str, states: tuple[Any, Any]) -> audit.Entry:
    return audit.Entry(by.name, action, f"widget:{widget}", *states, "", by.ip_prefix, by.request_id)


def _value(where: str, given: str) -> Complaint:
    return Complaint(
        where,
        "field_value",
        f"«\u00a0{given[:40]}\u00a0» n'est pas accepté ici. Choisissez dans la liste.",
        f'"{given[:40]}" is not accepted here. Choose from the list.',
    )
