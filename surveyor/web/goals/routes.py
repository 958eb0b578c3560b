"""The page of goals: those of the reader's scopes, and the form that sets one or takes it back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.goals import entries
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.searching import fold
from surveyor.db import stores
from surveyor.errors import Refused
from surveyor.flows.set_goal import from_file, from_screen, set_goal
from surveyor.web.dashboard.asked import choices, read
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.forms import declared, read_fields
from surveyor.web.goals.rows import rows
from surveyor.web.here import now, services
from surveyor.web.language import language, text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("goals", __name__, url_prefix="/goals")
_KINDS = ("brand", "region", "segment", "store")


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
    file = from_file(services().settings.home)
    with services().read_sessions() as session:
        names = stores.names(session)
        asked = read(session)
        found = rows(session, asked, from_screen(session), file)
        periods = choices(session, asked, period_name).periods
    named = dict(zip(_KINDS, (names.brands, names.regions, names.segments, names.stores), strict=True))
    place_of = {one.scope: _place(one.scope, named) for one in found}
    places: list[tuple[str, tuple[tuple[str, str], ...]]] = [("", (("network", text("goals.page.network")),))]
    places += [(kind, _sorted(kind, named[kind])) for kind in _KINDS if named[kind]]
    indicators = [(entry.key, entry.label(language())) for entry in entries()]
    values = {"rows": found, "places": places, "indicators": indicators, "typed": typed or {}}
    values |= {"place_of": place_of, "asked": asked, "periods": periods, "days": days_name(asked.period)}
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
