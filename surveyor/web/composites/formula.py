"""The formula of the CustScore: its coefficients and the versions before it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.custscore import COEFFICIENTS, HIGHEST, LOWEST
from surveyor.db import scores
from surveyor.errors import Refused
from surveyor.flows.edit_formula import edit_formula
from surveyor.flows.measure_custscore import formula_in_force
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("formula", __name__, url_prefix="/custscore/formula")


@area.get("")
@needs("read", "indicators")
def page() -> Response:
    return _page()


@area.post("")
@needs("write", "labels")
def save() -> Response:
    names = [*COEFFICIENTS, *(f"zero_{item}" for item in COEFFICIENTS), "why"]
    given = declared(read_fields(), names)
    coefficients = {item: given[item].strip() for item in COEFFICIENTS if item in given}
    zero = [item for item in COEFFICIENTS if given.get(f"zero_{item}") == "1"]
    try:
        edit_formula(services().sessions, coefficients, zero, why=given.get("why", ""), by=me().actor, now=now())
    except Refused as refused:
        return _page(refused.status, refused.complaints, given)
    return redirect(url_for("formula.page", saved=1), 303)


def _page(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    with services().sessions() as session:
        used = formula_in_force(session)
        rows = scores.formulas(session)
    now_used = {item: str(used.coefficients.get(item, ours)) for item, ours in COEFFICIENTS.items()}
    values = {
        "used": used,
        "items": list(COEFFICIENTS),
        "typed": {**now_used, **(typed or {})},
        "zero": [item for item in COEFFICIENTS if (typed or {}).get(f"zero_{item}") == "1"]
        if typed
        else used.zero_if_missing,
        "ends": (LOWEST, HIGHEST),
        "versions": rows,
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("composites/formula.html", **values), status)
