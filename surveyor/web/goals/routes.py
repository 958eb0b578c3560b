"""The page of goals: those of the reader's scopes, and the form that sets one or takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.goals import entries
from surveyor.core.scope import NETWORK, Scope, narrow
from surveyor.core.searching import fold
from surveyor.db import stores
from surveyor.errors import Refused
from surveyor.flows.set_goal import from_file, from_screen, set_goal
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language, text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("goals", __name__, url_prefix="/goals")
_KINDS = ("brand", "region", "segment", "store")


@dataclass(frozen=True, slots=True)
class Row:
    """A goal as a line of the table; own: set on this page, else written in the file."""

    scope: str
    place: str
    indicator: str
    label: str
    target: float
    unit: str
    own: bool


@area.get("")
@needs("read", "goals")
def listing() -> Response:
    return _page()


@area.post("")
@needs("write", "goals")
def save() -> Response:
    fields = declared(read_fields(), ("scope", "indicator", "target"))
    given = {name: fields.get(name, "") for name in ("scope", "indicator", "target")}
    try:
        set_goal(services().sessions, **given, by=me().actor, now=now())
    except Refused as refused:
        return _page(refused.status, refused.complaints, given)
    return redirect(url_for("goals.listing", saved=1), 303)


def _page(status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    with services().sessions() as session:
        names = stores.names(session)
        screen = from_screen(session)
    named = dict(zip(_KINDS, (names.brands, names.regions, names.segments, names.stores), strict=True))
    file = from_file(services().settings.home)
    known = {entry.key: entry for entry in entries()}
    rows = []
    for scope, key in sorted(screen.keys() | file.keys()):
        if not narrow(Scope.parse(scope), me().reach):
            continue
        own = (scope, key) in screen
        entry, target = known[key], screen[scope, key] if own else file[scope, key]
        rows.append(Row(scope, _place(scope, named), key, entry.label(language()), target, entry.unit, own))
    places: list[tuple[str, tuple[tuple[str, str], ...]]] = [("", (("network", text("goals.page.network")),))]
    places += [(kind, _sorted(kind, named[kind])) for kind in _KINDS if named[kind]]
    indicators = [(entry.key, entry.label(language())) for entry in entries()]
    values = {"rows": rows, "places": places, "indicators": indicators, "typed": typed or {}}
    page = render_template("goals/listing.html", complaints=list(complaints), saved="saved" in request.args, **values)
    return make_response(page, status)


def _sorted(kind: str, named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = {str(Scope.of(**{f"{kind}s": (key,)})): name for key, name in named.items()}
    return tuple(sorted(found.items(), key=lambda item: fold(item[1])))


def _place(scope: str, named: dict[str, dict[str, str]]) -> str:
    parsed = Scope.parse(scope)
    if parsed == NETWORK:
        return text("goals.page.network")
    parts = {"brand": parsed.brands, "region": parsed.regions, "segment": parsed.segments, "store": parsed.stores}
    return ", ".join(named[kind].get(one, one) for kind, ids in parts.items() for one in ids)
